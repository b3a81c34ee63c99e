"""The download URL: bytes, conditions, parts, headers; by the short way and by Flask's."""

import pytest

from flaskr.config import MIB
from flaskr.library.media import blob_name, variant_name
from flaskr.web.delivery import PIECE, Pieces
from flaskr.web.security import FILE_POLICY
from tests import factories
from tests.browsing import JSON, Browser, text
from tests.factories import jpeg, make_image, png


@pytest.fixture(params=["short way", "Flask"])
def app(make_app, request):
    app = make_app()
    if request.param == "Flask":
        app.wsgi_app = app.wsgi_app.beyond
    return app


@pytest.fixture
def image(session, ada, media):
    return make_image(session, ada, jpeg(80, 40), store=media.store, name="狗.jpg")


@pytest.fixture
def path(image):
    return f"/tuchuang/download/{image.key}.jpg"


def test_anybody_gets_the_bytes_with_their_type(guest, path, image):
    answer = guest.get(path)
    assert answer.status_code == 200
    assert answer.data == jpeg(80, 40)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.content_length == image.blob.bytes
    assert "Content-Disposition" not in answer.headers


def test_a_file_is_never_a_page(guest, path):
    answer = guest.get(path)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    policy = answer.headers["Content-Security-Policy"]
    assert policy == FILE_POLICY
    assert policy.startswith("default-src 'none';")
    assert policy.endswith("; sandbox")
    assert "script-src" not in policy
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


@pytest.mark.parametrize("content", [factories.html_in_jpeg(), factories.gif_with_archive()])
def test_a_picture_that_is_something_else_too_is_served_as_a_picture(owner, guest, content):
    (told,) = owner.upload_json(("page.html", content)).json["files"]
    answer = guest.get(told["path"])
    assert answer.mimetype in {"image/jpeg", "image/gif"}
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == FILE_POLICY
    assert guest.get(told["path"].rpartition(".")[0] + ".html").status_code == 404


def test_the_etag_is_strong_and_the_hash_of_the_content(guest, path, image):
    assert guest.get(path).get_etag() == (image.blob.sha256, False)


@pytest.mark.parametrize("given", ['"{}"', 'W/"{}"', '"other", "{}"', "*"])
def test_who_has_it_already_is_sent_nothing(guest, path, image, given):
    answer = guest.get(path, headers={"If-None-Match": given.format(image.blob.sha256)})
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.get_etag() == (image.blob.sha256, False)
    assert answer.cache_control.max_age == 3600


def test_who_has_another_version_is_sent_all(guest, path):
    answer = guest.get(path, headers={"If-None-Match": '"other"'})
    assert (answer.status_code, answer.data) == (200, jpeg(80, 40))


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [("bytes=0-9", 0, 10), ("bytes=100-", 100, None), ("bytes=5-5", 5, 6)],
)
def test_a_part_is_sent_when_asked_for(guest, path, asked, start, stop):
    whole = jpeg(80, 40)
    answer = guest.get(path, headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.data == whole[start:stop]
    last = (stop or len(whole)) - 1
    assert answer.headers["Content-Range"] == f"bytes {start}-{last}/{len(whole)}"
    assert answer.content_length == len(answer.data)
    assert answer.headers["Content-Security-Policy"] == FILE_POLICY


@pytest.mark.parametrize("asked", ["bytes=0-1,4-5", "bytes=", "bytes=x-", "pages=1-2", "nonsense"])
def test_what_is_no_single_part_is_the_whole(guest, path, asked):
    answer = guest.get(path, headers={"Range": asked})
    assert (answer.status_code, answer.data) == (200, jpeg(80, 40))


def test_a_part_of_a_large_file_is_that_part(guest, session, ada, media):
    content = factories.encode(factories.noise(400, 400), "PNG")
    assert len(content) > PIECE + 100
    image = make_image(session, ada, content, store=media.store)
    path = f"/i/{image.key}.png"
    assert guest.get(path).data == content
    answer = guest.get(path, headers={"Range": f"bytes=50-{PIECE + 99}"})
    assert answer.data == content[50 : PIECE + 100]


def test_pieces_get_smaller_when_many_files_are_on_their_way(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * 8192)
    assert len(next(Pieces(path.open("rb"), 2 * MIB))) == MIB
    many = [Pieces(path.open("rb"), 2 * MIB) for _ in range(64)]
    first = next(many[0])
    assert len(first) == MIB // 4
    for each in many[1:]:
        each.close()
        each.close()
    assert first + b"".join(many[0]) == path.read_bytes()
    many[0].close()
    assert Pieces._open == 0


def test_who_insists_on_another_version_is_told(guest, path, image):
    assert guest.get(path, headers={"If-Match": '"other"'}).status_code == 412
    headers = {"If-Match": f'"{image.blob.sha256}"'}
    assert guest.get(path, headers=headers).status_code == 200


def test_the_last_bytes_are_sent_when_asked_for(guest, path):
    answer = guest.get(path, headers={"Range": "bytes=-7"})
    assert (answer.status_code, answer.data) == (206, jpeg(80, 40)[-7:])


def test_a_part_past_the_end_cannot_be_had(guest, path):
    answer = guest.get(path, headers={"Range": "bytes=999999-"})
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(jpeg(80, 40))}"


def test_a_part_of_another_version_is_the_whole(guest, path, image):
    headers = {"Range": "bytes=0-9", "If-Range": '"other"'}
    assert guest.get(path, headers=headers).status_code == 200
    headers["If-Range"] = f'"{image.blob.sha256}"'
    assert guest.get(path, headers=headers).status_code == 206


def test_head_tells_everything_but_the_bytes(guest, path):
    answer, whole = guest.head(path), guest.get(path)
    assert (answer.status_code, answer.data) == (200, b"")
    for name in ("Content-Type", "Content-Length", "ETag", "Cache-Control"):
        assert answer.headers[name] == whole.headers[name]


def test_the_setting_says_how_long_caches_may_keep_it(make_app, path):
    answer = Browser(make_app(LINK_MAX_AGE=77)).get(path)
    assert answer.cache_control.max_age == 77
    assert answer.cache_control.public
    assert not answer.cache_control.immutable
    assert "Set-Cookie" not in answer.headers


def test_download_saves_under_the_name_it_came_with(guest, path):
    answer = guest.get(path + "?download")
    disposition = answer.headers["Content-Disposition"]
    assert disposition == "attachment; filename=\"_.jpg\"; filename*=UTF-8''%E7%8B%97.jpg"
    assert answer.data == jpeg(80, 40)


@pytest.mark.parametrize("name", ['a"; filename="b.exe', "a\\b", "a%41.png", "é.png", "🌻.png"])
def test_no_name_breaks_the_header(session, ada, media, guest, name):
    image = make_image(session, ada, png(), store=media.store, name=name)
    disposition = guest.get(f"/i/{image.key}.png?download").headers["Content-Disposition"]
    assert disposition.isascii()
    assert disposition.count('"') == 2
    assert disposition.count(";") - name.count(";") <= 2


def test_the_short_alias_gives_the_same(guest, path, image):
    alias, full = guest.get(f"/i/{image.key}.jpg"), guest.get(path)
    assert (alias.data, alias.get_etag()) == (full.data, full.get_etag())


@pytest.mark.parametrize("extension", ["jpeg", "jpe"])
def test_other_spellings_of_the_extension_work(guest, image, extension):
    assert guest.get(f"/i/{image.key}.{extension}").status_code == 200


@pytest.mark.parametrize("ending", ["html", "JPG", "jpg.html", "", "bmp", "tiff", "svg"])
def test_a_wrong_extension_is_not_found(guest, image, ending):
    assert guest.get(f"/tuchuang/download/{image.key}.{ending}").status_code == 404


@pytest.mark.parametrize("key", ["1" * 12, "x", "%00", "%2e%2e%2fsecret_key", "狗"])
def test_an_unknown_key_is_a_page_that_says_so(guest, key):
    answer = guest.get(f"/tuchuang/download/{key}.jpg")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert answer.cache_control.no_store


def test_a_deleted_image_is_gone_from_every_address(guest, session, ada, media):
    image = make_image(session, ada, store=media.store, deleted=True)
    for path in (f"/tuchuang/download/{image.key}.png", f"/i/{image.key}.png"):
        answer = guest.get(path)
        assert answer.status_code == 404
        assert "no longer does" in text(answer)
    assert guest.get(f"/i/{image.key}.webp?w=320").status_code == 404


def test_a_file_that_is_gone_from_the_store_is_not_found(guest, path, image, media):
    media.store.delete(blob_name(image.blob.sha256))
    assert guest.get(path).status_code == 404
    assert guest.get(f"/i/{image.key}.webp?w=320").status_code == 404


# ---- thumbnails -----------------------------------------------------------------------------


def test_a_thumbnail_that_was_deleted_is_made_again(guest, owner, session, media):
    (told,) = owner.upload_json(("a.jpg", jpeg(800, 400))).json["files"]
    name = variant_name(told["sha256"], "w320.webp")
    before = guest.get(told["thumbnail"])
    assert media.store.delete(name)
    after = guest.get(told["thumbnail"])
    assert (before.status_code, after.status_code) == (200, 200)
    assert after.mimetype == "image/webp"
    assert after.headers["Content-Security-Policy"] == FILE_POLICY
    assert media.store.stat(name).size == len(after.data)


@pytest.mark.parametrize("size", ["321", "0", "-1", "320x", "", "99999"])
def test_other_sizes_are_not_made_for_everybody(guest, image, media, size):
    assert guest.get(f"/i/{image.key}.webp?w={size}").status_code == 404
    assert list(media.store.list("variants/")) == []


# ---- the deletion link ----------------------------------------------------------------------


@pytest.fixture
def deletion_link(image):
    return f"/tuchuang/delete/{image.key}/secret"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_only_a_post_deletes(owner, image, path, deletion_link, method):
    for page in (deletion_link, f"/tuchuang/images/{image.key}/delete"):
        assert owner.open(page, method=method).status_code == 200
    assert owner.get(path).status_code == 200


def test_following_a_deletion_link_asks_and_deletes_nothing(guest, deletion_link, path):
    answer = guest.get(deletion_link)
    assert answer.status_code == 200
    assert "Delete this picture?" in text(answer)
    assert guest.get(path).status_code == 200


def test_confirming_a_deletion_link_deletes(guest, deletion_link, path):
    answer = guest.submit(deletion_link, page=deletion_link)
    assert answer.status_code == 303
    assert "is deleted" in text(guest.get(answer.location))
    assert guest.get(path).status_code == 404
    assert guest.get(deletion_link).status_code == 404


def test_a_program_deletes_by_the_link_alone(guest, deletion_link, path):
    answer = guest.post(deletion_link, headers=JSON)
    assert answer.status_code == 200
    assert set(answer.json) == {"deleted"}
    assert guest.get(path).status_code == 404
    assert guest.post(deletion_link, headers=JSON).status_code == 404


def test_a_shell_deletes_by_the_link_alone(guest, deletion_link, path):
    assert guest.post(deletion_link).status_code == 303
    assert guest.get(path).status_code == 404


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_wrong_deletion_token_deletes_nothing(guest, image, path, method):
    link = f"/tuchuang/delete/{image.key}/wrong"
    answer = guest.submit(link) if method == "POST" else guest.get(link)
    assert answer.status_code == 404
    assert guest.get(path).status_code == 200


def test_the_token_of_one_image_does_not_delete_another(guest, session, ada, media, image):
    other = make_image(session, ada, store=media.store, deletion_secret="another")
    assert guest.submit(f"/tuchuang/delete/{other.key}/secret").status_code == 404


def test_the_owner_deletes_after_being_asked(owner, image, path):
    page = f"/tuchuang/images/{image.key}/delete"
    assert "Delete this picture?" in text(owner.get(page))
    assert owner.get(path).status_code == 200
    assert owner.submit(page, page=page).location == "/tuchuang/images"
    assert owner.get(path).status_code == 404


def test_one_image_is_deleted_and_another_with_the_same_content_stays(app, owner, other):
    first, second = (browser.upload(("a.png", png())).location for browser in (owner, other))
    key = first.rpartition("/")[2].partition(".")[0]
    owner.submit(f"/tuchuang/images/{key}/delete")
    visitor = Browser(app)
    assert visitor.get(first).status_code == 404
    assert visitor.get(second).data == png()
