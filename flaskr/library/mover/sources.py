"""What is moved: Markdown and pictures in a folder, an archive, or some files."""

import os
import posixpath
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from urllib.parse import unquote

from flaskr.errors import NotThereError, OutsideError, TextTooLargeError
from flaskr.library.mover.archives import CHUNK, MAX_PATH, Archive, open_archive

MARKDOWN = (".md", ".markdown", ".mdown", ".mkd", ".mdx")
MAX_TEXT_BYTES = 1024**2
"""How large one Markdown file may be: reading one takes a second or two."""

SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


@dataclass(frozen=True)
class Source:
    """Files by their paths, which have slashes. `read` yields the content of one, by its path.

    `read` raises OSError, and BadArchiveError.
    """

    paths: Sequence[str]
    read: Callable[[str], Iterator[bytes]]

    @property
    def documents(self) -> list[str]:
        """The paths of Markdown files, in order."""
        return sorted(path for path in self.paths if is_markdown(path))

    def text(self, path: str) -> bytes:
        """Return the content of a Markdown file. Raises TextTooLargeError, and what `read` does."""
        content = bytearray()
        for chunk in self.read(path):
            content += chunk
            if len(content) > MAX_TEXT_BYTES:
                raise TextTooLargeError(name=path, limit=MAX_TEXT_BYTES)
        return bytes(content)


def is_markdown(path: str) -> bool:
    """Tell whether a file is Markdown, by its name. macOS puts `._a.md` beside `a.md`."""
    name = path.rpartition("/")[2]
    return name.lower().endswith(MARKDOWN) and not name.startswith("._")


def in_folder(root: Path) -> Source:
    """Return what is in a folder, but for links and what is hidden. Raises OSError."""
    found = []
    for folder, folders, names in os.walk(root, onerror=fail):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in names:
            path = Path(folder, name)
            if not name.startswith(".") and path.is_file() and not path.is_symlink():
                found.append(path.relative_to(root).as_posix())
    return Source(
        [path for path in found if len(path) <= MAX_PATH], lambda path: pieces(root / path)
    )


def fail(error: OSError) -> None:
    raise error


def of_files(files: Mapping[str, Path]) -> Source:
    """Return single files by their names."""
    return Source(list(files), lambda name: pieces(files[name]))


@contextmanager
def in_archive(path: Path) -> Iterator[Source]:
    """Give what is in a ZIP archive. Raises what `open_archive` does."""
    with open_archive(path) as archive:
        yield of_archive(archive)


def of_archive(archive: Archive) -> Source:
    return Source(
        [path for path in archive.paths if not path.startswith("__MACOSX/")], archive.read
    )


def pieces(path: Path) -> Iterator[bytes]:
    """Yield a file's content. Raises OSError."""
    with path.open("rb") as content:
        while chunk := content.read(CHUNK):
            yield chunk


class Finder:
    """Finds the file that a text means by an address."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = {unicodedata.normalize("NFC", path): path for path in paths}

    def find(self, document: str, address: str) -> str:
        """Return the path of what the document refers to.

        Raises OutsideError for what lies elsewhere, NotThereError for what lies nowhere.
        """
        outside = False
        for written in dict.fromkeys(spellings(address)):
            base = "" if written.startswith("/") else posixpath.dirname(document)
            path = posixpath.normpath(posixpath.join(base, written.lstrip("/")))
            outside = outside or path == ".." or path.startswith("../")
            found = self._paths.get(unicodedata.normalize("NFC", path))
            if found is not None:
                return found
        if outside or SCHEME.match(address):
            raise OutsideError
        raise NotThereError


def spellings(address: str) -> Iterator[str]:
    """Yield what a path may mean: it may be encoded, have a query, and come from Windows."""
    bare = re.split(r"[?#]", address, maxsplit=1)[0]
    for each in chain((address, unquote(address)), (bare, unquote(bare))):
        yield each
        yield each.replace("\\", "/")
