"""What is done with many pictures at once: a plain form, or a script that wants JSON."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from flask import flash, jsonify, make_response, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from flaskr.db import db
from flaskr.errors import DomainError, InUseError, NotFoundError, message_
from flaskr.library import albums, chosen, editing, gallery, tags, trash, uses
from flaskr.library import archive as archives
from flaskr.library.editing import VISIBILITIES
from flaskr.models import User, now
from flaskr.tuchuang import asking, bp
from flaskr.tuchuang.asking import visibility_text
from flaskr.web.errors import describe
from flaskr.web.formats import wants_json
from flaskr.web.intake import media
from flaskr.web.links import attachment_header, chosen_link
from flaskr.web.redirects import back_to
from flaskr.web.tiles import tiles_of
from flaskr.web.users import account, login_required

MOST_FLASHED = 100
MOST_SHOWN = 24
"""How many of the pictures that are used somewhere are shown before they go."""

HIDING = {"delete", "private"}
"""The acts after which others do not see the pictures any more."""

MOST_QUERY = 20_000
"""Characters of a list's address."""


class UnknownActError(DomainError):
    """The form says to do something that nobody knows."""

    code = "unknown_act"
    status = 400
    message = message_(
        "The request could not be understood. Go back, reload the page and try again."
    )


@dataclass(frozen=True)
class Done:
    """What has been done: a line for people, and what a script draws it from."""

    message: str
    told: dict[str, object] = field(default_factory=dict)
    deleted: Sequence[str] = ()


Act = Callable[[User, Sequence[str]], Done]


@bp.post("/images/bulk")
@login_required
def bulk() -> Response:
    """Do one thing with the chosen pictures, or with all that a list shows.

    What would take used pictures from where they are used is not done before that was said.
    """
    act = ACTS.get(request.form.get("action", ""))
    if act is None:
        raise UnknownActError
    try:
        keys = chosen_keys()
        used = in_the_way(keys)
        if used:
            return ask(used, keys)
        done = act(account(), keys)
        db.session.commit()
    except NotFoundError:
        raise
    except DomainError as error:
        return refuse(error)
    return answer(done)


@bp.post("/images/archive")
@login_required
def archive() -> Response:
    """Send the chosen pictures as a ZIP, made while it goes."""
    try:
        made = archives.of_images(db.session, media(), account(), chosen_keys())
    except NotFoundError:
        raise
    except DomainError as error:
        return refuse(error)
    response = Response(made.pieces(media().store), mimetype="application/zip")
    response.content_length = made.size
    response.headers["Content-Disposition"] = attachment_header(f"pictures-{now():%Y-%m-%d}.zip")
    return response


def in_the_way(keys: Sequence[str]) -> list[str]:
    """Return the keys of those that are used, if they would be missing and nobody was told."""
    if request.form.get("action") not in HIDING or request.form.get("sure"):
        return []
    return uses.used_among(db.session, account(), keys)


def ask(used: Sequence[str], keys: Sequence[str]) -> Response:
    """Tell a script that some are used; show people which, and ask."""
    if wants_json():
        raise InUseError(count=len(used))
    shown = chosen.own_images(db.session, account(), used[:MOST_SHOWN])
    all_of_list = request.form.get("all", "")
    page = render_template(
        "tuchuang/used.html",
        action=request.form["action"],
        keys=[] if all_of_list else keys,
        all=all_of_list,
        query=request.form.get("query", ""),
        within=request.form.get("within", ""),
        next=here(),
        number=len(keys),
        used=len(used),
        pictures=[
            (tile, uses.of_image(db.session, image, account().id))
            for image, tile in zip(shown, tiles_of(shown), strict=True)
        ],
    )
    return make_response(page)


def refuse(error: DomainError) -> Response:
    """Tell a script of an error; send a browser back to the list, where it is said."""
    if wants_json():
        raise error
    db.session.rollback()
    flash(describe(error), "error")
    return back()


def chosen_keys() -> list[str]:
    """Return the keys of what was ticked, or of all that the list shows which the form is from.

    Raises TooManyChosenError, and NotFoundError if that list is of another's album.
    """
    if not request.form.get("all"):
        return request.form.getlist("key")
    said = parse_qs(request.form.get("query", "")[:MOST_QUERY])
    asked = asking.read({name: values[0] for name, values in said.items()})
    return gallery.list_keys(db.session, account(), asked.wanted, asked.sort, most=chosen.MOST + 1)


def answer(done: Done) -> Response:
    """Tell a script what was done; send a browser back, where it is said."""
    if wants_json():
        return make_response(jsonify(message=done.message, **done.told))
    say(done.message, done.deleted)
    return back()


def say(message: str, deleted: Sequence[str]) -> None:
    """Say on the next page what was done, with a button to take it back if it was a deletion.

    A cookie carries it there, so what is more than a page full has to be fetched from the trash.
    """
    if 0 < len(deleted) <= MOST_FLASHED:
        told = {"message": message, "keys": list(deleted), "next": here() or url_for(".images")}
        flash(told, "undo")  # type: ignore[arg-type]  # the session holds what JSON can
    else:
        flash(message)


def back() -> Response:
    """Return to the list."""
    return back_to(here(), url_for(".images"))


def here() -> str:
    return request.form.get("next", "")


# ---- the acts -------------------------------------------------------------------------------


def add_to_album(owner: User, keys: Sequence[str]) -> Done:
    """Put them into an album, or into a new one."""
    key = request.form.get("album", "")
    if key:
        album = albums.find_own(db.session, owner, key)
    else:
        album = albums.create(db.session, owner, request.form.get("album_name", ""))
    name, key = album.name, album.key
    number = albums.add_images(db.session, owner, album, keys)
    if number:
        message = ngettext(
            "%(num)s picture added to “%(name)s”.",
            "%(num)s pictures added to “%(name)s”.",
            number,
            name=name,
        )
    else:
        message = gettext("They are in “%(name)s” already.", name=name)
    return Done(message, {"album": {"key": key, "name": name}})


def take_out(owner: User, keys: Sequence[str]) -> Done:
    """Take them out of the album whose page they were chosen on."""
    album = albums.find_own(db.session, owner, request.form.get("within", ""))
    name = album.name
    number = albums.take_images(db.session, owner, album, keys)
    if not number:
        return Done(gettext("They are not in “%(name)s” any more.", name=name), {"gone": True})
    message = ngettext(
        "%(num)s picture taken out of “%(name)s”. It stays in the library.",
        "%(num)s pictures taken out of “%(name)s”. They stay in the library.",
        number,
        name=name,
    )
    return Done(message, {"gone": True})


def use_as_cover(owner: User, keys: Sequence[str]) -> Done:
    """Show the album by the first of them."""
    album = albums.find_own(db.session, owner, request.form.get("within", ""))
    albums.set_cover(db.session, album, chosen.own_images(db.session, owner, keys)[0])
    return Done(gettext("“%(name)s” has a new cover.", name=album.name))


def put_tags_on(owner: User, keys: Sequence[str]) -> Done:
    """Put tags on them."""
    number = tags.put_on(db.session, owner, keys, tags.read(request.form.get("tags", "")))
    if not number:
        return Done(gettext("They have these tags already."))
    return Done(ngettext("%(num)s picture tagged.", "%(num)s pictures tagged.", number))


def take_tags_off(owner: User, keys: Sequence[str]) -> Done:
    """Take tags off them."""
    number = tags.take_off(db.session, owner, keys, tags.read(request.form.get("tags", "")))
    if not number:
        return Done(gettext("None of them has these tags."))
    return Done(
        ngettext("Tags taken off %(num)s picture.", "Tags taken off %(num)s pictures.", number)
    )


def show_to(visibility: str) -> Act:
    """Make an act that says who can see them."""

    def show(owner: User, keys: Sequence[str]) -> Done:
        number = editing.set_visibility(db.session, media(), owner, keys, visibility)
        text = visibility_text(visibility)
        if number:
            message = ngettext(
                "%(num)s picture changed: %(visibility)s.",
                "%(num)s pictures changed: %(visibility)s.",
                number,
                visibility=text,
            )
        else:
            message = gettext("They are so already: %(visibility)s.", visibility=text)
        return Done(message, {"visibility": visibility})

    return show


def delete(owner: User, keys: Sequence[str]) -> Done:
    """Put them into the trash."""
    gone = trash.discard(db.session, media(), owner, keys)
    if gone:
        message = ngettext(
            "%(num)s picture is in the trash.", "%(num)s pictures are in the trash.", len(gone)
        )
    else:
        message = gettext("They are in the trash already.")
    return Done(message, {"gone": True, "keys": gone}, gone)


def tell_links(owner: User, keys: Sequence[str]) -> Done:
    """Tell their links, in the form that the account copies."""
    images = chosen.own_images(db.session, owner, keys)
    links = [chosen_link(image) for image in images]
    return Done("\n".join(links), {"links": links})


ACTS: dict[str, Act] = {
    "album": add_to_album,
    "take_out": take_out,
    "cover": use_as_cover,
    "tag": put_tags_on,
    "untag": take_tags_off,
    "delete": delete,
    "links": tell_links,
    **{visibility: show_to(visibility) for visibility in VISIBILITIES},
}
