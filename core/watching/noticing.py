"""Being told in which folders something happened: by the kernel on Linux, by watchdog elsewhere, or by looking again.

On Linux the queue is our own and not watchdog's, which would watch `.mlpw` and whatever else is ignored below a folder,
needs two threads and a queue for each folder that is watched alone, and says nothing of a queue that ran over.
"""

import errno
import os
import select
import struct
import sys
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from core.computes.shim.system import add_watch, open_watches, remove_watch
from core.errors import EngineError

#: Written, made, gone, moved, another mode; the folder itself gone (inotify(7)).
_EVENTS = 0x2 | 0x4 | 0x8 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x800
#: The folder itself gone or moved.
_ITSELF = 0x400 | 0x800
_OVERFLOW, _IGNORED = 0x4000, 0x8000
#: What was asked for before stays asked for.
_AS_WELL = 0x20000000
_EVENT = struct.Struct("iIII")
_READ_BYTES = 1 << 20
_POLL_SECONDS = 1.0
_WATCHES = Path("/proc/sys/fs/inotify/max_user_watches")
#: What people who work on large trees set it to.
_USUAL_LIMIT = 524288


class LimitError(EngineError):
    """The system tells no more: its limit of watched folders is reached."""


@dataclass(slots=True)
class Noticed:
    """Where something happened: names by folder; `everywhere` when events were lost, or nobody tells."""

    folders: dict[str, set[str]] = field(default_factory=dict)
    everywhere: bool = False

    def __bool__(self) -> bool:
        return bool(self.folders) or self.everywhere

    def count(self) -> int:
        """How many names there are."""
        return sum(map(len, self.folders.values()))

    def add(self, other: "Noticed") -> None:
        """Take in what happened after this."""
        self.everywhere = self.everywhere or other.everywhere
        for folder, names in other.folders.items():
            self.folders.setdefault(folder, set()).update(names)


class Noticer(Protocol):
    """Tells what happened in the folders it was given."""

    #: Whether it only says that one should look again.
    is_blind: bool

    def watch(self, folder: str, *, itself: bool = False) -> None:
        """Tell of this folder from now on; again when another folder may have taken its place.

        Of one that is watched for `itself` it is told when it goes elsewhere, and not what happens in it. Of a file
        too, which may be written by another name that it has in a folder elsewhere.
        """

    def count(self) -> int:
        """How many folders are watched, by as many names as they have had; 0 when that costs nothing."""

    def keep(self, wanted: Collection[str]) -> None:
        """Watch none but these."""

    def read(self, timeout: float | None) -> Noticed:
        """What happened since the last call; waits up to `timeout` seconds (None: until something does)."""

    def fileno(self) -> int:
        """Readable when there is something to tell; -1 when it must be asked now and then."""

    def close(self) -> None:
        """Tell no more."""


def new_noticer() -> Noticer:
    """What this system has.

    Raises LimitError.
    """
    return KernelNoticer() if sys.platform == "linux" else LibraryNoticer()


class KernelNoticer:
    """One inotify queue with a watch for each folder."""

    is_blind = False

    def __init__(self) -> None:
        """Open the queue.

        Raises LimitError.
        """
        self._queue = open_watches()
        if self._queue < 0:
            raise LimitError(
                "too many programs of this user watch files",
                hint="raise it: sudo sysctl fs.inotify.max_user_instances=512",
            )
        self._paths: dict[int, set[str]] = {}
        self._numbers: dict[str, int] = {}

    def watch(self, folder: str, *, itself: bool = False) -> None:
        """As `Noticer.watch`.

        Raises LimitError.
        """
        number = add_watch(self._queue, os.fsencode(folder), (_ITSELF if itself else _EVENTS) | _AS_WELL)
        if number == -errno.ENOSPC:
            raise LimitError(
                f"the system's limit of watched folders ({_limit() or 'unknown'}) is reached",
                hint=f"raise it: sudo sysctl fs.inotify.max_user_watches={max(_USUAL_LIMIT, 2 * _limit())}",
            )
        before = self._numbers.get(folder)
        if before is not None and before != number:
            self._forget(folder, before)
        if number >= 0:
            self._paths.setdefault(number, set()).add(folder)
            self._numbers[folder] = number

    def count(self) -> int:
        """As `Noticer.count`."""
        return len(self._numbers)

    def keep(self, wanted: Collection[str]) -> None:
        """As `Noticer.keep`."""
        for folder in self._numbers.keys() - set(wanted):
            self._forget(folder, self._numbers.pop(folder))

    def read(self, timeout: float | None) -> Noticed:
        """As `Noticer.read`."""
        ready, _, _ = select.select([self._queue], [], [], timeout)
        found = Noticed()
        while ready:
            try:
                events = os.read(self._queue, _READ_BYTES)
            except BlockingIOError:
                break
            self._take(events, found)
        return found

    def fileno(self) -> int:
        """As `Noticer.fileno`."""
        return self._queue

    def close(self) -> None:
        """As `Noticer.close`."""
        if self._queue >= 0:
            os.close(self._queue)
            self._queue = -1

    def _take(self, events: bytes, found: Noticed) -> None:
        at = 0
        while at < len(events):
            number, mask, _, length = _EVENT.unpack_from(events, at)
            name = os.fsdecode(events[at + _EVENT.size : at + _EVENT.size + length].rstrip(b"\0"))
            at += _EVENT.size + length
            if mask & _OVERFLOW:
                found.everywhere = True
                continue
            for path in self._paths.get(number, ()):
                found.folders.setdefault(path, set()).add(name)
                if not name:
                    folder, own = os.path.split(path)
                    found.folders.setdefault(folder, set()).add(own)
            if mask & _IGNORED:
                for folder in self._paths.pop(number, ()):
                    self._numbers.pop(folder, None)

    def _forget(self, folder: str, number: int) -> None:
        """Another folder has this one's place; where the old one went does not matter."""
        paths = self._paths.get(number, set())
        paths.discard(folder)
        if not paths:
            self._paths.pop(number, None)
            remove_watch(self._queue, number)


class LibraryNoticer:
    """watchdog's observer of the system; watches whole trees."""

    is_blind = False

    def __init__(self, make: Callable[[], Any] | None = None) -> None:
        """Start the observer (`make` gives another than the system's own)."""
        import queue

        from watchdog.observers import Observer  # 30 ms, and only for systems that are not Linux

        self._events: queue.Queue[str] = queue.Queue()
        self._observer: Any = (make or Observer)()
        self._observer.start()
        self._trees: set[str] = set()

    def watch(self, folder: str, *, itself: bool = False) -> None:
        """As `Noticer.watch`; what is outside of its trees and goes elsewhere is found at a look at everything."""
        if itself or any(f"{folder}/".startswith(f"{tree}/") for tree in self._trees):
            return
        self._trees.add(folder)
        try:
            self._observer.schedule(self, folder, recursive=True)
        except OSError as error:
            raise LimitError(f"'{folder}' cannot be watched: {error.strerror or error}") from error

    def count(self) -> int:
        """As `Noticer.count`."""
        return 0

    def keep(self, wanted: Collection[str]) -> None:
        """As `Noticer.keep`: a tree stays watched."""

    def dispatch(self, event: Any) -> None:
        """Called by watchdog's thread."""
        for path in (event.src_path, getattr(event, "dest_path", "")):
            if path:
                self._events.put(os.fsdecode(path))

    def read(self, timeout: float | None) -> Noticed:
        """As `Noticer.read`."""
        import queue

        found = Noticed()
        try:
            path = self._events.get(timeout=timeout)
            while True:
                found.folders.setdefault(os.path.dirname(path), set()).add(os.path.basename(path))
                path = self._events.get_nowait()
        except queue.Empty:
            return found

    def fileno(self) -> int:
        """As `Noticer.fileno`."""
        return -1

    def close(self) -> None:
        """As `Noticer.close`."""
        self._observer.stop()
        self._observer.join()


class BlindNoticer:
    """Nobody tells: look everywhere each second."""

    is_blind = True

    def __init__(self, every: float = _POLL_SECONDS) -> None:
        self._every = every
        self._next = time.monotonic() + every

    def watch(self, folder: str, *, itself: bool = False) -> None:
        """As `Noticer.watch`: nothing to do."""

    def count(self) -> int:
        """As `Noticer.count`."""
        return 0

    def keep(self, wanted: Collection[str]) -> None:
        """As `Noticer.keep`: nothing to do."""

    def read(self, timeout: float | None) -> Noticed:
        """As `Noticer.read`: nothing before the next look is due."""
        left = max(0.0, self._next - time.monotonic())
        time.sleep(left if timeout is None else min(left, timeout))
        if time.monotonic() < self._next:
            return Noticed()
        self._next = time.monotonic() + self._every
        return Noticed(everywhere=True)

    def fileno(self) -> int:
        """As `Noticer.fileno`."""
        return -1

    def close(self) -> None:
        """As `Noticer.close`: nothing to do."""


def _limit() -> int:
    try:
        return int(_WATCHES.read_text("ascii"))
    except (OSError, ValueError):
        return 0
