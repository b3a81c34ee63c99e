"""The child process that opens pictures: one task at a time, under limits, easy to kill.

Run as `python -m flaskr.imaging.worker`. It reads a task as one line of JSON from standard input
and answers with one line on standard output; pictures travel as files. A hostile file may make it
hang, eat memory or die: the parent then loses this process and nothing else.
"""

import ctypes
import errno
import fcntl
import json
import os
import resource
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

from flaskr.errors import DomainError, TooComplexError, UnreadableImageError
from flaskr.imaging.formats import HEIC_INSTALLED
from flaskr.imaging.tasks import TASKS

MACHINE_FAULTS = {
    *(errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE),
    *(errno.EACCES, errno.EPERM, errno.ENOENT, errno.EFBIG, errno.ESTALE, errno.ENODEV),
}
"""Numbers of errors that no picture can cause; a picture can make us seek to where nothing is."""

TRIM_SECONDS = 1
NICENESS = 5  # pages and links go first


def main() -> None:
    """Serve tasks until standard input ends, or nothing came for the idle time."""
    memory, cpu_seconds, idle_seconds = (int(argument) for argument in sys.argv[1:4])
    answers = claim_output()
    register_heic()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while wait(idle_seconds):
        line = sys.stdin.buffer.readline()
        if not line:
            return
        allow_cpu(cpu_seconds)
        with orphans_die():
            told = answer(json.loads(line))
        answers.write(json.dumps(told).encode() + b"\n")


def wait(idle_seconds: int) -> bool:
    """Wait for a task; tell whether one came. What the last one took is given back meanwhile."""
    if select.select([sys.stdin], [], [], TRIM_SECONDS)[0]:
        return True
    if sys.platform == "linux":
        with suppress(AttributeError):  # another C library than glibc
            ctypes.CDLL(None).malloc_trim(0)
    return bool(select.select([sys.stdin], [], [], idle_seconds)[0])


def claim_output() -> IO[bytes]:
    """Return standard output for ourselves alone: libraries print what a picture makes them print.

    Their complaints on standard error are dropped as well, but for those of the start.
    """
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    return answers


@contextmanager
def orphans_die() -> Iterator[None]:
    """Let the kernel end this process at once when standard input ends: its parent has died.

    Nothing else arrives there during a task. Not by the parent-death signal, for that one comes
    when the thread ends that started us.
    """
    flags = fcntl.fcntl(0, fcntl.F_GETFL)
    fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(0, fcntl.F_SETFL, flags | os.O_ASYNC)
    try:
        yield
    finally:
        fcntl.fcntl(0, fcntl.F_SETFL, flags)


def register_heic() -> None:
    """Let Pillow open HEIC where the plug-in is installed."""
    if HEIC_INSTALLED:
        import pillow_heif  # noqa: PLC0415 - it may not be there

        # With thumbnails on, asking for a small size would decode only the embedded one.
        pillow_heif.register_heif_opener(
            thumbnails=False, depth_images=False, aux_images=False, decode_threads=1
        )


def allow_cpu(seconds: int) -> None:
    """Let the kernel kill this process once it used `seconds` of CPU time from now."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime) + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, hard))


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Do one task; an error becomes an answer."""
    try:
        return {"done": TASKS[request["task"]](**request["arguments"])}
    except DomainError as error:
        refusal = error
    except MemoryError:
        refusal = TooComplexError()
    except OSError as error:
        if error.errno in MACHINE_FAULTS:
            return {"os_error": error.errno}
        refusal = UnreadableImageError()
    except Exception:  # noqa: BLE001 - hostile files make decoders raise nearly anything
        refusal = UnreadableImageError()
    return {"refused": refusal.code, "details": refusal.details}


if __name__ == "__main__":
    main()
