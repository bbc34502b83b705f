"""Files and folders as they were at the last look, and what differs at the next one: the scan is the truth."""

import os
import stat
from collections.abc import Callable, Collection, Mapping
from enum import StrEnum

from core.definitions.discovery import FOREIGN, Places
from core.errors import MlpwError
from core.store.ignore import DATA_RULES, IGNORE_FILES, Rules, code_rules

#: Where something happened: folder -> names in it, None for anything in it.
Dirty = Mapping[str, Collection[str] | None]
#: Asks to be told of what happens in a folder; called before the folder is listed, so that nothing falls between.
Watch = Callable[[str], None]

_Sign = tuple[int, ...]


class Files:
    """Single files and the places of folders; what lies in a folder does not count here."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._signs: dict[str, _Sign | None] = {}
        self._inside: dict[str, set[str]] = {}

    def take(self, paths: Collection[str]) -> None:
        """Look at these from now on."""
        for path in set(self._signs) - set(paths):
            del self._signs[path]
        for path in set(paths) - set(self._signs):
            self._place(path)
            self._signs[path] = _sign(path)

    def look(self, dirty: Dirty | None) -> set[str]:
        """Paths that differ from the last look: of those that may, None for all."""
        if dirty is None:
            return self._compare(set(self._signs))
        return self._compare({path for folder in dirty for path in self._inside.get(folder, ())} & set(self._signs))

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
        """Be told of what happens to a path: in its folder, that of what a link leads to, or the nearest there is."""
        for place in {path, os.path.realpath(path)}:
            folder = os.path.dirname(place)
            while not os.path.isdir(folder):
                folder = os.path.dirname(folder)
            self._inside.setdefault(folder, set()).add(path)
            self._watch(folder)


class Kind(StrEnum):
    """What counts in a folder: what enters a snapshot, everything, or the YAML where `discover` looks for it."""

    CODE = "code"
    DATA = "data"
    DEFINITIONS = "definitions"


class _Definitions:
    """The places where definitions may lie, asked as other rules are."""

    left_out: frozenset[str] = frozenset()

    def __init__(self, root: str) -> None:
        self._places, self._root = Places(root), root

    def decide(self, path: str, name: str, *, is_folder: bool, above: int) -> int:
        place = f"{self._root}/{path}"
        may = self._places.may_hold(place, name) if is_folder else self._places.may_define(place, name)
        return above if may else 0

    def excludes(self, position: int) -> bool:
        return position >= 0

    prunes = excludes


class Tree:
    """A folder with all below it that its rules let in."""

    def __init__(self, root: str, watch: Watch, kind: Kind) -> None:
        self.root = root
        self._watch, self._kind = watch, kind
        self._start()

    def look(self, dirty: Dirty | None) -> set[str]:
        """Paths that differ from the last look: in the folders where something happened, None for everywhere."""
        if dirty is None or self._rules_changed(dirty):
            return self._look_everywhere()
        changed: set[str] = set()
        for told, names in dirty.items():
            for folder in (told, *self._aliases.get(told, ())):
                if folder in self._files:
                    changed |= self._look_in(folder, names if folder == told else None)
        return changed

    def count(self) -> int:
        """How many files there are."""
        return sum(map(len, self._files.values()))

    def _start(self) -> None:
        self._files: dict[str, dict[str, _Sign | None]] = {}
        self._folders: dict[str, set[str]] = {}
        self._above: dict[str, int] = {}
        self._aliases: dict[str, set[str]] = {}
        self._reached: dict[str, str] = {}
        self._rules = self._read_rules()
        if os.path.isdir(self.root):
            self._enter(self.root, Rules.START)

    def _read_rules(self) -> "Rules | _Definitions":
        try:
            match self._kind:
                case Kind.CODE:
                    return code_rules(self.root)
                case Kind.DATA:
                    return DATA_RULES
                case Kind.DEFINITIONS:
                    return _Definitions(self.root)
        except MlpwError:  # planning will say it
            return Rules()

    def _rules_changed(self, dirty: Dirty) -> bool:
        if self._kind is Kind.DATA or self.root not in dirty:
            return False
        names = dirty[self.root]
        return names is None or any(name in names for name in IGNORE_FILES)

    def _look_everywhere(self) -> set[str]:
        before = self._flat(self._files)
        self._start()
        return _differing(before, self._flat(self._files))

    def _look_in(self, folder: str, names: Collection[str] | None) -> set[str]:
        """Compare a folder with its last listing; folders named in it may be other ones than before."""
        before = dict(self._files[folder])
        was_inside = set(self._folders[folder])
        self._list(folder)
        changed = {f"{folder}/{name}" for name in _differing(before, self._files[folder])}
        inside = self._folders[folder]
        for name in was_inside - inside:
            changed |= self._leave(f"{folder}/{name}").keys()
        for name in inside:
            path = f"{folder}/{name}"
            if name not in was_inside:
                changed |= self._enter_anew(path, {})
            elif names is None or name in names:
                changed |= self._enter_anew(path, self._leave(path))
        return changed

    def _enter_anew(self, path: str, before: dict[str, _Sign | None]) -> set[str]:
        self._enter(path, self._decided(path))
        prefix = f"{path}/"
        found = {name: files for name, files in self._files.items() if name == path or name.startswith(prefix)}
        return _differing(before, self._flat(found))

    def _enter(self, folder: str, above: int) -> None:
        pending = [(folder, above)]
        while pending:
            path, decided = pending.pop()
            self._above[path] = decided
            self._list(path)
            pending.extend((f"{path}/{name}", self._decided(f"{path}/{name}")) for name in self._folders[path])

    def _leave(self, folder: str) -> dict[str, _Sign | None]:
        """Forget a folder with all below it; what was there."""
        prefix = f"{folder}/"
        gone = [path for path in self._files if path == folder or path.startswith(prefix)]
        for path in gone:
            self._above.pop(path, None)
            self._folders.pop(path, None)
        return self._flat({path: self._files.pop(path) for path in gone})

    def _list(self, folder: str) -> None:
        """What the rules let in of a folder, as it is now."""
        files: dict[str, _Sign | None] = {}
        folders: set[str] = set()
        self._watch(folder)
        self._files[folder], self._folders[folder] = files, folders
        try:
            entries = list(os.scandir(folder))
        except OSError:
            return
        if self._kind is Kind.DEFINITIONS and any(entry.name == FOREIGN for entry in entries):
            return
        for entry in entries:
            if entry.name in self._rules.left_out:
                continue
            relative = entry.path[len(self.root) + 1 :]
            try:
                is_folder = entry.is_dir(follow_symlinks=False) or self._leads_out(entry)
                position = self._rules.decide(
                    relative, entry.name, is_folder=is_folder, above=self._above.get(folder, Rules.START)
                )
                if is_folder and not self._rules.prunes(position):
                    folders.add(entry.name)
                elif not is_folder and not self._rules.excludes(position):
                    files[entry.name] = self._sign_of(entry, folder)
            except OSError:
                continue

    def _decided(self, folder: str) -> int:
        parent, name = os.path.split(folder)
        above = self._above.get(parent, Rules.START)
        return self._rules.decide(folder[len(self.root) + 1 :], name, is_folder=True, above=above)

    def _leads_out(self, entry: os.DirEntry[str]) -> bool:
        """Whether a link leads to a folder elsewhere; where two lead to the same, one is followed."""
        if self._kind is Kind.DEFINITIONS or not entry.is_symlink() or not entry.is_dir():
            return False
        real = os.path.realpath(entry.path)
        if f"{real}/".startswith(f"{self.root}/") or f"{self.root}/".startswith(f"{real.rstrip('/')}/"):
            return False
        return self._reached.setdefault(real, entry.path) == entry.path

    def _sign_of(self, entry: os.DirEntry[str], folder: str) -> _Sign:
        own = entry.stat(follow_symlinks=False)
        sign = _of(own)
        if stat.S_ISLNK(own.st_mode) and entry.is_file():
            place = os.path.dirname(os.path.realpath(entry.path))
            if place not in self._files:
                self._aliases.setdefault(place, set()).add(folder)
                self._watch(place)
            return (*sign, *_of(entry.stat()))
        return sign

    @staticmethod
    def _flat(folders: Mapping[str, Mapping[str, _Sign | None]]) -> dict[str, _Sign | None]:
        return {f"{folder}/{name}": sign for folder, files in folders.items() for name, sign in files.items()}


def _differing(before: Mapping[str, _Sign | None], after: Mapping[str, _Sign | None]) -> set[str]:
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def _sign(path: str) -> _Sign | None:
    """The signature of a file; of a folder only which one it is."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return (found.st_ino, found.st_dev) if stat.S_ISDIR(found.st_mode) else _of(found)


def _of(found: os.stat_result) -> _Sign:
    return (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
