"""What visitors see of a share: its page, its pictures, their files, all of them as a ZIP.

A share with a password or a limit of views opens nothing by its link alone: a cookie, good for an
hour and for this share's addresses only, says that a visit has begun.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil

from flask import current_app, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from flask_login import current_user
from werkzeug.wrappers import Response

from flaskr.db import db
from flaskr.errors import DomainError, NotFoundError, TooManyAttemptsError, message_
from flaskr.library import shares
from flaskr.library.accounts import opens_link
from flaskr.library.aliases import alias_of
from flaskr.library.chosen import MOST
from flaskr.models import Album, Image, Share
from flaskr.tuchuang import short_links
from flaskr.tuchuang.files import existing, send
from flaskr.web.errors import describe
from flaskr.web.intake import media
from flaskr.web.limits import check_link_password, count_wrong_link_password
from flaskr.web.links import absolute, attachment_header
from flaskr.web.showing import Place, Shown, card, oembed_link, show

PAGE_SIZE = 60
MOST_PAGES = 100_000
VISIT = "visit"
"""The cookie's name; its path tells one share's from another's."""

PREVIEWERS = re.compile(
    r"bot\b|bot/|crawler|spider|preview|facebookexternalhit|whatsapp|embedly|skype|mastodon",
    re.IGNORECASE,
)
"""Programs that open a link that was sent, to show what is behind it: nobody has seen it yet."""


class WrongLinkPasswordError(DomainError):
    """The link's password is another one."""

    code = "wrong_link_password"
    status = 403
    message = message_("This is not the password of this link. Ask whoever gave it to you.")


@dataclass(frozen=True)
class Visit:
    """Somebody who may see the share; `begun` if it is they whose view was just counted."""

    share: Share
    token: str
    begun: bool = False

    @property
    def home(self) -> str:
        return url_for("short_links.share", token=self.token)

    @property
    def place(self) -> Place:
        return Place(f"{self.home}/", f"{self.home}/", partial(alias_of, self.share))


@short_links.route("/s/<token>", methods=("GET", "POST"))
def share(token: str) -> Response:
    """Show what is shared: one picture, or page by page; before that, ask for the password.

    Who is let in counts as a view, once an hour. The owner does not count.
    """
    found = living(token)
    if request.method == "POST":
        return unlock(found, token)
    visit = enter(found, token)
    if visit is None:
        return ask(found)
    number, pictures = page_number(), shares.count(db.session, found)
    if pictures == 1:
        (only,) = shares.list_page(db.session, found, 1, 1)
        return answer(visit, render_picture(visit, only))
    return answer(visit, render_grid(visit, number, pictures))


@short_links.get("/s/<token>/<alias:alias>")
def share_picture(token: str, alias: str) -> Response:
    """Show one picture of a share, and the ways to those beside it."""
    found = living(token)
    visit = enter(found, token)
    if visit is None:
        return redirect(url_for(".share", token=token), 303)
    image = shares.find_image(db.session, found, alias)
    return answer(visit, render_picture(visit, image, others=True))


@short_links.get("/s/<token>/<alias:alias>.<extension>")
def share_file(token: str, alias: str, extension: str) -> Response:
    """Send a picture of a share, or a variant of it, as `download` does."""
    found = living(token)
    require_visit(found)
    image = shares.find_image(db.session, found, alias)
    guarded = shares.is_guarded(found)
    return send(existing(image.key), extension, for_others=True, embedded=not guarded)


@short_links.get("/s/<token>/all.zip")
def share_archive(token: str) -> Response:
    """Send all pictures of a share as a ZIP, made while it goes."""
    found = living(token)
    require_visit(found)
    name = title(found, 2) or gettext("Pictures")
    made = shares.archive_of(db.session, media(), found)
    response = Response(made.pieces(media().store), mimetype="application/zip")
    response.content_length = made.size
    response.headers["Content-Disposition"] = attachment_header(f"{name}.zip")
    return response


# ---- who may come in ------------------------------------------------------------------------


def living(token: str) -> Share:
    """Return the share behind a link.

    Raises NotFoundError, ShareRevokedError, ShareExpiredError.
    """
    found = shares.find(db.session, token)
    shares.check_living(found)
    return found


def is_let_in(found: Share) -> bool:
    """Tell whether whoever asks need not begin a visit: they are on one, or own the share."""
    if current_user.is_authenticated and current_user.id == found.owner_id:
        return True
    return shares.is_visit(media(), found, request.cookies.get(VISIT, ""))


def require_visit(found: Share) -> None:
    """Raise ShareUsedUpError or NotFoundError where a link to a file opens nothing by itself."""
    if not shares.is_guarded(found) or is_let_in(found):
        return
    if shares.is_used_up(found):
        raise shares.ShareUsedUpError
    raise NotFoundError


def enter(found: Share, token: str) -> Visit | None:
    """Let somebody in, and count the view; None if they have to say something first.

    Raises ShareUsedUpError.
    """
    if is_let_in(found):
        return Visit(found, token)
    if shares.is_used_up(found):
        raise shares.ShareUsedUpError
    if is_looked_at_only():
        return None if shares.is_guarded(found) else Visit(found, token)
    if found.password is not None:
        return None
    shares.begin_visit(db.session, found)
    db.session.commit()
    return Visit(found, token, begun=True)


def is_looked_at_only() -> bool:
    """Tell whether nobody sees what is answered: it is for a preview, or fetched ahead."""
    fetched_ahead = "prefetch" in request.headers.get("Sec-Purpose", "")
    robot = PREVIEWERS.search(request.headers.get("User-Agent", ""))
    return request.method == "HEAD" or fetched_ahead or robot is not None


def unlock(found: Share, token: str) -> Response:
    """Begin a visit if the password is right, and lead to the page; who is let in has one."""
    home = url_for(".share", token=token)
    if is_let_in(found):
        return redirect(home, 303)
    if shares.is_used_up(found):
        raise shares.ShareUsedUpError
    if found.password is not None:
        try:
            check_link_password(found.key)
            check_password(found)
        except (TooManyAttemptsError, WrongLinkPasswordError) as error:
            return ask(found, error)
    shares.begin_visit(db.session, found)
    db.session.commit()
    return answer(Visit(found, token, begun=True), redirect(home, 303))


def check_password(found: Share) -> None:
    """Raise WrongLinkPasswordError unless the form has the share's password; count it then."""
    if not opens_link(found.password or "", request.form.get("password", "")):
        count_wrong_link_password(found.key)
        raise WrongLinkPasswordError


def ask(found: Share, error: DomainError | None = None) -> Response:
    """Ask for the password, or whether to use a view up; nothing is told of what is behind."""
    told = describe(error) if error else ""
    page = render_template("shares/ask.html", locked=found.password is not None, error=told)
    response = make_response(page, error.status if error else 200)
    if isinstance(error, TooManyAttemptsError):
        response.headers["Retry-After"] = str(error.details["seconds"])
    return response


def answer(visit: Visit, page: str | Response) -> Response:
    """Answer with a page, and with the cookie if a visit has begun."""
    response = make_response(page)
    if visit.begun:
        response.set_cookie(
            VISIT,
            shares.sign_visit(media(), visit.share),
            max_age=shares.VISIT,
            path=visit.home,
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )
    return response


# ---- what they see --------------------------------------------------------------------------


def render_grid(visit: Visit, number: int, pictures: int) -> str:
    """Render a page of the share's pictures."""
    last = max(1, ceil(pictures / PAGE_SIZE))
    images = shares.list_page(db.session, visit.share, number, PAGE_SIZE)
    first = images[0] if images else None

    def page(at: int) -> str | None:
        return url_for(".share", token=visit.token, page=at) if 1 <= at <= last else None

    return render_template(
        "shares/grid.html",
        title=title(visit.share, pictures),
        note=ngettext("%(num)s picture", "%(num)s pictures", pictures),
        pictures=shown(visit, images),
        previous=page(number - 1),
        next=page(number + 1),
        archive=url_for(".share_archive", token=visit.token) if 0 < pictures <= MOST else None,
        **card_context(visit, visit.home, first),
    )


def render_picture(visit: Visit, image: Image, *, others: bool = False) -> str:
    """Render one picture; with `others` it is one of several."""
    beside = shares.beside(db.session, visit.share, image) if others else shares.Beside(None, None)
    picture = show(image, visit.place)
    return render_template(
        "shares/picture.html",
        title=picture.title if others else visit.share.name or picture.title,
        picture=picture,
        back=visit.home if others else None,
        back_text=title(visit.share, 2),
        previous=show(beside.previous, visit.place) if beside.previous else None,
        next=show(beside.next, visit.place) if beside.next else None,
        **card_context(visit, picture.page if others else visit.home, image),
    )


def card_context(visit: Visit, home: str, image: Image | None) -> dict[str, object]:
    """Return what other sites are told of a page; of a guarded share, no picture."""
    address, guarded = absolute(home), shares.is_guarded(visit.share)
    return {
        "address": address,
        "card": None if guarded or not image else card(image, visit.place),
        "oembed": None if guarded or not image else oembed_link(address),
        "listed": False,
    }


def shown(visit: Visit, images: Sequence[Image]) -> list[Shown]:
    return [show(image, visit.place) for image in images]


def title(found: Share, pictures: int) -> str:
    """Return what the share is called: by its owner, or as its album, or by its number."""
    if found.name:
        return found.name
    album = db.session.get(Album, found.album_id) if found.album_id is not None else None
    if album is not None:
        return album.name
    return str(ngettext("%(num)s shared picture", "%(num)s shared pictures", pictures))


def page_number() -> int:
    """Return which page is asked for; the first for what is no number."""
    text = request.args.get("page", "")
    asked = int(text[:9]) if text.isascii() and text.isdecimal() else 1
    return min(max(asked, 1), MOST_PAGES)
