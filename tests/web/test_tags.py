"""Tags: listed, renamed, merged, deleted, suggested, by their pages."""

import pytest

from flaskr.library import tags
from flaskr.models import Tag
from tests.browsing import JSON, links, query, text
from tests.factories import count_rows, make_image, make_tag

TAGS = "/tuchuang/tags"
SUGGEST = "/tuchuang/suggest/tags"
NAMES = [
    *("海", "sea side", "a/b", "/a", "a//b/", "a/../b", "?q=1#x", "50%", "%2F", "suggest", "edit"),
    *("<b>&amp", "+", "شاطئ", "👨‍👩‍👧", "...", "\\", "x" * 64, "图" * 64),
]


def listed(page) -> dict[str, str]:
    names = [element.to_text().strip() for element in query(page, ".tag-name")]
    counts = [element.to_text().strip() for element in query(page, ".tag-count")]
    return dict(zip(names, counts, strict=True))


@pytest.fixture
def pictures(session, ada):
    return [make_image(session, ada, name=f"{number}.png") for number in range(3)]


@pytest.fixture
def tag(session, ada, pictures):
    """Give some of the pictures a tag."""

    def put(name: str, number: int = 1) -> str:
        make_tag(session, ada, name, pictures[:number])
        return name

    return put


@pytest.fixture
def change(owner):
    def send(**data: str):
        return owner.submit(TAGS, data)

    return send


def of_picture(session, image) -> list[str]:
    session.rollback()
    return list(tags.tags_of(session, image))


def test_no_tags_say_what_to_do(owner):
    page = owner.get(TAGS)
    assert "No tags yet" in text(page)
    assert links(page, ".empty a") == ["/tuchuang/images"]


def test_all_tags_are_listed_by_name_with_how_many_have_them(owner, tag):
    tag("sea", 2)
    tag("Beach", 3)
    tag("海", 1)
    assert list(listed(owner.get(TAGS)).items()) == [("Beach", "3"), ("sea", "2"), ("海", "1")]


@pytest.mark.parametrize("name", NAMES)
def test_whatever_a_tag_is_called_its_links_lead_to_it(owner, tag, name):
    tag(name, 2)
    page = owner.get(TAGS)
    assert listed(page) == {name: "2"}
    (link,) = links(page, ".tag-name")
    shown = owner.get(link)
    assert shown.status_code == 200
    assert [each.to_text().strip() for each in query(shown, ".tile-name")] == ["1.png", "0.png"]
    (edit,) = links(page, ".tag-edit")
    (field,) = query(owner.get(edit), "#tag-name")
    assert field.attrs["value"] == name


def test_a_tag_is_found_however_it_is_written(owner, tag):
    tag("Sea")
    assert owner.get(f"{TAGS}/sEA").status_code == 200
    assert owner.get(f"{TAGS}/seas").status_code == 404


def test_what_has_a_tag_can_be_narrowed_further(owner, tag):
    tag("sea", 2)
    page = owner.get(f"{TAGS}/sea?type=png&q=1")
    assert [each.to_text().strip() for each in query(page, ".tile-name")] == ["1.png"]
    assert f"{TAGS}/sea" in links(owner.get("/tuchuang/images?tag=sea&type=png"), ".chip a")


def test_a_tag_is_renamed(owner, change, tag, session, pictures):
    tag("sea", 2)
    assert change(action="rename", tag="sea", name=" ＃Ocean ").status_code == 303
    assert listed(owner.get(TAGS)) == {"Ocean": "2"}
    assert of_picture(session, pictures[0]) == ["Ocean"]
    assert change(action="rename", tag="ocean", name="OCEAN").status_code == 303
    assert listed(owner.get(TAGS)) == {"OCEAN": "2"}


def test_two_become_one_after_a_question(owner, change, tag, session, pictures):
    tag("sea", 2)
    tag("Ocean", 1)
    page = change(action="rename", tag="sea", name="ocean")
    assert page.status_code == 200
    assert "Make one tag of both?" in text(page)
    assert "There is a tag “Ocean” already" in text(page)
    assert listed(owner.get(TAGS)) == {"Ocean": "1", "sea": "2"}
    sent = {str(each.attrs["name"]): each.attrs["value"] for each in query(page, "main input")}
    sent.pop("csrf_token")
    assert change(action="rename", **sent).status_code == 303
    assert listed(owner.get(TAGS)) == {"Ocean": "2"}
    assert of_picture(session, pictures[1]) == ["Ocean"]


@pytest.mark.parametrize("name", ["", "#", "a,b", "x" * 65, "..", "一、二"])
def test_a_name_that_is_none_is_refused_beside_its_field(change, tag, name):
    tag("sea")
    page = change(action="rename", tag="sea", name=name)
    assert page.status_code == 422
    assert "1 to 64 characters" in text(page)
    (field,) = query(page, "#tag-name")
    assert (field.attrs["value"], field.attrs["aria-invalid"]) == (name, "true")


def test_a_tag_is_deleted_after_a_question(owner, change, tag, session, pictures):
    tag("sea", 2)
    page = change(action="delete", tag="sea")
    assert "Delete this tag?" in text(page)
    assert listed(owner.get(TAGS)) == {"sea": "2"}
    assert change(action="delete", tag="sea", sure="1").status_code == 303
    assert "taken off 2 pictures" in text(owner.get(TAGS))
    assert of_picture(session, pictures[0]) == []
    tag("hill")
    answer = change(action="delete", tag="sea", sure="1")
    assert answer.status_code == 404
    assert "That is deleted already." in text(answer)
    assert listed(answer) == {"hill": "1"}


def test_nothing_else_is_done_with_tags(change, tag):
    tag("sea")
    assert change(action="polish", tag="sea").status_code == 400


def test_suggestions_are_those_that_start_so_the_most_used_first(owner, tag):
    for name, number in (("seal", 1), ("Sea", 3), ("search", 2), ("海边", 1), ("海", 2)):
        tag(name, number)

    def suggested(typed: str) -> list[tuple[str, int]]:
        answer = owner.get(SUGGEST, query_string={"q": typed}, headers=JSON)
        return [(each["name"], each["images"]) for each in answer.json["tags"]]

    assert suggested("SE") == [("Sea", 3), ("search", 2), ("seal", 1)]
    assert suggested("＃海") == [("海", 2), ("海边", 1)]
    assert suggested("%") == suggested("_") == suggested("x" * 5000) == []
    assert [name for name, _ in suggested("")] == ["Sea", "search", "海", "seal", "海边"]


def test_other_peoples_tags_are_neither_found_nor_suggested(other, tag, session):
    tag("sea")
    assert other.get(f"{TAGS}/sea").status_code == 404
    assert other.get(f"{TAGS}?edit=sea").status_code == 404
    for action in ("rename", "delete"):
        sent = {"action": action, "tag": "sea", "name": "x", "sure": "1"}
        assert other.submit(TAGS, sent).status_code == 404
    assert other.get(SUGGEST, query_string={"q": "s"}).json == {"tags": []}
    assert listed(other.get(TAGS)) == {}
    assert count_rows(session, Tag) == 1
