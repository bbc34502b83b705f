"""Waiting until something changed that a pipeline depends on; thousands of files at once are one change."""

import os
import stat
import time
from dataclasses import dataclass

from core.watching.files import Dirty, Files, Sign, folder_sign
from core.watching.listings import Listings
from core.watching.noticing import BlindNoticer, LimitError, Noticed, Noticer, new_noticer
from core.watching.roots import Roots
from core.watching.trees import Kind, Tree
from core.watching.watches import Watches

#: So long nothing may happen before a change is told: an editor writes a new file, then moves it into place.
QUIET_SECONDS = 0.03
#: After so many events somebody is at work on many files, and more will follow.
_MANY, _MANY_QUIET_SECONDS = 30, 0.2
#: What does not come to rest is told so long after the last file that was not named before: git, which comes to each
#: once, takes as long as it takes, but not who writes the same ones again and again. And all is told after the longest.
_NOTHING_NEW_SECONDS, _LONGEST_SECONDS = 3.0, 30.0
#: Writes through mapped memory and on network drives are told by nobody: everything is looked at now and then, and
#: after many times as long as that takes.
_ANYWAY_SECONDS, _ANYWAY_REST = 5.0, 500
#: So many files with several names are known by the ones that were told of; then they are learned anew.
_MOST_NAMES = 10_000
#: So many folders may be watched more than twice those that are needed.
_SPARE_WATCHES = 20


@dataclass(frozen=True, slots=True)
class Changes:
    """Something changed: these absolute paths, sorted, were written, made or removed."""

    paths: tuple[str, ...]


class Watcher:
    """Looks at the roots it was given; for one thread. `note` says why it only looks now and then, "" when it does not.

    What it tells of was compared with the disk: ignored files, and files that are again what they were, cause nothing.
    """

    def __init__(self, noticer: Noticer | None = None) -> None:
        self.note = ""
        self._noticer: Noticer = noticer or self._first_noticer()
        self._watches = Watches(self._watch)
        self._files = Files(self._watches)
        self._listings = Listings(self._watch)
        self._trees: dict[tuple[str, Kind, str], Tree] = {}
        self._roots: Roots | None = None
        self._most_watches = _SPARE_WATCHES
        self._real: dict[str, str] = {}
        self._other_names: dict[str, tuple[int, int]] = {}
        self._meanwhile = Noticed()
        self._stamps: dict[str, Sign | None] = {}
        self._unsure: set[str] = set()
        self._anyway_at = time.monotonic() + _ANYWAY_SECONDS

    @property
    def is_due(self) -> bool:
        """Whether `wait` should be asked though nobody tells: something happened before `set_roots`."""
        return bool(self._meanwhile)

    @property
    def look_in(self) -> float:
        """Seconds until `wait` should be asked though nobody tells, for what no kernel tells."""
        return max(0.0, self._anyway_at - time.monotonic())

    def set_roots(self, roots: Roots) -> bool:
        """Look at these from now on, as they are now; whether there are new ones among them.

        What happened since the last look is told by the next one, even when it was undone by then: whoever read the
        files before this call may have seen it.
        """
        if self._noticer.is_blind:
            self._unsure |= self._changed_meanwhile()
        else:
            self._meanwhile.add(self._noticer.read(0))
        if roots == self._roots:
            return False
        self._roots, self._watches.top = roots, roots.top
        kinds = {Kind.CODE: roots.code, Kind.DATA: roots.data, Kind.DEFINITIONS: roots.definitions}
        asked = {(path, kind, "") for kind, paths in kinds.items() for path in paths}
        asked |= {(path, Kind.BUILT, dockerfile) for path, dockerfile in roots.built}
        known = self._real
        self._real = {path: known.get(path) or os.path.realpath(path) for path, _, _ in asked}
        wanted = {(self._real[path], kind, dockerfile) for path, kind, dockerfile in asked}
        places = {path for path, kind, _ in asked if kind is not Kind.DEFINITIONS}
        has_new = self._files.take(roots.files | places | {path for path, _, _ in wanted})
        has_new |= self._listings.take(roots.listed)
        has_new |= self._take_trees(wanted)
        self._watch_no_more()
        if self._noticer.is_blind:
            self._stamps |= {folder: folder_sign(folder) for folder in self._folders() - self._stamps.keys()}
        return has_new

    def wait(self, timeout: float | None) -> Changes | None:
        """The next change when it has come to rest; None when there is none within `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            now = time.monotonic()
            until = self._anyway_at if deadline is None else min(deadline, self._anyway_at)
            unsure, self._meanwhile = self._meanwhile, Noticed()
            noticed = self._noticer.read(0 if unsure else max(0.0, until - now))
            seen = self._named_in(unsure)
            noticed.add(unsure)
            if self._may_matter(noticed):
                noticed = self._until_quiet(noticed)
            changed = seen | (self._look(noticed) if noticed else self._look_anyway())
            if noticed and self._unsure:
                changed, self._unsure = changed | self._unsure, set()
            if changed:
                return Changes(tuple(sorted(changed)))
            if deadline is not None and time.monotonic() >= deadline:
                return None

    def fileno(self) -> int:
        """Readable when `wait(0)` may have something to tell; -1 when it must be asked now and then."""
        return self._noticer.fileno()

    def count(self) -> int:
        """How many files of code and data are looked at."""
        return sum(tree.count() for tree in self._trees.values())

    def close(self) -> None:
        """Look no more."""
        self._noticer.close()

    def _first_noticer(self) -> Noticer:
        try:
            return new_noticer()
        except LimitError as error:
            return self._blind(error)

    def _blind(self, error: LimitError) -> Noticer:
        self.note = f"{error}; until then mlpw looks every second"
        return BlindNoticer()

    def _watch(self, folder: str, *, itself: bool = False) -> None:
        try:
            self._noticer.watch(folder, itself=itself)
        except LimitError as error:
            self._noticer.close()
            self._noticer = self._blind(error)

    def _until_quiet(self, noticed: Noticed) -> Noticed:
        began = new_at = time.monotonic()
        known = noticed.count()
        while not self._noticer.is_blind and time.monotonic() < min(
            new_at + _NOTHING_NEW_SECONDS, began + _LONGEST_SECONDS
        ):
            many = noticed.everywhere or known >= _MANY
            more = self._noticer.read(_MANY_QUIET_SECONDS if many else QUIET_SECONDS)
            noticed.add(more)
            if not self._may_matter(more):
                break
            if known < (known := noticed.count()):
                new_at = time.monotonic()
        return noticed

    def _may_matter(self, noticed: Noticed) -> bool:
        """Whether it is worth waiting for more: who writes beside what is watched does not keep a change from rest."""
        return noticed.everywhere or any(
            self._files.may_hold(folder, names)
            or self._listings.may_hold(folder)
            or any(tree.may_hold(folder, names) for tree in self._trees.values())
            for folder, names in noticed.folders.items()
        )

    def _take_trees(self, wanted: set[tuple[str, Kind, str]]) -> bool:
        """Look at these folders from now on; whether some are new."""
        for gone in self._trees.keys() - wanted:
            del self._trees[gone]
        new = wanted - self._trees.keys()
        for path, kind, dockerfile in sorted(
            new, key=lambda one: (one[1], one[0])
        ):  # definitions last: limits are near
            self._trees[path, kind, dockerfile] = Tree(path, self._watches, kind, dockerfile)
        return bool(new)

    def _named_in(self, noticed: Noticed) -> set[str]:
        """What counts of all that something happened to, whatever it is now."""
        if not noticed:
            return set()
        dirty = None if noticed.everywhere else noticed.folders
        found = self._files.named_in(dirty) | self._listings.named_in(dirty)
        return found.union(*(tree.named_in(dirty) for tree in self._trees.values()))

    def _look_anyway(self) -> set[str]:
        started = time.monotonic()
        if started < self._anyway_at:
            return set()
        changed = self._look(Noticed(everywhere=True))
        took = time.monotonic() - started
        self._anyway_at = started + max(_ANYWAY_SECONDS, _ANYWAY_REST * took)
        return changed

    def _watch_no_more(self) -> None:
        """Let go of folders that were needed once, when there are many of them."""
        if self._noticer.count() > self._most_watches:
            wanted = self._folders().union(self._files.passed(), *(tree.passed() for tree in self._trees.values()))
            self._noticer.keep(wanted)
            self._most_watches = 2 * len(wanted) + _SPARE_WATCHES

    def _folders(self) -> set[str]:
        folders = self._files.folders() | self._listings.folders()
        return folders.union(*(tree.folders() for tree in self._trees.values()))

    def _changed_meanwhile(self) -> set[str]:
        """What differs from the last look, where nobody tells; also what may be again as it was by then.

        Else what a plan saw between two looks would be thought to be there still.
        """
        stirred = {folder for folder in self._folders() if folder_sign(folder) != self._stamps.get(folder)}
        found = self._named_in(Noticed({folder: {""} for folder in stirred}))
        return found | stirred | self._look(Noticed(everywhere=True))

    def _look(self, noticed: Noticed) -> set[str]:
        if not self._noticer.is_blind:
            return self._compare(noticed)
        stamps = {folder: folder_sign(folder) for folder in self._folders()}
        changed = self._compare(noticed)
        self._stamps = {folder: stamps.get(folder) or folder_sign(folder) for folder in self._folders()}
        return changed

    def _compare(self, noticed: Noticed) -> set[str]:
        if noticed.everywhere or self._has_new_name(noticed.folders):
            return self._differing(None)
        changed = self._differing(noticed.folders)
        return changed | self._differing(None) if self._has_new_name(_by_folder(changed)) else changed

    def _differing(self, dirty: Dirty | None) -> set[str]:
        stirred = self._files.named_in(dirty)
        places = self._files.look(dirty)
        if self._roots is not None and not places.isdisjoint(self._real):
            self._roots = None  # they may lead elsewhere, which `set_roots` finds out
            for path in places:
                self._real.pop(path, None)
        changed = places | self._listings.look(dirty)
        for (root, _, _), tree in list(self._trees.items()):
            # perhaps another folder has its place, or it was away just when it was listed and is the same again now
            changed |= tree.look(None if root in stirred else dirty)
        self._watch_no_more()
        return changed

    def _has_new_name(self, dirty: Dirty) -> bool:
        """Whether a file has got another name: nobody tells of what is written by it where its first one lies.

        A look at everything finds that one, which is then watched itself. So it does for a folder that was elsewhere
        meanwhile, or is another one now: who knows what it holds.
        """
        found = False
        for folder, names in dirty.items():
            for name in names:
                path = f"{folder}/{name}"
                status = _status(path)
                found = found or (not name and status is not None)
                if status is None or status.st_nlink < 2 or not stat.S_ISREG(status.st_mode):
                    self._other_names.pop(path, None)
                elif self._other_names.get(path) != (seen := (status.st_ino, status.st_nlink)):
                    self._other_names[path] = seen
                    found = True
        if len(self._other_names) > _MOST_NAMES:
            self._other_names.clear()
        return found


def _by_folder(paths: set[str]) -> Dirty:
    found: dict[str, set[str]] = {}
    for path in paths:
        folder, name = os.path.split(path)
        found.setdefault(folder, set()).add(name)
    return found


def _status(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except OSError:
        return None
