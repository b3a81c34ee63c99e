"""Where pictures are used: known from posts and texts, said before one goes."""

from datetime import timedelta

import pytest

from flaskr.db import db
from flaskr.library import uses
from flaskr.library.mover import documents
from flaskr.library.mover.scanning import scan
from flaskr.models import Document, Image, ImageUse, SetFile, now
from flaskr.transactions import WRITING
from tests.browsing import JSON, form, links, query, text
from tests.factories import count_rows, make_image, png

BULK = "/tuchuang/images/bulk"
EVERY_USE = "/tuchuang/images?used=yes"
UNUSED = "/tuchuang/images?used=no"


@pytest.fixture
def publish(owner):
    """Write a post; return its address."""

    def write(body: str, title: str = "A post", **more: str) -> str:
        answer = owner.submit("/create", {"title": title, "body": body, **more})
        assert answer.status_code == 303, answer.text
        return str(answer.location)

    return write


@pytest.fixture
def image(session, ada, media) -> Image:
    return make_image(session, ada, store=media.store)


def address(image: Image) -> str:
    return f"/tuchuang/download/{image.key}.png"


def shown(page) -> list[str]:
    """The keys of the tiles on a page."""
    return [str(each.attrs["value"]) for each in query(page, ".tile [name=key]")]


@pytest.mark.parametrize(
    "body",
    [
        "![a](http://localhost{0})",
        "![a](https://elsewhere.example/i/{1}.png?w=64 'title')",
        "<img src='{0}'>",
        "[a]({0})",
        "[![][a]](b)\n\n[a]: {0}",
        "[page](/tuchuang/images/{1})",
    ],
)
def test_a_post_is_known_to_use_a_picture(publish, owner, session, image, body):
    publish(body.format(address(image), image.key))
    assert shown(owner.get(EVERY_USE)) == [image.key]
    assert not shown(owner.get(UNUSED))
    page = owner.get(f"/tuchuang/images/{image.key}")
    assert [each.to_text() for each in query(page, ".uses a")] == ["A post"]


@pytest.mark.parametrize("body", ["`![a]({0})`", "    ![a]({0})", "{0}", "<!-- {0} -->", "words"])
def test_a_post_that_does_not_show_it_is_no_use(publish, owner, image, body):
    publish(body.format(address(image)))
    assert shown(owner.get(UNUSED)) == [image.key]


def test_uses_follow_the_post(publish, owner, session, image):
    page = publish(f"![a]({address(image)})")
    owner.submit(f"{page}/update", {"title": "b", "body": "no picture"})
    assert not count_rows(session, ImageUse)
    owner.submit(f"{page}/update", {"title": "b", "body": f"![a]({address(image)})"})
    assert count_rows(session, ImageUse) == 1
    owner.submit(f"{page}/delete")
    assert not count_rows(session, ImageUse)
    assert count_rows(session, Image) == 1


def test_a_post_is_looked_through_before_others_have_to_wait(publish, owner, monkeypatch):
    waiting = []

    def watch(text):
        waiting.append(db.session.info.get(WRITING))
        return scan(text)

    monkeypatch.setattr(uses, "scan", watch)
    page = publish("one")
    owner.submit(f"{page}/update", {"title": "b", "body": "two"})
    assert waiting == [None, None]


def test_a_cover_is_a_use(publish, owner, image):
    publish("words", cover=image.key)
    assert shown(owner.get(EVERY_USE)) == [image.key]


def test_an_imported_text_is_a_use(owner, session):
    fields = {"csrf_token": owner.token()}
    files = (("notes/a.md", b"![](a.png)"), ("notes/a.png", png()))
    assert owner.post("/tuchuang/move", **form(fields, *files)).status_code == 303
    (key,) = shown(owner.get(EVERY_USE))
    assert "notes/a.md" in text(owner.get(f"/tuchuang/images/{key}/delete"))


def test_others_drafts_are_not_told(owner, other, image):
    body = f"![a]({address(image)})"
    other.submit("/create", {"title": "A secret", "body": body, "draft": "1"})
    page = text(owner.get(f"/tuchuang/images/{image.key}"))
    assert "A secret" not in page
    assert "draft" in page


# ---- said before one goes -----------------------------------------------------------------------


def test_a_used_picture_is_deleted_only_after_that_was_said(publish, owner, session, image):
    publish(f"![a]({address(image)})")
    path = f"/tuchuang/images/{image.key}/delete"
    asked = owner.submit(path, {"next": "/tuchuang/images"})
    assert asked.status_code == 200
    assert links(asked, ".uses a") == ["/1"]
    assert owner.get(address(image)).status_code == 200
    told = owner.submit(path, headers=JSON)
    assert (told.status_code, told.json["error"]["code"]) == (409, "in_use")
    assert "sure=1" in told.json["error"]["message"]
    assert "show this picture" in told.json["error"]["message"]
    sent = {
        str(each.attrs["name"]): str(each.attrs["value"])
        for each in query(asked, "main form input")
    }
    done = owner.post(path, data=sent)
    assert (done.status_code, done.location) == (303, "/tuchuang/images")
    assert owner.get(address(image)).status_code == 404


@pytest.mark.parametrize(("action", "status"), [("delete", 404), ("private", 200)])
def test_many_are_asked_about_once(publish, owner, guest, session, ada, media, action, status):
    used, free = (make_image(session, ada, store=media.store) for _ in range(2))
    publish(f"![a]({address(used)})")
    chosen = {"action": action, "key": [used.key, free.key], "next": "/tuchuang/images?sort=name"}
    told = owner.submit(BULK, chosen, headers=JSON)
    assert (told.status_code, told.json["error"]["code"]) == (409, "in_use")
    asked = owner.submit(BULK, chosen)
    assert asked.status_code == 200
    assert links(asked, ".used-pictures a") == ["/1"]
    assert "It would be missing in these posts" in text(asked)
    assert "Leave them as they are" in text(asked)
    assert used.key in str(query(asked, ".used-pictures img")[0].attrs["src"])
    assert guest.get(address(used)).status_code == guest.get(address(free)).status_code == 200
    fields = query(asked, "main form input")
    sent: dict[str, list[str]] = {"action": [action]}
    for each in fields:
        sent.setdefault(str(each.attrs["name"]), []).append(str(each.attrs["value"]))
    done = owner.post(BULK, data=sent)
    assert (done.status_code, done.location) == (303, "/tuchuang/images?sort=name")
    assert owner.get(address(used)).status_code == status
    assert guest.get(address(used)).status_code == guest.get(address(free)).status_code == 404


def test_all_of_a_list_is_asked_about_too(publish, owner, session, image):
    publish(f"![a]({address(image)})")
    chosen = {"action": "delete", "all": "1", "query": "sort=name"}
    asked = owner.submit(BULK, chosen)
    sent = {
        str(each.attrs["name"]): str(each.attrs["value"])
        for each in query(asked, "main form input")
    }
    assert "key" not in sent
    assert owner.post(BULK, data={**sent, "action": "delete"}).status_code == 303
    assert owner.get(address(image)).status_code == 404


def test_other_acts_ask_nothing(publish, owner, session, image):
    publish(f"![a]({address(image)})")
    done = owner.submit(BULK, {"action": "public", "key": image.key}, headers=JSON)
    assert done.status_code == 200


def test_the_form_asks_before_a_used_picture_becomes_private(publish, owner, guest, image):
    publish(f"![a]({address(image)})")
    path = f"/tuchuang/images/{image.key}/edit"
    asked = owner.submit(path, {"visibility": "private", "title": "kept"})
    assert "Posts or imported texts show this picture" in text(asked)
    assert asked.status_code == 409
    assert links(asked, ".uses a") == ["/1"]
    assert query(asked, "[name=title]")[0].attrs["value"] == "kept"
    assert guest.get(address(image)).status_code == 200
    assert owner.submit(path, {"visibility": "private", "sure": "1"}).status_code == 303
    assert guest.get(address(image)).status_code == 404
    assert owner.submit(path, {"title": "changed"}).status_code == 303


def test_the_deletion_link_says_so_too(publish, client, guest, session, ada, image):
    publish(f"![a]({address(image)})")
    asked = guest.get(f"/tuchuang/delete/{image.key}/secret")
    assert links(asked, ".uses a") == ["/1"]


def test_a_picture_of_a_set_that_is_mentioned_is_used(owner, publish, session, ada, image):
    name = f"{'ab' * 16}.png"
    session.add(
        SetFile(set_name="photos", name=name, owner_id=ada.id, image_id=image.id, original="a.png")
    )
    session.commit()
    publish(f"![a](/_uploads/photos/{name})")
    assert shown(owner.get(EVERY_USE)) == [image.key]


def test_texts_are_forgotten_after_a_while(owner, session, runner):
    fields = {"csrf_token": owner.token()}
    files = (("a.md", b"![](a.png)"), ("a.png", png()))
    page = owner.post("/tuchuang/move", **form(fields, *files)).location
    document = session.query(Document).one()
    document.created = now() - documents.KEPT - timedelta(minutes=1)
    session.commit()
    assert "not kept any longer: 1" in runner.invoke(args=["gc", "--dry-run"]).output
    assert owner.get(f"{page}/download").status_code == 200
    assert "not kept any longer: 1" in runner.invoke(args=["gc"]).output
    assert owner.get(f"{page}/download").status_code == 404
    assert not [each for each in links(owner.get(page)) if each.endswith("/download")]
    assert count_rows(session, ImageUse) == 1
