"""Upload sets: named places for files of certain kinds, read from the settings.

The settings, the groups and what ALLOW and DENY mean are those of Flask-Uploads, which existing
sites have in their configuration. docs/adr/0010-upload-sets.md says where we differ.
"""

import logging
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flaskr.config import SET_KINDS, ConfigurationError, parse_bytes, split_set_setting
from flaskr.imaging.formats import EXTENSION_ALIASES
from flaskr.storage import LocalStore, Spool, Store, store_at

log = logging.getLogger(__name__)

TEXT = ("txt",)
DOCUMENTS = (
    *("pdf", "rtf", "odf", "odt", "ods", "odp", "gnumeric", "abw"),
    *("doc", "docx", "xls", "xlsx", "ppt", "pptx"),
)
IMAGES = (
    *("jpg", "jpe", "jpeg", "png", "gif", "svg", "bmp"),
    *("webp", "avif", "heic", "heif", "tif", "tiff"),
)
AUDIO = ("wav", "mp3", "aac", "ogg", "oga", "flac", "m4a", "opus")
DATA = ("csv", "ini", "json", "plist", "xml", "yaml", "yml")
ARCHIVES = ("gz", "bz2", "zip", "tar", "tgz", "txz", "7z")
DEFAULT = TEXT + DOCUMENTS + IMAGES + DATA

GROUPS = {
    "IMAGES": IMAGES,
    "DOCUMENTS": DOCUMENTS,
    "AUDIO": AUDIO,
    "TEXT": TEXT,
    "DATA": DATA,
    "ARCHIVES": ARCHIVES,
    "DEFAULT": DEFAULT,
}

PHOTOS, FILES = "photos", "files"
PREDEFINED = {PHOTOS: IMAGES, FILES: TEXT + DOCUMENTS}
"""The sets whose kinds are known without ALLOW, which adds to them."""

EXTENSION = re.compile(r"[a-z0-9]{1,10}")
SVG = "svg"
SPOOL = ".incoming"
MAX_SET_NAME = 40

T = TypeVar("T")


@dataclass(frozen=True)
class Place:
    """A store of a set's own; `spool` is for files that come from another volume.

    The store may be a folder that a server publishes. So files arrive elsewhere; what has to be
    copied within it lies in a hidden folder meanwhile, which only we may look into.
    """

    store: Store
    spool: Spool


@dataclass(frozen=True)
class UploadSet:
    """A set: which extensions it takes, how many bytes, where its files lie and are linked to.

    `place` is None where pictures are kept with all others; `url` is empty where this service
    serves them, else it ends with a slash; `max_bytes` 0 stands for `MAX_FILE_BYTES`.
    """

    name: str
    allowed: frozenset[str]
    place: Place | None
    url: str
    max_bytes: int

    def takes(self, extension: str) -> bool:
        """Tell whether files of this extension, in lower case, are taken."""
        return extension in self.allowed

    def takes_picture(self, extension: str) -> bool:
        """Tell whether pictures are taken of the format that has this extension of ours."""
        spellings = {extension} | {a for a, to in EXTENSION_ALIASES.items() if to == extension}
        return not self.allowed.isdisjoint(spellings)

    @property
    def only_saved(self) -> bool:
        """Tell whether its pictures, too, are sent to be saved, as documents always are."""
        return self.name == FILES

    def file_allowed(self, _storage: object, basename: str) -> bool:
        """Tell by its name whether a file may come; Flask-WTF's `FileAllowed` asks this way."""
        return self.takes(extension_of(basename))


def extension_of(name: str) -> str:
    """Return the extension of a file's name, in lower case; an empty string if there is none."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def from_config(config: Mapping[str, Any], instance: Path, files: Path) -> dict[str, UploadSet]:
    """Return the sets that the settings describe, by name; nothing is made or reached yet.

    `files` is the folder that no set may share. Raises ConfigurationError, naming the setting.
    """
    given: dict[str, dict[str, Any]] = {PHOTOS: {}}
    for name, value in config.items():
        parts = split_set_setting(name)
        if parts:
            given.setdefault(parts[0], {})[parts[1]] = value
    made = {}
    for name, settings in given.items():
        if name == PHOTOS or settings.get("DEST"):
            made[name] = read_set(name, settings, instance, files, svg=config.get("ALLOW_SVG"))
        elif settings.get("URL"):
            raise ConfigurationError(f"UPLOADED_{name.upper()}_URL: the set has no DEST")
    check_apart(made)
    return made


def check_apart(sets: Mapping[str, UploadSet]) -> None:
    """Raise ConfigurationError for two sets with the same folder."""
    roots: dict[Path, str] = {}
    for name, each in sets.items():
        if each.place is None or not isinstance(each.place.store, LocalStore):
            continue
        first = roots.setdefault(each.place.store.root.resolve(), name)
        if first != name:
            raise ConfigurationError(
                f"UPLOADED_{name.upper()}_DEST: the set needs a folder of its own, and this is "
                f"that of the set {first!r}"
            )


def warn_of_unknown(names: Iterable[str], sets: Mapping[str, UploadSet]) -> None:
    """Log which of the settings' names look like a set's and are none, or are of no set."""
    known = [
        f"UPLOADED_{set_name.upper()}_{kind}"
        for set_name in sorted({*PREDEFINED, *sets})
        for kind in SET_KINDS
    ]
    for name in sorted(set(names)):
        if not name.upper().startswith("UPLOADED_"):
            continue
        parts = split_set_setting(name)
        nearest = get_close_matches(name.upper(), known, 1, 0.0)[0]
        if parts is None:
            log.warning("%s is no setting; the nearest one is %s", name, nearest)
        elif parts[0] not in sets and parts[1] != "DEST":
            dest = f"UPLOADED_{parts[0].upper()}_DEST"
            meant = "" if nearest == name else f"; is {nearest} meant?"
            log.warning("%s has no effect without %s%s", name, dest, meant)


def read_set(
    name: str, settings: Mapping[str, Any], instance: Path, files: Path, *, svg: object = False
) -> UploadSet:
    """Return one set; drawings are taken only if they are `svg` everywhere.

    Raises ConfigurationError.
    """
    if len(name) > MAX_SET_NAME:
        raise ConfigurationError(f"the upload set {name!r} needs a shorter name")

    def read(kind: str, reader: Callable[[Any], T], default: object) -> T:
        try:
            return reader(settings.get(kind, default))
        except (TypeError, ValueError) as error:
            raise ConfigurationError(f"UPLOADED_{name.upper()}_{kind}: {error}") from error

    allow = read("ALLOW", read_extensions, ())
    deny = read("DENY", read_extensions, ())
    allowed = allow | (frozenset(PREDEFINED.get(name, () if allow else DEFAULT)) - deny)
    if not svg:
        if names_svg(settings.get("ALLOW", ())):
            log.warning("UPLOADED_%s_ALLOW names svg, but ALLOW_SVG is off", name.upper())
        allowed -= {SVG}
    place = read("DEST", lambda dest: read_place(dest, instance, files), "")
    if place is None and not allowed.issubset(IMAGES):
        raise ConfigurationError(f"UPLOADED_{name.upper()}_DEST: documents need a folder")
    if not allowed:
        blamed = "ALLOW" if allow else "DENY"
        off = "; svg counts only with ALLOW_SVG" if SVG in allow else ""
        raise ConfigurationError(
            f"UPLOADED_{name.upper()}_{blamed}: nothing is left that the set takes{off}"
        )
    return UploadSet(
        name=name,
        allowed=allowed,
        place=place,
        url=read("URL", lambda url: read_url(url, name, has_place=place is not None), ""),
        max_bytes=read("MAX_BYTES", lambda number: parse_bytes(str(number)), 0),
    )


def read_extensions(value: str | Iterable[str]) -> frozenset[str]:
    """Read extensions and names of groups, as a list or separated by commas. Raises ValueError.

    Groups have their names in any case; an extension that has one's name is written with its dot.
    """
    found: set[str] = set()
    for item in value.split(",") if isinstance(value, str) else value:
        word = item.strip()
        extension = word.lower().removeprefix(".")
        if word.upper() in GROUPS:
            found.update(GROUPS[word.upper()])
        elif EXTENSION.fullmatch(extension):
            found.add(extension)
        elif word:
            raise ValueError(f"{word!r} is neither an extension nor one of {', '.join(GROUPS)}")
    return frozenset(found)


def names_svg(value: str | Iterable[str]) -> bool:
    """Tell whether drawings are allowed by name, and not with a group."""
    words = value.split(",") if isinstance(value, str) else value
    return any(word.strip().lower().removeprefix(".") == SVG for word in words)


def read_place(address: str, instance: Path, files: Path) -> Place | None:
    """Return the place that DEST names, or None if it is empty. Raises ValueError."""
    if not address:
        return None
    store = store_at(str(address), instance)
    if isinstance(store, LocalStore):
        root, taken = store.root.resolve(), files.resolve()
        if root == taken or root in taken.parents or taken in root.parents:
            raise ValueError(f"the set needs a folder of its own, apart from {files}")
        return Place(store, Spool(store.root / SPOOL, mode=0o700))
    return Place(store, Spool(files / "incoming"))


def check_places(sets: Mapping[str, UploadSet]) -> None:
    """Raise ConfigurationError for a DEST that can be no folder of ours; none is made yet."""
    for name, each in sets.items():
        if each.place is None or not isinstance(each.place.store, LocalStore):
            continue
        root = each.place.store.root
        nearest = next(path for path in (root, *root.parents) if is_there(path))
        if not nearest.is_dir():
            raise ConfigurationError(f"UPLOADED_{name.upper()}_DEST: {nearest} is no folder")
        if not os.access(nearest, os.W_OK | os.X_OK):
            raise ConfigurationError(
                f"UPLOADED_{name.upper()}_DEST: this program may not write to {nearest}"
            )


def is_there(path: Path) -> bool:
    """Tell whether there is something; what we may not look for is not there."""
    try:
        return path.exists()
    except OSError:
        return False


def read_url(url: str, set_name: str, *, has_place: bool) -> str:
    """Return the address that links start with, ending with a slash. Raises ValueError.

    Without a place there is nothing a server could serve but what it asks of this service.
    """
    if not url:
        return ""
    parts = urlsplit(url)
    absolute = parts.scheme in {"http", "https"} and parts.netloc
    path_alone = url.startswith("/") and not url.startswith("//")
    if not (absolute or path_alone) or parts.query or parts.fragment:
        raise ValueError("expected an address such as https://cdn.example.org/photos/")
    address = url.rstrip("/") + "/"
    if not has_place and not address.endswith(f"/_uploads/{set_name}/"):
        raise ValueError(
            f"nothing lies there without DEST; a cache in front of this service is asked for "
            f"…/_uploads/{set_name}/"
        )
    return address
