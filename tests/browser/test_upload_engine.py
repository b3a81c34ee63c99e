"""The engine of the queue by itself, in a page of its own: no list, no network."""

import pytest

from tests.browser.uploading import UPLOAD

pytestmark = pytest.mark.browser

# Three files of one account: what is told of them while `send` does as each test says.
RUN = """
    async ([modules, script]) => {
      const { UploadQueue } = await import(`${modules}/queue.js`);
      const { Gate } = await import(`${modules}/gate.js`);
      const { Fault } = await import(`${modules}/faults.js`);
      const file = (name) => new File(["x"], name, { lastModified: 1 });
      const arrival = (key) => ({ card: { key }, known: false, redirect: "" });
      const settled = (queue) =>
        new Promise((resolve) => queue.addEventListener("settle", resolve, { once: true }));
      const states = (queue) => queue.items.map(({ name, state }) => `${name} ${state}`);
      return new Function(
        "UploadQueue", "Gate", "Fault", "file", "arrival", "settled", "states",
        `return (async () => {${script}})()`,
      )(UploadQueue, Gate, Fault, file, arrival, settled, states);
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
