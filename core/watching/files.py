"""Single files and the places of folders as they were at the last look, and what differs at the next one."""

import os
import stat
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress

from core.watching.ways import Place, Ways, way_to

#: Where something happened: folder -> names in it, "" for the folder itself.
Dirty = Mapping[str, Collection[str]]
#: Asks to be told of what happens in a folder; called before the folder is listed, so that nothing falls between.
Watch = Callable[[str], None]
#: What tells one state of a file from another.
Sign = tuple[int, ...]


class Files:
    """Single files and the places of folders; what lies in a folder does not count here."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._signs: dict[str, Sign | None] = {}
        self._ways = Ways()
        self._top = ""
        self._linked: set[str] = set()

    def take(self, paths: Collection[str], top: str = "") -> bool:
        """Look at these from now on, folders below `top` may be other ones later; whether some are new."""
        self._top = top
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
        return self._ways.folders() | self._linked | ({self._top} & self._signs.keys())

    def _compare(self, paths: set[str]) -> set[str]:
        changed: set[str] = set()
        for path in paths:
            self._place(path)
            found = _sign(path)
            if found != self._signs[path]:
                self._signs[path] = found
                changed.add(path)
        return changed

    def _place(self, path: str) -> None:
        self._ways.put(path, watched_way(path, self._watch, self._top))
        with suppress(OSError):
            found = os.stat(path)
            if found.st_nlink > 1 and stat.S_ISREG(found.st_mode):
                self._linked.add(path)
                self._watch(path)


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


def watched_way(path: str, watch: Watch, top: str = "") -> list[Place]:
    """The way to a path, all of which is watched: what changes from now on is told."""
    way = way_to(path, top)
    watched = [_watched_for(place, top) for place in way]
    for each in watched:
        watch(each)
    if os.path.exists(path):
        return way
    again = way_to(path, top)  # what it waits for may have come, or gone, before it was watched
    is_same = again == way and [_watched_for(place, top) for place in again] == watched
    return again if is_same else watched_way(path, watch, top)


def _watched_for(place: Place, top: str) -> str:
    """The folder in which a place is, or what lies there: the workspace's own folder says when it goes elsewhere.

    In the folder above it others are at work.
    """
    folder, name = place
    path = f"{folder.rstrip('/')}/{name}"
    is_above = f"{top}/".startswith(f"{path}/")
    return path if top and is_above and os.path.isdir(path) and not os.path.islink(path) else folder


def status_sign(found: os.stat_result) -> Sign:
    """The signature of a file's status."""
    return (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
