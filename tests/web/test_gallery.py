"""The gallery: filters and orders in its address, pasted links, many pictures at once."""

import json
from datetime import UTC, datetime
from io import BytesIO
from zipfile import ZipFile

import pytest

from flaskr.library import albums, tags
from flaskr.library.chosen import MOST
from flaskr.models import Album, Image, Tag
from flaskr.tuchuang import gallery as gallery_view
from flaskr.tuchuang.bulk import ACTS
from tests.browsing import JSON, links, query, text
from tests.conftest import MakeApp
from tests.factories import (
    count_rows,
    encode,
    jpeg,
    make_album,
    make_image,
    make_tag,
    make_user,
    png,
)
from tests.unit.test_lookalikes import scene

LIBRARY = "/tuchuang/images"
BULK = "/tuchuang/images/bulk"
TRASH = "/tuchuang/trash"
PAGE = 60


def names(page) -> list[str]:
    return [element.to_text().strip() for element in query(page, ".tile-name")]


def chips(page) -> list[str]:
    return [element.to_text().strip() for element in query(page, ".chip")]


@pytest.fixture
def hang(session, ada, media):
    """Put an image that differs from all others into ada's library."""
    numbers = iter(range(10_000))

    def make(name: str, content: bytes | None = None, owner=ada, **columns: object) -> Image:
        content = content or png(3, 3, number=next(numbers))
        image = make_image(session, owner, content, store=media.store, name=name)
        for column, value in columns.items():
            setattr(image, column, value)
        session.commit()
        return image

    return make


@pytest.fixture
def act(owner):
    """Send the gallery's form."""

    def send(action: str, *images: Image, browser=owner, as_json: bool = True, **fields: object):
        data = {"action": action, "key": [image.key for image in images], **fields}
        return browser.submit(BULK, data, headers=JSON if as_json else {})

    return send


# ---- filters and orders ---------------------------------------------------------------------


@pytest.fixture
def shelves(session, ada, hang):
    """Four images that differ in everything a list can be narrowed by."""
    images = [
        hang("apple.png", created=datetime(2026, 1, 5, tzinfo=UTC)),
        hang("Banana.jpg", jpeg(), created=datetime(2026, 2, 5, tzinfo=UTC)),
        hang(
            "西湖.png", png(60, 60), visibility="private", created=datetime(2026, 3, 5, tzinfo=UTC)
        ),
        hang("cherry.png", created=datetime(2026, 4, 5, 23, 59, tzinfo=UTC)),
    ]
    album = albums.create(session, ada, "Fruit")
    albums.add_images(session, ada, album, [images[3].key, images[0].key])
    tags.put_on(session, ada, [images[0].key, images[1].key], ["Red & ripe"])
    session.commit()
    return images, album


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({}, ["cherry.png", "西湖.png", "Banana.jpg", "apple.png"]),
        ({"sort": "oldest"}, ["apple.png", "Banana.jpg", "西湖.png", "cherry.png"]),
        ({"sort": "name"}, ["apple.png", "Banana.jpg", "cherry.png", "西湖.png"]),
        ({"sort": "name-down"}, ["西湖.png", "cherry.png", "Banana.jpg", "apple.png"]),
        ({"type": "jpg"}, ["Banana.jpg"]),
        ({"visibility": "private"}, ["西湖.png"]),
        ({"tag": "red & RIPE"}, ["Banana.jpg", "apple.png"]),
        ({"since": "2026-02-05", "until": "2026-03-05"}, ["西湖.png", "Banana.jpg"]),
        ({"until": "2026-04-05", "since": "2026-04-05"}, ["cherry.png"]),
        ({"q": "西湖"}, ["西湖.png"]),
        ({"q": "湖"}, ["西湖.png"]),
        ({"q": "APPLE"}, ["apple.png"]),
        ({"q": "an", "type": "jpg"}, ["Banana.jpg"]),
        ({"q": "nothing of the kind"}, []),
    ],
)
def test_a_list_is_narrowed_and_sorted_by_its_address(owner, shelves, asked, shown):
    page = owner.get(LIBRARY, query_string=asked)
    assert names(page) == shown
    assert len(chips(page)) == len(asked.keys() - {"sort"})


@pytest.mark.parametrize("sort", ["largest", "smallest"])
def test_a_list_is_sorted_by_size(owner, shelves, sort):
    images, _ = shelves
    sizes = {image.name: image.blob.bytes for image in images}
    shown = [sizes[name] for name in names(owner.get(f"{LIBRARY}?sort={sort}"))]
    assert shown == sorted(sizes.values(), reverse=sort == "largest")


def test_an_album_is_shown_in_its_own_order(owner, shelves):
    _, album = shelves
    assert names(owner.get(f"{LIBRARY}?album={album.key}")) == ["cherry.png", "apple.png"]
    sorted_ = owner.get(f"{LIBRARY}?album={album.key}&sort=name")
    assert names(sorted_) == ["apple.png", "cherry.png"]


def test_what_is_asked_for_can_be_chosen_also_where_not_all_are_listed(
    owner, session, ada, monkeypatch
):
    monkeypatch.setattr(gallery_view, "LISTED", 2)
    image = make_image(session, ada)
    last = [make_album(session, ada, f"Album {n}", images=[image]) for n in range(4)][-1]
    for number in range(4):
        make_tag(session, ada, f"tag {number}", [image])
    page = owner.get(LIBRARY, query_string={"album": last.key, "tag": "tag 3"})
    chosen = [option.attrs["value"] for option in query(page, "select option[selected]")]
    assert sorted(chosen) == sorted([last.key, "tag 3"])


def test_a_chip_takes_its_filter_away(owner, shelves):
    page = owner.get(f"{LIBRARY}?tag=red+%26+ripe&type=jpg&sort=name")
    assert chips(page) == ["Tag: Red & ripe", "JPEG"]
    assert links(page, ".chip a") == [
        f"{LIBRARY}?type=jpg&sort=name",
        "/tuchuang/tags/Red%20%26%20ripe?sort=name",
    ]


def test_pages_keep_filters_and_order(owner, hang):
    for number in range(PAGE + 2):
        hang(f"{number:03}.png")
    (link,) = links(owner.get(f"{LIBRARY}?q=png&sort=name"), "a[rel=next]")
    page = owner.get(link)
    assert names(page) == ["060.png", "061.png"]
    assert chips(page) == ["“png”"]


@pytest.mark.parametrize(
    "asked",
    [
        {"type": "exe"},
        {"visibility": "secret"},
        {"since": "yesterday", "until": "2026-13-01"},
        {"since": "0001-01-01", "until": "9999-12-31"},
        {"sort": "position"},
        {"sort": "'; DROP TABLE image"},
        {"q": "\0"},
        {"q": " "},
        {"q": "%" * 5000},
        {"page": "-1"},
    ],
)
def test_what_makes_no_sense_in_an_address_does_no_harm(owner, shelves, asked):
    assert owner.get(LIBRARY, query_string=asked).status_code == 200


def test_words_that_sql_or_html_could_misread_are_words(owner, hang):
    hang("100%_of <b>.png")
    hang("other.png")
    for words in ("%", "_", "<b>", '"', "AND", "*"):
        page = owner.get(LIBRARY, query_string={"q": words})
        assert "other.png" not in names(page)
        assert "<b>.png" not in page.text


@pytest.mark.parametrize("name", ["album", "tag"])
def test_an_album_or_tag_that_is_not_ones_own_is_not_found(owner, other, shelves, name):
    _, album = shelves
    value = album.key if name == "album" else "Red & ripe"
    assert owner.get(LIBRARY, query_string={name: value}).status_code == 200
    theirs = other.get(LIBRARY, query_string={name: value})
    missing = other.get(LIBRARY, query_string={name: "1" * 12})
    assert theirs.status_code == missing.status_code == 404


def test_an_empty_result_says_what_to_do(owner, shelves):
    page = owner.get(f"{LIBRARY}?q=zzz")
    assert "No picture matches" in text(page)
    assert LIBRARY in links(page, ".empty a")


def test_months_are_headings_and_only_by_date(owner, shelves):
    page = owner.get(LIBRARY)
    heads = [element.to_text().strip() for element in query(page, ".month-head")]
    assert heads == ["April 2026", "March 2026", "February 2026", "January 2026"]
    assert not query(owner.get(f"{LIBRARY}?sort=largest"), ".month-head")


# ---- search by a link or a hash -------------------------------------------------------------


def test_a_pasted_link_leads_to_its_picture(owner, other, shelves):
    images, _ = shelves
    image = images[0]
    for link in (
        f"http://localhost/tuchuang/download/{image.key}.png",
        f"http://localhost/i/{image.key}.webp?w=320",
        f"/tuchuang/images/{image.key}",
    ):
        found = owner.get(LIBRARY, query_string={"q": link})
        assert (found.status_code, found.location) == (303, f"/tuchuang/images/{image.key}")
        theirs = other.get(LIBRARY, query_string={"q": link})
        assert theirs.status_code == 200
        assert names(theirs) == []


def test_a_hash_finds_what_has_it(owner, other, shelves):
    images, _ = shelves
    blob = images[1].blob
    for digest in (blob.sha256, blob.md5, blob.sha256.upper()):
        assert names(owner.get(f"{LIBRARY}?q={digest}")) == ["Banana.jpg"]
        assert names(other.get(f"{LIBRARY}?q={digest}")) == []


# ---- many at once ---------------------------------------------------------------------------


def test_pictures_go_into_an_album_new_or_old(act, session, hang):
    one, two, three = hang("1.png"), hang("2.png"), hang("3.png")
    made = act("album", one, two, album_name=" Holiday ").json
    assert made["message"] == "2 pictures added to “Holiday”."
    assert made["album"]["name"] == "Holiday"
    again = act("album", two, three, album=made["album"]["key"]).json
    assert again["message"] == "1 picture added to “Holiday”."
    assert act("album", one, album=made["album"]["key"]).json["message"].startswith("They are in")
    assert count_rows(session, Album) == 1


def test_tags_are_put_on_and_taken_off(act, owner, hang, session):
    one, two = hang("1.png"), hang("2.png")
    assert act("tag", one, two, tags="北京，Trip").json["message"] == "2 pictures tagged."
    assert names(owner.get(f"{LIBRARY}?tag=北京&q=trip")) == ["2.png", "1.png"]
    assert "1 picture" in act("untag", one, tags="trip").json["message"]
    assert names(owner.get(f"{LIBRARY}?tag=Trip")) == ["2.png"]
    act("untag", two, tags="trip, 北京")
    assert session.query(Tag.name).all() == [("北京",)]


def test_who_can_see_them_is_changed(act, guest, hang):
    one, two = hang("1.png"), hang("2.png")
    told = act("private", one, two).json
    assert told["visibility"] == "private"
    assert guest.get(f"/i/{one.key}.png").status_code == 404
    act("public", one)
    assert guest.get(f"/i/{one.key}.png").status_code == 200
    assert guest.get(f"/i/{two.key}.png").status_code == 404


def test_deleting_can_be_taken_back(act, owner, guest, hang):
    one, two = hang("1.png"), hang("2.png")
    link = f"/i/{one.key}.png"
    before = guest.get(link).data
    told = act("delete", one, two).json
    assert sorted(told["keys"]) == sorted([one.key, two.key])
    assert guest.get(link).status_code == 404
    assert names(owner.get(LIBRARY)) == []
    back = owner.submit(TRASH, {"action": "restore", "key": told["keys"]}, headers=JSON)
    assert back.json["message"] == "2 pictures are back."
    assert guest.get(link).data == before
    assert names(owner.get(LIBRARY)) == ["2.png", "1.png"]


def test_a_plain_form_is_sent_back_with_a_way_to_undo(act, owner, hang):
    image = hang("1.png")
    answer = act("delete", image, as_json=False, next=f"{LIBRARY}?sort=name")
    assert (answer.status_code, answer.location) == (303, f"{LIBRARY}?sort=name")
    page = owner.get(answer.location)
    assert "1 picture is in the trash." in text(page)
    (form,) = query(page, ".notice form")
    fields = {
        element.attrs["name"]: element.attrs["value"] for element in query(page, ".notice input")
    }
    answer = owner.post(form.attrs["action"], data=fields)
    assert (answer.status_code, answer.location) == (303, f"{LIBRARY}?sort=name")
    assert names(owner.get(LIBRARY)) == ["1.png"]


def test_deleting_what_is_deleted_is_no_error(act, hang):
    image = hang("1.png")
    act("delete", image)
    assert act("delete", image).json["message"] == "They are in the trash already."


def test_what_has_nothing_to_do_says_so_without_a_number(act, owner, session, ada, hang):
    image, album = hang("1.png"), make_album(session, ada, "Fruit")
    assert act("untag", image, tags="sea").json["message"] == "None of them has these tags."
    act("tag", image, tags="hill")
    assert act("tag", image, tags="hill").json["message"] == "They have these tags already."
    act("private", image)
    assert act("private", image).json["message"] == "They are so already: Only you."
    answer = act("take_out", image, within=album.key)
    assert answer.json["message"] == "They are not in “Fruit” any more."
    fields = {"key": image.key, "sure": "1"}
    for action, message in (
        ("restore", "They are back already."),
        ("purge", "They are not in the trash any more."),
    ):
        answer = owner.submit(TRASH, {"action": action, **fields}, headers=JSON)
        assert answer.json["message"] == message


def test_to_delete_for_good_twice_shows_the_trash_and_says_so(act, owner, hang):
    image = hang("1.png")
    act("delete", image)
    fields = {"action": "purge", "key": image.key, "sure": "1"}
    owner.submit(TRASH, fields)
    answer = owner.submit(TRASH, fields)
    assert answer.status_code == 404
    assert "That is deleted already." in text(answer)
    assert "The trash is empty" in text(answer)


@pytest.mark.parametrize("action", ["restore", "purge"])
def test_nothing_chosen_in_the_trash_is_said_there(owner, action):
    answer = owner.submit(TRASH, {"action": action})
    assert (answer.status_code, answer.location) == (303, TRASH)
    assert "Nothing is chosen." in text(owner.get(TRASH))


def test_links_are_told_in_the_form_that_is_copied(act, session, ada, hang):
    one, two = hang("1.png"), hang("2.png")
    ada.link_form = "markdown"
    session.commit()
    assert act("links", two, one).json["links"] == [
        f"![2](http://localhost/tuchuang/download/{two.key}.png)",
        f"![1](http://localhost/tuchuang/download/{one.key}.png)",
    ]


def test_many_are_downloaded_as_one_zip(owner, session, media, hang):
    one, two = hang("同名.png"), hang("同名.png")
    answer = owner.submit(f"{LIBRARY}/archive", {"key": [one.key, two.key]})
    assert answer.mimetype == "application/zip"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.content_length == len(answer.data)
    with ZipFile(BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["同名.png", "同名 (2).png"]
        for name, image in zip(archive.namelist(), (one, two), strict=True):
            path = media.store.local_path(
                f"blobs/{image.blob.sha256[:2]}/{image.blob.sha256[2:4]}/{image.blob.sha256}"
            )
            assert archive.read(name) == path.read_bytes()


def test_all_that_match_are_taken_whether_shown_or_not(act, owner, hang):
    for number in range(PAGE + 3):
        hang(f"{'even' if number % 2 == 0 else 'odd'} {number}.png")
    told = act("delete", all="1", query="q=even&sort=name").json
    assert told["message"] == "32 pictures are in the trash."
    assert all(name.startswith("odd") for name in names(owner.get(LIBRARY)))


@pytest.mark.parametrize(
    ("action", "fields", "status", "code"),
    [
        ("delete", {}, 400, "nothing_chosen"),
        ("fly", {}, 400, "unknown_act"),
        ("", {}, 400, "unknown_act"),
        ("album", {"album_name": ""}, 422, "invalid_album_name"),
        ("album", {"album_name": "x" * 101}, 422, "invalid_album_name"),
        ("album", {"album": "1" * 12}, 404, "not_found"),
        ("tag", {"tags": "x" * 65}, 422, "invalid_tag"),
        ("tag", {"tags": " , "}, 422, "no_tag"),
        ("delete", {"all": "1", "query": "album=111111111111"}, 404, "not_found"),
        ("delete", {"key": ["1" * 12] * (MOST + 1)}, 404, "not_found"),
        ("delete", {"key": "\0"}, 404, "not_found"),
        ("delete", {"key": "图"}, 404, "not_found"),
    ],
)
def test_a_form_that_makes_no_sense_is_refused(act, hang, contents, action, fields, status, code):
    image = hang("1.png")
    chosen = [] if code == "nothing_chosen" or "key" in fields else [image]
    before = contents()
    if chosen:
        fields = {"key": image.key, **fields}
    answer = act(action, **fields)
    assert (answer.status_code, answer.json["error"]["code"]) == (status, code)
    assert contents() == before


def test_a_plain_form_that_is_refused_is_told_why_on_the_list(act, owner, hang):
    image = hang("1.png")
    answer = act("album", image, as_json=False, album_name="", next=LIBRARY)
    assert (answer.status_code, answer.location) == (303, LIBRARY)
    assert "An album's name has 1 to 100 characters." in text(owner.get(LIBRARY))


def test_a_form_does_not_lead_to_another_site(act, hang):
    answer = act("private", hang("1.png"), as_json=False, next="//evil.example/")
    assert answer.location == LIBRARY


SENT: dict[str, dict[str, str]] = {
    "delete": {},
    "links": {},
    "private": {},
    "unlisted": {},
    "public": {},
    "take_out": {},
    "cover": {},
    "tag": {"tags": "x"},
    "untag": {"tags": "x"},
    "album": {"album_name": "mine"},
}
"""What each act needs to be told."""


@pytest.mark.parametrize("action", ACTS)
def test_what_is_somebody_elses_is_passed_over(
    act, session, owner, other, bob, hang, contents, action
):
    theirs, own = hang("ada.png"), hang("bob.png", owner=bob)
    fields = {**SENT[action], "within": make_album(session, bob, images=[own]).key}
    before = contents()
    alone = act(action, theirs, browser=other, **fields)
    assert alone.status_code == 404
    assert contents() == before
    both = act(action, theirs, own, browser=other, **fields)
    assert both.status_code == 200
    assert theirs.key not in json.dumps(both.json)
    assert names(owner.get(LIBRARY)) == ["ada.png"]
    assert names(owner.get(f"{LIBRARY}?visibility=private")) == []


def test_nobody_adds_to_an_album_of_somebody_elses(act, session, ada, other, bob, hang, contents):
    album = albums.create(session, ada, "Ada's")
    session.commit()
    own = hang("bob.png", owner=bob)
    before = contents()
    assert act("album", own, browser=other, album=album.key).status_code == 404
    assert contents() == before


# ---- what looks alike -----------------------------------------------------------------------


def test_copies_are_listed_with_the_space_to_win(owner, other):
    picture = scene(1)
    smaller = picture.resize((450, 300))
    owner.upload(("big.png", encode(picture, "PNG")), ("small.jpg", encode(smaller, "JPEG")))
    owner.upload(("else.png", encode(scene(2), "PNG")))
    page = owner.get("/tuchuang/duplicates")
    assert names(page) == ["big.png", "small.jpg"]
    assert "2 pictures" in text(page)
    assert "No copies" in text(other.get("/tuchuang/duplicates"))
    (big,) = [tile for tile in query(owner.get(LIBRARY), ".tile") if "big.png" in tile.to_text()]
    page = f"{LIBRARY}/{big.attrs['data-key']}"
    (link,) = links(owner.get(page), "[data-similar]")
    assert link == f"{page}/similar"
    assert names(owner.get(link)) == ["small.jpg"]
    assert owner.get(link, headers=JSON).json == {"count": 1}


# ---- the trash ------------------------------------------------------------------------------


def test_the_trash_lists_what_is_in_it_with_the_days_it_has_left(act, owner, other, hang):
    one, _two = hang("1.png"), hang("2.png")
    act("delete", one)
    page = owner.get(TRASH)
    assert names(page) == ["1.png"]
    assert "30 days left" in text(page)
    assert names(other.get(TRASH)) == []


def test_an_empty_trash_says_so(owner):
    assert "The trash is empty" in text(owner.get(TRASH))


def test_the_trash_is_shown_page_by_page(owner, session, ada):
    for number in range(PAGE + 2):
        make_image(session, ada, png(2, 2, number=number), name=f"{number}.png", deleted=True)
    first = owner.get(TRASH)
    (link,) = links(first, "a[rel=next]")
    second = owner.get(link)
    assert sorted(names(first) + names(second)) == sorted(f"{n}.png" for n in range(PAGE + 2))
    assert not query(second, "a[rel=next]")


def test_the_trash_goes_on_where_what_was_restored_has_been(owner, session, ada):
    made = [
        make_image(session, ada, png(2, 2, number=number), name=f"{number}.png", deleted=True)
        for number in range(PAGE + 2)
    ]
    (link,) = links(owner.get(TRASH), "a[rel=next]")
    first = {"action": "restore", "key": [image.key for image in made[2:]]}
    assert owner.submit(TRASH, first).status_code == 303
    assert names(owner.get(link)) == ["1.png", "0.png"]
    owner.submit(TRASH, {"action": "restore", "key": [image.key for image in made]})
    assert "Nothing further" in text(owner.get(link))


@pytest.mark.parametrize(
    "after", ["x", "1" * 12, "图", "\0", "9" * 17 + "-" + "9" * 18, "9" * 5000 + "-1", "0-0"]
)
def test_a_cursor_of_nothing_does_no_harm_in_the_trash(owner, hang, act, after):
    act("delete", hang("1.png"))
    assert owner.get(TRASH, query_string={"after": after}).status_code == 200


def test_what_is_deleted_for_good_is_asked_about_first(act, owner, session, hang):
    image = hang("1.png")
    act("delete", image)
    question = owner.submit(TRASH, {"action": "purge", "key": image.key})
    assert "Delete 1 picture for good?" in text(question)
    assert count_rows(session, Image) == 1
    fields = {"action": "purge", "key": image.key, "sure": "1"}
    assert owner.submit(TRASH, fields).status_code == 303
    assert count_rows(session, Image) == 0


def test_what_lives_is_not_purged(owner, session, hang):
    image = hang("1.png")
    owner.submit(TRASH, {"action": "purge", "key": image.key, "sure": "1"})
    assert count_rows(session, Image) == 1


def test_the_trash_is_emptied_after_a_question(act, owner, other, session, bob, hang):
    theirs = hang("bob.png", owner=bob)
    act("delete", hang("1.png"), hang("2.png"))
    act("delete", theirs, browser=other)
    assert "Empty the trash?" in text(owner.get(f"{TRASH}/empty"))
    assert count_rows(session, Image) == 3
    owner.submit(f"{TRASH}/empty")
    assert "The trash is empty" in text(owner.get(TRASH))
    assert names(other.get(TRASH)) == ["bob.png"]


@pytest.mark.parametrize("action", ["restore", "purge"])
def test_nobody_reaches_into_anothers_trash(act, owner, other, hang, contents, action):
    image = hang("1.png")
    act("delete", image)
    before = contents()
    fields = {"action": action, "key": image.key, "sure": "1"}
    assert other.submit(TRASH, fields, headers=JSON).status_code == 404
    assert contents() == before


def test_an_unknown_act_on_the_trash_is_refused(owner):
    assert owner.submit(TRASH, {"action": "x"}).status_code == 400


# ---- albums, space --------------------------------------------------------------------------


def test_albums_lead_to_what_is_in_them(owner, other, shelves):
    _, album = shelves
    page = owner.get("/tuchuang/albums")
    assert links(page, "a.shelf") == [f"/tuchuang/albums/{album.key}"]
    assert "2 pictures" in text(page)
    assert "No albums yet" in text(other.get("/tuchuang/albums"))


def test_space_is_shown_by_kind_and_month_and_against_the_quota(make_app: MakeApp, session, hang):
    from tests.browsing import AuthActions, Browser

    app = make_app(QUOTA_BYTES=1024 * 1024, QUOTA_IMAGES=10)
    make_user(session, "eve")
    browser = Browser(app)
    AuthActions(browser).login("eve")
    assert "No pictures yet" in text(browser.get("/settings/usage"))
    browser.upload(("a.png", png(30, 30)), ("b.jpg", jpeg(30, 30)))
    page = browser.get("/settings/usage")
    shown = text(page)
    assert "of 1 MB" in shown
    assert "2 of 10" in shown
    rows = [row.to_text().split() for row in query(page, ".bars tbody tr")]
    assert {row[0] for row in rows} == {"PNG", "JPEG"}
    assert len(query(page, ".columns rect")) == 12
