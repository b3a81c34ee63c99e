"""Pictures in posts: the sizes a page needs, loaded when they are scrolled to."""

import pytest

from tests.browsing import query
from tests.factories import make_image, make_post, png


@pytest.fixture
def image(session, ada, media):
    return make_image(session, ada, png(1600, 900), store=media.store)


@pytest.fixture
def pictures(client, session, ada):
    """Return the attributes of the pictures in a post of this text."""

    def read(body: str) -> list[dict[str, str]]:
        page = client.get(f"/{make_post(session, ada, body=body).id}")
        return [element.attrs for element in query(page, ".prose img")]

    return read


@pytest.mark.parametrize(
    "form",
    [
        "![a](/tuchuang/download/{key}.png)",
        '![a](/i/{key}.png "title")',
        "![a](http://localhost/i/{key}.webp)",
        "![a][ref]\n\n[ref]: </i/{key}.jpg>",
        '<p><img alt="a > b" src="/i/{key}.png"></p>',
        "[![a](/i/{key}.auto)](https://example.org)",
    ],
)
def test_a_picture_of_ours_comes_in_every_size(pictures, image, client, form):
    (shown,) = pictures(form.format(key=image.key))
    sources = [source.split() for source in shown["srcset"].split(", ")]
    assert [width for _, width in sources] == ["640w", "1280w", "1600w"]
    assert shown["loading"] == "lazy"
    assert (shown["width"], shown["height"]) == ("1600", "900")
    assert shown["sizes"].endswith(" 680px")
    assert image.key in shown["src"]
    assert client.get(sources[0][0]).mimetype == "image/webp"


def test_a_size_that_the_author_gave_stays(pictures, image):
    (shown,) = pictures(f'<img src="/i/{image.key}.png" width="300">')
    assert shown["width"] == "300"
    assert "height" not in shown
    assert "srcset" in shown


@pytest.mark.parametrize(
    "address",
    [
        "/i/{key}.png?w=320",
        "/i/{key}.png#x",
        "https://elsewhere.example/i/{key}.png",
        "//elsewhere.example/i/{key}.png",
        "/i/111111111111.png",
        "/tuchuang/images/{key}",
        "i/{key}.png",
    ],
)
def test_other_pictures_stay_as_they_are(pictures, image, address):
    (shown,) = pictures(f"![a]({address.format(key=image.key)})")
    assert set(shown) == {"src", "alt", "loading"}


@pytest.mark.parametrize("hidden", ["private", "deleted"])
def test_nothing_is_told_of_a_picture_that_readers_may_not_see(pictures, session, ada, hidden):
    image = make_image(session, ada, png(1600, 900), deleted=hidden == "deleted")
    image.visibility = "private" if hidden == "private" else "unlisted"
    session.commit()
    (shown,) = pictures(f"![a](/i/{image.key}.png)")
    assert set(shown) == {"src", "alt", "loading"}


def test_a_text_about_a_picture_is_no_picture(client, session, ada, image):
    tag = f'<img src="/i/{image.key}.png">'
    body = f"`{tag}` <a title='{tag}'>x</a> {tag.replace('<', '&lt;')}"
    page = client.get(f"/{make_post(session, ada, body=body).id}")
    assert not query(page, ".prose img")
    assert "srcset" not in page.text


def test_a_drawing_is_sharp_as_it_is(pictures, session, image):
    image.blob.extension = "svg"
    session.commit()
    (shown,) = pictures(f"![a](/i/{image.key}.svg)")
    assert "srcset" not in shown
    assert shown["width"] == "1600"
