"""Moving Markdown: its pictures are taken in, and its text leads to where they are now."""

import re
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from math import inf
from time import monotonic, sleep
from urllib.parse import unquote, urlsplit

from sqlalchemy.orm import Session

from flaskr.errors import (
    BadArchiveError,
    BusyError,
    DomainError,
    FetchTimeoutError,
    FormerAddressError,
    HostNotFoundError,
    NoMarkdownError,
    NotHereError,
    NotTriedError,
    RequestTooLargeError,
    SilentHostError,
    TextTooLargeError,
    TooManyAttemptsError,
    TooManyDocumentsError,
    TooManyFormerError,
    UnreachableError,
    UnreadableTextError,
)
from flaskr.imaging import Limits
from flaskr.library import fetching
from flaskr.library.keys import BASE58, KEY_LENGTH
from flaskr.library.media import Media
from flaskr.library.mover import texts
from flaskr.library.mover.rewriting import rewrite
from flaskr.library.mover.scanning import Reference, scan
from flaskr.library.mover.sources import Source
from flaskr.library.uploads import Arrival, Upload, accept, check
from flaskr.models import Image, User
from flaskr.remote import Fetcher, parse_address
from flaskr.transactions import end_read

MOST_DOCUMENTS = 5000
MOST_TEXT_BYTES = 64 * 1024**2
"""How large all texts together may be, before and after: each address may become a longer one."""

MOST_LOOKED_UP = 100_000
"""How many addresses of this host a move looks up: that takes a minute."""

PATIENCE = 2
"""How often in a row a host may keep us waiting; then nothing is asked of it any more."""

PAUSE = 1
"""How many seconds are waited, each time, while others keep the service busy."""

MOST_WAITING = 120
"""How many a move waits so in all."""

PASSING = {429, 503}
"""The status of faults after which the next mention of the same picture is another try."""

REMOTE = re.compile(r"(?:https?:)?//", re.IGNORECASE)
FORMER = re.compile(r"https?://[^\s/?#@]+(?:/[^\s?#]*)?", re.IGNORECASE)
MOST_FORMER = 10
MOST_SHOWN = 200
"""How much of a strange address is shown, in characters."""

SCHEME = re.compile(r"https?:(?=//)", re.IGNORECASE)
PICTURE = re.compile(rf"[{BASE58}]{{{KEY_LENGTH}}}\.[a-z]+(?:[?#]|\Z)")
"""A picture of ours, as its direct link ends."""

EMBEDDED = re.compile(r"data:", re.IGNORECASE)
SILENT = (FetchTimeoutError, UnreachableError, HostNotFoundError)
"""Faults of the host that they name, rather than of one picture: that one may lead to another."""


@dataclass(frozen=True)
class Order:
    """How Markdown is to be moved.

    `here` is the address of this host, `former` are those it had; neither ends in a slash. `direct`
    are what the direct links of its pictures begin with, as paths. `link` gives the address of an
    image that is here; `is_picture` tells whether a path of this host leads to one. `admit` is
    asked before a picture is fetched and may raise TooManyAttemptsError; all fetching together may
    take `fetch_seconds`. With `dry_run` nothing is taken in or fetched, and nobody is asked.
    """

    batch: str
    visibility: str | None
    here: str
    link: Callable[[Image], str]
    is_picture: Callable[[str], bool]
    limits: Limits
    max_bytes: int
    former: Sequence[str] = ()
    direct: Sequence[str] = ()
    admit: Callable[[], None] = lambda: None
    fetch_seconds: float = inf
    dry_run: bool = False


@dataclass(frozen=True)
class Progress:
    """How many of the texts are done, and which is next; how many pictures have been seen to."""

    done: int
    total: int
    name: str
    pictures: int


@dataclass(frozen=True)
class Left:
    """An address of which people are told: it stays as it was, or leads to nothing, and why."""

    address: str
    error: DomainError


def each_once(left: Sequence[Left]) -> list[tuple[Left, int]]:
    """Return each address once, and how often the text has it."""
    times = Counter(each.address for each in left)
    return [(each, times[each.address]) for each in {each.address: each for each in left}.values()]


@dataclass(frozen=True)
class Moved:
    """A text that has been moved. `addresses` are all that are in it now, `rewritten` of them new.

    Of an address in `left` is to be told; one that led here is rewritten nevertheless. `content`
    has the same bytes as `before` but for those that are new.
    """

    name: str
    before: bytes
    content: bytes
    rewritten: int
    left: Sequence[Left]
    addresses: Sequence[str]


@dataclass(frozen=True)
class Skipped:
    """A text that cannot be moved, and why. The rest goes on."""

    name: str
    error: DomainError


Event = Progress | Upload | Moved | Skipped


def read_former(text: str) -> list[str]:
    """Return the former addresses of this host that a text lists, without a slash at their ends.

    There is one on each line. Raises FormerAddressError for what is none, and TooManyFormerError.
    """
    found = [line.strip() for line in text.splitlines() if line.strip()]
    if len(found) > MOST_FORMER:
        raise TooManyFormerError(most=MOST_FORMER)
    for each in found:
        if not FORMER.fullmatch(each):
            raise FormerAddressError(address=each[:MOST_SHOWN])
    return [each.rstrip("/") for each in found]


def move(
    session: Session, media: Media, fetcher: Fetcher, owner: User, source: Source, order: Order
) -> Generator[Event, None, None]:
    """Move every Markdown file of the source; tell how far it is and what each has become.

    Each Upload has to be committed before the next event is asked for. A picture that is refused
    or cannot be fetched is left, a text that cannot be read is skipped, and the rest goes on; a
    fault of the volume or the database ends it. Raises NoMarkdownError, TooManyDocumentsError,
    RequestTooLargeError, OSError and SQLAlchemyError.
    """
    documents = source.documents
    if not documents:
        raise NoMarkdownError
    if len(documents) > MOST_DOCUMENTS:
        raise TooManyDocumentsError(most=MOST_DOCUMENTS)
    mover = Mover(session, media, fetcher, owner, source, order)
    for done, path in enumerate(documents):
        yield Progress(done, len(documents), path, mover.pictures)
        for event in mover.document(path):
            if isinstance(event, Upload):
                yield event
                yield Progress(done, len(documents), path, mover.pictures)
            else:
                yield event


@dataclass
class Mover:
    """One move: what it works on, and what became of each picture so far.

    `read` counts bytes of texts, as they are now; `waited` and `fetched` the seconds for others and
    for pictures from elsewhere; `silent` how often in a row a host has not answered. `here` are the
    paths of this host that were looked up, and whether there is a picture.
    """

    session: Session
    media: Media
    fetcher: Fetcher
    owner: User
    source: Source
    order: Order
    read: int = 0
    waited: float = 0
    fetched: float = 0
    known: dict[str, str | DomainError] = field(default_factory=dict)
    here: dict[str, bool] = field(default_factory=dict)
    silent: Counter[str] = field(default_factory=Counter)

    @property
    def pictures(self) -> int:
        return len(self.known)

    def document(self, document: str) -> Iterator[Upload | Moved | Skipped]:
        """Move one text."""
        try:
            before = self.source.text(document)
        except (TextTooLargeError, BadArchiveError, UnreadableTextError) as error:
            yield Skipped(document, error)
            return
        self.read += len(before)
        if self.read > MOST_TEXT_BYTES:
            raise RequestTooLargeError(limit=MOST_TEXT_BYTES)
        text, encoding = texts.decode(before)
        references = scan(text)
        addresses: dict[Reference, str] = {}
        left: list[Left] = []
        for reference in references:
            written = text[reference.start : reference.end]
            renamed = self.at_home(written)
            if renamed is not None:
                addresses[reference] = renamed
            if reference.kind == "link" or EMBEDDED.match(reference.address):
                continue
            path = self.path_here(self.at_home(reference.address) or reference.address)
            if path is not None:
                if not self.is_here(path):
                    left.append(Left(reference.address, NotHereError()))
            elif renamed is None:
                new = yield from self.new_address(document, reference.address)
                if isinstance(new, DomainError):
                    left.append(Left(reference.address, new))
                else:
                    addresses[reference] = new
        content = texts.encode(rewrite(text, addresses), encoding)
        self.read += max(0, len(content) - len(before))
        now = [addresses.get(each, each.address) for each in references]
        yield Moved(document, before, content, len(addresses), left, now)

    def at_home(self, written: str) -> str | None:
        """Return an address of this host's former ones as it is now; None for any other."""
        for former in self.order.former:
            if written[: len(former)].lower() == former.lower():
                rest = written[len(former) :]
                if not rest or rest[0] in "/?#":
                    return self.order.here + rest
        return None

    def path_here(self, address: str) -> str | None:
        """Return the path of an address that leads to this host, without its query, else None.

        It does so with any scheme or none, and as a path to a picture of ours.
        """
        bare = re.split(r"[?#]", address, maxsplit=1)[0]
        site, here = SCHEME.sub("", bare), SCHEME.sub("", self.order.here)
        if f"{site}/".startswith(f"{here}/"):
            return unquote(site[len(here) :])
        direct = (
            bare.startswith(start) and PICTURE.match(bare, len(start))
            for start in self.order.direct
        )
        return urlsplit(bare).path if any(direct) else None

    def is_here(self, path: str) -> bool:
        """Tell whether a path of this host leads to a picture. After many it is believed."""
        if path not in self.here:
            if len(self.here) >= MOST_LOOKED_UP:
                return True
            self.here[path] = self.order.is_picture(path)
            end_read(self.session)
        return self.here[path]

    def new_address(
        self, document: str, address: str
    ) -> Generator[Upload, None, str | DomainError]:
        """See to a picture; return its new address, or why there is none."""
        try:
            if REMOTE.match(address):
                address = address if address[0] in "hH" else f"https:{address}"
                name = str(parse_address(address.partition("#")[0]))
                taking = partial(self.fetch, name)
            else:
                path = self.source.refer(document, address)
                name, taking = f"file:{path}", partial(self.take, path)
        except DomainError as error:
            return error
        if name in self.known:
            return self.known[name]
        new = yield from self.result(taking)
        if isinstance(new, str) or new.status not in PASSING:
            self.known[name] = new
        return new

    def result(
        self, taking: Callable[[], Generator[Upload, None, str]]
    ) -> Generator[Upload, None, str | DomainError]:
        """Return the new address of a picture that is taken in, or why it is not."""
        while True:
            try:
                return (yield from taking())
            except DomainError as error:
                self.session.rollback()
                if not isinstance(error, BusyError) or self.waited >= MOST_WAITING:
                    return error
            self.waited += PAUSE
            sleep(PAUSE)

    def take(self, path: str) -> Generator[Upload, None, str]:
        """Take in a picture that came along. Raises a DomainError."""
        order = self.order
        with self.media.spool.create(order.max_bytes) as file:
            for chunk in self.source.read(path):
                file.write(chunk)
            file.finish()
            name = path.rpartition("/")[2]
            arrival = Arrival(file, name, order.batch, "share", visibility=order.visibility)
            if order.dry_run:
                check(self.media, arrival, order.limits)
                return path
            upload = accept(self.session, self.media, self.owner, arrival, order.limits)
            yield upload
            return order.link(upload.image)

    def fetch(self, address: str) -> Generator[Upload, None, str]:
        """Take in a picture that lies elsewhere. Raises a DomainError."""
        order = self.order
        if order.dry_run:
            self.fetcher.check(parse_address(address))
            return address
        site = urlsplit(address)
        host = (site.hostname or "").rstrip(".")
        if self.silent[site.netloc] >= PATIENCE:
            raise SilentHostError(host=host)
        if self.fetched >= order.fetch_seconds:
            raise NotTriedError
        try:
            order.admit()
        except TooManyAttemptsError:
            raise NotTriedError from None
        begin = monotonic()
        try:
            new = yield from self.fetch_now(address)
        except SILENT as error:
            self.silent[site.netloc] += str(error.details["host"]).rstrip(".") == host
            raise
        else:
            del self.silent[site.netloc]
            return new
        finally:
            self.fetched += monotonic() - begin

    def fetch_now(self, address: str) -> Generator[Upload, None, str]:
        """Fetch a picture and take it in. Raises what `fetching.fetch` does."""
        order = self.order
        wanted = fetching.Order(address, order.batch, "share", visibility=order.visibility)
        events = fetching.fetch(
            self.session,
            self.media,
            self.fetcher,
            self.owner,
            wanted,
            order.limits,
            order.max_bytes,
        )
        with closing(events):
            upload = next(each for each in events if isinstance(each, Upload))
            yield upload
        return order.link(upload.image)
