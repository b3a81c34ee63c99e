"""Uploads that come in pieces: what has arrived stays, whatever becomes of the connection or of us.

The bytes lie in the spool, how many of them are durable in the database. Whoever writes holds the
file's lock for each write and each commit, and takes it before the database's. The last byte counts
only once the picture has been taken in: until then a client asks to send it, and by that to try
again. docs/adr/0011-resumable-uploads.md
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, cast

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from flaskr.errors import (
    DomainError,
    EmptyFileError,
    FileTooLargeError,
    NotFoundError,
    StorageFullError,
    TooManyAttemptsError,
    message_,
)
from flaskr.library.keys import BASE58, new_secret
from flaskr.library.media import Media
from flaskr.library.names import display_name
from flaskr.library.repeats import is_used, wait_for_owner
from flaskr.library.uploads import Arrival, Keep, Upload
from flaskr.library.usage import require_room
from flaskr.models import ResumableUpload, User, now
from flaskr.storage import LockedError, PartialFile, TakenOverError
from flaskr.transactions import begin_write, end_read

COMMIT_BYTES = 8 * 1024 * 1024
COMMIT_SECONDS = 10
"""How much of a long request a kill can cost: after either, what has arrived is made durable."""

UNFINISHED = 100
"""How many uploads of an account may wait for the rest of their bytes. The page sends three at a
time; the others are those of tabs that were closed."""

IDLE = timedelta(hours=1)
"""What got no byte for so long makes room when its account is at its limit: whoever sends it has
left, more likely than not."""

RETRY_SECONDS = 60
TOLD = timedelta(days=1)
"""How long an upload that is complete can be asked what became of it."""

STRAY_AGE = timedelta(days=1)
"""Younger files may belong to an upload that is being recorded."""

KEY = re.compile(f"[{BASE58}]{{22}}")
NAMELESS = "."
"""What `display_name` makes “image.<extension>” of."""


class UploadLockedError(DomainError):
    """Another request is writing to this upload, or its picture is being opened."""

    code = "locked"
    status = 423
    message = message_("Another request is working on this upload. Try again in a moment.")


class OffsetMismatchError(DomainError):
    """The upload does not stand where the request goes on."""

    code = "offset_mismatch"
    status = 409
    message = message_("The upload stands at another byte. Ask where, and go on from there.")


class PieceTooLongError(DomainError):
    """More came than was announced."""

    code = "too_large"
    status = 413
    message = message_("This is more than was announced of the file. Send no more than that.")


class ChecksumMismatchError(DomainError):
    """The piece arrived altered, and was dropped."""

    code = "checksum_mismatch"
    status = 460
    message = message_("This part of the file was damaged on its way. Send it again.")


class IncompleteUploadError(DomainError):
    """The upload has no picture yet."""

    code = "upload_incomplete"
    status = 409
    message = message_("Part of the file is still missing. Send the rest first.")


class TooManyUploadsError(TooManyAttemptsError):
    """The account has more unfinished uploads than it may, by number or by size."""

    code = "too_many_uploads"
    message = message_(
        "Too many of your uploads are unfinished. Finish or cancel some of them, or wait until "
        "they expire."
    )


class Checksum(Protocol):
    """What the client says a piece adds up to."""

    def update(self, piece: bytes, /) -> None: ...
    def matches(self) -> bool: ...


@dataclass(frozen=True)
class Announcement:
    """What is said of a file before it comes. `length` is in bytes, `name` may be empty.

    `metadata_header` is what the client said, as it said it.
    """

    length: int
    name: str
    batch: str
    keep: Keep
    position: int = 0
    idempotency_key: str | None = None
    metadata_header: str = ""
    visibility: str | None = None


@dataclass(frozen=True)
class Allowance:
    """How large a file may be, and all unfinished ones of an account, in bytes.

    `lifetime` is how long they stay after their last piece.
    """

    file_bytes: int
    total_bytes: int
    lifetime: timedelta


@dataclass
class Expired:
    """What was removed: rows of uploads, and files that none of them needs."""

    uploads: int = 0
    files: int = 0


def create(
    session: Session, media: Media, owner: User, announced: Announcement, allowance: Allowance
) -> tuple[ResumableUpload, bool]:
    """Make room for a file that comes in pieces, and commit; tell whether the upload is new.

    If the same was announced before, with the same idempotency key, return that upload: its sender
    did not get the answer. Raises EmptyFileError, FileTooLargeError, QuotaExceededError,
    StorageFullError, TooManyUploadsError, OSError.
    """
    if not announced.length:
        raise EmptyFileError
    if announced.length > allowance.file_bytes:
        raise FileTooLargeError(limit=allowance.file_bytes)
    owner_id = owner.id
    earlier = announced_before(session, media, owner_id, announced)
    if earlier is not None:
        return earlier, False
    if not is_used(session, owner_id, announced.idempotency_key):  # else nothing new may come of it
        require_room(session, media.quota, owner_id, bytes=announced.length, images=1)
    end_read(session)
    if media.spool.free_bytes() < 2 * announced.length:  # it may be cleaned into a second file
        raise StorageFullError
    upload = ResumableUpload(
        key=new_secret(),
        owner_id=owner_id,
        length=announced.length,
        offset=0,
        name=display_name(announced.name, "") if announced.name else "",
        batch=announced.batch,
        position=announced.position,
        keep=announced.keep,
        visibility=announced.visibility,
        idempotency_key=announced.idempotency_key,
        metadata_header=announced.metadata_header,
        expires=now() + allowance.lifetime,
    )
    path = media.spool.path_of(upload.key)
    PartialFile.create(path)
    try:
        begin_with_room(session, media, owner_id, announced.length, allowance)
        session.add(upload)
        session.commit()
    except BaseException:
        session.rollback()
        path.unlink(missing_ok=True)
        raise
    return upload, True


def announced_before(
    session: Session, media: Media, owner_id: int, announced: Announcement
) -> ResumableUpload | None:
    """Return the owner's unfinished upload of the same announcement, or None.

    The same are idempotency key, length and how it is to be kept.
    """
    if announced.idempotency_key is None:
        return None
    query = select(ResumableUpload).where(
        ResumableUpload.owner_id == owner_id,
        ResumableUpload.idempotency_key == announced.idempotency_key,
        ResumableUpload.length == announced.length,
        ResumableUpload.keep == announced.keep,
        ResumableUpload.visibility.is_not_distinct_from(announced.visibility),
        unfinished(),
        ResumableUpload.expires > now(),
    )
    upload = session.scalar(query.order_by(ResumableUpload.id.desc()).limit(1))
    lies_there = upload is not None and media.spool.path_of(upload.key).exists()
    return upload if lies_there else None


def begin_with_room(
    session: Session, media: Media, owner_id: int, length: int, allowance: Allowance
) -> None:
    """Begin to write once the account may have one more upload of this length.

    Its idle ones end for that, the oldest first. Raises TooManyUploadsError.
    """
    while True:
        begin_write(session)
        wait_for_owner(session, owner_id)
        try:
            check_total(session, owner_id, length, allowance)
        except TooManyUploadsError:
            session.rollback()
            if not end_idle(session, media, owner_id, allowance.lifetime):
                raise
        else:
            return


def end_idle(session: Session, media: Media, owner_id: int, lifetime: timedelta) -> bool:
    """End the owner's oldest upload that is idle, and commit; tell whether there was one.

    `lifetime` is how long they stay after their last piece.
    """
    idle = unfinished() & (ResumableUpload.expires <= now() + lifetime - IDLE)
    query = select(ResumableUpload.id, ResumableUpload.key).where(
        ResumableUpload.owner_id == owner_id, idle, ResumableUpload.expires > now()
    )
    found = session.execute(query.order_by(ResumableUpload.expires, ResumableUpload.id)).all()
    end_read(session)
    for id_, key in found:
        with suppress(UploadLockedError):
            if remove(session, media, id_, key, idle):
                return True
    return False


def check_total(session: Session, owner_id: int, length: int, allowance: Allowance) -> None:
    """Raise TooManyUploadsError unless the account may have one more upload of this length."""
    number, total = session.execute(
        select(func.count(), func.coalesce(func.sum(ResumableUpload.length), 0)).where(
            ResumableUpload.owner_id == owner_id, unfinished(), ResumableUpload.expires > now()
        )
    ).one()
    if number >= UNFINISHED or (number and total + length > allowance.total_bytes):
        raise TooManyUploadsError(seconds=RETRY_SECONDS)


def unfinished() -> ColumnElement[bool]:
    """The upload waits for bytes."""
    return ResumableUpload.image_id.is_(None)


def find(session: Session, media: Media, owner: User, key: str) -> ResumableUpload:
    """Return an upload of the owner's.

    Raises NotFoundError if there is none with this key, or no longer: refused, ended, expired, or
    without its bytes, as after a restore.
    """
    owner_id = owner.id
    upload = ResumableUpload.owned(session, owner_id, key) if KEY.fullmatch(key) else None
    if upload is not None and not upload.image_id and not media.spool.path_of(key).exists():
        end_read(session)  # its picture may have been taken in since we looked
        upload = ResumableUpload.owned(session, owner_id, key)
        if upload is not None and not upload.image_id:
            raise NotFoundError
    if upload is None or upload.expires <= now():
        raise NotFoundError
    return upload


def end(session: Session, media: Media, upload: ResumableUpload) -> None:
    """Give an upload up, and commit; a picture that was taken in stays.

    Raises UploadLockedError while that is being done.
    """
    remove(session, media, upload.id, upload.key, ResumableUpload.id == upload.id)


def remove(
    session: Session, media: Media, id_: int, key: str, condition: ColumnElement[bool]
) -> bool:
    """Remove a row, if `condition` holds, with its file, and commit; tell whether it was there.

    Raises UploadLockedError.
    """
    removal = delete(ResumableUpload).where(ResumableUpload.id == id_, condition)
    with ExitStack() as stack:
        with suppress(FileNotFoundError):
            lock(stack, stack.enter_context(PartialFile(media.spool.path_of(key), 0)))
        begin_write(session)
        removed = bool(rows_changed(session, removal))
        session.commit()
        if removed:
            media.spool.path_of(key).unlink(missing_ok=True)
    return removed


def lock(stack: ExitStack, file: PartialFile) -> None:
    """Hold the file's lock as long as `stack`. Raises UploadLockedError, FileNotFoundError."""
    try:
        stack.enter_context(file.locked())
    except LockedError:
        raise UploadLockedError from None


def rows_changed(session: Session, statement: Any) -> int:
    """Execute an UPDATE or DELETE past the objects of the session; return how many rows it met."""
    done = session.execute(statement.execution_options(synchronize_session=False))
    return int(getattr(done, "rowcount", 0))


# ---- receiving ------------------------------------------------------------------------------


@contextmanager
def append(
    session: Session, media: Media, upload: ResumableUpload, offset: int, lifetime: timedelta
) -> Iterator["Reception"]:
    """Go on with an upload at `offset`, instead of whoever did so before.

    Raises OffsetMismatchError if it stands elsewhere, UploadLockedError, NotFoundError.
    """
    owner_id, key = upload.owner_id, upload.key
    with ExitStack() as stack:
        try:
            path = media.spool.path_of(key)
            file = stack.enter_context(PartialFile(path, upload.length))
            with ExitStack() as writing:
                lock(writing, file)
                end_read(session)  # what it has seen may be old
                current = ResumableUpload.owned(session, owner_id, key)
                if current is None:
                    raise NotFoundError
                if current.offset != offset:
                    raise OffsetMismatchError
                file.take_over()
            reception = Reception(session, file, current, lifetime)
        except FileNotFoundError:
            raise gone(session, owner_id, key) from None
        end_read(session)
        yield reception


def gone(session: Session, owner_id: int, key: str) -> DomainError:
    """Return what to tell of an upload whose file is gone: its picture may have been taken in."""
    end_read(session)
    upload = ResumableUpload.owned(session, owner_id, key)
    taken_in = upload is not None and upload.image_id is not None
    return OffsetMismatchError() if taken_in else NotFoundError()


class Reception:
    """One request's part of an upload. `position` is where the next byte goes."""

    def __init__(
        self, session: Session, file: PartialFile, upload: ResumableUpload, lifetime: timedelta
    ) -> None:
        self._session = session
        self._file = file
        self._lifetime = lifetime
        self._id, self._owner_id, self._key = upload.id, upload.owner_id, upload.key
        self.length = upload.length
        self.position = self._committed = upload.offset
        self._committed_at = time.monotonic()

    @property
    def complete(self) -> bool:
        """Whether all bytes are here, and the picture can be taken in."""
        return self.position == self.length

    def receive(self, pieces: Iterable[bytes], checksum: Checksum | None = None) -> None:
        """Append what `pieces` yields, and commit it, also what came before they failed.

        With a checksum, that is only done with all of it. Raises ChecksumMismatchError,
        OffsetMismatchError if somebody else goes on with the upload now, PieceTooLongError for
        more bytes than it is to have, OSError.
        """
        if checksum is not None:
            start = self.position
            for piece in pieces:
                checksum.update(piece)
                self._write(piece)
            if not checksum.matches():
                self.position = start
                raise ChecksumMismatchError
            self._commit()
            return
        try:
            for piece in pieces:
                self._write(piece)
                if self._is_due():
                    self._commit()
        finally:
            self._commit()

    def _write(self, piece: bytes) -> None:
        if self.position + len(piece) > self.length:
            raise PieceTooLongError
        with self._writing():
            self._file.write(piece, self.position)
        self.position += len(piece)

    def _is_due(self) -> bool:
        waited = time.monotonic() - self._committed_at
        return self.position - self._committed >= COMMIT_BYTES or waited >= COMMIT_SECONDS

    def _commit(self) -> None:
        """Let what was written count, less the last byte."""
        offset = min(self.position, self.length - 1)
        if offset <= self._committed:
            return
        with self._writing():
            self._file.sync()
            self._record(offset=offset, expires=now() + self._lifetime)
            self._session.commit()
        self._committed = offset
        self._committed_at = time.monotonic()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the lock, if it is still us who write."""
        with ExitStack() as stack:
            try:
                lock(stack, self._file)
                self._file.check()
            except FileNotFoundError:
                raise gone(self._session, self._owner_id, self._key) from None
            except TakenOverError:
                raise OffsetMismatchError from None
            try:
                yield
            except BaseException:
                self._session.rollback()
                raise

    def _record(self, **values: Any) -> None:
        """Change the row. Raises NotFoundError if it is gone."""
        begin_write(self._session)
        change = update(ResumableUpload).where(ResumableUpload.id == self._id).values(values)
        if not rows_changed(self._session, change):
            raise NotFoundError

    def finish(self, take: Callable[[Arrival], Upload]) -> Upload:
        """Let `take` take the picture in, and commit.

        A picture that is refused ends the upload. After a fault that passes, the last byte is
        still to come. Raises what `take` does, besides OffsetMismatchError and UploadLockedError.
        """
        with self._writing():
            try:
                upload = take(self._arrival())
                self._record(offset=self.length, image_id=upload.image.id, expires=now() + TOLD)
                self._session.commit()
            except DomainError as error:
                self._session.rollback()
                if not passes(error):
                    self._give_up()
                raise
            self._file.remove()
        return upload

    def _arrival(self) -> Arrival:
        row = ResumableUpload.owned(self._session, self._owner_id, self._key)
        if row is None:  # gone with its owner, for example
            raise NotFoundError
        name, keep = row.name or NAMELESS, cast("Keep", row.keep)
        arrived = self._file.finish()
        return Arrival(
            arrived,
            name,
            row.batch,
            keep,
            row.position,
            row.idempotency_key,
            visibility=row.visibility,
        )

    def abandon(self) -> None:
        """End the upload, unless somebody else goes on with it or has ended it."""
        self._session.rollback()
        with suppress(OffsetMismatchError, UploadLockedError, NotFoundError), self._writing():
            self._give_up()

    def _give_up(self) -> None:
        begin_write(self._session)
        rows_changed(self._session, delete(ResumableUpload).where(ResumableUpload.id == self._id))
        self._session.commit()
        self._file.remove()


def passes(error: DomainError) -> bool:
    """Tell whether trying again can help: it is not the picture that is at fault."""
    return error.status >= 500 or isinstance(error, TooManyAttemptsError)


# ---- what was abandoned ---------------------------------------------------------------------


def expire(session: Session, media: Media, at: datetime, *, dry_run: bool = False) -> Expired:
    """Remove uploads that expired before the moment `at`, and commit each; then stray files.

    Those that somebody is writing to are left to the next run.
    """
    expired = ResumableUpload.expires <= at
    due = session.execute(select(ResumableUpload.id, ResumableUpload.key).where(expired)).all()
    end_read(session)
    done = Expired()
    for id_, key in due:
        with suppress(UploadLockedError):
            done.uploads += dry_run or remove(session, media, id_, key, expired)
    for path in strays(session, media, at - STRAY_AGE):
        if not dry_run:
            path.unlink(missing_ok=True)
        done.files += 1
    return done


def strays(session: Session, media: Media, before: datetime) -> list[Path]:
    """Return the files, last written before that moment, that no unfinished upload needs.

    A process that was killed leaves some, and so does an account that is deleted.
    """
    found = media.spool.in_pieces(before)
    needed = set(session.scalars(select(ResumableUpload.key).where(unfinished())))
    end_read(session)
    return [path for key, path in found.items() if key not in needed]


def without_bytes(session: Session, media: Media) -> list[tuple[int, str]]:
    """Return id and key of the unfinished uploads whose file is missing."""
    query = select(ResumableUpload.id, ResumableUpload.key).where(unfinished())
    lost = [row for row in session.execute(query) if not media.spool.path_of(row.key).exists()]
    end_read(session)
    # Some may have been completed meanwhile.
    still = session.execute(query.where(ResumableUpload.id.in_([row.id for row in lost]))).all()
    end_read(session)
    return [(row.id, row.key) for row in still]
