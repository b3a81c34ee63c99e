"""What may stand in an address: anything else is no address of ours, and never gets to a view."""

from flask import Flask
from werkzeug.routing import BaseConverter

from flaskr.library.keys import KEY_PATTERN


class KeyConverter(BaseConverter):
    """The key of an image or a batch: `<key:key>`."""

    regex = KEY_PATTERN.pattern


class WhateverConverter(BaseConverter):
    """Anything at all, slashes and newlines too: `<whatever:text>`; the view says what is wrong."""

    regex = r"[\s\S]+"
    weight = 300
    part_isolating = False


def init_app(app: Flask) -> None:
    app.url_map.converters["key"] = KeyConverter
    app.url_map.converters["whatever"] = WhateverConverter
