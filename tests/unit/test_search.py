"""Searches: words in any script, links, hashes; nothing missed, nothing of others'."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from flaskr.library import narrowing, search
from flaskr.library.gallery import Filter, Sort, list_page
from flaskr.models import ImageTag, SetFile, Tag
from tests.factories import make_image
from tests.unit.test_gallery import add_image

NAMES = [
    "IMG_20260512_181530.jpg",
    "微信图片_20260512181530.jpg",
    "海边日落.png",
    "Straße nach Zürich.jpg",
    "ﬁne ｗｉｄｅ ＡＢＣ.gif",
    "100% _real_ \\ path\"quoted'.png",
    "𠮷野家 🌻🌻.webp",
    "a.b",
]


def found(session, owner, text, sort=Sort.NEWEST):
    return [image.name for image in list_page(session, owner, Filter(text), sort, size=60).images]


@pytest.fixture
def library(session, ada, bob):
    for name in NAMES:
        add_image(session, ada, name)
        add_image(session, bob, name)
    session.commit()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("图片", "微信图片_20260512181530.jpg"),
        ("微信 2026", "微信图片_20260512181530.jpg"),
        ("日", "海边日落.png"),
        ("边日落", "海边日落.png"),
        ("落 海", "海边日落.png"),
        ("STRASSE", "Straße nach Zürich.jpg"),
        ("zürich", "Straße nach Zürich.jpg"),
        ("Zu\u0308rich", "Straße nach Zürich.jpg"),
        ("fine", "ﬁne ｗｉｄｅ ＡＢＣ.gif"),
        ("ＡＢＣ　wide", "ﬁne ｗｉｄｅ ＡＢＣ.gif"),
        ("100%", "100% _real_ \\ path\"quoted'.png"),
        ("_real_", "100% _real_ \\ path\"quoted'.png"),
        ('h"q', "100% _real_ \\ path\"quoted'.png"),
        ("\\", "100% _real_ \\ path\"quoted'.png"),
        ("𠮷野", "𠮷野家 🌻🌻.webp"),
        ("🌻", "𠮷野家 🌻🌻.webp"),
        ("\0 日\ud800落", "海边日落.png"),
        ("a.b", "a.b"),
    ],
)
@pytest.mark.parametrize("few", [0, 1500], ids=["many", "few"])
@pytest.mark.parametrize("sort", [Sort.NEWEST, Sort.NAME])
def test_words_are_found(session, ada, library, text, name, few, sort, monkeypatch):
    monkeypatch.setattr(narrowing, "FEW", few)
    assert found(session, ada, text, sort) == [name]


@pytest.mark.parametrize("text", ["日落山", "图 狗", "%", "落.pn_", "20260513", "x" * 5000, "AND"])
def test_words_that_are_nowhere_are_not_found(session, ada, library, text):
    assert found(session, ada, text) == ([NAMES[5]] if text == "%" else [])


@pytest.mark.parametrize("text", ["", " ", "\n\t　", "\0"])
def test_no_words_are_no_search(session, ada, library, text):
    assert len(found(session, ada, text)) == len(NAMES)


def test_titles_texts_and_tags_are_searched_and_no_word_reaches_over_two(session, ada):
    image = add_image(session, ada, "a.png", title="Am Meer", alt="ein Leuchtturm")
    tag = Tag(owner_id=ada.id, name="Ｕrlaub", name_key="urlaub")
    session.add(tag)
    session.flush()
    session.add(ImageTag(image_id=image.id, tag_id=tag.id))
    search.refresh(session, [image.id])
    session.commit()
    assert image.search_text == "a.png\nam meer\nein leuchtturm\nurlaub"
    for text in ("meer", "leuchtturm", "urlaub", "urlaub a.png", "ur"):
        assert found(session, ada, text) == ["a.png"]
    assert found(session, ada, "pngam") == []


letters = st.sampled_from("ab1_%文字ßﬁ🌻\"'\\/ \n")
texts = st.text(letters, max_size=8) | st.text(max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(texts, max_size=6),
    asked=texts,
    many=st.booleans(),
    sort=st.sampled_from([Sort.NEWEST, Sort.OLDEST, Sort.NAME]),
)
@example(names=["aba", "bab", "abab"], asked="ba", many=True, sort=Sort.OLDEST)
@example(names=["\ufffe\uffff", "\U0010ffff"], asked="\uffff", many=False, sort=Sort.NEWEST)
def test_the_index_finds_what_a_look_at_every_row_finds(
    session, ada, names, asked, many, sort, monkeypatch
):
    with monkeypatch.context() as patched:
        patched.setattr(narrowing, "FEW", 0 if many else 1500)
        images = [add_image(session, ada, name) for name in names]
        words = search.fold(asked).split()
        expected = [image for image in images if all(word in image.search_text for word in words)]
        page = list_page(session, ada, Filter(asked), sort, size=60)
        assert sorted(page.images, key=id) == sorted(expected, key=id)
        session.rollback()


# ---- links and hashes -----------------------------------------------------------------------


LINKS = [
    "https://img.example.org/tuchuang/download/{}.jpg",
    "https://img.example.org/i/{}.webp?w=320&h=200",
    "http://127.0.0.1:5000/i/{}.auto",
    "/i/{}.png#top",
    "i/{}.png",
    "https://img.example.org/tuchuang/images/{}",
    "https://img.example.org/tuchuang/images/{}?sort=name",
    "https://img.example.org/tuchuang/images/{}/delete",
    "https://img.example.org/api/images/{}",
    "  https://img.example.org/base/i/{}.jpg \n",
    "![photo](https://img.example.org/i/{}.jpg)",
    '<img src="https://img.example.org/i/{}.jpg" alt="a photo">',
    "{}",
]


@pytest.mark.parametrize("link", LINKS)
def test_a_pasted_link_finds_its_image(session, ada, bob, link):
    image, other = make_image(session, ada), make_image(session, bob)
    make_image(session, ada)
    assert list_page(session, ada, Filter(link.format(image.key)), size=60).images == [image]
    assert list_page(session, ada, Filter(link.format(other.key)), size=60).images == []


def test_a_link_to_a_deleted_image_finds_nothing(session, ada):
    image = make_image(session, ada, deleted=True)
    assert list_page(session, ada, Filter(f"/i/{image.key}.png"), size=60).images == []


def test_the_link_of_an_upload_set_finds_its_picture(session, ada, bob):
    image = make_image(session, ada)
    make_image(session, ada)
    named = SetFile(
        set_name="photos", name="0a1b2c.png", owner_id=ada.id, original="a.png", image_id=image.id
    )
    session.add(named)
    session.commit()
    link = "https://img.example.org/_uploads/photos/0a1b2c.png"
    assert list_page(session, ada, Filter(link), size=60).images == [image]
    assert list_page(session, bob, Filter(link), size=60).images == []


@pytest.mark.parametrize("kind", ["sha256", "md5"])
def test_a_hash_finds_the_images_with_this_content(session, ada, bob, kind):
    image = make_image(session, ada)
    make_image(session, ada)
    digest = getattr(image.blob, kind)
    for text in (digest, digest.upper(), f" {digest}\n"):
        assert list_page(session, ada, Filter(text), size=60).images == [image]
    assert list_page(session, bob, Filter(digest), size=60).images == []


def test_what_looks_like_a_key_or_a_hash_may_be_a_word(session, ada):
    for name in ("abcdefghijkm", "0" * 32, "0" * 64):
        image = add_image(session, ada, name + ".png")
        assert list_page(session, ada, Filter(name), size=60).images[0] == image


def test_words_of_any_length_cost_a_bounded_query(session, ada, library):
    for text in ("ab" * 5000, " ".join(map(str, range(3000))), "https://" + "a/" * 3000, "%" * 400):
        assert found(session, ada, text) == []
