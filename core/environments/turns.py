"""One builder at a time for each environment: who comes second waits, and hears what the first one says."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import EnvironmentBuildError

_WAIT_SECONDS = 0.1


@contextmanager
def in_turn(
    lock: Path, log: Path, name: str, on_progress: Callable[[str], None], cancelled: Callable[[], bool]
) -> Iterator[None]:
    """Hold the environment's lock; while another process or thread has it, pass on what its log says.

    Raises EnvironmentBuildError when cancelled while waiting.
    """
    import fcntl

    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        shown = -1
        while not _try_lock(fcntl.flock, descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB):
            if cancelled():
                raise EnvironmentBuildError(f"waiting for environment '{name}' was cancelled")
            if shown < 0:
                on_progress("it is being built already; waiting for it")
                shown = 0
            shown = _show_new_lines(log, shown, on_progress)
            time.sleep(_WAIT_SECONDS)
        if shown >= 0:
            _show_new_lines(log, shown, on_progress)
        yield
    finally:
        os.close(descriptor)


def _try_lock(flock: Callable[[int, int], None], descriptor: int, how: int) -> bool:
    try:
        flock(descriptor, how)
    except BlockingIOError:
        return False
    return True


def _show_new_lines(log: Path, shown: int, on_progress: Callable[[str], None]) -> int:
    """Pass on the whole lines that a log gained since byte `shown`; where to go on from."""
    try:
        with log.open("rb") as file:
            file.seek(shown)
            whole = file.read().rpartition(b"\n")[0]
    except OSError:
        return shown
    for line in whole.splitlines():
        if line.strip() and not line.startswith(b"$"):
            on_progress(line.decode("utf-8", "replace").strip())
    return shown + (len(whole) + 1 if whole else 0)
