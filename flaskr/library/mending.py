"""How faults are mended: nothing is invented, and nothing is deleted that might be the last copy.

Each function runs within the write transaction that found the fault (library.guard) and sets
`repaired` if nothing is left to do.
"""

import secrets
from dataclasses import asdict
from pathlib import Path

from sqlalchemy import delete, select, update

from flaskr.errors import DomainError
from flaskr.imaging.facts import Facts
from flaskr.imaging.formats import EXTENSIONS
from flaskr.imaging.limits import ANY_SIZE
from flaskr.library.faults import BlobRow, Content, Fault, Finding, Inspection, Kind
from flaskr.library.media import QUARANTINE, Media, blob_name
from flaskr.library.variants import exists, local_copy
from flaskr.models import Blob, ResumableUpload
from flaskr.storage import Entry
from flaskr.transactions import begin_write


def mend_blob(
    inspection: Inspection, row: BlobRow, finding: Finding, fault: Fault, facts: Facts | None
) -> None:
    """Correct a row by its bytes; set damaged bytes aside; drop a row that nobody needs.

    Bytes that images need and nobody has stay lost: the next upload of the same picture, or a
    backup, brings them back.
    """
    if finding.kind is Kind.WRONG_ROW:
        correct_row(inspection, row, finding.content, facts, fault)
        return
    if finding.kind is Kind.DAMAGED:
        set_aside(inspection.media, fault.name, fault)
    if fault.images:
        inspection.lost[row.sha256] = fault
    else:
        inspection.session.execute(delete(Blob).where(Blob.id == row.id))
        fault.repaired = True


def correct_row(
    inspection: Inspection,
    row: BlobRow,
    content: Content | None,
    facts: Facts | None,
    fault: Fault,
) -> None:
    """Write into the row what its bytes, which have the right SHA-256, say."""
    if content is None or facts is None:
        fault.detail += "; the picture cannot be opened to correct it"
        return
    values = {
        "md5": content.md5,
        "bytes": content.size,
        "type": EXTENSIONS[facts.extension].type,
        "extension": facts.extension,
        "width": facts.width,
        "height": facts.height,
        "frames": facts.frames,
    }
    inspection.session.execute(update(Blob).where(Blob.id == row.id).values(values))
    fault.repaired = True


def redecode(media: Media, row: BlobRow, finding: Finding) -> Facts | None:
    """Find out afresh what a row should say, if its bytes are right and can be opened."""
    if finding.kind is not Kind.WRONG_ROW:
        return None
    thumbnail = media.spool.new_path()
    try:
        with local_copy(media, blob_name(row.sha256)) as source:
            told = media.decoders.run(
                "intake",
                source=str(source),
                clean=None,
                thumbnail=str(thumbnail),
                limits=asdict(ANY_SIZE),
            )
    except (DomainError, OSError):
        return None
    finally:
        thumbnail.unlink(missing_ok=True)
    return Facts.from_json(told)


def mend_orphan(
    inspection: Inspection, entry: Entry, fault: Fault, content: Content | None
) -> None:
    """Remove a file that no row knows, unless its bytes are missed elsewhere."""
    if content is not None and content.sha256 in inspection.lost:
        bring_home(inspection, entry, fault, content)
    else:
        inspection.media.store.delete(entry.name)
    fault.repaired = True


def mend_stray(inspection: Inspection, entry: Entry, fault: Fault, content: Content | None) -> None:
    """Put a file where its bytes are missed, remove a mere copy, set anything else aside."""
    if content is None:
        fault.detail += "; it cannot be opened under this name: look at it, and remove it by hand"
        return
    if content.sha256 in inspection.lost:
        bring_home(inspection, entry, fault, content)
    elif is_copy(inspection, content):
        inspection.media.store.delete(entry.name)
    else:
        set_aside(inspection.media, entry.name, fault)
    fault.repaired = True


def mend_leftover(path: Path, fault: Fault) -> None:
    """Remove what a killed upload left in the spool."""
    path.unlink(missing_ok=True)
    fault.repaired = True


def mend_upload(inspection: Inspection, upload_id: int, fault: Fault) -> None:
    """Drop an upload that nobody can go on with."""
    begin_write(inspection.session)
    removal = delete(ResumableUpload).where(ResumableUpload.id == upload_id)
    inspection.session.execute(removal)
    fault.repaired = True


def bring_home(inspection: Inspection, entry: Entry, fault: Fault, content: Content) -> None:
    """Move a file to where its bytes are missed."""
    with local_copy(inspection.media, entry.name) as source:
        inspection.media.store.put(blob_name(content.sha256), source)
    inspection.media.store.delete(entry.name)
    inspection.lost.pop(content.sha256).repaired = True
    fault.detail += "; it was missed elsewhere, and is there now"


def is_copy(inspection: Inspection, content: Content) -> bool:
    """Tell whether the same bytes are in their place, and a row knows them."""
    row = inspection.session.scalar(select(Blob.id).where(Blob.sha256 == content.sha256))
    return row is not None and exists(inspection.media, blob_name(content.sha256))


def set_aside(media: Media, name: str, fault: Fault) -> None:
    """Move a file into the quarantine."""
    target = f"{QUARANTINE}{name.rpartition('/')[2]}.{secrets.token_hex(4)}"
    with local_copy(media, name) as source:
        media.store.put(target, source)
    media.store.delete(name)
    fault.detail += f"; set aside as {target}"
