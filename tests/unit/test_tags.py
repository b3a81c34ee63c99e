"""Tags: put on, taken off, renamed, merged, suggested."""

import pytest
from sqlalchemy import select

from flaskr.errors import NotFoundError, TagNameError, TooManyTagsError
from flaskr.library import images, tags
from flaskr.library.tags import Used
from flaskr.models import Image, Tag
from tests.factories import count_rows, make_image


@pytest.fixture
def pictures(session, ada):
    return [make_image(session, ada, name=f"{number}.png") for number in range(4)]


@pytest.fixture
def tag(session, ada):
    def put(image: Image, *names: str) -> int:
        changed = tags.put_on(session, ada, [image.key], names)
        session.commit()
        return changed

    return put


def names(session, image: Image) -> list[str]:
    return list(tags.tags_of(session, image))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("", []),
        (" , ,，", []),
        ("a", ["a"]),
        ("#cats, Dogs，猫、狗;鸟\nfish", ["cats", "Dogs", "猫", "狗", "鸟", "fish"]),
        ("Cat, cat, ＣＡＴ", ["Cat"]),
        ("  new   york ", ["new york"]),
        ("👨‍👩‍👧", ["👨‍👩‍👧"]),
        ("x" * 64, ["x" * 64]),
    ],
)
def test_tags_are_read_from_one_text(text, read):
    assert tags.read(text) == read


@pytest.mark.parametrize(
    "text", ["x" * 65, "a, " + "x" * 65, "..", ".", "ﷺ" * 64, "\u200d", "\ufe0f"]
)
def test_a_tag_that_is_none_is_refused(text):
    with pytest.raises(TagNameError):
        tags.read(text)


def test_tags_are_put_on_several_images_at_once(session, ada, pictures):
    keys = [image.key for image in pictures]
    assert tags.put_on(session, ada, keys, ["海", "summer"]) == 4
    session.commit()
    assert tags.put_on(session, ada, keys, ["Summer"]) == 0
    session.commit()
    assert all(names(session, image) == ["summer", "海"] for image in pictures)
    assert tags.list_own(session, ada) == [Used("summer", 4), Used("海", 4)]
    assert tags.take_off(session, ada, keys[:3], ["SUMMER", "nothing"]) == 3
    session.commit()
    assert names(session, pictures[0]) == ["海"]
    assert tags.list_own(session, ada) == [Used("summer", 1), Used("海", 4)]


def test_a_tag_that_nothing_has_is_gone(session, ada, tag, pictures):
    tag(pictures[0], "a", "b")
    tags.take_off(session, ada, [pictures[0].key], ["a"])
    session.commit()
    assert [each.name for each in session.scalars(select(Tag))] == ["b"]


def test_what_is_found_and_the_revision_follow(session, tag, ada, pictures):
    image = pictures[0]
    tag(image, "Ｓea")
    session.refresh(image)
    assert image.search_text == "0.png\nsea"
    assert image.revision == 2
    tags.rename(session, ada, "sea", "Ocean")
    session.commit()
    session.refresh(image)
    assert image.search_text == "0.png\nocean"
    tags.remove(session, ada, "ocean")
    session.commit()
    session.refresh(image)
    assert (image.search_text, image.revision) == ("0.png", 4)


def test_an_image_has_so_many_tags_and_no_more(session, ada, tag, pictures):
    tag(pictures[0], *(f"t{number}" for number in range(tags.MAX_TAGS)))
    with pytest.raises(TooManyTagsError):
        tags.put_on(session, ada, [image.key for image in pictures], ["one more"])
    session.rollback()
    assert names(session, pictures[1]) == []
    with pytest.raises(TooManyTagsError):
        tags.put_on(session, ada, [pictures[1].key], [f"t{number}" for number in range(51)])


def test_a_renamed_tag_keeps_its_images(session, ada, tag, pictures):
    tag(pictures[0], "cat")
    tag(pictures[1], "cat")
    assert tags.rename(session, ada, "cat", "Cat") == Used("Cat", 2)
    session.commit()
    assert tags.rename(session, ada, "cat", "猫") == Used("猫", 2)
    session.commit()
    assert names(session, pictures[1]) == ["猫"]


def test_a_tag_renamed_to_another_one_becomes_that_one(session, ada, tag, pictures):
    tag(pictures[0], "cat", "kitten")
    tag(pictures[1], "kitten")
    tag(pictures[2], "cat")
    assert tags.rename(session, ada, "kitten", "CAT") == Used("cat", 3)
    session.commit()
    assert tags.list_own(session, ada) == [Used("cat", 3)]
    assert all(names(session, image) == ["cat"] for image in pictures[:3])
    session.refresh(pictures[0])
    assert pictures[0].search_text == "0.png\ncat"


def test_suggestions_start_as_typed_the_most_used_first(session, ada, bob, tag, pictures):
    for image in pictures[:3]:
        tag(image, "猫", "Cat")
    tag(pictures[0], "caterpillar", "猫头鹰", "dog", "100%")
    theirs = make_image(session, bob)
    tags.put_on(session, bob, [theirs.key], ["cattle"])
    session.commit()

    def suggested(start: str) -> list[str]:
        return [used.name for used in tags.suggest(session, ada, start)]

    assert suggested("ca") == ["Cat", "caterpillar"]
    assert suggested("#CA") == ["Cat", "caterpillar"]
    assert suggested("猫") == ["猫", "猫头鹰"]
    assert suggested("100%") == ["100%"]
    assert suggested("%") == []
    assert suggested("")[:2] == ["Cat", "猫"]


def test_counts_are_of_living_images(session, ada, tag, pictures, media):
    tag(pictures[0], "a")
    tag(pictures[1], "a", "b")
    images.delete(session, media, pictures[1])
    session.commit()
    assert tags.list_own(session, ada) == [Used("a", 1)]
    assert tags.suggest(session, ada, "b") == [Used("b", 0)]


def test_an_image_can_be_given_exactly_these(session, ada, tag, pictures):
    tag(pictures[0], "a", "b")
    tags.set_tags(session, ada, pictures[0], ["B", "c"])
    session.commit()
    assert names(session, pictures[0]) == ["b", "c"]
    assert count_rows(session, Tag) == 2


def test_tags_are_each_accounts_own(session, ada, bob, tag, pictures):
    tag(pictures[0], "a")
    theirs = make_image(session, bob)
    for attempt in (
        lambda: tags.find_own(session, bob, "a"),
        lambda: tags.rename(session, bob, "a", "b"),
        lambda: tags.remove(session, bob, "a"),
        lambda: tags.put_on(session, bob, [pictures[0].key], ["b"]),
    ):
        with pytest.raises(NotFoundError):
            attempt()
        session.rollback()
    assert tags.put_on(session, bob, [theirs.key, pictures[0].key], ["a"]) == 1
    session.commit()
    assert tags.list_own(session, ada) == tags.list_own(session, bob) == [Used("a", 1)]
