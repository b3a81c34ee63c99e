"""Bodies of requests: how much is read, and files that go straight to where they will stay.

Werkzeug's own form parser writes each file to a temporary place, from where it would be copied and
hashed again. Here a part is written to the volume of the store while it arrives and is hashed.
"""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import IO, Any, TypeVar

from flask import Flask, current_app, g, request
from flask import Request as FlaskRequest
from multipart import MultipartError, MultipartSegment, PushMultipartParser
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.formparser import FormDataParser

from flaskr.errors import DomainError, FileTooLargeError, FormTextTooLargeError, message_
from flaskr.library.media import Media
from flaskr.storage import SpooledFile

CHUNK = 256 * 1024
FORM_BYTES = 4 * 1024 * 1024
"""The largest body of a request that carries no files: a long post, every character escaped."""

FORM_OVERHEAD = 64 * 1024
"""What boundaries and headers may add to the one file of a request, in bytes."""

View = TypeVar("View", bound=Callable[..., Any])

TAKES_FILES: set[Callable[..., Any]] = set()
"""The views that take files; other requests are held to FORM_BYTES."""


class MalformedFormError(DomainError):
    """The body is not the form it claims to be."""

    code = "malformed_form"
    status = 400
    message = message_("The upload arrived damaged or incomplete. Please send it again.")


FILE_LIMITS: dict[Callable[..., Any], Callable[[], int]] = {}
"""The views whose files have another limit than `MAX_FILE_BYTES`, and how it is told."""


def takes_files(view: View) -> View:
    """Mark a view as one that takes files."""
    TAKES_FILES.add(view)
    return view


def takes_files_up_to(limit: Callable[[], int]) -> Callable[[View], View]:
    """Mark a view as one that takes files; `limit` is asked, for each request, how large."""

    def mark(view: View) -> View:
        FILE_LIMITS[view] = limit
        return takes_files(view)

    return mark


def media() -> Media:
    """Return where this app keeps its files and how it opens them."""
    held: Media = current_app.extensions["tuchuang.media"]
    return held


class ReceivedFile(FileStorage):
    """A file part. `spooled` holds its bytes; `error`, if set, says why they were not kept."""

    def __init__(self, segment: MultipartSegment, spooled: SpooledFile) -> None:
        super().__init__(
            stream=spooled,  # type: ignore[arg-type]  # only `close` is asked of it
            filename=segment.filename,
            name=segment.name,
            content_type=segment.content_type,
        )
        self.spooled = spooled
        self.error: DomainError | None = None

    def write(self, chunk: bytes) -> None:
        """Append `chunk`; once the file is too large, the rest of it is read past."""
        if self.error is not None:
            return
        try:
            self.spooled.write(chunk)
        except FileTooLargeError as error:
            self.error = error
            self.spooled.close()


class StreamingFormParser(FormDataParser):
    """Reads multipart forms with `multipart`'s push parser, files into the spool."""

    def parse(
        self,
        stream: IO[bytes],
        mimetype: str,
        content_length: int | None,
        options: dict[str, str] | None = None,
    ) -> tuple[IO[bytes], MultiDict[str, str], MultiDict[str, FileStorage]]:
        """Read the form; whatever was spooled is removed if it cannot be read to its end.

        Raises MalformedFormError, FormTextTooLargeError, RequestEntityTooLarge, and OSError when
        a file cannot be written.
        """
        fields: MultiDict[str, str]
        files: MultiDict[str, FileStorage]
        if mimetype == "application/x-www-form-urlencoded":
            stream = BytesIO(read_text(stream))
        if mimetype != "multipart/form-data":
            stream, fields, files = super().parse(stream, mimetype, content_length, options)
            return stream, self.cls(without_nul(fields)), files
        fields, files = MultiDict(), MultiDict()
        try:
            for segment, content in self._segments(stream, (options or {}).get("boundary", "")):
                if isinstance(content, ReceivedFile):
                    files.add(segment.name or "", content)
                else:
                    fields.add(segment.name or "", content)
        except BaseException:
            close_all(files)
            raise
        return stream, self.cls(without_nul(fields)), self.cls(files)

    def _segments(
        self, stream: IO[bytes], boundary: str
    ) -> Iterator[tuple[MultipartSegment, str | ReceivedFile]]:
        """Yield each part with its text or its file."""
        part: Part | None = None
        text_bytes = 0
        try:
            with PushMultipartParser(
                boundary.encode("latin-1"), max_segment_count=self.max_form_parts or 1000
            ) as parser:
                while not parser.closed:
                    for event in parser.parse(stream.read(CHUNK)):
                        if isinstance(event, MultipartSegment):
                            part = Part(event)
                        elif event is not None and part is not None:
                            text_bytes += part.write(event)
                            self._check_text(text_bytes)
                        elif part is not None:
                            yield part.finish()
                            part = None
        except (MultipartError, UnicodeError) as error:
            raise MalformedFormError from error
        finally:
            if part is not None:
                part.discard()

    def _check_text(self, text_bytes: int) -> None:
        if self.max_form_memory_size is not None and text_bytes > self.max_form_memory_size:
            raise FormTextTooLargeError(limit=self.max_form_memory_size)


class Part:
    """One part of a form while it arrives: a text, or a file if it has a file name."""

    def __init__(self, segment: MultipartSegment) -> None:
        self.segment = segment
        self.text = bytearray()
        self.file: ReceivedFile | None = None
        if segment.filename is not None:
            limit = file_limit()
            spooled = media().spool.create(limit)
            self.file = ReceivedFile(segment, spooled)

    def write(self, chunk: bytes) -> int:
        """Append `chunk`; return how much of it is held in memory."""
        if self.file is not None:
            self.file.write(chunk)
            return 0
        self.text += chunk
        return len(chunk)

    def finish(self) -> tuple[MultipartSegment, str | ReceivedFile]:
        """Return the part with what it holds. Forms of ours are UTF-8, whatever a part may say."""
        if self.file is None:
            return self.segment, self.text.decode(errors="replace")
        if self.file.error is None:
            self.file.spooled.finish()
        return self.segment, self.file

    def discard(self) -> None:
        """Remove what has arrived."""
        if self.file is not None:
            self.file.close()


class Request(FlaskRequest):
    """A request whose files arrive through StreamingFormParser."""

    form_data_parser_class = StreamingFormParser


def read_text(stream: IO[bytes]) -> bytes:
    """Read a form that has no files, which is held in memory. Raises FormTextTooLargeError."""
    text = bytearray()
    while chunk := stream.read(CHUNK):
        text += chunk
        if len(text) > FORM_BYTES:
            raise FormTextTooLargeError(limit=FORM_BYTES)
    return bytes(text)


def without_nul(fields: MultiDict[str, str]) -> MultiDict[str, str]:
    """Return the fields with U+FFFD for NUL, as HTML has it: PostgreSQL takes none in a text."""
    return MultiDict(
        (name, text.replace("\0", "\N{REPLACEMENT CHARACTER}"))
        for name, text in fields.items(multi=True)
    )


def close_all(files: MultiDict[str, FileStorage]) -> None:
    """Remove what was spooled for these files, unless it was moved into the store."""
    for _, parts in files.lists():
        for part in parts:
            part.close()


def init_app(app: Flask) -> None:
    app.request_class = Request
    app.before_request(limit_body)


def limit_body() -> None:
    """Set how much of this request's body is read at the most."""
    takes = requested_view() in TAKES_FILES
    request.max_content_length = current_app.config["MAX_BATCH_BYTES"] if takes else FORM_BYTES


def expect_one_file(limit: int, text: int = 0) -> None:
    """Let the body be one file of up to `limit` bytes, and up to `text` bytes beside it."""
    request.max_content_length = limit + FORM_OVERHEAD + text
    g.one_file_limit = limit


def requested_view() -> Callable[..., Any] | None:
    """Return the view that this request is for."""
    return current_app.view_functions.get(request.endpoint or "")


def file_limit() -> int:
    """Return the limit of one file of this request, in bytes."""
    view = requested_view()
    if view in FILE_LIMITS:
        return FILE_LIMITS[view]()
    limit: int = current_app.config["MAX_FILE_BYTES"]
    return limit
