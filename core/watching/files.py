"""Single files and the places of folders as they were at the last look, and what differs at the next one."""

import os
import stat
from collections.abc import Collection, Mapping
from contextlib import suppress

from core.watching.watches import Watches
from core.watching.ways import Ways

#: Where something happened: folder -> names in it, "" for the folder itself.
Dirty = Mapping[str, Collection[str]]
#: What tells one state of a file from another.
Sign = tuple[int, ...]


class Files:
    """Single files and the places of folders; what lies in a folder does not count here."""

    def __init__(self, watches: Watches) -> None:
        self._watches = watches
        self._signs: dict[str, Sign | None] = {}
        self._ways = Ways()
        self._linked: set[str] = set()

    def take(self, paths: Collection[str]) -> bool:
        """Look at these from now on; whether some are new."""
        for path in self._signs.keys() - set(paths):
            del self._signs[path]
            self._ways.drop(path)
            self._linked.discard(path)
        new = set(paths) - self._signs.keys()
        for path in new:
            self._place(path)
            self._signs[path] = _sign(path)
        return bool(new)

    def look(self, dirty: Dirty | None) -> set[str]:
        """Paths that differ from the last look: of those that may, None for all."""
        return self._compare(self.named_in(dirty))

    def named_in(self, dirty: Dirty | None) -> set[str]:
        """Those that may be other ones, all when None."""
        if dirty is None:
            return set(self._signs)
        return {path for folder, names in dirty.items() for path in self._ways.through(folder, names)}

    def may_hold(self, folder: str, names: Collection[str]) -> bool:
        """Whether what happened there may have changed one of them."""
        return bool(self._ways.through(folder, names))

    def folders(self) -> set[str]:
        """Every folder that is watched for them."""
        return self._ways.folders() | self._linked | ({self._watches.top} & self._signs.keys())

    def passed(self) -> set[str]:
        """As `Ways.passed`."""
        return self._ways.passed()

    def _compare(self, paths: set[str]) -> set[str]:
        changed: set[str] = set()
        for path in paths:
            is_elsewhere = self._place(path)  # perhaps what was moved away, with a link to it in its place
            found = _sign(path)
            if is_elsewhere or found != self._signs[path]:
                self._signs[path] = found
                changed.add(path)
        return changed

    def _place(self, path: str) -> bool:
        """Watch the way to a path; whether that was another one before."""
        is_elsewhere = self._ways.put(path, self._watches.add_way(path))
        with suppress(OSError):
            found = os.stat(path)
            if found.st_nlink > 1 and stat.S_ISREG(found.st_mode):
                self._linked.add(path)
                self._watches.add(path)
        return is_elsewhere


def _sign(path: str) -> Sign | None:
    """The signature of a file; of a folder only which one it is."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return (found.st_ino, found.st_dev) if stat.S_ISDIR(found.st_mode) else status_sign(found)


def folder_sign(path: str) -> Sign | None:
    """What tells whether names came into a folder or went since."""
    try:
        return status_sign(os.stat(path))
    except OSError:
        return None


def status_sign(found: os.stat_result) -> Sign:
    """The signature of a file's status."""
    return (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
