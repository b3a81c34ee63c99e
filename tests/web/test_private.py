"""A private picture at every address there is, as strangers ask for it."""

from datetime import datetime, timedelta

import pytest
from werkzeug.routing import Rule

from flaskr.library import direct_links
from flaskr.library.aliases import alias_of
from flaskr.models import now
from tests.browsing import Browser, links, query, text
from tests.factories import (
    make_album,
    make_image,
    make_post,
    make_share,
    make_tag,
    png,
    publish,
)

CONTENT = png(number=2001)
NAME = "the-secret-picture.png"
EXTENSIONS = ("png", "webp", "jpg", "avif", "auto")
QUERIES = ("", "?w=320&h=320&still=1", "?download", "?until=9999999999&sign=made-up")

LINK_ENDED = 410
WITHHELD = {303, 401, 403, 404, 405, LINK_ENDED, 501}
"""A way to the log-in page, or an error."""

ANSWERED_ALIKE = {"blog.post", "smms.delete_picture"}
"""A post that names it, and a client's shape that says in the body what went wrong."""


@pytest.fixture
def secret(app, session, ada, media):
    """A private picture that is everywhere where a picture can be, and what leads there."""
    image = make_image(session, ada, CONTENT, store=media.store, name=NAME)
    other = make_image(session, ada, store=media.store)
    album = make_album(session, ada, "Seen by all", images=[image, other])
    publish(session, ada, other, album)
    make_tag(session, ada, "hidden", [image])
    make_post(session, ada, body=f"![a](/i/{image.key}.png)")
    image.title, image.visibility, album.cover_id = NAME, "private", image.id
    session.commit()
    ended, token = make_share(session, media, ada, [image])
    make_share(session, media, ada, [image], password="open sesame")
    ended.revoked = now()
    session.commit()
    return image, album, token, alias_of(ended, image)


def values_of(rule: Rule, image, album, token, alias) -> list[dict[str, object]]:
    """All that this picture can stand for in an address of this form."""
    told = {
        "album_key": [album.key],
        "alias": [alias],
        "batch": [image.key],
        "extension": list(EXTENSIONS),
        "filename": [image.name],
        "image_key": [image.key],
        "key": [image.key, album.key],
        "name": [image.name, image.key],
        "number": [1],
        "openid": ["o1"],
        "post_id": [1],
        "set_name": ["photos"],
        "slug": ["sharex"],
        "text": [image.key],
        "token": [token, "1" * 22],
        "token_id": [1],
        "username": ["ada"],
        "version": ["1"],
    }
    filled: list[dict[str, object]] = [{}]
    for name in sorted(rule.arguments):
        assert name in told, f"say what {name} in {rule.rule} can be"
        filled = [{**values, name: value} for values in filled for value in told[name]]
    return filled


@pytest.mark.parametrize("who", ["guest", "other"])
def test_no_address_there_is_gives_a_private_picture_to_strangers(app, request, secret, who):
    browser = request.getfixturevalue(who)
    image, album, token, alias = secret
    urls = app.url_map.bind("localhost")
    asked = given = 0
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()):
            continue
        for values in values_of(rule, image, album, token, alias):
            path = urls.build(rule.endpoint, values)
            meant = not {image.key, alias}.isdisjoint(values.values())
            named = meant and "extension" in values
            for more in QUERIES if named else ("",):
                answer = browser.get(path + more)
                asked += 1
                assert CONTENT not in answer.data, path + more
                assert NAME.encode() not in answer.data.replace(path.encode(), b""), path + more
                if meant and rule.endpoint not in ANSWERED_ALIKE:
                    assert answer.status_code in WITHHELD, (path + more, answer.status_code)
                    given += named
                    if named and "made-up" not in more and not path.startswith("/s/"):
                        ways = {404} if who == "other" else {303, 404}
                        assert answer.status_code in ways, (path + more, answer.status_code)
    assert asked > 60
    assert given > 40


@pytest.mark.parametrize("who", ["guest", "other"])
def test_no_list_names_a_private_picture_to_strangers(app, request, secret, who):
    browser = request.getfixturevalue(who)
    image, album, *_ = secret
    for path in ("/u/ada", f"/u/ada/albums/{album.key}", "/tuchuang/images", "/tuchuang/albums"):
        answer = browser.get(path)
        assert image.key not in answer.text, path
    assert "Seen by all" in browser.get("/u/ada").text


@pytest.mark.parametrize("form", ["/i/{}.png", "/tuchuang/download/{}.webp?w=320", "/u/ada/{}"])
def test_oembed_tells_nothing_of_a_private_picture(guest, secret, form):
    image, _, token, alias = secret
    for path in (form.format(image.key), f"/s/{token}", f"/s/{token}/{alias}"):
        answer = guest.get("/oembed", query_string={"url": f"http://localhost{path}"})
        assert answer.status_code in {401, 404}
        assert NAME not in answer.text


FILES = ["/i/{}.png", "/tuchuang/download/{}.webp?w=320", "/tuchuang/images/{}", "/u/ada/{}"]


@pytest.mark.parametrize("who", ["guest", "other", "owner"])
@pytest.mark.parametrize("form", FILES)
def test_oembed_answers_for_a_private_picture_as_for_none(request, secret, form, who):
    browser = request.getfixturevalue(who)
    image, *_ = secret
    private, unknown = (
        browser.get("/oembed", query_string={"url": f"http://localhost{form.format(key)}"})
        for key in (image.key, "A" * len(image.key))
    )
    assert (private.status_code, private.json) == (404, unknown.json)
    assert (unknown.status_code, unknown.headers["Cache-Control"]) == (
        404,
        private.headers["Cache-Control"],
    )


def test_its_owner_sees_it_at_once(owner, secret):
    image, *_ = secret
    assert owner.get(f"/i/{image.key}.png").data == CONTENT


# ---- signed links ---------------------------------------------------------------------------


@pytest.fixture
def sign(app):
    def make(image, days=1, **options):
        query = direct_links.sign([app.config["SECRET_KEY"]], image.key, days, **options)
        return f"/i/{image.key}.png?{query}"

    return make


def test_a_signed_link_opens_everywhere_until_it_ends(guest, secret, sign):
    image, *_ = secret
    for path in (sign(image), sign(image).replace(".png?", ".webp?w=320&")):
        answer = guest.get(path)
        assert answer.status_code == 200
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert answer.headers["Cache-Control"] == "private, no-store"
    assert guest.get(sign(image)).data == CONTENT


def test_an_altered_or_ended_signature_is_refused(guest, session, ada, media, secret, sign):
    image, *_ = secret
    another = make_image(session, ada, store=media.store)
    another.visibility = "private"
    session.commit()
    good = sign(image)
    until = good.partition("until=")[2].partition("&")[0]
    ended = sign(image, at=now() - timedelta(days=1, seconds=1))
    for path in (
        ended,
        good[:-1] + ("1" if good[-1] != "1" else "2"),
        good.replace(until, str(int(until) + 1)),
        good.replace(image.key, another.key),
        good.replace(image.key, "1" * 12),
        good.partition("&")[0],
        good.replace("until", "then"),
        f"/i/{image.key}.png?until=&sign=",
    ):
        assert guest.get(path).status_code == 403, path


def test_the_keys_of_links_rotate(make_app, guest, secret):
    image, *_ = secret
    old, new = "old" * 12, "new" * 12
    link = f"/i/{image.key}.png?{direct_links.sign([old], image.key, 1)}"
    assert guest.get(link).status_code == 403
    assert Browser(make_app(LINK_KEYS=[new, old])).get(link).status_code == 200
    assert Browser(make_app(LINK_KEYS=[new])).get(link).status_code == 403


def test_a_link_for_a_time_is_shown_to_the_owner(owner, guest, secret):
    image, *_ = secret
    page = owner.get(f"/tuchuang/images/{image.key}/signed?days=30")
    (until,) = query(page, "main time")
    left = datetime.fromisoformat(str(until.attrs["datetime"])) - now()
    assert timedelta(days=29) < left <= timedelta(days=30)
    assert "cannot be revoked before then" in text(page)
    assert f"/tuchuang/shares/new?image={image.key}" in links(page)
    assert "until=" in page.text
    assert f"/tuchuang/images/{image.key}/signed" in owner.get(f"/tuchuang/images/{image.key}").text
