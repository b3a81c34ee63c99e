"""Markdown that lies on this machine: read from its place, and written back there."""

import os
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from flaskr.errors import (
    AlreadyThereError,
    NoMarkdownError,
    SameTargetError,
    WrittenMeanwhileError,
)
from flaskr.library.mover.moving import Moved
from flaskr.library.mover.sources import Source, in_archive, in_folder, is_markdown

MOVED = ".moved.zip"


class Writer(Protocol):
    """Writes a text that was moved."""

    def write(self, moved: Moved) -> None:
        """Raises OSError, WrittenMeanwhileError, and AlreadyThereError."""


@dataclass(frozen=True)
class Place:
    """Markdown in one place, called `name`.

    Texts are known by `folder`, if there is one, and their path below it: as on the page, to which
    a folder comes with its name and a ZIP without. They are written to `target`, a folder or an
    archive.
    """

    name: str
    folder: str
    target: Path
    source: AbstractContextManager[Source]
    writer: AbstractContextManager[Writer]


@dataclass(frozen=True)
class FolderWriter:
    """Writes into a folder, whole files only; what is the same already is not touched.

    In its place a text is replaced if nobody has changed it meanwhile; elsewhere a file that is
    there already, only by `force`.
    """

    root: Path
    in_place: bool
    force: bool = False

    def write(self, moved: Moved) -> None:
        """Raises OSError, WrittenMeanwhileError, and AlreadyThereError."""
        target = self.root / moved.name
        if self.in_place:
            if moved.content == moved.before:
                return
            target = target.resolve()
            if target.read_bytes() != moved.before:
                raise WrittenMeanwhileError(name=moved.name)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.exists() and not self.force:
                if target.read_bytes() == moved.content:
                    return
                raise AlreadyThereError(name=str(target))
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


def places(
    paths: Iterable[Path], output: Path | None = None, *, force: bool = False
) -> list[Place]:
    """Return what these folders, Markdown files and ZIP archives hold, each in its place.

    A ZIP's texts go into a new ZIP beside it; with `output` everything goes below that folder. What
    is there already is replaced by `force` only.

    Raises NoMarkdownError for what is none of these, SameTargetError where two would be written to
    one place, and AlreadyThereError.
    """
    found: list[Place] = []
    single: dict[Path, list[str]] = {}
    for path in dict.fromkeys(each.resolve() for each in paths):
        if path.is_dir():
            found.append(folder(path, in_folder(path), output, force=force))
        elif path.suffix.lower() == ".zip":
            target = (output or path.parent) / f"{path.stem}{MOVED}"
            if target.exists() and not force:
                raise AlreadyThereError(name=str(target))
            found.append(Place(path.name, "", target, in_archive(path), new_archive(target)))
        elif is_markdown(path.name):
            single.setdefault(path.parent, []).append(path.name)
        else:
            raise NoMarkdownError
    found += [
        folder(root, in_folder(root, only), output, force=force) for root, only in single.items()
    ]
    known: set[Path] = set()
    for place in found:
        if place.target in known:
            raise SameTargetError(name=str(place.target))
        known.add(place.target)
    return found


def folder(root: Path, source: Source, output: Path | None, *, force: bool) -> Place:
    """Return a folder as a place."""
    target = root if output is None else output / root.name
    writer: Writer = FolderWriter(target, in_place=output is None, force=force)
    return Place(root.name, root.name, target, nullcontext(source), nullcontext(writer))
