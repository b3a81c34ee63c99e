"""Who may see uploads by default, public pages, and what other sites are told."""

from io import BytesIO

import pytest
from PIL import Image as Pillow

from flaskr.library import albums
from flaskr.models import Image, User
from tests.browsing import links, query
from tests.factories import make_album, make_image, make_share, make_token, png, publish


@pytest.fixture
def shown(session, ada, media):
    """Two public pictures of ada's, one of them in a public album with an unlisted one."""
    one = make_image(session, ada, png(640, 400, number=3001), store=media.store, name="one.png")
    two = make_image(session, ada, png(number=3002), store=media.store, name="two.png")
    unlisted = make_image(session, ada, store=media.store, name="unlisted.png")
    album = make_album(session, ada, "Open", images=[unlisted, one])
    publish(session, ada, one, album)
    two.visibility = "public"
    session.commit()
    return one, two, unlisted, album


# ---- who may see uploads --------------------------------------------------------------------


def visibility_of(session, key):
    session.rollback()
    return session.query(Image).filter_by(key=key).one().visibility


def test_the_account_says_who_sees_uploads_and_each_upload_may_say_otherwise(owner, session):
    saved = owner.submit("/settings/uploads", {"keep": "share", "visibility": "private"})
    assert saved.status_code == 303
    page = owner.get("/tuchuang/")
    (chosen,) = query(page, "select[name=visibility] option[selected]")
    assert chosen.attrs["value"] == "private"

    def upload(number, **fields):
        sent = owner.upload_json(("a.png", png(number=number)), **fields)
        assert sent.status_code == 201
        return visibility_of(session, sent.json["files"][0]["key"])

    assert upload(3101) == "private"
    assert upload(3102, visibility="public") == "public"
    assert upload(3103, visibility="unlisted") == "unlisted"
    assert upload(3104, keep="backup", visibility="public") == "private"


def test_no_upload_is_for_somebody_that_nobody_knows(owner):
    refused = owner.upload_json(("a.png", png(number=3105)), visibility="friends")
    assert refused.status_code == 400
    assert refused.json["error"]["code"] == "invalid_visibility"


def test_a_program_uploads_as_the_account_says(client, session, ada):
    ada.default_visibility = "public"
    session.commit()
    headers = {"Authorization": f"Bearer {make_token(session, ada)}"}
    data = {"file": (BytesIO(png(number=3106)), "a.png")}
    sent = client.post("/api/images", data=data, headers=headers)
    assert sent.json["visibility"] == "public"


def test_a_form_from_before_changes_nothing_about_it(owner, session, ada):
    ada.default_visibility = "public"
    session.commit()
    owner.submit("/settings/uploads", {"keep": "backup"})
    session.rollback()
    assert session.get(User, ada.id, populate_existing=True).default_visibility == "public"


# ---- public pages ---------------------------------------------------------------------------


def test_nobody_has_a_public_page_unasked(guest, session, ada):
    image = make_image(session, ada)
    image.visibility = "public"
    session.commit()
    for path in ("/u/ada", f"/u/ada/{image.key}", "/u/nobody"):
        assert guest.get(path).status_code == 404


def test_a_public_page_shows_public_pictures_and_albums(guest, shown):
    one, two, unlisted, album = shown
    page = guest.get("/u/ada")
    assert links(page, ".tile a") == [f"/u/ada/{two.key}", f"/u/ada/{one.key}"]
    assert unlisted.key not in page.text
    (inside,) = links(page, ".shelf")
    assert inside == f"/u/ada/albums/{album.key}"
    opened = guest.get(inside)
    assert links(opened, ".tile a") == [f"{inside}/{one.key}"]
    assert "1 picture" in page.text
    picture = guest.get(f"{inside}/{one.key}")
    assert "one.png" in picture.text
    assert two.key not in picture.text
    assert two.key in guest.get(f"/u/ada/{one.key}").text
    assert guest.get("/u/ADA").status_code == 200


def test_a_public_page_goes_when_its_owner_wants(owner, guest, session, shown):
    one, *_, album = shown
    paths = ["/u/ada", f"/u/ada/{one.key}", f"/u/ada/albums/{album.key}"]
    owner.submit(f"/tuchuang/albums/{album.key}/edit", {"name": "Open", "revision": "1"})
    assert guest.get(paths[2]).status_code == 404
    owner.submit("/settings/profile")
    for path in paths:
        assert guest.get(path).status_code == 404
    owner.submit("/settings/profile", {"profile": "1"})
    assert guest.get("/u/ada").status_code == 200


def test_an_album_is_public_once_its_form_says_so(owner, guest, session, ada, media):
    made = owner.submit("/tuchuang/albums/new", {"name": "New", "public": "y"})
    key = made.location.rpartition("/")[2]
    owner.submit("/settings/profile", {"profile": "1"})
    assert guest.get(f"/u/ada/albums/{key}").status_code == 200
    assert query(owner.get(f"/tuchuang/albums/{key}/edit"), "input[name=public][checked]")


def test_many_public_pictures_come_page_by_page(guest, session, ada):
    for _ in range(61):
        make_image(session, ada).visibility = "public"
    ada.profile = True
    session.commit()
    first = guest.get("/u/ada")
    (further,) = links(first, "a[rel=next]")
    assert len(query(first, ".tile")) == 60
    assert len(query(guest.get(further), ".tile")) == 1


def test_many_public_albums_come_page_by_page_in_few_statements(guest, session, ada, statements):
    def fill(names):
        for name in names:
            album, image = make_album(session, ada, name), make_image(session, ada)
            albums.add_images(session, ada, album, [image.key])
            publish(session, ada, image, album)

    make_album(session, ada, "Empty").public = True
    fill(["00"])
    for_one = statements(lambda: guest.get("/u/ada"))
    fill([f"{number:02}" for number in range(1, 62)])
    assert statements(lambda: guest.get("/u/ada")) == for_one
    page = guest.get("/u/ada")
    assert len(query(page, ".shelf")) == 60
    (more,) = [link for link in links(page) if "/albums?page=" in link]
    rest = guest.get(more)
    assert [name.to_text() for name in query(rest, ".shelf-name")] == ["60", "61"]
    assert not query(rest, ".empty")
    (back,) = links(rest, "a[rel=prev]")
    assert len(query(guest.get(back), ".shelf")) == 60
    (further,) = links(page, "a[rel=next]")
    later = guest.get(further)
    assert len(query(later, ".tile")) == 2
    assert not query(later, ".shelf")
    assert guest.get("/u/ada/albums?page=999999999").status_code == 200
    assert guest.get("/u/nobody/albums").status_code == 404


def test_a_cover_that_is_not_public_stands_for_no_album(guest, session, shown):
    one, _, unlisted, album = shown
    for cover in (unlisted, one, None):
        album.cover_id = cover.id if cover else None
        session.commit()
        (image,) = query(guest.get("/u/ada"), ".shelf-cover img")
        assert image.attrs["src"].startswith(f"/tuchuang/download/{one.key}")


# ---- oEmbed ---------------------------------------------------------------------------------


def ask(browser, path, **asked):
    query_string = {"url": f"http://localhost{path}", **asked}
    return browser.get("/oembed", query_string=query_string)


def test_oembed_tells_of_a_picture(guest, shown):
    one, *_ = shown
    for path in (f"/i/{one.key}.png", f"/tuchuang/download/{one.key}.png", f"/u/ada/{one.key}"):
        told = ask(guest, path)
        assert told.status_code == 200
        assert told.json["type"] == "photo"
        assert told.json["version"] == "1.0"
        assert (told.json["width"], told.json["height"]) == (640, 400)
        assert told.json["thumbnail_width"] == 320
        assert guest.get(told.json["url"]).status_code == 200
        assert guest.get(told.json["thumbnail_url"]).mimetype == "image/webp"
    assert ask(guest, f"/u/ada/{one.key}").json["author_name"] == "ada"


@pytest.mark.parametrize(
    ("asked", "size"),
    [
        ({"maxwidth": "300"}, (240, 150)),
        ({"maxheight": "200"}, (320, 200)),
        ({"maxwidth": "500", "maxheight": "100"}, (160, 100)),
        ({"maxwidth": "64"}, (64, 40)),
        ({"maxwidth": "9999"}, (640, 400)),
        ({"maxwidth": "wide"}, (640, 400)),
    ],
)
def test_oembed_obeys_bounds_and_tells_the_true_size(guest, shown, asked, size):
    told = ask(guest, f"/i/{shown[0].key}.png", **asked).json
    assert (told["width"], told["height"]) == size
    with Pillow.open(BytesIO(guest.get(told["url"]).data)) as picture:
        assert picture.size == size
    assert told.get("thumbnail_width", 0) <= size[0]


def test_oembed_answers_what_it_cannot_tell(guest, session, ada, media, shown):
    one, _, unlisted, _ = shown
    _, locked = make_share(session, media, ada, [unlisted], password="open sesame")
    one_path = f"/i/{one.key}.png"
    assert ask(guest, one_path, format="xml").status_code == 501
    assert ask(guest, one_path, format="json").status_code == 200
    assert ask(guest, one_path, maxwidth="10").status_code == 404
    assert ask(guest, f"/s/{locked}").status_code == 401
    assert ask(guest, f"/s/{'1' * 22}").status_code == 404
    assert ask(guest, "/nothing").status_code == 404
    for url in ("", "x", f"http://elsewhere.example{one_path}", "http://[", "javascript:alert(1)"):
        answer = guest.get("/oembed", query_string={"url": url})
        assert answer.status_code == 404
        assert "error" in answer.json
    assert guest.get("/oembed").status_code == 404
