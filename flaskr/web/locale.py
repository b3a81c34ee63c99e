"""Which language a page is in: the person's choice, else what the browser asks for."""

from flask import Flask, current_app, request
from flask_babel import Babel, get_locale

COOKIE = "locale"
LOCALES = {"en": "en", "zh-Hans": "zh_Hans"}
"""Language tags as HTML writes them, and the names of our catalogues."""

babel = Babel()


def init_app(app: Flask) -> None:
    app.config["BABEL_DEFAULT_LOCALE"] = app.config["DEFAULT_LOCALE"]
    app.config["BABEL_DEFAULT_TIMEZONE"] = "UTC"
    babel.init_app(app, locale_selector=select_locale)


def select_locale() -> str:
    """Choose the catalogue for this request."""
    chosen = LOCALES.get(request.cookies.get(COOKIE, ""))
    if chosen:
        return chosen
    for tag in request.accept_languages.values():
        primary = tag.lower().replace("_", "-").partition("-")[0]
        if primary == "zh":
            return LOCALES["zh-Hans"]
        if primary == "en":
            return LOCALES["en"]
    return str(current_app.config["DEFAULT_LOCALE"])


def language_tag() -> str:
    """Return the language of this page as HTML's `lang` writes it."""
    return str(get_locale()).replace("_", "-")
