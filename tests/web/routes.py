"""Every address of the site: how to ask for it, and who gets what.

The access and the CSRF matrix go by this table; a route that is missing here fails both.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from flask import Flask, url_for
from werkzeug.test import TestResponse

from flaskr.library.aliases import alias_of
from flaskr.models import Album, DropBox, Image, Post, ResumableUpload, SetFile, Share, Token
from tests.browsing import Browser
from tests.factories import PASSWORD, png

LOGIN = "sent to log in"
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
SECRET = "the-deletion-secret"
BATCH = "batchbatch11"
IMAGE_KEY = "imageimage11"
"""The key of ada's image, for forms that name it."""

WAITING_KEY = "waitingimag1"
"""The key of the image that waits in ada's drop box."""

TAG = "see & 海/sea"
"""What ada's image and nothing else is tagged with."""

POST_TAG = "walks / 散步"
"""What ada's post is tagged with."""


@dataclass(frozen=True)
class Things:
    """What ada owns."""

    post: Post
    image: Image
    trashed: Image
    document: SetFile
    upload: ResumableUpload
    album: Album
    share: Share
    token: str
    username: str
    box: DropBox
    box_token: str
    api_token: Token
    batch: str = BATCH


@dataclass(frozen=True)
class Route:
    """What a guest, another user and the owner get: a status, or LOGIN.

    `values` makes the variables of the address, `data` the form, or `body` is sent as it is, with
    `headers`; `open_to_programs` says that the route needs a Bearer token and no CSRF token, and
    `by_secret` that its address has a secret in it, which alone counts.
    """

    guest: int | str
    other: int | str
    owner: int | str
    values: Callable[[Things], dict[str, Any]] = lambda _: {}
    data: Callable[[], dict[str, Any]] = dict
    headers: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    body: bytes | None = field(default=None, kw_only=True)
    open_to_programs: bool = field(default=False, kw_only=True)
    by_secret: bool = field(default=False, kw_only=True)

    @property
    def needs_session(self) -> bool:
        """Whether a form has to carry the token of its session."""
        return not (self.open_to_programs or self.by_secret)

    def send(
        self, browser: Browser, path: str, method: str, token: str = "", **options: Any
    ) -> TestResponse:
        """Ask for the route. `token` is that against CSRF; `more` adds to the form."""
        headers = {**self.headers, **options.pop("headers", {})}
        more = options.pop("more", {})
        if self.headers:
            headers |= {"X-CSRFToken": token or more.get("csrf_token", "")}
            options["data"] = self.body
        elif method != "GET":
            options["data"] = {**self.data(), **({"csrf_token": token} if token else {}), **more}
        return browser.open(path, method=method, headers=headers, **options)

    def path(self, app: Flask, endpoint: str, things: Things) -> str:
        with app.test_request_context():
            return url_for(endpoint, **self.values(things))


def post(things: Things) -> dict[str, Any]:
    return {"post_id": things.post.id}


def post_tag(_: Things) -> dict[str, Any]:
    return {"name": POST_TAG}


def image(things: Things) -> dict[str, Any]:
    return {"key": things.image.key}


def file(things: Things) -> dict[str, Any]:
    return {"key": things.image.key, "extension": "png"}


def version(things: Things) -> dict[str, Any]:
    return {"key": things.image.key, "number": 1, "extension": "png"}


def numbered(things: Things) -> dict[str, Any]:
    return {"key": things.image.key, "number": 1}


def in_trash(things: Things) -> dict[str, Any]:
    return {"key": things.trashed.key}


def token_number(_: Things) -> dict[str, Any]:
    return {"token_id": 1}


def trashed(things: Things) -> dict[str, Any]:
    return {"key": things.trashed.key, "extension": "png"}


def batch(things: Things) -> dict[str, Any]:
    return {"batch": things.batch}


def deletion_link(things: Things) -> dict[str, Any]:
    return {"key": things.image.key, "token": SECRET}


def set_name(_: Things) -> dict[str, Any]:
    return {"set_name": "files"}


def document(things: Things) -> dict[str, Any]:
    return {"set_name": "files", "name": things.document.name}


def openid(_: Things) -> dict[str, Any]:
    return {"openid": "oXyz"}


def album(things: Things) -> dict[str, Any]:
    return {"key": things.album.key}


def album_image(things: Things) -> dict[str, Any]:
    return {"key": things.album.key, "image_key": things.image.key}


def box(things: Things) -> dict[str, Any]:
    return {"key": things.box.key}


def box_link(things: Things) -> dict[str, Any]:
    return {"token": things.box_token}


def share(things: Things) -> dict[str, Any]:
    return {"key": things.share.key}


def shared(things: Things) -> dict[str, Any]:
    return {"token": things.token}


def shared_image(things: Things) -> dict[str, Any]:
    return {"token": things.token, "alias": alias_of(things.share, things.image)}


def shared_file(things: Things) -> dict[str, Any]:
    return {**shared_image(things), "extension": "png"}


def to_be_shared(things: Things) -> dict[str, Any]:
    return {"image": things.image.key}


def person(things: Things) -> dict[str, Any]:
    return {"username": things.username}


def public_album(things: Things) -> dict[str, Any]:
    return {"username": things.username, "key": things.album.key}


def public_image(things: Things) -> dict[str, Any]:
    return {"username": things.username, "key": things.image.key}


def public_album_image(things: Things) -> dict[str, Any]:
    album_key, key = things.album.key, things.image.key
    return {"username": things.username, "album_key": album_key, "key": key}


def pasted(things: Things) -> dict[str, Any]:
    return {"url": f"http://localhost/i/{things.image.key}.png"}


def tag(_: Things) -> dict[str, Any]:
    return {"name": TAG}


def foreign(things: Things) -> dict[str, Any]:
    """What a client deletes ada's image by: its key, without a token."""
    return {"text": things.image.key}


def foreign_album(things: Things) -> dict[str, Any]:
    return {"album_id": things.album.id}


def unfinished(things: Things) -> dict[str, Any]:
    return {"key": things.upload.key}


def token(things: Things) -> dict[str, Any]:
    return {"token_id": things.api_token.id}


def client(_: Things) -> dict[str, Any]:
    return {"slug": "picgo"}


def client_file(_: Things) -> dict[str, Any]:
    return {"slug": "picgo", "name": "config.json"}


def icon(_: Things) -> dict[str, Any]:
    return {"filename": "favicon.svg"}


def credentials() -> dict[str, Any]:
    return {"username": "ada", "password": PASSWORD}


def passwords() -> dict[str, Any]:
    return {"current_password": PASSWORD, "new_password": "another password"}


def text() -> dict[str, Any]:
    return {"title": "changed", "body": "changed"}


def theme() -> dict[str, Any]:
    return {"theme": "dark"}


def keeping() -> dict[str, Any]:
    return {"keep": "backup"}


def link_choice() -> dict[str, Any]:
    return {"link_form": "markdown", "copy_links": "1"}


def chosen() -> dict[str, Any]:
    return {"action": "delete", "key": IMAGE_KEY}


def sent_picture() -> dict[str, Any]:
    return {"sender": "Eve", "file": (BytesIO(png(number=79)), "new.png")}


def waiting() -> dict[str, Any]:
    return {"key": WAITING_KEY}


def box_terms() -> dict[str, Any]:
    return {"name": "changed", "most_images": "5"}


def sharing() -> dict[str, Any]:
    return {"key": IMAGE_KEY, "save": "1"}


def terms() -> dict[str, Any]:
    return {"name": "changed", "most_views": "5"}


def restored() -> dict[str, Any]:
    return {"action": "restore", "key": IMAGE_KEY}


def album_words() -> dict[str, Any]:
    return {"name": "changed", "revision": "1"}


def step() -> dict[str, Any]:
    return {"step": "last"}


def tag_words() -> dict[str, Any]:
    return {"action": "rename", "tag": TAG, "name": "changed"}


def turning() -> dict[str, Any]:
    return {"change": "left", "version": "1"}


def saying() -> dict[str, Any]:
    return {"title": "changed", "visibility": "public"}


def words() -> dict[str, Any]:
    return {"file": (BytesIO(b"words"), "new.txt")}


def photo() -> dict[str, Any]:
    return {"photo": (BytesIO(png(number=78)), "new.png"), "title": "A task"}


def foreign_picture() -> dict[str, Any]:
    return {"image": (BytesIO(png(number=79)), "new.png")}


def source() -> dict[str, Any]:
    return {"source": (BytesIO(png(number=80)), "new.png")}


def inward_address() -> dict[str, Any]:
    return {"url": "http://127.0.0.1/a.png"}


def token_words() -> dict[str, Any]:
    return {"name": "a program", "scope": "upload", "days": "30"}


def picture() -> dict[str, Any]:
    return {"file": (BytesIO(png(number=77)), "new.png")}


def notes() -> dict[str, Any]:
    return {"file": (BytesIO(b"![](a.png)"), "new.md")}


def first_text() -> dict[str, Any]:
    return {"id": "1"}


TUS = {"Tus-Resumable": "1.0.0"}
ANNOUNCEMENT = {**TUS, "Upload-Length": "1000"}
PIECE = {**TUS, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}

ROUTES = {
    ("admin.index", "GET"): Route(LOGIN, 404, 404),
    ("api.change_album", "PATCH"): Route(401, 401, 401, album, open_to_programs=True),
    ("api.change_image", "PATCH"): Route(401, 401, 401, image, open_to_programs=True),
    ("api.change_profile", "PATCH"): Route(401, 401, 401, open_to_programs=True),
    ("api.change_share", "PATCH"): Route(401, 401, 401, share, open_to_programs=True),
    ("api.delete_album", "DELETE"): Route(401, 401, 401, album, open_to_programs=True),
    ("api.delete_image", "DELETE"): Route(401, 401, 401, image, open_to_programs=True),
    ("api.delete_tag", "DELETE"): Route(401, 401, 401, tag, open_to_programs=True),
    ("api.docs", "GET"): Route(200, 200, 200),
    ("api.edit", "POST"): Route(401, 401, 401, image, open_to_programs=True),
    ("api.empty_trash", "DELETE"): Route(401, 401, 401, open_to_programs=True),
    ("api.fill_album", "POST"): Route(401, 401, 401, album, open_to_programs=True),
    ("api.get_album", "GET"): Route(401, 401, 401, album, open_to_programs=True),
    ("api.get_file", "GET"): Route(401, 401, 401, image, open_to_programs=True),
    ("api.get_image", "GET"): Route(401, 401, 401, image, open_to_programs=True),
    ("api.get_share", "GET"): Route(401, 401, 401, share, open_to_programs=True),
    ("api.get_version_file", "GET"): Route(401, 401, 401, numbered, open_to_programs=True),
    ("api.list_albums", "GET"): Route(401, 401, 401, open_to_programs=True),
    ("api.list_images", "GET"): Route(401, 401, 401, open_to_programs=True),
    ("api.list_shares", "GET"): Route(401, 401, 401, open_to_programs=True),
    ("api.list_tags", "GET"): Route(401, 401, 401, open_to_programs=True),
    ("api.list_tokens", "GET"): Route(401, 401, 401, open_to_programs=True),
    ("api.list_trash", "GET"): Route(401, 401, 401, open_to_programs=True),
    ("api.list_versions", "GET"): Route(401, 401, 401, image, open_to_programs=True),
    ("api.make_album", "POST"): Route(401, 401, 401, open_to_programs=True),
    ("api.make_share", "POST"): Route(401, 401, 401, open_to_programs=True),
    ("api.make_token", "POST"): Route(401, 401, 401, open_to_programs=True),
    ("api.openapi", "GET"): Route(200, 200, 200),
    ("api.profile", "GET"): Route(401, 401, 401, open_to_programs=True),
    ("api.purge_image", "DELETE"): Route(401, 401, 401, in_trash, open_to_programs=True),
    ("api.put_tags_on", "POST"): Route(401, 401, 401, open_to_programs=True),
    ("api.rename_tag", "PATCH"): Route(401, 401, 401, tag, open_to_programs=True),
    ("api.replace", "POST"): Route(401, 401, 401, image, picture, open_to_programs=True),
    ("api.restore_image", "POST"): Route(401, 401, 401, in_trash, open_to_programs=True),
    ("api.revoke_current_token", "DELETE"): Route(401, 401, 401, open_to_programs=True),
    ("api.revoke_share", "POST"): Route(401, 401, 401, share, open_to_programs=True),
    ("api.revoke_token", "DELETE"): Route(401, 401, 401, token_number, open_to_programs=True),
    ("api.roll_back", "POST"): Route(401, 401, 401, numbered, open_to_programs=True),
    ("api.take_out", "DELETE"): Route(401, 401, 401, album_image, open_to_programs=True),
    ("api.upload", "POST"): Route(401, 401, 401, data=picture, open_to_programs=True),
    ("api.usage", "GET"): Route(401, 401, 401, open_to_programs=True),
    ("api.wechat_login", "POST"): Route(404, 404, 404, open_to_programs=True),
    ("auth.login", "GET"): Route(200, 303, 303),
    ("auth.login", "POST"): Route(303, 303, 303, data=credentials),
    ("auth.logout", "POST"): Route(303, 303, 303),
    ("auth.password", "GET"): Route(LOGIN, 200, 200),
    ("auth.password", "POST"): Route(LOGIN, 303, 303, data=passwords),
    ("auth.register", "GET"): Route(403, 403, 403),
    ("auth.register", "POST"): Route(403, 403, 403, data=credentials),
    ("auth.session", "GET"): Route(401, 200, 200),
    ("blog.create", "GET"): Route(LOGIN, 200, 200),
    ("blog.create", "POST"): Route(LOGIN, 303, 303, data=text),
    ("blog.delete", "GET"): Route(LOGIN, 404, 200, post),
    ("blog.delete", "POST"): Route(LOGIN, 404, 303, post),
    ("blog.drafts", "GET"): Route(LOGIN, 200, 200),
    ("blog.feed", "GET"): Route(200, 200, 200),
    ("blog.index", "GET"): Route(200, 200, 200),
    ("blog.post", "GET"): Route(200, 200, 200, post),
    ("blog.tagged", "GET"): Route(200, 200, 200, post_tag),
    ("blog.update", "GET"): Route(LOGIN, 404, 200, post),
    ("blog.update", "POST"): Route(LOGIN, 404, 303, post, text),
    ("chevereto.upload", "GET"): Route(400, 400, 400),
    ("chevereto.upload", "POST"): Route(400, 400, 400, data=source, open_to_programs=True),
    ("favicon", "GET"): Route(200, 200, 200),
    ("imgur.delete_picture", "DELETE"): Route(401, 401, 401, foreign, open_to_programs=True),
    ("imgur.upload", "POST"): Route(401, 401, 401, data=foreign_picture, open_to_programs=True),
    ("lsky.delete_album", "DELETE"): Route(401, 401, 401, foreign_album, open_to_programs=True),
    ("lsky.delete_image", "DELETE"): Route(401, 401, 401, image, open_to_programs=True),
    ("lsky.list_albums", "GET"): Route(401, 401, 401),
    ("lsky.list_images", "GET"): Route(401, 401, 401),
    ("lsky.log_in", "POST"): Route(200, 200, 200, open_to_programs=True),
    ("lsky.profile", "GET"): Route(401, 401, 401),
    ("lsky.revoke_tokens", "DELETE"): Route(401, 401, 401, open_to_programs=True),
    ("lsky.strategies", "GET"): Route(200, 200, 200),
    ("lsky.upload", "POST"): Route(401, 401, 401, data=picture, open_to_programs=True),
    ("lsky.upload_to_old", "POST"): Route(
        200, 200, 200, data=foreign_picture, open_to_programs=True
    ),
    ("metaweblog.call_method", "POST"): Route(200, 200, 200, open_to_programs=True),
    ("miniprogram_photos.create_task", "POST"): Route(
        401, 401, 401, data=photo, open_to_programs=True
    ),
    ("miniprogram_photos.temp_upload", "POST"): Route(
        401, 401, 401, openid, photo, open_to_programs=True
    ),
    ("picgo.delete_pictures", "POST"): Route(400, 400, 400, open_to_programs=True),
    ("picgo.heartbeat", "POST"): Route(200, 200, 200, open_to_programs=True),
    ("picgo.upload", "POST"): Route(401, 401, 401, data=picture, open_to_programs=True),
    ("oembed.oembed", "GET"): Route(200, 200, 200, pasted),
    ("preferences.save", "POST"): Route(303, 303, 303, data=theme),
    ("service_image.service_image", "DELETE"): Route(401, 401, 401, open_to_programs=True),
    ("service_image.service_image", "GET"): Route(401, 401, 401, open_to_programs=True),
    ("service_image.service_image", "POST"): Route(
        401, 401, 401, data=picture, open_to_programs=True
    ),
    ("settings.client", "GET"): Route(LOGIN, 200, 200, client),
    ("settings.client", "POST"): Route(LOGIN, 303, 303, client),
    ("settings.client_file", "POST"): Route(LOGIN, 200, 200, client_file),
    ("settings.clients", "GET"): Route(LOGIN, 200, 200),
    ("settings.links", "POST"): Route(LOGIN, 303, 303, data=link_choice),
    ("settings.profile", "POST"): Route(LOGIN, 303, 303),
    ("settings.revoke_token", "GET"): Route(LOGIN, 404, 200, token),
    ("settings.revoke_token", "POST"): Route(LOGIN, 404, 303, token),
    ("settings.tokens", "GET"): Route(LOGIN, 200, 200),
    ("settings.tokens", "POST"): Route(LOGIN, 303, 303, data=token_words),
    ("settings.uploads", "GET"): Route(LOGIN, 200, 200),
    ("settings.usage", "GET"): Route(LOGIN, 200, 200),
    ("settings.uploads", "POST"): Route(LOGIN, 303, 303, data=keeping),
    ("short_links.download", "GET"): Route(200, 200, 200, file),
    ("short_links.drop", "GET"): Route(200, 200, 200, box_link),
    ("short_links.drop", "POST"): Route(303, 303, 303, box_link, sent_picture),
    ("short_links.drop_visit", "POST"): Route(303, 303, 303, box_link),
    ("short_links.profile", "GET"): Route(200, 200, 200, person),
    ("short_links.public_album", "GET"): Route(200, 200, 200, public_album),
    ("short_links.public_albums", "GET"): Route(200, 200, 200, person),
    ("short_links.public_album_picture", "GET"): Route(200, 200, 200, public_album_image),
    ("short_links.public_picture", "GET"): Route(200, 200, 200, public_image),
    ("short_links.set_file", "GET"): Route(200, 200, 200, document),
    ("short_links.share", "GET"): Route(200, 200, 200, shared),
    ("short_links.share", "POST"): Route(303, 303, 303, shared),
    ("short_links.share_archive", "GET"): Route(200, 200, 200, shared),
    ("short_links.share_file", "GET"): Route(200, 200, 200, shared_file),
    ("short_links.share_picture", "GET"): Route(200, 200, 200, shared_image),
    ("smms.delete_picture", "GET"): Route(200, 200, 200, foreign),
    ("smms.log_in", "POST"): Route(200, 200, 200, open_to_programs=True),
    ("smms.profile", "POST"): Route(200, 200, 200, open_to_programs=True),
    ("smms.upload", "POST"): Route(200, 200, 200, data=picture, open_to_programs=True),
    ("smms.upload_history", "GET"): Route(200, 200, 200),
    ("static", "GET"): Route(200, 200, 200, icon),
    ("tus.create", "POST"): Route(401, 201, 201, headers=ANNOUNCEMENT),
    ("tus.upload", "DELETE"): Route(401, 404, 204, unfinished, headers=TUS),
    ("tus.upload", "GET"): Route(401, 404, 409, unfinished),
    ("tus.upload", "PATCH"): Route(401, 404, 204, unfinished, headers=PIECE, body=b"piece"),
    ("tus.upload", "POST"): Route(
        401, 404, 204, unfinished, headers={**TUS, "X-HTTP-Method-Override": "DELETE"}
    ),
    ("tuchuang.album", "GET"): Route(LOGIN, 404, 200, album),
    ("tuchuang.album_arrange", "GET"): Route(LOGIN, 404, 200, album),
    ("tuchuang.album_delete", "GET"): Route(LOGIN, 404, 200, album),
    ("tuchuang.album_delete", "POST"): Route(LOGIN, 404, 303, album),
    ("tuchuang.album_edit", "GET"): Route(LOGIN, 404, 200, album),
    ("tuchuang.album_edit", "POST"): Route(LOGIN, 404, 303, album, album_words),
    ("tuchuang.album_new", "GET"): Route(LOGIN, 200, 200),
    ("tuchuang.album_new", "POST"): Route(LOGIN, 303, 303, data=album_words),
    ("tuchuang.album_place", "POST"): Route(LOGIN, 404, 303, album, step),
    ("tuchuang.album_place_image", "POST"): Route(LOGIN, 404, 303, album_image, step),
    ("tuchuang.albums", "GET"): Route(LOGIN, 200, 200),
    ("tuchuang.albums_arrange", "GET"): Route(LOGIN, 200, 200),
    ("tuchuang.archive", "POST"): Route(LOGIN, 404, 200, data=chosen),
    ("tuchuang.bulk", "POST"): Route(LOGIN, 404, 303, data=chosen),
    ("tuchuang.change", "POST"): Route(LOGIN, 404, 303, image, turning),
    ("tuchuang.crop", "GET"): Route(LOGIN, 404, 200, image),
    ("tuchuang.edit", "GET"): Route(LOGIN, 404, 200, image),
    ("tuchuang.edit", "POST"): Route(LOGIN, 404, 303, image, saying),
    ("tuchuang.list_versions", "GET"): Route(LOGIN, 404, 200, image),
    ("tuchuang.qr_code", "GET"): Route(LOGIN, 404, 200, image),
    ("tuchuang.replace", "POST"): Route(LOGIN, 404, 303, image, picture),
    ("tuchuang.roll_back", "POST"): Route(LOGIN, 404, 303, numbered),
    ("tuchuang.change_trash", "POST"): Route(LOGIN, 404, 303, data=restored),
    ("tuchuang.delete", "GET"): Route(LOGIN, 404, 200, image),
    ("tuchuang.delete", "POST"): Route(LOGIN, 404, 303, image),
    ("tuchuang.delete_by_link", "GET"): Route(200, 200, 200, deletion_link),
    ("tuchuang.delete_by_link", "POST"): Route(303, 303, 303, deletion_link, by_secret=True),
    ("tuchuang.delete_set_file", "GET"): Route(LOGIN, 404, 200, document),
    ("tuchuang.delete_set_file", "POST"): Route(LOGIN, 404, 303, document),
    ("tuchuang.download", "GET"): Route(200, 200, 200, file),
    ("tuchuang.duplicates", "GET"): Route(LOGIN, 200, 200),
    ("tuchuang.fetch", "POST"): Route(LOGIN, 422, 422, data=inward_address),
    ("tuchuang.empty_trash", "GET"): Route(LOGIN, 200, 200),
    ("tuchuang.empty_trash", "POST"): Route(LOGIN, 303, 303),
    ("tuchuang.image", "GET"): Route(LOGIN, 404, 200, image),
    ("tuchuang.images", "GET"): Route(LOGIN, 200, 200),
    ("tuchuang.forget_texts", "POST"): Route(LOGIN, 404, 303, data=first_text),
    ("tuchuang.move", "GET"): Route(LOGIN, 200, 200),
    ("tuchuang.move", "POST"): Route(LOGIN, 303, 303, data=notes),
    ("tuchuang.moved", "GET"): Route(LOGIN, 404, 200, batch),
    ("tuchuang.moved_texts", "GET"): Route(LOGIN, 404, 200, batch),
    ("tuchuang.set_page", "GET"): Route(LOGIN, 200, 200, set_name),
    ("tuchuang.set_page", "POST"): Route(LOGIN, 303, 303, set_name, words),
    ("tuchuang.accept_drops", "POST"): Route(LOGIN, 404, 303, box, waiting),
    ("tuchuang.close_drop_box", "POST"): Route(LOGIN, 404, 303, box),
    ("tuchuang.drop_box", "GET"): Route(LOGIN, 404, 200, box),
    ("tuchuang.drop_box_delete", "GET"): Route(LOGIN, 404, 200, box),
    ("tuchuang.drop_box_delete", "POST"): Route(LOGIN, 404, 303, box),
    ("tuchuang.drop_box_edit", "GET"): Route(LOGIN, 404, 200, box),
    ("tuchuang.drop_box_edit", "POST"): Route(LOGIN, 404, 303, box, box_terms),
    ("tuchuang.drop_box_new", "GET"): Route(LOGIN, 200, 200),
    ("tuchuang.drop_box_new", "POST"): Route(LOGIN, 303, 303, data=box_terms),
    ("tuchuang.drop_box_qr_code", "GET"): Route(LOGIN, 404, 200, box),
    ("tuchuang.list_drop_boxes", "GET"): Route(LOGIN, 200, 200),
    ("tuchuang.list_shares", "GET"): Route(LOGIN, 200, 200),
    ("tuchuang.refuse_drops", "POST"): Route(LOGIN, 404, 303, box, waiting),
    ("tuchuang.revoke_share", "POST"): Route(LOGIN, 404, 303, share),
    ("tuchuang.share", "GET"): Route(LOGIN, 404, 200, share),
    ("tuchuang.share", "POST"): Route(LOGIN, 404, 303, share, terms),
    ("tuchuang.share_new", "GET"): Route(LOGIN, 404, 200, to_be_shared),
    ("tuchuang.share_new", "POST"): Route(LOGIN, 404, 303, data=sharing),
    ("tuchuang.share_qr_code", "GET"): Route(LOGIN, 404, 200, share),
    ("tuchuang.signed_link", "GET"): Route(LOGIN, 404, 200, image),
    ("tuchuang.suggest_tags", "GET"): Route(LOGIN, 200, 200),
    ("tuchuang.tag", "GET"): Route(LOGIN, 404, 200, tag),
    ("tuchuang.tags", "GET"): Route(LOGIN, 200, 200),
    ("tuchuang.tags_change", "POST"): Route(LOGIN, 404, 303, data=tag_words),
    ("tuchuang.similar", "GET"): Route(LOGIN, 404, 200, image),
    ("tuchuang.trash", "GET"): Route(LOGIN, 200, 200),
    ("tuchuang.trashed", "GET"): Route(LOGIN, 404, 200, trashed),
    ("tuchuang.upload", "GET"): Route(LOGIN, 200, 200),
    ("tuchuang.upload", "POST"): Route(LOGIN, 303, 303, data=picture),
    ("tuchuang.uploads", "GET"): Route(LOGIN, 404, 200, batch),
    ("tuchuang.version", "GET"): Route(LOGIN, 404, 200, version),
}


def routes_of(app: Flask) -> set[tuple[str, str]]:
    """Every endpoint with each of its methods."""
    return {
        (rule.endpoint, method)
        for rule in app.url_map.iter_rules()
        for method in METHODS & (rule.methods or set())
    }
