"""How a step ended, in a file that is there whole or not at all, also when the disk is full.

It outlives every killed process. It is not flushed to disk: what the step wrote is not either, so that after a power
cut nobody may believe that the step has ended well, and its attempt is lost (`core.engine.driver`).
"""

import contextlib
import errno
import json
import os

from core.computes import processes
from core.computes.shim.system import reserve

RESERVED_BYTES = 4096

Fields = dict[str, "str | int | float | bool | None"]


class ResultFile:
    """Reserves its space before the step starts, so that a disk the step filled can still take the result."""

    __slots__ = ("_file", "_padded", "_path", "_waiting")

    def __init__(self, path: str) -> None:
        self._path = path
        self._waiting = f"{path}.tmp"
        self._file = os.open(self._waiting, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self._padded = not reserve(self._file, RESERVED_BYTES)
        if self._padded:  # the filesystem cannot reserve, or is full already: then this raises, and the caller says so
            os.pwrite(self._file, b" " * RESERVED_BYTES, 0)

    def publish(self, fields: Fields) -> None:
        """Make the result appear under its final name."""
        data = json.dumps(fields).encode()
        os.pwrite(self._file, data, 0)
        if self._padded:
            os.ftruncate(self._file, len(data))
        os.close(self._file)
        os.rename(self._waiting, self._path)


def write_whole(path: str, fields: Fields) -> None:
    """A small JSON file that readers see whole or not at all; not synced."""
    waiting = f"{path}.{os.getpid()}.tmp"
    file = os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    data = json.dumps(fields).encode()
    try:
        if os.write(file, data) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    finally:
        os.close(file)
    os.rename(waiting, path)


def is_full(folder: str) -> bool:
    """Whether a folder's filesystem has no space or no inodes left for this user."""
    with contextlib.suppress(OSError):
        there = os.statvfs(folder)
        return there.f_bavail == 0 or (there.f_files > 0 and there.f_favail == 0)
    return False


def oom_counter() -> str:
    """The file that counts for this process and its children; `oom_kill N` is a line of each of them."""
    for line in _lines("/proc/self/cgroup"):
        _, controllers, group = line.split(":", 2)
        if controllers == "":
            path = f"/sys/fs/cgroup{group}/memory.events"
        elif "memory" in controllers.split(","):
            path = f"/sys/fs/cgroup/memory{group}/memory.oom_control"
        else:
            continue
        if any(counter.startswith("oom_kill ") for counter in _lines(path)):
            return path
    return "/proc/vmstat"


class OutOfMemoryCount:
    """How many processes the kernel ended for lack of memory, in this control group or, without one, everywhere."""

    __slots__ = ("_path", "_start")

    def __init__(self, path: str) -> None:
        self._path = path
        self._start = self._now()

    def risen(self) -> int | None:
        """By how many since this was made; None when the kernel does not tell."""
        now = self._now()
        return None if now is None or self._start is None else now - self._start

    def _now(self) -> int | None:
        for line in _lines(self._path):
            if line.startswith("oom_kill "):
                return int(line.split()[1])
        return None


def _lines(path: str) -> list[str]:
    return processes.read(path).decode("ascii", "replace").splitlines()
