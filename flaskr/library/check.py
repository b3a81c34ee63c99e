"""Checking that rows and files belong together, and mending what can be mended without guessing.

Safe while others upload, delete and collect: what looks wrong is looked at again under the guard of
library.guard before it counts, and files that have just been written are left alone.
"""

import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from flaskr.imaging.formats import EXTENSIONS, sniff
from flaskr.library import resumable, usage
from flaskr.library.collect import LEFTOVER_AGE
from flaskr.library.faults import BlobRow, Content, Fault, Finding, Inspection, Kind, Report
from flaskr.library.guard import own_bytes, rely_on_bytes
from flaskr.library.media import QUARANTINE, SPOOL, Media, blob_name
from flaskr.library.mending import (
    mend_blob,
    mend_leftover,
    mend_orphan,
    mend_stray,
    mend_upload,
    redecode,
)
from flaskr.library.set_check import check_sets
from flaskr.models import Base, Blob, Image, ImageVersion, now
from flaskr.storage import Entry, MissingFileError
from flaskr.transactions import end_read

IN_PROGRESS = timedelta(hours=1)
"""Younger files may belong to an upload that is not recorded yet."""

PAGE = 500
THREADS = min(4, os.cpu_count() or 1)
"""Hashing lets other threads run, so that every core does its part."""

BLOB_FILE = re.compile(r"blobs/([0-9a-f]{2})/([0-9a-f]{2})/(?P<sha256>\1\2[0-9a-f]{60})")
VARIANT_FILE = re.compile(
    r"variants/([0-9a-f]{2})/(?P<sha256>\1[0-9a-f]{62})/[a-z0-9-]+\.[a-z0-9]+"
)

Progress = Callable[[int], None]


def check(
    session: Session,
    media: Media,
    *,
    repair: bool = False,
    at: datetime | None = None,
    progress: Progress = lambda _: None,
) -> Report:
    """Go through every row and every file, and return what is wrong at the moment `at`.

    Every file is read to its end and hashed; `progress` is told the bytes of each. With `repair`
    what can be mended is, and committed one by one; library.mending says how.
    """
    at = at or now()
    end_read(session)  # what it has seen may be old
    inspection = Inspection(session, media, repair=repair)
    check_blobs(inspection, progress)
    check_files(inspection, at - IN_PROGRESS)
    check_references(inspection)
    check_totals(inspection)
    check_leftovers(inspection, at - LEFTOVER_AGE)
    check_uploads(inspection)
    check_sets(inspection, at - IN_PROGRESS, at - LEFTOVER_AGE)
    return inspection.report


def total_bytes(session: Session) -> int:
    """Return how many bytes `check` has to read, as far as the rows tell."""
    total = session.scalar(select(func.sum(Blob.bytes))) or 0
    end_read(session)
    return int(total)


# ---- rows and the bytes they describe -------------------------------------------------------


def check_blobs(inspection: Inspection, progress: Progress) -> None:
    """Find rows whose bytes are missing or others, and rows that say the wrong thing of them."""
    examine_row = partial(examine, inspection.media)
    with ThreadPoolExecutor(THREADS) as pool:
        for page in blob_pages(inspection.session):
            for row, finding in zip(page, pool.map(examine_row, page), strict=True):
                if finding is not None:
                    settle_blob(inspection, row, finding)
                inspection.report.blobs += 1
                inspection.report.bytes += row.bytes
                progress(row.bytes)


def blob_pages(session: Session) -> Iterator[list[BlobRow]]:
    """Yield all blob rows, some at a time, outside of any transaction."""
    columns = [getattr(Blob, name) for name in BlobRow._fields]
    last = 0
    while True:
        query = select(*columns).where(Blob.id > last).order_by(Blob.id).limit(PAGE)
        page = [BlobRow(*row) for row in session.execute(query)]
        end_read(session)
        if not page:
            return
        yield page
        last = page[-1].id


def examine(media: Media, row: BlobRow) -> Finding | None:
    """Read the bytes of a row, and return what is wrong with either."""
    name = blob_name(row.sha256)
    entry = None
    try:
        entry = media.store.stat(name)
        with media.store.open(name) as file:
            content = Content.of(file)
    except MissingFileError:
        return Finding(Kind.MISSING, "its bytes are not there", None)
    except OSError as error:
        return Finding(Kind.DAMAGED, f"cannot be read: {error.strerror}", entry)
    if content.sha256 != row.sha256:
        found = f"{content.size} bytes" if content.size != row.bytes else "bytes"
        return Finding(Kind.DAMAGED, f"holds {found} with the SHA-256 {content.sha256}", entry)
    wrong = wrong_facts(row, content)
    if wrong:
        return Finding(Kind.WRONG_ROW, f"says the wrong {', '.join(wrong)}", entry, content)
    return None


def wrong_facts(row: BlobRow, content: Content) -> list[str]:
    """Return which columns contradict the content. Only its head is looked at, not decoded."""
    wrong = [name for name in ("width", "height", "frames") if getattr(row, name) < 1]
    if content.md5 != row.md5:
        wrong.append("md5")
    if content.size != row.bytes:
        wrong.append("bytes")
    format_ = sniff(content.head)
    if format_ is None or format_ is not EXTENSIONS.get(row.extension):
        wrong.append("extension")
    if format_ is None or format_.type != row.type:
        wrong.append("type")
    return wrong


def settle_blob(inspection: Inspection, row: BlobRow, finding: Finding) -> None:
    """Report a finding, and mend it, if row and file are still as they were found."""
    session = inspection.session
    facts = redecode(inspection.media, row, finding) if inspection.repair else None
    take_guard(inspection)
    stands = session.scalar(select(Blob.id).where(Blob.id == row.id)) is not None
    if stands and stat(inspection.media, blob_name(row.sha256)) == finding.entry:
        keys = session.scalars(hurt_by(row.id)).all()
        fault = Fault(finding.kind, blob_name(row.sha256), finding.detail, tuple(keys))
        inspection.report.faults.append(fault)
        inspection.mend(fault, lambda: mend_blob(inspection, row, finding, fault, facts))
    session.rollback()


def hurt_by(blob_id: int) -> Select[str]:
    """The keys of the images that have the blob, or had it in a version that is kept."""
    versions = select(ImageVersion.image_id).where(ImageVersion.blob_id == blob_id)
    return select(Image.key).where((Image.blob_id == blob_id) | Image.id.in_(versions))


def stat(media: Media, name: str) -> Entry | None:
    """Return what is known of a file, or None if it is not there or the disk does not say."""
    try:
        return media.store.stat(name)
    except (OSError, MissingFileError):
        return None


def take_guard(inspection: Inspection) -> None:
    """Start a transaction in which nothing is collected and, for a repair, nothing recorded."""
    (own_bytes if inspection.repair else rely_on_bytes)(inspection.session)


# ---- files and the rows that know them ------------------------------------------------------


def check_files(inspection: Inspection, before: datetime) -> None:
    """Find files that no row knows, or that lie where the store puts none."""
    session = inspection.session
    entries = stored_files(inspection)
    while page := list(islice(entries, PAGE)):
        inspection.report.files += len(page)
        wanted = {sha256 for entry in page if (sha256 := sha256_of(entry.name)) is not None}
        known = set(session.scalars(select(Blob.sha256).where(Blob.sha256.in_(wanted))))
        end_read(session)
        for entry in page:
            sha256 = sha256_of(entry.name)
            if sha256 not in known and entry.modified <= before:
                settle_file(inspection, entry, sha256)


def stored_files(inspection: Inspection) -> Iterator[Entry]:
    """Yield every file in its place or a wrong one; report a folder that cannot be looked into."""
    try:
        for entry in inspection.media.store.list():
            if not entry.name.startswith((SPOOL, QUARANTINE)):
                yield entry
    except OSError as error:
        detail = f"cannot be looked into: {error.strerror}"
        fault = Fault(Kind.UNREADABLE, str(error.filename or "files"), detail)
        inspection.report.faults.append(fault)


def sha256_of(name: str) -> str | None:
    """Return the hash of the blob that a stored file belongs to, or None for a name of no sort."""
    match = BLOB_FILE.fullmatch(name) or VARIANT_FILE.fullmatch(name)
    return None if match is None else match["sha256"]


def settle_file(inspection: Inspection, entry: Entry, sha256: str | None) -> None:
    """Report a file, and remove it or put it in its place, if no row knows it still."""
    session = inspection.session
    # Read before the guard is taken, for uploads wait meanwhile.
    needed = inspection.repair and (sha256 is None or inspection.lost)
    content = read(inspection.media, entry.name) if needed else None
    take_guard(inspection)
    if sha256 is None:
        fault = Fault(Kind.STRAY, entry.name, "lies where no file of ours does")
        inspection.report.faults.append(fault)
        inspection.mend(fault, lambda: mend_stray(inspection, entry, fault, content))
    elif is_orphan(inspection, entry, sha256):
        fault = Fault(Kind.ORPHAN, entry.name, "belongs to no picture")
        inspection.report.faults.append(fault)
        inspection.mend(fault, lambda: mend_orphan(inspection, entry, fault, content))
    session.rollback()


def is_orphan(inspection: Inspection, entry: Entry, sha256: str) -> bool:
    """Tell whether the file is there still and has no row still."""
    row = inspection.session.scalar(select(Blob.id).where(Blob.sha256 == sha256))
    return row is None and stat(inspection.media, entry.name) == entry


def read(media: Media, name: str) -> Content | None:
    """Return what a file holds, or None if it cannot be opened, under its name or at all."""
    try:
        with media.store.open(name) as file:
            return Content.of(file)
    except (ValueError, OSError, MissingFileError):
        return None


# ---- rows that refer to rows, and leftovers -------------------------------------------------


def check_references(inspection: Inspection) -> None:
    """Find rows that refer to rows that are gone."""
    session = inspection.session
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_keys:
            parent = key.column.table.alias()
            there = select(parent).where(parent.c[key.column.name] == key.parent).exists()
            query = select(*table.primary_key, key.parent.label(None)).where(
                key.parent.is_not(None), ~there
            )
            for *row_id, parent_id in session.execute(query):
                detail = f"refers to {key.column.table.name} {parent_id}, which is gone"
                fault = Fault(Kind.DANGLING, f"{table.name} {'/'.join(map(str, row_id))}", detail)
                inspection.report.faults.append(fault)
    end_read(session)


def check_totals(inspection: Inspection) -> None:
    """Find accounts that keep more or less than their rows say."""
    session = inspection.session
    suspects = usage.wrong_totals(session)
    end_read(session)
    if not suspects:
        return
    take_guard(inspection)
    for id_, images, bytes_, true_images, true_bytes in usage.wrong_totals(session):
        detail = (
            f"says {images} pictures of {bytes_} bytes, but has {true_images} of {true_bytes} bytes"
        )
        fault = Fault(Kind.WRONG_TOTAL, f"user {id_}", detail)
        inspection.report.faults.append(fault)
        if inspection.repair:
            usage.recount(session, id_)
            fault.repaired = True
    session.commit()


def check_leftovers(inspection: Inspection, before: datetime) -> None:
    """Find what uploads that were killed left in the spool."""
    session, media = inspection.session, inspection.media
    for path in [*media.spool.leftovers(before), *resumable.strays(session, media, before)]:
        fault = Fault(Kind.LEFTOVER, SPOOL + path.name, "was left by an upload that was broken off")
        inspection.report.faults.append(fault)
        inspection.mend(fault, partial(mend_leftover, path, fault))


def check_uploads(inspection: Inspection) -> None:
    """Find unfinished uploads that lost the bytes they had: nobody can go on with them."""
    session, media = inspection.session, inspection.media
    for upload_id, key in resumable.without_bytes(session, media):
        name = SPOOL + media.spool.path_of(key).name
        fault = Fault(Kind.UNFINISHED, name, "is missing; an upload that is not complete needs it")
        inspection.report.faults.append(fault)
        inspection.mend(fault, partial(mend_upload, inspection, upload_id, fault))
