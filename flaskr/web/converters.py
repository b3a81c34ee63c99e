"""What may stand in an address: anything else is no address of ours, and never gets to a view."""

from urllib.parse import quote

from flask import Flask
from werkzeug.routing import BaseConverter

from flaskr.library.aliases import ALIAS_LENGTH
from flaskr.library.keys import BASE58, KEY_PATTERN


class KeyConverter(BaseConverter):
    """The key of an image or a batch: `<key:key>`."""

    regex = KEY_PATTERN.pattern


class AliasConverter(BaseConverter):
    """What a share calls an image: `<alias:alias>`."""

    regex = f"[{BASE58}]{{{ALIAS_LENGTH}}}"


class TagConverter(BaseConverter):
    """The name of a tag, whatever characters it has: `<tag:name>`."""

    regex = ".+"
    part_isolating = False

    def to_url(self, value: str) -> str:
        """Quote slashes too: browsers take the dots between two of them for a way up."""
        return quote(value, safe="")


class WhateverConverter(BaseConverter):
    """Anything at all, slashes and newlines too: `<whatever:text>`; the view says what is wrong."""

    regex = r"[\s\S]+"
    weight = 300
    part_isolating = False


def init_app(app: Flask) -> None:
    app.url_map.converters["alias"] = AliasConverter
    app.url_map.converters["key"] = KeyConverter
    app.url_map.converters["tag"] = TagConverter
    app.url_map.converters["whatever"] = WhateverConverter
