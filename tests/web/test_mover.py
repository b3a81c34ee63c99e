"""Moving Markdown: by the page and by the command."""

import hashlib
import json
import zipfile
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path

import pytest
from limits import parse
from sqlalchemy import select

from flaskr.db import db
from flaskr.errors import (
    AlreadyThereError,
    BadArchiveError,
    NoMarkdownError,
    NoPictureError,
    NotHereError,
    NotThereError,
    NotTriedError,
    OutsideError,
    SameTargetError,
    UnreadableTextError,
)
from flaskr.library.mover import documents, moving, of_files
from flaskr.models import Blob, Document, Image, ImageUse, User, now
from flaskr.remote import Fetcher, Patience, read_networks
from flaskr.remote.fetch import AT_ONCE
from flaskr.tuchuang import mover as views
from flaskr.tuchuang.mover import SEATS
from flaskr.web import limits
from tests.browsing import JSON, AuthActions, Browser, form, links, query, text
from tests.elsewhere import elsewhere, ok, redirect
from tests.factories import count_rows, make_image, make_user, png
from tests.notes import make_notes

MOVE = "/tuchuang/move"
LINES = {"Accept": "application/x-ndjson"}
HERE = "https://img.example.org"


@pytest.fixture
def app(make_app):
    return make_app(FETCH_NETWORKS=["127.0.0.0/8"], PUBLIC_URL=HERE)


@pytest.fixture(autouse=True)
def nothing_left_behind(media):
    yield
    assert not list(media.spool.folder.glob("*"))


@pytest.fixture
def there():
    with elsewhere() as server:
        yield server


@pytest.fixture
def move(owner):
    """Send files as the page's form does."""

    def send(*files, headers=None, **fields):
        filled = {**fields, "csrf_token": owner.token()}
        return owner.post(MOVE, **form(filled, *files), headers=headers or {})

    return send


@pytest.fixture
def addresses(session):
    """Return the address of the image that has this content."""

    def find(content: bytes) -> str:
        session.rollback()
        query = select(Image).join(Blob, Image.blob_id == Blob.id)
        sha256 = hashlib.sha256(content).hexdigest()
        image = session.scalars(query.where(Blob.sha256 == sha256)).one()
        return f"{HERE}/tuchuang/download/{image.key}.{image.extension}"

    return find


def packed(files) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    return content.getvalue()


def texts_of(owner, page: str) -> bytes:
    """What the page of a move gives back."""
    (address,) = (each for each in links(owner.get(page)) if each.endswith("/download"))
    return bytes(owner.get(address).data)


def shown_on(owner, page: str, selector: str) -> list[str]:
    """The texts of these elements on the page of a move and on those that follow it."""
    found: list[str] = []
    while page:
        answer = owner.get(page)
        found += [each.to_text() for each in query(answer, selector)]
        page = next((each.attrs["href"] for each in query(answer, ".paging a[rel=next]")), "")
    return found


# ---- by the page ------------------------------------------------------------------------------


def test_a_text_and_its_pictures_are_moved(move, owner, addresses, there):
    there.answers["/b.png"] = ok(png(number=2))
    before = (
        f"# A — 笔记\r\n\r\n![a](a.png 't')  \r\n![b](<{there.url('/b.png')}>)\r\n`![c](a.png)`"
    )
    answer = move(("a.md", before.encode()), ("a.png", png(number=1)))
    assert answer.status_code == 303
    after = before.replace("](a.png 't'", f"]({addresses(png(number=1))} 't'")
    after = after.replace(there.url("/b.png"), addresses(png(number=2)))
    assert texts_of(owner, answer.location) == after.encode()


def test_two_hundred_texts_in_a_zip_are_moved(move, owner, addresses, there, session):
    notes = make_notes(there)
    answer = move(("notes.zip", packed(notes.files())), headers=LINES)
    *steps, last = [json.loads(line) for line in answer.data.splitlines()]
    assert {step["total"] for step in steps} == {len(notes.texts)}
    assert [step["done"] for step in steps] == sorted(step["done"] for step in steps)
    with zipfile.ZipFile(BytesIO(texts_of(owner, last["page"]))) as archive:
        assert set(archive.namelist()) == set(notes.texts)
        for path in notes.texts:
            assert archive.read(path) == notes.moved(path, addresses), path
    rewritten = sum(session.scalars(select(Document.rewritten)))
    assert rewritten == notes.images - notes.lost
    problems = shown_on(owner, last["page"], ".text-problems li")
    assert 0 < len(problems) <= notes.lost
    everything = f"{last['page']}?all=yes"
    assert set(problems) == set(shown_on(owner, everything, ".text-problems li"))
    assert len(set(shown_on(owner, everything, ".text-name"))) == len(notes.texts)
    assert f"{notes.lost} to look at" in text(owner.get(last["page"]))
    assert count_rows(session, Image) == len(notes.pictures) + len(notes.elsewhere)


def test_to_move_again_changes_nothing(move, owner, session):
    files = (("a.md", b"![a](a.png)"), ("a.png", png()))
    first = texts_of(owner, move(*files).location)
    again = move(*files)
    assert texts_of(owner, again.location) == first
    assert texts_of(owner, move(("a.md", first)).location) == first
    assert count_rows(session, Image) == 1
    assert len(query(owner.get(MOVE), ".text-item")) == 1


def test_a_picture_that_was_here_before_is_found(move, owner, addresses):
    owner.upload(("mine.png", png()))
    answer = move(("a.md", b"![a](a.png) ![b](a.png)"), ("a.png", png()))
    new = addresses(png())
    assert texts_of(owner, answer.location) == f"![a]({new}) ![b]({new})".encode()


def test_what_cannot_be_moved_is_left_and_said(move, owner, there, addresses):
    there.answers["/page"] = ok(b"<!doctype html>")
    before = (
        f"![]({there.url('/page')}) ![](no.png) ![](../up.png) ![](words.png) ![](ok.png) "
        "![](http://169.254.169.254/a.png) ![](data:image/png;base64,AA) ![](http://[/) "
        "![](//127.0.0.1:1/a.png) ![](ftp://host/a.png)"
    )
    files = (("a.md", before.encode()), ("words.png", b"words"), ("ok.png", png()))
    page = owner.get(move(*files).location)
    problems = [each.to_text() for each in query(page, ".text-problems code")]
    assert problems == [
        there.url("/page"),
        *("no.png", "../up.png", "words.png", "http://169.254.169.254/a.png", "http://[/"),
        *("//127.0.0.1:1/a.png", "ftp://host/a.png"),
    ]
    for error in (NoPictureError, NotThereError, OutsideError):
        assert error.message in text(page)
    after = before.replace("(ok.png)", f"({addresses(png())})")
    assert texts_of(owner, page.request.path) == after.encode()


def test_a_host_that_keeps_us_waiting_is_not_asked_for_ever(move, owner, there):
    words = " ".join(f"![](http://127.0.0.1:{port}/a.png)" for port in (1025, 1025, 1025))
    words += " ".join(f" ![](http://no-such-host.invalid/{number}.png)" for number in range(9))
    page = owner.get(move(("a.md", words.encode())).location)
    assert len(query(page, ".text-problems li")) == 10
    assert "12 to look at" in text(page)
    said = [each.to_text() for each in query(page, ".text-problems li")]
    assert [each for each in said if "not asked for: no-such-host.invalid" in each] == said[3:]


def test_pictures_that_lead_elsewhere_are_no_fault_of_their_host(move, owner, there, addresses):
    there.answers.update({f"/{number}.png": ok(png(number=number)) for number in range(2)})
    nowhere = ("http://169.254.169.254/", "http://no-such-host.invalid/", "http://127.0.0.2:1025/")
    for number, target in enumerate((*nowhere, "http://127.0.0.2:1025/a"), start=2):
        there.answers[f"/{number}.png"] = redirect(target)
    order = (2, 3, 4, 5, 0, 9, 1)
    words = " ".join(f"![]({there.url(f'/{number}.png')})" for number in order)
    page = owner.get(move(("a.md", words.encode())).location)
    said = [each.to_text() for each in query(page, ".text-problems li")]
    for address, reason in zip(
        (2, 3, 4, 5, 9), ("169.254", "no-such-host", "127.0.0.2", "127.0.0.2", "404"), strict=True
    ):
        (line,) = (each for each in said if there.url(f"/{address}.png") in each)
        assert reason in line
    moved = texts_of(owner, page.request.path).decode()
    assert all(addresses(png(number=number)) in moved for number in range(2))


def test_a_host_that_answers_meanwhile_is_asked_on(move, owner, app, there):
    app.extensions["tuchuang.fetcher"] = Fetcher(
        read_networks(["127.0.0.0/8"]), Patience(1, 0.2, 1)
    )
    there.answers.update({f"/{number}": lambda _: there.over.wait(5) for number in range(4)})
    there.answers["/ok.png"] = ok(png())
    words = " ".join(f"![]({there.url(path)})" for path in ("/0", "/ok.png", "/1", "/2", "/3"))
    page = owner.get(move(("a.md", words.encode())).location)
    assert [each.split(b" ")[1] for each in there.requests] == [b"/0", b"/ok.png", b"/1", b"/2"]
    *tried, left = [each.to_text() for each in query(page, ".text-problems li .muted")]
    assert {each.partition(".")[0] for each in tried} == {"127"}
    assert left.startswith("This was not asked for: 127.0.0.1")


def test_former_addresses_of_this_host_lead_here(move, owner):
    before = (
        "![a](http://old.example/i/a.png?w=64 't') [b](HTTP://OLD.example/tuchuang/b) "
        "<http://old.example/> <img src='http://old.example:80/x'> ![c](http://older.example/x/c.png)"
        " `http://old.example/i/a.png` [d](http://old.example.net/d)"
    )
    answer = move(("a.md", before.encode()), former="http://old.example/\nhttp://older.example/x/")
    after = (
        f"![a]({HERE}/i/a.png?w=64 't') [b]({HERE}/tuchuang/b) <{HERE}/> "
        f"<img src='http://old.example:80/x'> ![c]({HERE}/c.png)"
        " `http://old.example/i/a.png` [d](http://old.example.net/d)"
    )
    assert texts_of(owner, answer.location) == after.encode()


def test_what_leads_here_and_to_no_picture_is_said(move, owner, bob, session, ada):
    here, theirs, theirs_too = (make_image(session, each) for each in (ada, bob, bob))
    theirs.visibility = "private"
    session.commit()
    nothing = [
        *("http://old.example/i/AAAAAAAAAAAA.jpg", f"{HERE}/static/x.png", "/i/AAAAAAAAAAAA.png"),
        *(f"http://old.example/i/{theirs.key}.png", f"{HERE}/favicon.ico?a", HERE, f"{HERE}/a%2"),
        *(f"{HERE}/_uploads/photos/0123456789abcdef.png", "HTTP://old.example/x y/%2e%2e/é"),
        *(f"{HERE}/_uploads/a%00/b%ff.png", f"{HERE}/i//{here.key}.png"),
    ]
    there = [
        *(f"http://old.example/i/{here.key}.png", f"/i/{here.key}.webp?w=64"),
        *(f"{HERE}/tuchuang/download/{theirs_too.key}.png", "data:image/png;base64,AA"),
    ]
    words = " ".join(f"![](<{each}>) [to]({HERE}/nowhere)" for each in (*nothing, *there))
    page = owner.get(move(("a.md", words.encode()), former="http://old.example").location)
    assert [each.to_text() for each in query(page, ".text-problems code")] == nothing
    reasons = {each.to_text() for each in query(page, ".text-problems li .muted")}
    assert reasons == {NotHereError.message}
    assert "4 addresses rewritten" in text(page)
    assert "11 to look at" in text(page)
    assert f"<{HERE}/i/AAAAAAAAAAAA.jpg>" in texts_of(owner, page.request.path).decode()


def test_what_is_here_already_stays_as_it_is(move, owner, session, ada):
    key = make_image(session, ada).key
    before = (
        f"![](/i/{key}.png) ![](/tuchuang/download/{key}.png?w=640) <img src='/i/{key}.webp'> "
        f"![](http://img.example.org/i/{key}.png) ![](//img.example.org/i/{key}.png) "
        f"![]({HERE}/i/{key}.png)"
    ).encode()
    page = move(("a.md", before)).location
    assert texts_of(owner, page) == before
    assert not query(owner.get(page), ".text-problems")
    away = owner.get(move(("a.md", b"![](/i/a.png) ![](//img.example.organic/a.png)")).location)
    assert len(query(away, ".text-problems li")) == 2


@pytest.mark.parametrize(
    ("former", "reason"),
    [
        ("old.example", "“old.example” is no address"),
        ("ftp://a", "“ftp://a” is no address"),
        ("http://a?b", "“http://a?b” is no address"),
        ("http://u@a", "“http://u@a” is no address"),
        ("http://a\n\n not an address \n", "“not an address” is no address"),
        ("\n".join(f"http://{number}" for number in range(11)), "At most 10 former addresses"),
    ],
)
def test_what_is_no_former_address_is_refused(move, session, former, reason):
    answer = move(("a.md", b"a"), former=former)
    assert answer.status_code == 422
    assert reason in text(answer)
    assert not count_rows(session, Document)


def test_pictures_are_shown_to_whom_one_chooses(move, session):
    move(("a.md", b"![](a.png)"), ("a.png", png()), visibility="public")
    assert session.scalars(select(Image.visibility)).all() == ["public"]


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ([], 400),
        ([("a.txt", b"a")], 422),
        ([("a.zip", b"a")], 422),
        ([("a.zip", packed({"../a.md": b"a"}))], 422),
        ([("a.zip", packed({"a.md": b"a"})), ("b.md", b"b")], 422),
        ([("a.zip", packed({"a.txt": b"a"}))], 422),
        ([("a.md", bytes(2 * 1024**2))], 413),
    ],
)
def test_what_cannot_be_read_is_refused_and_nothing_kept(move, session, files, status):
    answer = move(*files)
    assert answer.status_code == status
    assert query(answer, ".notice--error")
    told = move(*files, headers=JSON)
    assert told.status_code == status
    assert told.json["error"]["code"]
    assert not count_rows(session, Document)
    assert not count_rows(session, Image)


def test_all_texts_together_have_a_limit(move, monkeypatch, session):
    monkeypatch.setattr(moving, "MOST_TEXT_BYTES", 10)
    answer = move(("a.md", bytes(9)), ("b.md", bytes(9)), headers=LINES)
    assert json.loads(answer.data.splitlines()[-1])["error"]["code"] == "too_large"
    assert session.scalars(select(Document.name)).all() == ["a.md"]


def test_what_texts_become_counts_for_their_limit(move, monkeypatch, session):
    monkeypatch.setattr(moving, "MOST_TEXT_BYTES", 60)
    files = [(f"{order}.md", b"![](a.png)") for order in range(3)]
    answer = move(*files, ("a.png", png()), headers=LINES)
    assert json.loads(answer.data.splitlines()[-1])["error"]["code"] == "too_large"
    assert session.scalars(select(Document.name)).all() == ["0.md"]


def test_few_move_at_once_and_everybody_gives_the_seat_back(move, owner):
    for _ in range(5):
        assert move(("a.md", b"a"), headers=LINES).status_code == 200
        assert move(("a.zip", b"a"), headers=LINES).status_code == 422
        assert move(("a.md", b"a")).status_code == 303


@pytest.fixture
def seated():
    """Take seats for accounts until the end of the test."""
    taken = []

    def take(*ids):
        for each in ids:
            SEATS.take(each)
            taken.append(each)

    yield take
    for each in taken:
        SEATS.leave(each)


def test_who_would_get_no_seat_is_turned_away_before_the_files_are_read(
    move, owner, ada, seated, media, monkeypatch
):
    token = owner.token()
    monkeypatch.setattr(media.spool, "create", None)
    files = form({"csrf_token": token}, ("a.md", b"a"))
    seated(-1, ada.id)
    assert owner.post(MOVE, headers=JSON, **files).json["error"]["code"] == "already_moving"
    SEATS.leave(ada.id)
    seated(-2)
    answer = owner.post(MOVE, headers=JSON, **form({"csrf_token": token}, ("a.md", b"a")))
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "busy")
    assert owner.get(MOVE).status_code == 200


def test_a_busy_moment_leaves_no_picture_behind(move, owner, app, there, monkeypatch, addresses):
    there.answers["/a.png"] = ok(png())
    fetcher = app.extensions["tuchuang.fetcher"]
    held = ExitStack()
    for _ in range(AT_ONCE):
        held.enter_context(fetcher.seat())
    pauses = []

    def others_finish(seconds):
        pauses.append(seconds)
        if len(pauses) == 3:
            held.close()

    monkeypatch.setattr(moving, "sleep", others_finish)
    answer = move(("a.md", f"![]({there.url('/a.png')})".encode()))
    assert texts_of(owner, answer.location) == f"![]({addresses(png())})".encode()
    assert len(pauses) == 3


def test_a_host_that_is_busy_for_long_is_waited_for_no_longer(move, owner, app, there, monkeypatch):
    monkeypatch.setattr(moving, "sleep", lambda _: None)
    with ExitStack() as held:
        for _ in range(AT_ONCE):
            held.enter_context(app.extensions["tuchuang.fetcher"].seat())
        words = " ".join(f"![]({there.url(f'/{number}.png')})" for number in range(3))
        page = owner.get(move(("a.md", words.encode())).location)
    assert len(query(page, ".text-problems li")) == 3
    assert not there.requests


def test_a_move_fetches_only_so_long_and_the_rest_can_be_moved_later(
    move, owner, there, monkeypatch, addresses
):
    there.answers.update({f"/{number}.png": ok(png(number=number)) for number in range(2)})
    first, second = there.url("/0.png"), there.url("/1.png")
    monkeypatch.setattr(views, "FETCH_SECONDS", 1e-9)
    page = move(("a.md", f"![]({first}) ![]({second}) ![]({first})".encode())).location
    new = addresses(png(number=0))
    assert NotTriedError.message in text(owner.get(page))
    left = texts_of(owner, page)
    assert left == f"![]({new}) ![]({second}) ![]({new})".encode()
    again = texts_of(owner, move(("a.md", left)).location)
    assert again == f"![]({new}) ![]({addresses(png(number=1))}) ![]({new})".encode()


def test_moves_have_a_limit_of_their_own_for_pictures(make_app, there, monkeypatch):
    app = make_app(FETCH_NETWORKS=["127.0.0.0/8"], PUBLIC_URL=HERE, RATE_LIMITS=True)
    monkeypatch.setattr(limits, "FETCHES_PER_ACCOUNT", parse("1 per hour"))
    monkeypatch.setattr(limits, "MOVED_PICTURES_PER_ACCOUNT", parse("2 per hour"))
    there.answers.update({f"/{number}.png": ok(png(number=number)) for number in range(3)})
    with app.app_context():
        make_user(db.session)
    browser = Browser(app)
    AuthActions(browser).login()
    words = " ".join(f"![]({there.url(f'/{number}.png')})" for number in range(3))
    files = form({"csrf_token": browser.token()}, ("a.md", words.encode()))
    page = browser.get(browser.post(MOVE, **files).location)
    assert "2 addresses rewritten" in text(page)
    assert NotTriedError.message in text(page)


def test_names_are_kept_as_far_as_there_is_room(move, session):
    move((f"{'很' * 900}/a.md", b"a"), ("../../b.md", b"b"))
    names = session.scalars(select(Document.name).order_by(Document.name)).all()
    assert names == ["b.md", f"{'很' * 495}/a.md"]


def test_a_script_is_told_what_is_refused(move):
    answer = move(("a.zip", b"a"), headers=LINES)
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "bad_archive")
    answer = move(("a.md", bytes(2 * 1024**2)), headers=LINES)
    last = json.loads(answer.data.splitlines()[-1])
    assert last["error"]["code"] == "text_too_large"
    assert "page" not in last


def test_a_text_that_cannot_be_read_is_left_out_and_the_rest_goes_on(move, owner, session):
    broken = packed({"a.md": b"a" * 99, "b.md": b"b"}).replace(b"a" * 99, b"c" * 99)
    answer = move(("a.zip", broken), headers=LINES)
    last = json.loads(answer.data.splitlines()[-1])
    assert set(last) == {"page"}
    page = owner.get(last["page"])
    assert query(page, ".panel strong")[0].to_text() == "1 text"
    assert "1 text not moved" in text(page)
    assert BadArchiveError.message in text(page)
    assert texts_of(owner, last["page"]) == b"b"
    assert [each.to_text() for each in query(owner.get(MOVE), ".text-name span")] == ["b.md"]
    move(("a.md", bytes(2 * 1024**2)), ("b.md", b"b"))
    assert session.query(Document).filter_by(passing=False).count() == 1


def test_an_earlier_move_stays_whole_when_texts_of_its_names_are_moved(move, owner, session):
    first = move(("a.zip", packed({"README.md": b"one", "b.md": b"two"}))).location
    second = move(("a.zip", packed({"README.md": b"three", "c.md": b"four"}))).location
    for page, words in ((first, {"one", "two"}), (second, {"three", "four"})):
        with zipfile.ZipFile(BytesIO(texts_of(owner, page))) as archive:
            assert {archive.read(name).decode() for name in archive.namelist()} == words
    shown = [each.to_text() for each in query(owner.get(MOVE), ".text-name span")]
    assert shown == ["c.md", "README.md", "b.md"]
    documents.forget_texts(session, now() + documents.KEPT)
    assert count_rows(session, Document) == 3
    assert owner.get(first).status_code == 200
    assert not [each for each in links(owner.get(first)) if each.endswith("/download")]


def test_what_is_kept_of_earlier_moves_has_a_bound(move, owner, monkeypatch, session):
    monkeypatch.setattr(documents, "MOST_KEPT", 10_000)
    pages = [
        move((f"{order}.md", bytes(3000)), (f"{order}-b.md", b"![](no.png)")).location
        for order in range(6)
    ]
    kept = [owner.get(f"{page}/download").status_code for page in pages]
    assert kept == [404, 404, 404, 200, 200, 200]
    assert {owner.get(page).status_code for page in pages} == {200}
    assert "1 to look at" in text(owner.get(pages[0]))
    assert not query(owner.get(pages[0]), ".text-problems code")
    assert query(owner.get(pages[5]), ".text-problems code")


def test_the_report_has_a_bound_and_says_how_much_is_missing(move, owner, monkeypatch, session):
    monkeypatch.setattr(documents, "MOST_LEFT", 3)
    monkeypatch.setattr(documents, "MOST_LEFT_TOGETHER", 5)
    words = " ".join(f"![]({number}.png) ![](0.png)" for number in range(5)).encode()
    texts = {f"{order}.md": words for order in range(3)}
    page = owner.get(move(("a.zip", packed(texts))).location)
    assert "30 to look at" in text(page)
    assert [each.to_text() for each in query(page, ".text-problems code")] == [
        *("0.png", "1.png", "2.png", "0.png", "1.png")
    ]
    assert [each.to_text() for each in query(page, ".text-problems li.muted")] == [
        *("and 2 more", "and 3 more")
    ]
    assert query(page, "p.text-problems")[0].to_text() == "10 to look at"


def test_the_report_begins_with_what_is_to_be_looked_at(move, owner):
    texts = {f"{order}.md": b"words" for order in range(60)}
    texts["50.md"] = b"![](no.png) ![](no.png) ![](no.png) ![](nor.png)"
    location = move(("a.zip", packed(texts))).location
    page = owner.get(location)
    assert [each.to_text() for each in query(page, ".text-name")] == ["50.md"]
    said = [each.to_text() for each in query(page, ".text-problems li .small")]
    assert said == ["3 times"]
    assert "4 to look at" in text(page)
    assert f"{location}?all=yes" in links(page)
    assert len(shown_on(owner, f"{location}?all=yes", ".text-name")) == 60
    good = owner.get(move(("a.md", b"words")).location)
    assert [each.to_text() for each in query(good, ".text-name")] == ["a.md"]


def test_nobody_else_sees_a_move(move, other):
    page = move(("a.md", b"a"), ("b.md", b"b")).location
    assert other.get(page).status_code == 404
    assert other.get(f"{page}/download").status_code == 404


def test_texts_are_listed_and_forgotten(move, owner, session, other):
    move(("a.md", b"![](a.png)"), ("a.png", png()), ("b.md", b"b"))
    page = owner.get(MOVE)
    assert [each.to_text() for each in query(page, ".text-name span")] == ["b.md", "a.md"]
    ids = [each.attrs["value"] for each in query(page, "[name=id]")]
    assert other.submit("/tuchuang/move/forget", {"id": ids}).status_code == 404
    assert owner.submit("/tuchuang/move/forget", {"id": ids}).status_code == 303
    assert not count_rows(session, Document)
    assert not count_rows(session, ImageUse)
    assert count_rows(session, Image) == 1


def test_a_whole_move_is_forgotten_at_once(move, owner, session, other):
    move(("mine.md", b"mine"))
    files = {f"{order}.md": b"![](a.png)" for order in range(60)}
    move(("a.zip", packed({**files, "a.png": png()})))
    page = owner.get(MOVE)
    assert len(query(page, "[name=id]")) == 50
    (box,) = query(page, "[name=batch]")
    assert "All 60 texts of this move" in text(page)
    chosen = {"batch": box.attrs["value"]}
    assert other.submit("/tuchuang/move/forget", chosen).status_code == 404
    assert count_rows(session, ImageUse) == 60
    assert owner.submit("/tuchuang/move/forget", {"batch": ["x", "0" * 12]}).status_code == 404
    assert owner.submit("/tuchuang/move/forget", chosen).status_code == 303
    assert not count_rows(session, ImageUse)
    assert session.scalars(select(Document.name)).all() == ["mine.md"]
    assert not query(owner.get(MOVE), "[name=batch]")


@pytest.mark.parametrize("name", ["notes/a.md", "a.md"])
def test_page_and_command_know_the_same_zip_by_the_same_names(
    move, runner, ada, tmp_path, session, name
):
    content = packed({name: b"![](a.png)", name.replace("a.md", "a.png"): png()})
    move(("notes.zip", content))
    (tmp_path / "notes.zip").write_bytes(content)
    command = ["import", "markdown", str(tmp_path / "notes.zip"), "--user", "ada"]
    done = runner.invoke(args=command)
    assert f"notes.zip/{name}: 1 rewritten" in done.output
    assert session.scalars(select(Document.name).where(~Document.passing)).all() == [name]


def test_a_text_of_the_same_name_replaces_only_what_it_covers(move, owner, session):
    move(("a.md", b"![](a.png)"), ("a.png", png(number=1)))
    move(("a.md", b"![](a.png)"), ("a.png", png(number=2)))
    assert len(query(owner.get(MOVE), ".text-item")) == 2
    move(("a.md", b"![](a.png) ![](b.png)"), ("a.png", png(number=1)), ("b.png", png(number=2)))
    assert len(query(owner.get(MOVE), ".text-item")) == 1
    assert count_rows(session, ImageUse) == 2


# ---- by the command ---------------------------------------------------------------------------


def files_below(root: Path) -> dict[str, bytes]:
    found = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


@pytest.fixture
def admin(session) -> User:
    return make_user(session, "root", is_admin=True)


def test_the_command_moves_a_folder_in_its_place(
    runner, admin, tmp_path, there, addresses, session
):
    notes = make_notes(there)
    root = tmp_path / "notes"
    notes.write(root)
    (root / "0.md").chmod(0o640)
    dry = runner.invoke(args=["import", "markdown", str(root), "--dry-run"])
    assert dry.exit_code == 0, dry.output
    assert files_below(root) == notes.files()
    assert not count_rows(session, Image)
    assert not count_rows(session, Document)
    assert not there.requests

    done = runner.invoke(args=["import", "markdown", str(root)])
    assert done.exit_code == 0, done.output
    for path in notes.texts:
        assert (root / path).read_bytes() == notes.moved(path, addresses), path
    assert set(files_below(root)) == set(notes.files())
    assert (root / "0.md").stat().st_mode & 0o777 == 0o640
    counts = f"{notes.images - notes.lost} addresses rewritten, {notes.lost} to look at"
    assert f"200 texts: {counts}" in done.output
    assert set(session.scalars(select(Image.owner_id))) == {admin.id}

    moved = files_below(root)
    again = runner.invoke(args=["import", "markdown", str(root)])
    assert f"200 texts: 0 addresses rewritten, {notes.lost} to look at" in again.output
    assert files_below(root) == moved


def test_the_command_takes_files_and_archives(runner, ada, tmp_path, addresses):
    (tmp_path / "a.md").write_text("![](a.png)")
    (tmp_path / "b.md").write_text("![](http://old.example/b.png)")
    (tmp_path / "c.md").write_text("![](a.png)")
    (tmp_path / "a.png").write_bytes(png())
    (tmp_path / "d.zip").write_bytes(packed({"d.md": b"![](d.png)", "d.png": png(number=4)}))
    paths = [str(tmp_path / name) for name in ("a.md", "b.md", "d.zip")]
    options = ["--user", "ada", "--from", "http://old.example", "--output", str(tmp_path / "out")]
    done = runner.invoke(args=["import", "markdown", *paths, *options])
    assert done.exit_code == 0, done.output
    out = tmp_path / "out"
    assert (out / tmp_path.name / "a.md").read_text() == f"![]({addresses(png())})"
    assert (out / tmp_path.name / "b.md").read_text() == f"![]({HERE}/b.png)"
    with zipfile.ZipFile(out / "d.moved.zip") as archive:
        assert archive.read("d.md").decode() == f"![]({addresses(png(number=4))})"
    assert (tmp_path / "a.md").read_text() == "![](a.png)"
    assert not (out / tmp_path.name / "c.md").exists()


def test_the_command_writes_no_two_places_into_one(runner, admin, tmp_path):
    for root in ("a/notes", "b/notes"):
        (tmp_path / root).mkdir(parents=True)
        (tmp_path / root / "README.md").write_text(root)
        (tmp_path / f"{root}.zip").write_bytes(packed({"README.md": root.encode()}))
    out = tmp_path / "out"
    for suffix in ("", ".zip"):
        paths = [str(tmp_path / f"{root}{suffix}") for root in ("a/notes", "b/notes")]
        command = ["import", "markdown", *paths, "--output", str(out)]
        assert isinstance(runner.invoke(args=command).exception, SameTargetError)
        assert not out.exists()
        assert runner.invoke(args=command[:-2]).exit_code == 0
    assert (tmp_path / "b/notes/README.md").read_text() == "b/notes"


def test_the_command_replaces_what_it_has_written_only_when_told(runner, admin, tmp_path):
    (tmp_path / "a.png").write_bytes(png())
    (tmp_path / "a.md").write_text("![](a.png)")
    (tmp_path / "b.zip").write_bytes(packed({"b.md": b"b"}))
    out = tmp_path / "out"
    texts = ["import", "markdown", str(tmp_path / "a.md"), "--output", str(out)]
    archive = ["import", "markdown", str(tmp_path / "b.zip")]
    assert runner.invoke(args=texts).exit_code == 0
    assert runner.invoke(args=archive).exit_code == 0
    assert runner.invoke(args=texts).exit_code == 0
    written = out / tmp_path.name / "a.md"
    for file in (written, tmp_path / "b.moved.zip"):
        file.write_text("edited since")
    again = runner.invoke(args=texts)
    assert (again.exit_code, written.read_text()) == (1, "edited since")
    assert "is there already" in again.output
    refused = runner.invoke(args=archive)
    assert isinstance(refused.exception, AlreadyThereError)
    assert (tmp_path / "b.moved.zip").read_text() == "edited since"
    assert runner.invoke(args=[*texts, "--force"]).exit_code == 0
    assert runner.invoke(args=[*archive, "--force"]).exit_code == 0
    assert written.read_text() != "edited since"
    assert zipfile.is_zipfile(tmp_path / "b.moved.zip")


def test_the_command_says_what_it_lacks(make_app, tmp_path, session):
    (tmp_path / "a.md").write_text("a")
    command = ["import", "markdown", str(tmp_path / "a.md")]
    nowhere = make_app().test_cli_runner()
    for options in ([], ["--dry-run"]):
        lacking = nowhere.invoke(args=[*command, *options])
        assert lacking.exit_code == 2
        assert "PUBLIC_URL" in lacking.output
    assert "--user" in nowhere.invoke(args=[*command, "--url", HERE]).output
    make_user(session, "root", is_admin=True)
    assert nowhere.invoke(args=[*command, "--url", HERE]).exit_code == 0
    assert nowhere.invoke(args=[*command, "--dry-run", "--url", HERE]).exit_code == 0
    (tmp_path / "a.txt").write_text("a")
    wrong = nowhere.invoke(args=["import", "markdown", str(tmp_path / "a.txt"), "--url", HERE])
    assert isinstance(wrong.exception, NoMarkdownError)


def test_numbers_are_told_as_people_write_them(make_app, move, owner, admin, tmp_path, session):
    many = packed({f"{order}.md": b"" for order in range(10_001)})
    (tmp_path / "a.zip").write_bytes(many)
    large = make_app(MAX_FILE_BYTES=100_000, PUBLIC_URL=HERE).test_cli_runner()
    refused = large.invoke(args=["import", "markdown", str(tmp_path / "a.zip")])
    assert "more than 10,000 files" in str(refused.exception)
    assert "more than 10,000 files" in text(move(("a.zip", many)))
    (tmp_path / "a.md").write_text("![](a.png)")
    (tmp_path / "a.png").write_bytes(bytes(100_001))
    left = large.invoke(args=["import", "markdown", str(tmp_path / "a.md")])
    assert "larger than 100,000 B." in left.output


def test_a_dry_run_promises_only_what_will_happen(runner, admin, tmp_path, there, session):
    there.answers["/b.png"] = ok(png(number=2))
    (tmp_path / "a.png").write_bytes(png())
    (tmp_path / "fake.png").write_bytes(b"words")
    (tmp_path / "empty.png").write_bytes(b"")
    bad = ["fake.png", "empty.png", "gone.png", "http://10.0.0.1/a.png", "http://[::1]/a.png"]
    bad += ["http://169.254.169.254/a.png", "ftp://host/a.png", f"{HERE}/i/AAAAAAAAAAAA.png"]
    words = " ".join(f"![]({each})" for each in ("a.png", there.url("/b.png"), *bad))
    (tmp_path / "a.md").write_text(words)
    command = ["import", "markdown", str(tmp_path / "a.md")]
    dry = runner.invoke(args=[*command, "--dry-run"]).output.splitlines()
    assert not there.requests
    assert not count_rows(session, Image)
    assert (tmp_path / "a.md").read_text() == words
    real = runner.invoke(args=command).output.splitlines()
    assert dry[1 : 1 + len(bad)] == real[1 : 1 + len(bad)]
    assert [line.split(": ")[0].strip() for line in real[1 : 1 + len(bad)]] == bad
    assert dry[-1] == real[-1]


def test_the_command_goes_on_after_a_text_that_cannot_be_read(runner, admin, tmp_path):
    (tmp_path / "a.md").write_bytes(bytes(2 * 1024**2))
    (tmp_path / "b.md").write_text("![](b.png)")
    (tmp_path / "b.png").write_bytes(png())
    done = runner.invoke(args=["import", "markdown", str(tmp_path)])
    assert done.exit_code == 1
    assert "“a.md” is larger than 1 MB." in done.output
    assert "1 text: 1 address rewritten, 0 to look at" in done.output
    assert "1 text not moved" in done.output
    assert (tmp_path / "b.md").read_text() != "![](b.png)"


def test_a_file_that_is_gone_is_a_text_that_cannot_be_read(tmp_path):
    source = of_files({"a.md": tmp_path / "a.md"})
    with pytest.raises(UnreadableTextError):
        source.text("a.md")


def test_the_command_names_an_address_once(runner, admin, tmp_path):
    (tmp_path / "a.md").write_text("![](no.png) ![](no.png) ![](nor.png)")
    said = runner.invoke(args=["import", "markdown", str(tmp_path)]).output.splitlines()
    assert [line.partition(":")[0] for line in said[1:3]] == ["  no.png (2 times)", "  nor.png"]
    assert said[3] == "1 text: 0 addresses rewritten, 3 to look at"


def test_names_in_the_report_stay_on_their_line(runner, admin, tmp_path):
    (tmp_path / "a.md").write_bytes(b"![](<a\x1b[2Jb.png>)")
    done = runner.invoke(args=["import", "markdown", str(tmp_path), "--dry-run"])
    assert "\x1b" not in done.output


def test_an_image_of_another_account_is_no_use_of_a_text(move, session, bob):
    theirs = make_image(session, bob)
    move(("a.md", f"![]({HERE}/i/{theirs.key}.png)".encode()))
    assert not count_rows(session, ImageUse)
