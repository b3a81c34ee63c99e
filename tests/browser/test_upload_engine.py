"""The engine of the queue by itself, in a page of its own: no list, no network."""

import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Route

import flaskr
from tests.browser.gestures import until
from tests.browser.uploading import UPLOAD
from tests.elsewhere import elsewhere, ok

pytestmark = pytest.mark.browser

# Three files of one account: what is told of them while `send` does as each test says.
RUN = """
    async ([modules, script]) => {
      const { UploadQueue } = await import(`${modules}/queue.js`);
      const { Gate } = await import(`${modules}/gate.js`);
      const { Fault, faultOf } = await import(`${modules}/faults.js`);
      const file = (name) => new File(["x"], name, { lastModified: 1 });
      const arrival = (key) => ({ card: { key }, known: false, redirect: "" });
      const settled = (queue) =>
        new Promise((resolve) => queue.addEventListener("settle", resolve, { once: true }));
      const states = (queue) => queue.items.map(({ name, state }) => `${name} ${state}`);
      return new Function(
        "UploadQueue", "Gate", "Fault", "faultOf", "file", "arrival", "settled", "states",
        `return (async () => {${script}})()`,
      )(UploadQueue, Gate, Fault, faultOf, file, arrival, settled, states);
    }
"""


@pytest.fixture
def run(desk):
    """Run a script with the engine's classes, and hand back what it returns."""
    # No CSP there forbids the test to bring its own script.
    desk.route(
        "**/blank", lambda route: route.fulfill(body="<title>x</title>", content_type="text/html")
    )
    desk.goto(UPLOAD)
    source = desk.locator('script[src*="upload/main.js"]').get_attribute("src")
    desk.goto("/blank")
    return lambda script: desk.evaluate(RUN, [source.rpartition("/")[0], script])


def test_a_twin_waits_for_the_first_and_is_sent_if_that_fails(run):
    told = run("""
        const sent = [];
        const queue = new UploadQueue({
          isThere: async () => true,
          send: async (item) => {
            sent.push(item.id);
            if (sent.length === 1) throw new Fault("refused", "no");
            return arrival("k");
          },
        });
        const same = file("a.png");
        queue.add([{ file: same }, { file: same }, { file: same }]);
        await settled(queue);
        return [states(queue), sent.length];
    """)
    assert told == [["a.png failed", "a.png done", "a.png known"], 2]


def test_a_picture_that_was_deleted_elsewhere_is_sent_again(run):
    told = run("""
        let sent = 0;
        const queue = new UploadQueue({
          isThere: async () => false,
          send: async () => arrival(`k${sent++}`),
        });
        for (let n = 0; n < 2; n += 1) {
          queue.add([{ file: file("a.png") }]);
          await settled(queue);
        }
        return [states(queue), sent];
    """)
    assert told == [["a.png done", "a.png done"], 2]


def test_what_is_cancelled_while_it_is_looked_at_is_handed_over_to_be_undone(run):
    told = run("""
        let arrive;
        const queue = new UploadQueue({
          send: (item, hooks) => {
            hooks.onSent();
            return new Promise((resolve) => { arrive = resolve; });
          },
        });
        const unwanted = new Promise((resolve) => {
          queue.addEventListener("unwanted", ({ detail }) => resolve(detail.arrival.card.key));
        });
        queue.add([{ file: file("a.png") }]);
        const [item] = queue.items;
        while (!arrive) await null;
        const state = item.state;
        queue.remove(item);
        arrive(arrival("k"));
        return [state, await unwanted, states(queue)];
    """)
    assert told == ["checking", "k", []]


def test_used_keys_are_replaced_and_others_kept(run):
    told = run("""
        const keys = [];
        const gate = new Gate(async () => ({ is: "same" }));
        const kinds = ["passing", "mismatch"];
        const queue = new UploadQueue({
          gate,
          send: async (item) => {
            keys.push(item.key);
            if (kinds.length) throw new Fault(kinds.shift(), "again");
            return arrival("k");
          },
        });
        queue.add([{ file: file("a.png") }]);
        await settled(queue);
        return [keys[0] === keys[1], keys[1] === keys[2], keys.length];
    """)
    assert told == [True, False, 3]


def test_a_way_that_is_there_but_breaks_every_time_is_given_up(run):
    told = run("""
        Math.random = () => 0; // no waiting between the tries
        let tries = 0;
        let asked = 0;
        const gate = new Gate(async () => { asked += 1; return { is: "same" }; });
        const queue = new UploadQueue({
          gate,
          send: async () => { tries += 1; throw new Fault("lost", "broke off"); },
        });
        queue.add([{ file: file("a.png") }]);
        await settled(queue);
        return [tries, asked, states(queue), queue.items[0].reason, queue.items[0].retriable];
    """)
    assert told == [6, 6, ["a.png failed"], "broke off", True]


def test_an_outage_uses_up_no_tries(run):
    told = run("""
        Math.random = () => 0;
        let outage = 12;
        const gate = new Gate(async () => ({ is: outage-- > 0 ? "lost" : "same" }), () => true);
        let down = true;
        const queue = new UploadQueue({
          gate,
          send: async () => {
            if (down) throw new Fault("lost", "broke off");
            return arrival("k");
          },
        });
        const whys = new Set();
        gate.addEventListener("change", () => {
          whys.add(gate.why);
          if (gate.why) gate.look();
          else down = false;
        });
        queue.add([{ file: file("a.png") }]);
        await settled(queue);
        return [[...whys], states(queue), queue.items[0].tries];
    """)
    assert told[:2] == [["unreachable", ""], ["a.png done"]]
    assert told[2] <= 1


def test_totals_are_those_of_what_may_still_arrive(run):
    told = run("""
        const queue = new UploadQueue({
          send: (item, hooks) => {
            hooks.onProgress(1);
            return item.name === "bad" ? Promise.reject(new Fault("refused", "no"))
              : new Promise(() => {});
          },
        });
        queue.add(["a", "bad", "b", "c"].map((name) => ({ file: new File(["xx"], name) })));
        queue.pause(queue.items[3]);
        await new Promise(requestAnimationFrame);
        const { files, failed, active, paused, bytes, sent, percent } = queue.totals;
        return [files, failed, active, paused, bytes, sent, percent];
    """)
    assert told == [4, 1, 2, 1, 6, 2, 33]


@pytest.mark.parametrize("act", ["pause", "remove"])
def test_what_is_stopped_before_it_is_sent_is_not_sent(run, act):
    told = run(
        """
        let sent = 0;
        let answer;
        const queue = new UploadQueue({
          isThere: () => new Promise((resolve) => { answer = resolve; }),
          send: async () => arrival(`k${sent++}`),
        });
        queue.add([{ file: file("a.png") }]);
        await settled(queue);
        queue.add([{ file: file("a.png") }]);
        while (!answer) await null;
        queue.ACT(queue.items[1]);
        answer(false);
        await new Promise(requestAnimationFrame);
        return [sent, states(queue)[1] ?? "gone"];
    """.replace("ACT", act)
    )
    assert told == [1, "a.png paused" if act == "pause" else "gone"]


def test_what_is_cancelled_while_it_is_looked_at_and_fails_is_told_too(run):
    told = run("""
        let fail;
        const queue = new UploadQueue({
          send: (item, hooks) => {
            if (item.name === "b.png") return Promise.resolve(arrival("b"));
            hooks.onSent();
            return new Promise((_, reject) => { fail = reject; });
          },
        });
        const events = [];
        for (const type of ["unwanted", "settle"]) {
          queue.addEventListener(type, ({ detail }) => {
            events.push(type);
            if (type === "unwanted") events.push(detail.arrival);
          });
        }
        queue.add([{ file: file("a.png") }]);
        while (!fail) await null;
        queue.remove(queue.items[0]);
        queue.add([{ file: file("b.png") }]);
        await new Promise(requestAnimationFrame);
        fail(new Fault("refused", "no"));
        await new Promise(requestAnimationFrame);
        return events;
    """)
    assert told == ["unwanted", None, "settle"]


def test_a_limit_of_one_way_stops_no_other(run):
    told = run("""
        const gate = new Gate(async () => ({ is: "same" }));
        const queue = new UploadQueue({
          gate,
          send: async ({ name }) => {
            if (name === "a.png") throw new Fault("later", "an hour", 3000);
            return arrival(name);
          },
        });
        const isDone = new Promise((resolve) => {
          queue.addEventListener("change", ({ detail }) => {
            if (detail.state === "done") resolve();
          });
        });
        queue.add([{ file: file("a.png") }]);
        await new Promise(requestAnimationFrame);
        queue.add([{ file: file("b.png") }]);
        await isDone;
        const [{ reason, again }] = queue.items;
        return [gate.open, states(queue), reason, again > Date.now() + 2_900_000];
    """)
    assert told == [True, ["a.png waiting", "b.png done"], "an hour", True]


def test_the_reason_of_a_break_is_told(run):
    told = run("""
        const gate = new Gate(async () => ({ is: "same" }));
        const queue = new UploadQueue({
          gate, send: async () => { throw new Fault("busy", "Too many pictures.", 40); },
        });
        queue.add([{ file: file("a.png") }]);
        await new Promise(requestAnimationFrame);
        return [gate.why, states(queue), queue.items[0].reason];
    """)
    assert told == ["busy", ["a.png waiting"], "Too many pictures."]


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (507, "storage_full", "failed"),
        (413, "quota_exceeded", "failed"),
        (413, "too_large", "refused"),
        (429, "too_many_attempts", "later"),
        (429, "", "busy"),
        (503, "busy", "busy"),
    ],
)
def test_what_follows_from_an_answer(run, status, code, kind):
    body = f'{{ error: {{ code: "{code}", message: "m" }} }}' if code else "null"
    assert run(f'return faultOf({status}, {body}, "30", {{}}).kind;') == kind


def test_a_file_that_is_there_is_sent_again_for_another_batch(run):
    told = run("""
        let sent = 0;
        const queue = new UploadQueue({
          isThere: async () => true,
          send: async () => arrival(`k${sent++}`),
        });
        for (const batch of ["one", "two", "two"]) {
          queue.add([{ file: file("a.png"), batch }]);
          await settled(queue);
        }
        return [states(queue), sent];
    """)
    assert told == [["a.png done", "a.png done", "a.png known"], 2]


def test_a_picture_that_is_undone_is_listed_nowhere(run):
    told = run("""
        const queue = new UploadQueue({
          send: async ({ name }) => arrival(name === "c.png" ? "other" : "same"),
        });
        queue.add(["a.png", "b.png", "c.png"].map((name) => ({ file: file(name) })));
        await settled(queue);
        queue.forget(queue.items[0]);
        return states(queue);
    """)
    assert told == ["c.png done"]


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ("{ seconds: 0.5, stalled: 'too late' }", ["passing", "too late"]),
        ("{ signal: AbortSignal.timeout(500) }", ["stopped", ""]),
    ],
)
def test_an_answer_whose_body_stalls_has_its_limit_too(page, terms, expected):
    scripts = Path(flaskr.__file__).parent / "static"

    def give(route: Route) -> None:
        route.fulfill(path=scripts / urlsplit(route.request.url).path.removeprefix("/"))

    with elsewhere() as server:

        def stall(connected: socket.socket) -> None:
            connected.sendall(ok(b"{", "Content-Type: application/json", length=100))
            server.over.wait(60)

        server.answers["/session"] = stall
        server.answers["/"] = ok(b"<title>x</title>", "Content-Type: text/html")
        page.route("**/js/**", give)
        page.goto(server.url("/"))
        told = page.evaluate(f"""
            async () => {{
              const {{ request }} = await import("/js/upload/request.js");
              try {{
                return await request("/session", {{}}, {terms});
              }} catch (error) {{
                return [error.kind, error.message];
              }}
            }}
        """)
        page.goto("about:blank")
    assert told == expected


def test_a_question_that_is_never_answered_does_not_keep_the_gate_shut(run, desk):
    desk.clock.install()
    run("""
        window.asked = 0;
        window.gate = new Gate(() => {
          window.asked += 1;
          return window.asked > 1 ? Promise.resolve({ is: "same" }) : new Promise(() => {});
        }, () => true);
        window.gate.look();
    """)
    desk.clock.run_for(21_000)
    until(desk, lambda: desk.evaluate("() => window.gate.why") == "unreachable")
    desk.evaluate("() => window.gate.look()")
    until(desk, lambda: desk.evaluate("() => window.gate.open"))


def test_a_speed_is_told_only_while_something_moves(run):
    told = run("""
        let go;
        const queue = new UploadQueue({
          gate: new Gate(async () => ({ is: "same" })),
          send: async (item, hooks) => {
            await new Promise((resolve) => setTimeout(resolve, 300));
            hooks.onProgress(1);
            await new Promise((resolve) => { go = resolve; });
            throw new Fault("later", "Too many.", 60);
          },
        });
        queue.add([{ file: new File(["xx"], "a") }]);
        while (!go) await new Promise(requestAnimationFrame);
        const during = queue.totals.rate > 0;
        go();
        while (queue.items[0].state !== "waiting") await new Promise(requestAnimationFrame);
        return [during, queue.totals.rate, queue.totals.active];
    """)
    assert told == [True, 0, 1]
