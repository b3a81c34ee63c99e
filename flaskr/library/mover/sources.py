"""What is moved: Markdown and pictures in a folder, an archive, or some files."""

import os
import posixpath
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from urllib.parse import unquote

from flaskr.errors import (
    ForbiddenSchemeError,
    NotThereError,
    OutsideError,
    TextTooLargeError,
    UnreadableTextError,
)
from flaskr.library.mover.archives import CHUNK, open_archive

MARKDOWN = (".md", ".markdown", ".mdown", ".mkd", ".mdx")
MAX_TEXT_BYTES = 1024**2
"""How large one Markdown file may be: reading one takes a second or two."""

SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
OF_FILES = re.compile(r"file|[a-z]")
"""How addresses of files begin: also by a drive of Windows."""


@dataclass(frozen=True)
class Source:
    """Files by their paths, which have slashes; `documents` are those that are Markdown.

    `find` returns the path under which a file can be read, or None; `read` yields its content, and
    raises OSError and BadArchiveError. `loose` are files that came without their folders. `top` is
    the one folder in which everything lies, if there is one: file managers pack it so.
    """

    documents: Sequence[str]
    find: Callable[[str], str | None]
    read: Callable[[str], Iterator[bytes]]
    loose: Mapping[str, str] = field(default_factory=dict)
    top: str = ""

    def text(self, path: str) -> bytes:
        """Return the content of a Markdown file.

        Raises TextTooLargeError, UnreadableTextError, and what `read` does.
        """
        content = bytearray()
        try:
            for chunk in self.read(path):
                content += chunk
                if len(content) > MAX_TEXT_BYTES:
                    raise TextTooLargeError(name=path, limit=MAX_TEXT_BYTES)
        except (PermissionError, FileNotFoundError):
            raise UnreadableTextError(name=path) from None
        return bytes(content)

    def refer(self, document: str, address: str) -> str:
        """Return the path of what a document means by an address.

        Raises OutsideError for what lies elsewhere, NotThereError for what lies nowhere, and
        ForbiddenSchemeError for what would have to be fetched otherwise than from the web.
        """
        outside = False
        for base, written in self.meant(document, address):
            path = posixpath.normpath(posixpath.join(base, written))
            if path == ".." or path.startswith("../"):
                outside = True
            elif "\0" not in path and (found := self.find(path)) is not None:
                return found
        if scheme := SCHEME.match(address):
            if OF_FILES.fullmatch(scheme[1].lower()):
                raise OutsideError
            raise ForbiddenSchemeError(scheme=scheme[1])
        for written in spellings(address):
            name = unicodedata.normalize("NFC", posixpath.basename(written))
            if name in self.loose:
                return self.loose[name]
        if outside:
            raise OutsideError
        raise NotThereError

    def meant(self, document: str, address: str) -> Iterator[tuple[str, str]]:
        """Yield folders and the paths below them that a document may mean by an address."""
        for written in dict.fromkeys(spellings(address)):
            if written.startswith("/"):
                yield from ((base, written.lstrip("/")) for base in dict.fromkeys(("", self.top)))
            else:
                yield posixpath.dirname(document), written


def is_markdown(path: str) -> bool:
    """Tell whether a file is Markdown, by its name. macOS puts `._a.md` beside `a.md`."""
    name = path.rpartition("/")[2]
    return name.lower().endswith(MARKDOWN) and not name.startswith("._")


def in_folder(root: Path, only: Iterable[str] | None = None) -> Source:
    """Return what is in a folder; of its Markdown, only these paths if they are given.

    What is hidden stays so, and no link leads out of it. Raises OSError.
    """
    whole = root.resolve()

    def find(path: str) -> str | None:
        for form in ("NFC", "NFD"):
            written = unicodedata.normalize(form, path)
            with suppress(OSError):  # a name that is too long for a file
                file = (whole / written).resolve()
                if file.is_relative_to(whole) and file.is_file():
                    return written
        return None

    documents = sorted(markdown_below(whole) if only is None else only)
    return Source(documents, find, lambda path: pieces(whole / path))


def markdown_below(root: Path) -> Iterator[str]:
    """Yield the paths of Markdown files below a folder. Raises OSError."""
    for folder, folders, names in os.walk(root, onerror=fail):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(folder, name)
            if is_markdown(name) and not name.startswith(".") and not path.is_symlink():
                yield path.relative_to(root).as_posix()


def fail(error: OSError) -> None:
    raise error


def of_files(files: Mapping[str, Path]) -> Source:
    """Return single files by their paths.

    Those without a folder are found in whatever folder a text says they are: browsers tell none of
    files that are chosen one by one.
    """
    loose = {unicodedata.normalize("NFC", path): path for path in files if "/" not in path}
    return replace(listed(files, lambda path: pieces(files[path])), loose=loose)


@contextmanager
def in_archive(path: Path) -> Iterator[Source]:
    """Give what is in a ZIP archive. Raises what `open_archive` does."""
    with open_archive(path) as archive:
        yield listed(archive.paths, archive.read)


def listed(paths: Iterable[str], read: Callable[[str], Iterator[bytes]]) -> Source:
    """Return a source of which all paths are known."""
    known = {unicodedata.normalize("NFC", path): path for path in paths}
    files = [path for path in known.values() if not path.startswith("__MACOSX/")]
    tops = {path.partition("/")[0] if "/" in path else "" for path in files}
    return Source(
        sorted(path for path in files if is_markdown(path)),
        lambda path: known.get(unicodedata.normalize("NFC", path)),
        read,
        top=tops.pop() if len(tops) == 1 else "",
    )


def pieces(path: Path) -> Iterator[bytes]:
    """Yield a file's content. Raises OSError."""
    with path.open("rb") as content:
        while chunk := content.read(CHUNK):
            yield chunk


def spellings(address: str) -> Iterator[str]:
    """Yield what a path may mean: it may be encoded, have a query, and come from Windows."""
    bare = re.split(r"[?#]", address, maxsplit=1)[0]
    for each in chain((address, unquote(address)), (bare, unquote(bare))):
        yield each
        yield each.replace("\\", "/")
