"""What every template may use."""

from typing import Any, NamedTuple

from flask import Flask, current_app, g, request
from flask_login import current_user

from flaskr.db import db
from flaskr.library import accounts
from flaskr.library.sets import PHOTOS
from flaskr.web.locale import language_tag
from flaskr.web.preferences import theme
from flaskr.web.sets import upload_sets
from flaskr.web.users import account


def init_app(app: Flask) -> None:
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.context_processor(page_context)
    app.add_template_global(link_choice)


def page_context() -> dict[str, Any]:
    """Return the names every template knows beside Flask's own."""
    return {
        "endpoint": request.endpoint or "",
        "locale": language_tag(),
        "registration_open": registration_is_open,
        "site_name": current_app.config["SITE_NAME"],
        "theme": theme(),
        "upload_sets": further_sets,
    }


class LinkChoice(NamedTuple):
    """In what form an account copies links, whether of its own, and whether that goes by itself."""

    form: str = "url"
    template: str = ""
    copy: bool = False


def link_choice() -> LinkChoice:
    """Return how the account that asks wants its links; macros, which see no context, ask too."""
    if not current_user.is_authenticated:
        return LinkChoice()
    user = account()
    return LinkChoice(user.link_form, user.link_template, user.copy_links)


def further_sets() -> list[str]:
    """Return the names of the upload sets that the menu leads to.

    `photos` is among them once it has a place; the upload page stands for it otherwise.
    """
    sets = upload_sets().items()
    return sorted(name for name, each in sets if name != PHOTOS or each.place is not None)


def registration_is_open() -> bool:
    """Tell whether a visitor may register; asks the database only if a template does."""
    if g.get("database_down"):
        return False
    return accounts.registration_open(db.session, current_app.config["REGISTRATION"])
