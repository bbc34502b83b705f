"""Locks that die with their owner: flock on files that are never deleted."""

import errno
import fcntl
import os
import sys
import time
from dataclasses import dataclass
from types import TracebackType

from core.errors import EngineError
from core.store.faults import NO_LOCK, has_fault

_POLL_SECONDS = 0.02
#: `is_held` takes a shared lock for some microseconds, or for as long as a busy machine gives its process no turn; an
#: attempt that meets one must not give up, in seconds between tries.
_PROBE_PATIENCE = (0.0, 0.001, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.125, 0.25, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who wrote itself into a lock file last; only for messages, as the file outlives its writer."""

    pid: int
    command: str
    started: str

    def __str__(self) -> str:
        return f"pid {self.pid} ({self.command}), since {self.started}"


class Lock:
    """An exclusive (or shared) lock on the file `path`, made when missing, with its folder.

    The kernel frees it when the last copy of its descriptor is closed: the descriptor is closed by exec, but a plain
    fork keeps a copy, so a forked child that must not hold the lock calls `release` (which frees it for everyone) or
    closes `fd`.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self.fd = -1
        self._shared = False

    @property
    def is_mine(self) -> bool:
        """Whether this object holds the lock."""
        return self.fd >= 0

    def try_acquire(self, *, shared: bool = False) -> bool:
        """Take the lock if nobody holds it (shared: if nobody holds it alone); False otherwise."""
        fd = _open(self.path)
        try:
            taken = self._try(fd, shared=shared)
            if taken and not shared:
                _write_holder(fd)
        except BaseException:
            os.close(fd)
            raise
        if taken:
            self.fd, self._shared = fd, shared
        else:
            os.close(fd)
        return taken

    def acquire(self, timeout: float | None = None, *, shared: bool = False) -> None:
        """Take the lock, waiting up to `timeout` seconds (None: as long as it takes).

        Raises:
            EngineError: when the time is over; the message names the holder.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self.try_acquire(shared=shared):
            if deadline is not None and time.monotonic() >= deadline:
                raise EngineError(f"'{self.path}' is locked by {self.holder() or 'another process'}")
            time.sleep(_POLL_SECONDS)

    def release(self) -> None:
        """Give the lock back; nothing happens when it is not held."""
        if self.fd >= 0:
            fd, self.fd = self.fd, -1
            if not self._shared:
                os.ftruncate(fd, 0)
            fcntl.flock(fd, fcntl.LOCK_UN)
            os.close(fd)

    def holder(self) -> Holder | None:
        """Who took the lock last; ask only when it is held."""
        return read_holder(self.path)

    def _try(self, fd: int, *, shared: bool) -> bool:
        for pause in _PROBE_PATIENCE:
            if _flock(fd, shared=shared, pause=pause):
                return True
            holder = self.holder()
            if holder and _is_alive(holder.pid):
                return False
        return False

    def __enter__(self) -> "Lock":
        if not self.is_mine:
            self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def is_held(path: str | os.PathLike[str]) -> bool:
    """Whether some process holds the lock `path` alone; a missing file is not held."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not _flock(fd, shared=True)
    finally:
        os.close(fd)


def read_holder(path: str | os.PathLike[str]) -> Holder | None:
    """Who wrote itself into the lock file `path`, None when nobody did."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            pid, started, command = file.read(4096).split("\n")[:3]
        return Holder(int(pid), command, started)
    except (OSError, ValueError):
        return None


def _open(path: str) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        return os.open(path, flags, 0o600)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        return os.open(path, flags, 0o600)


def _flock(fd: int, *, shared: bool, pause: float = 0.0) -> bool:
    if has_fault(NO_LOCK):
        return True
    if pause:
        time.sleep(pause)
    try:
        fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        raise
    return True


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _write_holder(fd: int) -> None:
    started = time.strftime("%Y-%m-%d %H:%M:%S")
    command = " ".join(os.path.basename(word) if i == 0 else word for i, word in enumerate(sys.orig_argv))
    line = command.replace("\n", " ")[:200]
    text = f"{os.getpid()}\n{started}\n{line}\n"
    os.ftruncate(fd, 0)
    os.pwrite(fd, text.encode("utf-8", "replace"), 0)
