"""Albums: made, shown, changed, put in order, deleted, by their pages."""

import pytest
from sqlalchemy import select

from flaskr.library import albums, arranging
from flaskr.library.arranging import Step
from flaskr.models import Album, Image
from tests.browsing import JSON, links, query, text
from tests.factories import count_rows, make_album, make_image

ALBUMS = "/tuchuang/albums"
NAMES = ["旅行 2026", "عطلة الصيف", "👨‍👩‍👧 & <b>“family”</b>", "x" * 100, "图" * 100]


def shelves(page) -> list[str]:
    return [element.to_text().strip() for element in query(page, ".shelf-name")]


def tiles(page) -> list[str]:
    return [element.to_text().strip() for element in query(page, ".tile-name")]


def spots(page) -> list[str]:
    return [element.to_text().strip() for element in query(page, ".spot-name")]


def value(page, selector: str) -> str:
    (element,) = query(page, selector)
    return str(element.attrs.get("value", ""))


@pytest.fixture
def pictures(session, ada):
    return [make_image(session, ada, name=f"{name}.png") for name in "abc"]


@pytest.fixture
def trips(session, ada, pictures):
    return make_album(session, ada, "Trips", images=pictures)


@pytest.fixture
def post(owner):
    """Send a form, or as a script does."""

    def send(path: str, *, script: bool = False, **data: str):
        headers = JSON if script else {}
        return owner.submit(f"{ALBUMS}/{path}", data, headers=headers)

    return send


# ---- made -----------------------------------------------------------------------------------


def test_no_albums_say_what_to_do(owner):
    page = owner.get(ALBUMS)
    assert "No albums yet" in text(page)
    assert links(page, ".empty a") == [f"{ALBUMS}/new"]


@pytest.mark.parametrize("name", NAMES)
def test_an_album_is_made(owner, post, name):
    answer = post("new", name=name, description="两\r\nlines")
    assert answer.status_code == 303
    page = owner.get(answer.location)
    (heading,) = query(page, "h1")
    assert heading.to_text() == name
    (words,) = query(page, ".album-text")
    assert "lines" in words.to_text()
    assert "No pictures in this album" in text(page)
    assert shelves(owner.get(ALBUMS)) == [name]


def test_an_album_is_made_in_another(owner, post, trips):
    form = owner.get(f"{ALBUMS}/new?parent={trips.key}")
    (chosen,) = query(form, "option[selected]")
    assert chosen.attrs["value"] == trips.key
    page = owner.get(post("new", name="China", parent=trips.key).location)
    assert links(page, ".way a") == [ALBUMS, f"{ALBUMS}/{trips.key}"]
    assert shelves(owner.get(ALBUMS)) == ["Trips"]
    assert shelves(owner.get(f"{ALBUMS}/{trips.key}")) == ["China"]
    assert "3 pictures · 1 album" in text(owner.get(ALBUMS))


@pytest.mark.parametrize("name", ["", " \n", "\u202e", "x" * 101])
def test_a_name_that_is_none_is_refused_and_nothing_typed_is_lost(post, session, name):
    page = post("new", name=name, description="typed")
    assert page.status_code == 422
    assert "1 to 100 characters" in text(page)
    (area,) = query(page, "textarea")
    assert area.to_text().strip() == "typed"
    assert value(page, "#name").strip() == name.strip()
    assert count_rows(session, Album) == 0


def test_a_description_that_is_too_long_is_refused(post):
    page = post("new", name="a", description="x" * 5001)
    assert page.status_code == 422
    assert "at most 5,000 characters" in text(page)


def test_albums_lie_so_deep_and_no_deeper(post, session, ada):
    album = make_album(session, ada)
    for number in range(1, albums.MAX_DEPTH):
        album = make_album(session, ada, str(number), parent=album)
    page = post("new", name="deeper", parent=album.key)
    assert page.status_code == 422
    assert "8 deep" in text(page)


def test_the_form_stays_when_the_album_chosen_in_it_is_gone(post, session, ada):
    parent = make_album(session, ada)
    assert post(f"{parent.key}/delete").status_code == 303
    page = post("new", name="typed before", parent=parent.key)
    assert page.status_code == 404
    assert "This album does not exist any more." in text(page)
    assert 'value="typed before"' in page.text


# ---- shown ----------------------------------------------------------------------------------


def test_an_album_shows_its_pictures_in_their_order(owner, session, ada, trips, pictures):
    arranging.place_image(session, trips, pictures[2].key, Step.FIRST)
    session.commit()
    page = owner.get(f"{ALBUMS}/{trips.key}")
    assert tiles(page) == ["c.png", "a.png", "b.png"]
    assert tiles(owner.get(f"{ALBUMS}/{trips.key}?sort=newest")) == ["c.png", "b.png", "a.png"]


def test_a_large_album_is_turned_page_by_page(owner, session, ada):
    images = [make_image(session, ada, name=f"{number}.png") for number in range(65)]
    album = make_album(session, ada, images=images)
    first = owner.get(f"{ALBUMS}/{album.key}")
    (link,) = links(first, "a[rel=next]")
    assert link.startswith(f"{ALBUMS}/{album.key}?")
    assert tiles(first) + tiles(owner.get(link)) == [f"{number}.png" for number in range(65)]


def test_in_the_gallery_an_album_leads_back_to_its_page(owner, trips):
    page = owner.get(f"/tuchuang/images?album={trips.key}&type=png")
    assert f"{ALBUMS}/{trips.key}" in links(page, ".chip a")


def test_shelves_show_covers_in_reserved_space(owner, trips):
    (picture,) = query(owner.get(ALBUMS), ".shelf img")
    assert {"width", "height", "srcset"} <= set(picture.attrs)


# ---- changed --------------------------------------------------------------------------------


def test_an_album_is_changed(owner, post, session, ada, trips):
    outer = make_album(session, ada, "Outer")
    form = owner.get(f"{ALBUMS}/{trips.key}/edit")
    assert value(form, "#name") == "Trips"
    answer = post(
        f"{trips.key}/edit",
        name="Journeys",
        description="all",
        parent=outer.key,
        revision=value(form, "#revision"),
    )
    assert answer.location == f"{ALBUMS}/{trips.key}"
    page = owner.get(answer.location)
    assert "Journeys" in text(page)
    assert links(page, ".way a")[-1] == f"{ALBUMS}/{outer.key}"


def test_an_album_cannot_lie_in_itself(owner, post, session, ada, trips):
    inner = make_album(session, ada, "Inner", parent=trips)
    form = owner.get(f"{ALBUMS}/{trips.key}/edit")
    assert [option.attrs["value"] for option in query(form, "option")] == [""]
    for parent in (trips, inner):
        page = post(f"{trips.key}/edit", name="x", parent=parent.key, revision="1")
        assert page.status_code == 422
        assert "cannot lie in itself" in text(page)
    session.rollback()
    session.refresh(trips)
    assert (trips.name, trips.parent_id) == ("Trips", None)


def test_who_saves_second_is_told_and_loses_nothing(owner, post, session, ada, trips):
    outer = make_album(session, ada, "Outer")
    seen = value(owner.get(f"{ALBUMS}/{trips.key}/edit"), "#revision")
    post(f"{trips.key}/edit", name="First", description="", parent=outer.key, revision=seen)
    page = post(f"{trips.key}/edit", name="Second", description="mine", parent="", revision=seen)
    assert page.status_code == 409
    assert "changed this meanwhile" in text(page)
    assert value(page, "#name") == "Second"
    (area,) = query(page, "textarea")
    assert area.to_text().strip() == "mine"
    now = [element.to_text() for element in query(page, ".field-now")]
    assert ["First" in now[0], "(empty)" in now[1], "Outer" in now[2]] == [True] * 3
    session.rollback()
    session.refresh(trips)
    assert trips.name == "First"

    again = post(f"{trips.key}/edit", name="Second", revision=value(page, "#revision"))
    assert again.status_code == 303
    session.rollback()
    session.refresh(trips)
    assert (trips.name, trips.parent_id) == ("Second", None)


@pytest.mark.parametrize("revision", ["", "x", "-1", "9" * 30, "9" * 5000, "٣", "²"])
def test_a_form_of_no_revision_is_an_old_one(post, trips, revision):
    page = post(f"{trips.key}/edit", name="x", revision=revision)
    assert page.status_code == 409


def test_a_cover_is_chosen_and_given_up(owner, post, trips, pictures, session):
    answer = owner.submit(
        "/tuchuang/images/bulk", {"action": "cover", "within": trips.key, "key": pictures[1].key}
    )
    assert answer.status_code == 303
    session.rollback()
    session.refresh(trips)
    assert trips.cover_id == pictures[1].id
    form = owner.get(f"{ALBUMS}/{trips.key}/edit")
    assert pictures[1].key in str(query(form, ".spot-cover img")[0].attrs["src"])
    seen = value(form, "#revision")
    post(f"{trips.key}/edit", name="Trips", revision=seen, first_cover="1")
    session.rollback()
    session.refresh(trips)
    assert trips.cover_id is None
    assert not query(owner.get(f"{ALBUMS}/{trips.key}/edit"), "#first_cover")


def test_pictures_are_taken_out_and_stay_in_the_library(owner, trips, pictures):
    sent = {"action": "take_out", "within": trips.key, "key": pictures[0].key}
    answer = owner.submit("/tuchuang/images/bulk", sent, headers=JSON)
    assert answer.json["gone"] is True
    assert tiles(owner.get(f"{ALBUMS}/{trips.key}")) == ["b.png", "c.png"]
    assert len(tiles(owner.get("/tuchuang/images"))) == 3


def test_the_whole_album_can_be_taken_out(owner, trips):
    (form,) = query(owner.get(f"{ALBUMS}/{trips.key}"), "form.gallery")
    sent = {
        "action": "take_out",
        "within": trips.key,
        "all": "1",
        "query": next(
            str(each.attrs["value"])
            for each in form.query("input")
            if each.attrs.get("name") == "query"
        ),
    }
    owner.submit("/tuchuang/images/bulk", sent)
    assert "No pictures in this album" in text(owner.get(f"{ALBUMS}/{trips.key}"))


# ---- put in order ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "after"),
    [("first", "bac"), ("earlier", "bac"), ("later", "acb"), ("last", "acb")],
)
def test_a_picture_is_moved_by_a_button(owner, post, trips, pictures, step, after):
    here = f"{ALBUMS}/{trips.key}/arrange"
    key = pictures[1].key
    assert f"{ALBUMS}/{trips.key}/images/{key}/place" in [
        button.attrs["formaction"] for button in query(owner.get(here), f"button[value={step}]")
    ]
    answer = post(f"{trips.key}/images/{key}/place", step=step, next=here)
    assert answer.location == f"{here}#at-{key}"
    assert spots(owner.get(here)) == [f"{name}.png" for name in after]


@pytest.mark.parametrize(("side", "after"), [("before", "cab"), ("after", "acb")])
def test_a_script_puts_a_picture_beside_another(owner, post, trips, pictures, side, after):
    path = f"{trips.key}/images/{pictures[2].key}/place"
    answer = post(path, script=True, **{side: pictures[0].key})
    assert answer.json == {"placed": pictures[2].key}
    assert tiles(owner.get(f"{ALBUMS}/{trips.key}")) == [f"{name}.png" for name in after]


def test_albums_are_moved(owner, post, session, ada):
    made = [make_album(session, ada, name) for name in "abc"]
    assert spots(owner.get(f"{ALBUMS}/arrange")) == ["a", "b", "c"]
    answer = post(f"{made[2].key}/place", step="first")
    assert answer.location == f"{ALBUMS}/arrange#at-{made[2].key}"
    post(f"{made[0].key}/place", script=True, after=made[1].key)
    assert shelves(owner.get(ALBUMS)) == ["c", "b", "a"]


def test_inner_albums_are_moved_on_the_page_of_theirs(owner, post, session, ada, trips):
    inner = [make_album(session, ada, name, parent=trips) for name in "xy"]
    answer = post(f"{inner[0].key}/place", step="last")
    assert answer.location == f"{ALBUMS}/{trips.key}/arrange#at-{inner[0].key}"
    assert spots(owner.get(answer.location))[:2] == ["y", "x"]


@pytest.mark.parametrize(
    ("data", "status"),
    [({}, 400), ({"step": "up"}, 400), ({"before": ""}, 404), ({"after": "1" * 12}, 404)],
)
def test_nonsense_moves_nothing(owner, post, trips, pictures, data, status):
    path = f"{trips.key}/images/{pictures[0].key}/place"
    assert post(path, **data).status_code == status
    assert tiles(owner.get(f"{ALBUMS}/{trips.key}")) == ["a.png", "b.png", "c.png"]


def test_a_move_leads_nowhere_else(post, trips, pictures):
    path = f"{trips.key}/images/{pictures[0].key}/place"
    answer = post(path, step="last", next="//evil.example/")
    assert answer.location == f"{ALBUMS}/{trips.key}/arrange#at-{pictures[0].key}"


# ---- deleted --------------------------------------------------------------------------------


def test_an_album_goes_after_a_question_and_nothing_else_does(owner, post, session, ada, trips):
    make_album(session, ada, "Inner", parent=trips)
    page = owner.get(f"{ALBUMS}/{trips.key}/delete")
    assert "pictures stay in the library" in text(page)
    assert "album in it takes its place" in text(page)
    answer = post(f"{trips.key}/delete")
    assert answer.location == ALBUMS
    assert shelves(owner.get(ALBUMS)) == ["Inner"]
    assert count_rows(session, Image) == 3
    for answer in (post(f"{trips.key}/delete"), owner.get(f"{ALBUMS}/{trips.key}/delete")):
        assert answer.status_code == 404
        assert "That is deleted already." in text(answer)
        assert shelves(answer) == ["Inner"]


# ---- other people's -------------------------------------------------------------------------


def test_other_peoples_albums_and_pictures_are_not_found(
    other, session, bob, trips, pictures, contents
):
    mine = make_album(session, bob, "Mine", images=[make_image(session, bob)])
    inside = session.scalar(select(Image.key).where(Image.owner_id == bob.id))
    before = contents()
    theirs = pictures[0].key
    for path, data in (
        ("new", {"name": "x", "parent": trips.key}),
        (f"{mine.key}/edit", {"name": "x", "parent": trips.key, "revision": str(mine.revision)}),
        (f"{mine.key}/place", {"before": trips.key}),
        (f"{mine.key}/images/{theirs}/place", {"step": "last"}),
        (f"{mine.key}/images/{inside}/place", {"before": theirs}),
        (f"{trips.key}/images/{inside}/place", {"step": "last"}),
    ):
        assert other.submit(f"{ALBUMS}/{path}", data).status_code == 404
    for data in (
        {"action": "take_out", "within": trips.key, "key": inside},
        {"action": "cover", "within": trips.key, "key": inside},
        {"action": "cover", "within": mine.key, "key": theirs},
        {"action": "take_out", "within": mine.key, "key": theirs},
    ):
        assert other.submit("/tuchuang/images/bulk", data).status_code == 404
    assert contents() == before
