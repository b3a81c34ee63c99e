"""The library: newest first, page by page, one's own only."""

from typing import Any

import pytest
from sqlalchemy import event

from flaskr.db import db
from flaskr.library import chosen
from flaskr.transactions import begin_write
from tests.browsing import JSON, links, query, text
from tests.factories import make_image, png

LIBRARY = "/tuchuang/images"
PAGE = 60


def names(page) -> list[str]:
    return [element.to_text().strip() for element in query(page, ".tile-name")]


@pytest.fixture
def fill(session, ada):
    def make(number: int, start: int = 0):
        return [
            make_image(session, ada, png(2, 2, number=start + order), name=f"{start + order}.png")
            for order in range(number)
        ]

    return make


def older(page) -> str:
    (link,) = links(page, "a[rel=next]")
    return link


def test_an_empty_library_says_what_to_do(owner):
    page = owner.get(LIBRARY)
    assert "No pictures yet" in text(page)
    assert "/tuchuang/" in links(page, ".empty a")


def test_images_are_shown_newest_first_page_by_page(owner, fill):
    fill(PAGE + 5)
    first = owner.get(LIBRARY)
    second = owner.get(older(first))
    shown = names(first) + names(second)
    assert shown == [f"{number}.png" for number in reversed(range(PAGE + 5))]
    assert len(names(first)) == PAGE
    assert not query(second, "a[rel=next]")
    (newer,) = links(second, "a[rel=prev]")
    assert names(owner.get(newer)) == names(first)


def test_nothing_is_shown_twice_or_missed_when_images_come_and_go_between_pages(
    owner, fill, session
):
    images = fill(PAGE + 5)
    first = owner.get(LIBRARY)
    fill(3, start=1000)
    session.delete(images[-1])
    session.commit()
    second = owner.get(older(first))
    assert names(second) == [f"{number}.png" for number in reversed(range(5))]


def test_a_page_can_be_turned_after_its_last_image_was_deleted(owner, fill):
    images = fill(PAGE + 5)
    link = older(owner.get(LIBRARY))
    owner.submit(f"{LIBRARY}/{images[5].key}/delete")
    assert names(owner.get(link)) == [f"{number}.png" for number in reversed(range(5))]


@pytest.mark.parametrize(
    "cursor",
    ["x", "1" * 12, "图", "' OR 1=1 --", "W10", "bnVsbA", "9" * 5000, "\0", "WyJuZXdlc3QiXQ"],
)
def test_what_is_no_cursor_shows_the_beginning(owner, fill, cursor):
    fill(2)
    page = owner.get(LIBRARY, query_string={"cursor": cursor})
    assert page.status_code == 200
    assert names(page) == ["1.png", "0.png"]


def test_the_library_of_another_user_is_not_shown(other, owner, fill):
    fill(1)
    assert names(other.get(LIBRARY)) == []
    assert names(owner.get(LIBRARY)) == ["0.png"]


def test_a_deleted_image_is_not_listed(owner, session, ada):
    make_image(session, ada, deleted=True)
    assert names(owner.get(LIBRARY)) == []


def test_turning_pages_costs_the_same_however_deep(app, owner, fill):
    """No OFFSET, a limit on every list, and an index instead of a sort."""
    fill(PAGE + 5)
    statements: list[tuple[str, Any]] = []

    def note(_connection, _cursor, statement, parameters, *_rest) -> None:
        statements.append((statement, parameters))

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    owner.get(older(owner.get(LIBRARY)))
    event.remove(engine, "before_cursor_execute", note)
    lists = [(text_, values) for text_, values in statements if "ORDER BY image.id" in text_]
    assert len(lists) == 2
    for statement, values in lists:
        assert "LIMIT" in statement
        with engine.connect() as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
        steps = " ".join(str(row[-1]) for row in plan)
        assert "ix_image_owner_id_id" in steps
        assert "TEMP B-TREE" not in steps
        offsets = statement.partition("OFFSET")[2]
        assert not offsets or values[-1] == 0


def test_an_image_has_a_page_with_every_form_of_its_link(owner, session, ada, media):
    image = make_image(session, ada, store=media.store, name="a [b] <c>.png")
    page = owner.get(f"{LIBRARY}/{image.key}")
    url = f"http://localhost/tuchuang/download/{image.key}.png"
    *forms, picture, thumbnail = [field.attrs["value"] for field in query(page, "input[readonly]")]
    assert picture.startswith("<picture>")
    assert thumbnail.startswith(f"http://localhost/tuchuang/download/{image.key}.webp?w=320")
    assert forms == [
        url,
        f"![a \\[b\\] \\<c\\>]({url})",
        f'<img src="{url}" alt="a [b] &lt;c&gt;">',
        f"[img]{url}[/img]",
    ]
    assert image.blob.sha256 in text(page)
    assert f"/tuchuang/download/{image.key}.png?download" in links(page)


def test_a_batch_is_shown_in_the_order_it_came(owner, session, ada):
    for number in range(3):
        make_image(session, ada, name=f"{number}.png", batch="abcdefghijkm")
    make_image(session, ada, name="other.png")
    page = owner.get("/tuchuang/uploads/abcdefghijkm")
    shown = [element.to_text().strip() for element in query(page, ".card-name")]
    assert shown == ["0.png", "1.png", "2.png"]


@pytest.mark.parametrize("batch", ["1" * 12, "x", "%00"])
def test_a_batch_that_is_not_there_is_not_found(owner, batch):
    assert owner.get(f"/tuchuang/uploads/{batch}").status_code == 404


def test_every_picture_on_a_page_has_a_thumbnail_that_loads(owner):
    owner.upload(("a.png", png(400, 300)), ("b.png", png(300, 400)))
    for page, pictures in ((LIBRARY, ".tile img"), ("/tuchuang/", ".card img")):
        sources = [element.attrs["src"] for element in query(owner.get(page), pictures)]
        assert len(sources) == 2
        for source in sources:
            assert owner.get(source).mimetype == "image/webp"


def test_a_script_deletes_an_image_and_is_told_so(owner, other, session, ada):
    image = make_image(session, ada)
    path = f"/tuchuang/images/{image.key}/delete"

    def post(browser):
        return browser.post(path, headers={**JSON, "X-CSRFToken": browser.token()})

    assert post(other).status_code == 404
    answer = post(owner)
    assert (answer.status_code, answer.json) == (200, {"deleted": image.key})
    assert "is deleted" not in owner.get("/tuchuang/images").text
    assert post(owner).status_code == 200  # it is what was asked for


def test_an_image_that_was_collected_while_it_was_deleted_is_not_found(
    owner, fill, session, monkeypatch
):
    (image,) = fill(1)
    path, begin = f"{LIBRARY}/{image.key}/delete", begin_write

    def collect_first(requests_own):
        session.delete(image)
        session.commit()
        begin(requests_own)

    monkeypatch.setattr(chosen, "begin_write", collect_first)
    assert owner.submit(path).status_code == 404
