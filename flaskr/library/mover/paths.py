"""Markdown that lies on this machine: read from its place, and written back there."""

import os
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from flaskr.errors import NoMarkdownError, WrittenMeanwhileError
from flaskr.library.mover.moving import Moved
from flaskr.library.mover.sources import Source, in_archive, in_folder, is_markdown

MOVED = ".moved.zip"


class Writer(Protocol):
    """Writes a text that was moved."""

    def write(self, moved: Moved) -> None:
        """Raises OSError, and WrittenMeanwhileError where somebody else has changed it."""


@dataclass(frozen=True)
class Place:
    """Markdown in one place. Texts are known by `name` and their path in it."""

    name: str
    source: AbstractContextManager[Source]
    writer: AbstractContextManager[Writer]


@dataclass(frozen=True)
class FolderWriter:
    """Writes into a folder, whole files only; what is the same already is not touched."""

    root: Path
    in_place: bool

    def write(self, moved: Moved) -> None:
        target = self.root / moved.name
        if self.in_place:
            if moved.content == moved.before:
                return
            target = target.resolve()
            if target.read_bytes() != moved.before:
                raise WrittenMeanwhileError(name=moved.name)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
        replace(target, moved.content)


def replace(target: Path, content: bytes) -> None:
    """Give a file another content, all of it or none. Raises OSError."""
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with draft.open("xb") as file:
            with suppress(FileNotFoundError):
                os.fchmod(file.fileno(), target.stat().st_mode & 0o7777)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


@dataclass(frozen=True)
class ArchiveWriter:
    """Writes into a new ZIP archive."""

    archive: zipfile.ZipFile

    def write(self, moved: Moved) -> None:
        self.archive.writestr(moved.name, moved.content, zipfile.ZIP_DEFLATED)


@contextmanager
def new_archive(target: Path) -> Iterator[ArchiveWriter]:
    """Make an archive; it takes its name once it is whole. Raises OSError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with zipfile.ZipFile(draft, "x") as archive:
            yield ArchiveWriter(archive)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def places(paths: Iterable[Path], output: Path | None = None) -> list[Place]:
    """Return what these folders, Markdown files and ZIP archives hold, each in its place.

    A ZIP's texts go into a new ZIP beside it; with `output` everything goes below that folder.
    Raises NoMarkdownError for what is none of these.
    """
    found: list[Place] = []
    single: dict[Path, list[str]] = {}
    for path in paths:
        whole = path.resolve()
        if path.is_dir():
            found.append(folder(whole, in_folder(whole), output))
        elif path.suffix.lower() == ".zip":
            target = (output or whole.parent) / f"{path.stem}{MOVED}"
            found.append(Place(path.stem, in_archive(whole), new_archive(target)))
        elif is_markdown(path.name):
            single.setdefault(whole.parent, []).append(whole.name)
        else:
            raise NoMarkdownError
    found += [folder(root, in_folder(root, only), output) for root, only in single.items()]
    return found


def folder(root: Path, source: Source, output: Path | None) -> Place:
    """Return a folder as a place."""
    target = root if output is None else output / root.name
    writer: Writer = FolderWriter(target, in_place=output is None)
    return Place(root.name, nullcontext(source), nullcontext(writer))
