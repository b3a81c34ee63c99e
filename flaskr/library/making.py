"""Who may wait for a variant to be made, for how long, and what could not be made of late.

Anybody may ask for a variant, and each request holds a thread while it waits: so few may, and not
for long. The others are told to come back, and pages and links go on.
"""

import fcntl
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import BoundedSemaphore, Lock

from flaskr.errors import BusyError, DomainError

SEATS = 80
"""How many requests of one process may be making a variant or waiting for one."""

PATIENCE = 3
"""How many seconds each of them waits for another maker, and then for a decoder."""

POLL_SECONDS = 0.02
HOPELESS_SECONDS = 300
HOPELESS_NAMES = 1000


class Making:
    """The waiting room of one process, and its memory of what cannot be made."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seats = BoundedSemaphore(SEATS)
        self._lock = Lock()
        self._hopeless: OrderedDict[str, tuple[float, DomainError]] = OrderedDict()

    @contextmanager
    def seat(self) -> Iterator[None]:
        """Hold one of the seats. Raises BusyError at once if all are taken."""
        if not self._seats.acquire(blocking=False):
            raise BusyError
        try:
            yield
        finally:
            self._seats.release()

    def give_up(self, name: str, error: DomainError) -> None:
        """Remember for some minutes that this variant could not be made, and why."""
        with self._lock:
            self._hopeless[name] = self._clock() + HOPELESS_SECONDS, error
            self._hopeless.move_to_end(name)
            if len(self._hopeless) > HOPELESS_NAMES:
                self._hopeless.popitem(last=False)

    def check_hope(self, name: str) -> None:
        """Raise what is remembered of this variant, if anything is."""
        with self._lock:
            until, error = self._hopeless.get(name, (0.0, None))
            if error is None:
                return
            if self._clock() >= until:
                del self._hopeless[name]
                return
        raise type(error)(**error.details)


@contextmanager
def sole_maker(path: Path) -> Iterator[None]:
    """Hold a lock that others, in this process and in others, wait for.

    The kernel lets go of it if its holder dies; its file goes with the lock. Raises BusyError after
    PATIENCE.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + PATIENCE
    while (descriptor := try_lock(path)) is None:
        if time.monotonic() > until:
            raise BusyError
        time.sleep(POLL_SECONDS)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)  # ours as long as we hold the lock
        os.close(descriptor)


def try_lock(path: Path) -> int | None:
    """Lock the file at `path`, which is made if need be; return its descriptor, or None.

    The holder before us removes its file as it leaves: a lock on one that is no longer at `path`
    keeps nobody out.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(descriptor), path.stat()):
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None
