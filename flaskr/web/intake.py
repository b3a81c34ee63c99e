"""Bodies of requests: how much is read, and files that go straight to where they will stay.

Werkzeug's own form parser writes each file to a temporary place, from where it would be copied and
hashed again. Here a part is written to the volume of the store while it arrives and is hashed.
"""

from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from typing import IO, Any, TypeVar
from urllib.parse import unquote_to_bytes

from flask import Flask, current_app, g, request
from flask import Request as FlaskRequest
from multipart import MultipartError, MultipartSegment, PushMultipartParser
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.formparser import FormDataParser

from flaskr.errors import DomainError, FileTooLargeError, FormTextTooLargeError, message_
from flaskr.library.media import Media
from flaskr.storage import SpooledFile
from flaskr.web.base64_text import (
    HELD,
    LINE_ENDS,
    Base64Decoder,
    InvalidBase64Error,
    is_address,
    urlencoded_fields,
)

CHUNK = 256 * 1024
FORM_BYTES = 4 * 1024 * 1024
"""The largest body of a request that carries no files: a long post, every character escaped."""

FORM_OVERHEAD = 64 * 1024
"""What boundaries and headers may add to the one file of a request, in bytes."""

BASE64_GROWTH = 1.6
"""How much longer than its bytes a picture is as text at the most: Base64, line ends, quoting."""

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

    def __init__(
        self, spooled: SpooledFile, name: str, filename: str = "", content_type: str | None = None
    ) -> None:
        super().__init__(
            stream=spooled,  # type: ignore[arg-type]  # only `close` is asked of it
            filename=filename,
            name=name,
            content_type=content_type,
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
            self.refuse(error)

    def refuse(self, error: DomainError) -> None:
        """Keep nothing of the file, and note why."""
        self.error = error
        self.spooled.close()

    def finish(self) -> None:
        """Stop writing, at the end of the part."""
        if self.error is None:
            self.spooled.finish()


class Base64File(ReceivedFile):
    """A picture that comes as text in Base64: what is written to it is decoded.

    `blanks` are as a Base64Decoder has them.
    """

    def __init__(self, spooled: SpooledFile, name: str, blanks: bytes = LINE_ENDS) -> None:
        super().__init__(spooled, name)
        self._decoder = Base64Decoder(blanks)

    def write(self, chunk: bytes) -> None:
        if self.error is None:
            self._add(partial(self._decoder.decode, chunk))

    def finish(self) -> None:
        if self.error is None:
            self._add(self._decoder.finish)
        super().finish()

    def _add(self, decode: Callable[[], bytes]) -> None:
        try:
            decoded = decode()
        except InvalidBase64Error as error:
            self.refuse(error)
        else:
            super().write(decoded)


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
        urlencoded = mimetype == "application/x-www-form-urlencoded"
        if urlencoded and not picture_fields():
            stream = BytesIO(read_text(stream))
        elif urlencoded or mimetype == "multipart/form-data":
            boundary = (options or {}).get("boundary", "")
            parts = self._fields(stream) if urlencoded else self._segments(stream, boundary)
            fields, files = self._gather(parts)
            return stream, self.cls(without_nul(fields)), self.cls(files)
        stream, fields, files = super().parse(stream, mimetype, content_length, options)
        return stream, self.cls(without_nul(fields)), files

    def _gather(
        self, parts: Iterator[tuple[str, str | ReceivedFile]]
    ) -> tuple[MultiDict[str, str], MultiDict[str, FileStorage]]:
        """Return the texts and the files; no file is left if one cannot be had."""
        fields: MultiDict[str, str] = MultiDict()
        files: MultiDict[str, FileStorage] = MultiDict()
        try:
            for name, content in parts:
                if isinstance(content, ReceivedFile):
                    files.add(name, content)
                else:
                    fields.add(name, content)
        except BaseException:
            close_all(files)
            raise
        return fields, files

    def _fields(self, stream: IO[bytes]) -> Iterator[tuple[str, str | ReceivedFile]]:
        """Yield each field of an urlencoded form that may have a picture in it."""
        part: Part | None = None
        text_bytes = 0
        pieces = iter(partial(stream.read, CHUNK), b"")
        try:
            for name, value in urlencoded_fields(pieces, self.max_form_parts or 1000):
                if part is None:
                    part = Part(name)
                if value is None:
                    yield part.finish()
                    part = None
                else:
                    text_bytes += part.write(unquote_to_bytes(value.replace(b"+", b" ")))
                    self._check_text(text_bytes)
        except ValueError as error:
            raise MalformedFormError from error
        finally:
            if part is not None:
                part.discard()

    def _segments(
        self, stream: IO[bytes], boundary: str
    ) -> Iterator[tuple[str, str | ReceivedFile]]:
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
                            part = Part(event.name or "", event.filename, event.content_type)
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
    """One part of a form while it arrives: a text, or a file if it has a file name.

    What a picture's field holds becomes a file as well, unless it is an address or nothing.
    """

    def __init__(
        self, name: str, filename: str | None = None, content_type: str | None = None
    ) -> None:
        self.name = name
        self.text = bytearray()
        self.file: ReceivedFile | None = None
        self._may_be_picture = filename is None and name in picture_fields()
        if filename is not None:
            spooled = media().spool.create(file_limit())
            self.file = ReceivedFile(spooled, name, filename, content_type)

    def write(self, chunk: bytes) -> int:
        """Append `chunk`; return how much of it is held in memory."""
        if self.file is not None:
            self.file.write(chunk)
            return 0
        self.text += chunk
        if self._may_be_picture and len(self.text) > HELD and not is_address(self.text):
            self._decode()
            return 0
        return len(chunk)

    def finish(self) -> tuple[str, str | ReceivedFile]:
        """Return the name with what came. Forms of ours are UTF-8, whatever a part may say."""
        if self._may_be_picture and self.text.strip() and not is_address(self.text):
            self._decode()
        if self.file is None:
            return self.name, self.text.decode(errors="replace")
        self.file.finish()
        return self.name, self.file

    def discard(self) -> None:
        """Remove what has arrived."""
        if self.file is not None:
            self.file.close()

    def _decode(self) -> None:
        """Make a file of the text so far."""
        self.file = Base64File(media().spool.create(file_limit()), self.name)
        self.file.write(bytes(self.text))
        self.text.clear()


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


def expect_picture(limit: int, *names: str) -> None:
    """Let the body be a form with one picture of up to `limit` bytes.

    In the fields of these names it may also come as Base64, or as the address where it lies: then
    the field is a file, or a text.
    """
    expect_one_file(limit, int(limit * (BASE64_GROWTH - 1)) if names else 0)
    g.picture_fields = frozenset(names)


def picture_fields() -> frozenset[str]:
    """Return the names of the fields in which texts are pictures."""
    names: frozenset[str] = g.get("picture_fields", frozenset())
    return names


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
