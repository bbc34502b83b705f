"""Folders as they were at the last look, and what differs at the next one: the scan is the truth."""

import os
import stat
from collections.abc import Collection, Mapping
from contextlib import suppress
from enum import StrEnum
from typing import NamedTuple

from core.definitions.built_rules import BuiltRules, rules_of
from core.definitions.discovery import FOREIGN, Places
from core.errors import MlpwError
from core.store.ignore import DATA_RULES, IGNORE_FILES, Rules, code_rules
from core.store.scan import stays_inside
from core.watching.files import Dirty, Sign, status_sign
from core.watching.watches import Watches
from core.watching.ways import Ways

#: So many files with several names are watched themselves; in folders with more, such writes are seen at the next look.
_MOST_HARD_LINKS = 1000
#: So many names are looked at one by one; for more the folder is listed.
_MOST_NAMES = 100


class _Inside(NamedTuple):
    """How a folder is read: as `core.store.scan` does, which decides what a snapshot holds."""

    above: int
    boundary: str
    trail: tuple[str, ...]


class Kind(StrEnum):
    """What counts in a folder: what enters a snapshot, everything, the YAML where `discover` looks for it.

    Or what an environment is built from: of a build context, of a local package.
    """

    BUILT = "built"
    CODE = "code"
    DATA = "data"
    DEFINITIONS = "definitions"


class _Definitions:
    """The places where definitions may lie, asked as other rules are."""

    files: tuple[str, ...] = ()

    def __init__(self, root: str) -> None:
        self._places, self._root = Places(root), root

    def leaves_out(self, name: str) -> bool:
        return False

    def decide(self, path: str, name: str, *, is_folder: bool, above: int) -> int:
        place = f"{self._root}/{path}"
        may = self._places.may_hold(place, name) if is_folder else self._places.may_define(place, name)
        return above if may else 0

    def excludes(self, position: int) -> bool:
        return position >= 0

    prunes = excludes


class Tree:
    """A folder with all below it that its rules let in; a build context is known by its `dockerfile`."""

    def __init__(self, root: str, watches: Watches, kind: Kind, dockerfile: str = "") -> None:
        self.root = root
        self._watches, self._kind, self._dockerfile = watches, kind, dockerfile
        self._start()

    def look(self, dirty: Dirty | None) -> set[str]:
        """Paths that differ from the last look: in the folders where something happened, None for everywhere."""
        if dirty is None or self._rules_changed(dirty):
            return self._look_everywhere()
        changed: set[str] = set()
        for told, names in dirty.items():
            if told in self._files:
                changed |= self._look_in(told, names)
            for link in self._links.through(told, names):
                folder, name = os.path.split(link)
                if folder in self._files:
                    changed |= self._look_in(folder, (name,))
        return changed

    def named_in(self, dirty: Dirty | None) -> set[str]:
        """What counts of all that something happened to, whether it is there or not; the root for everything."""
        if dirty is None:
            return {self.root}
        ways = (self._links, self._rule_links)
        found = {link for way in ways for folder, names in dirty.items() for link in way.through(folder, names)}
        for folder in self._files.keys() & dirty.keys():
            found.update(f"{folder}/{name}" for name in dirty[folder] if name and self._may_count(folder, name))
        return found | self._rules_in(dirty)

    def may_hold(self, folder: str, names: Collection[str]) -> bool:
        """Whether what happened there may have changed it."""
        is_inside = folder in self._files and not all(map(self._rules.leaves_out, names))
        return is_inside or bool(self._links.through(folder, names) or self._rule_links.through(folder, names))

    def folders(self) -> set[str]:
        """Every folder that is watched for it."""
        ways = self._links.folders() | self._rule_links.folders()
        return (self._files.keys() | ways).union(*self._linked.values())

    def passed(self) -> set[str]:
        """As `Ways.passed`."""
        return self._links.passed() | self._rule_links.passed()

    def count(self) -> int:
        """How many files there are."""
        return sum(len(files) - ("" in files) for files in self._files.values())

    def _start(self) -> None:
        self._files: dict[str, dict[str, Sign | None]] = {}
        self._folders: dict[str, set[str]] = {}
        self._inside: dict[str, _Inside] = {}
        self._links = Ways()
        self._links_in: dict[str, list[str]] = {}
        self._linked: dict[str, list[str]] = {}
        self._rules = self._read_rules()
        self._rule_links = Ways()
        links = [path for path in self._rule_files() if os.path.islink(path)]
        for link in links:
            self._rule_links.put(link, self._watches.add_way(link))
        if links:
            self._rules = self._read_rules()  # from now on what happens to them is told
        if os.path.isdir(self.root):
            self._enter(self.root, _Inside(Rules.START, self.root, ()))

    def _read_rules(self) -> "Rules | BuiltRules | _Definitions":
        try:
            match self._kind:
                case Kind.CODE:
                    return code_rules(self.root)
                case Kind.DATA:
                    return DATA_RULES
                case Kind.DEFINITIONS:
                    return _Definitions(self.root)
                case Kind.BUILT:
                    return rules_of(self.root, self._dockerfile)
        except (MlpwError, OSError):  # planning will say it
            return Rules()

    def _rules_changed(self, dirty: Dirty) -> bool:
        if self._kind is Kind.DATA:
            return False
        is_told = "" in dirty.get(self.root, ()) or bool(self._rules_in(dirty))
        return is_told or any(self._rule_links.through(folder, names) for folder, names in dirty.items())

    def _rules_in(self, dirty: Dirty) -> set[str]:
        """Files of rules that something happened to, though they may be no part of what counts themselves."""
        places = {path: os.path.split(path) for path in self._rule_files()}
        return {path for path, (folder, name) in places.items() if name in dirty.get(folder, ())}

    def _rule_files(self) -> list[str]:
        files = IGNORE_FILES if isinstance(self._rules, Rules) else self._rules.files
        return [f"{self.root}/{file}" for file in files] if self._kind is not Kind.DATA else []

    def _look_everywhere(self) -> set[str]:
        before = self._flat(self._files)
        self._start()
        return _differing(before, self._flat(self._files))

    def _look_in(self, folder: str, names: Collection[str]) -> set[str]:
        """Compare a folder with its last listing; folders named in it may be other ones than before."""
        found = self._look_at(folder, names)
        if found is not None:
            return found
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
            elif name in names:
                changed |= self._enter_anew(path, self._leave(path))
        return changed

    def _look_at(self, folder: str, names: Collection[str]) -> set[str] | None:
        """Compare just these files of a folder; None when it has to be listed, for more than they may differ."""
        known, signs = self._files[folder], dict[str, Sign]()
        apart = {*self._links_in.get(folder, ()), *self._linked.get(folder, ())}
        for name in names if len(names) <= _MOST_NAMES else ("",):
            path = f"{folder}/{name}"
            if not name or path in apart or name in self._folders[folder]:
                return None
            try:
                found = os.lstat(path)
            except FileNotFoundError:
                if name in known:
                    return None
                continue  # there for a moment
            except OSError:
                return None
            if name not in known or found.st_nlink > 1 or not stat.S_ISREG(found.st_mode):
                return None
            signs[name] = status_sign(found)
        changed = {f"{folder}/{name}" for name, sign in signs.items() if known[name] != sign}
        known.update(signs)
        return changed

    def _enter_anew(self, path: str, before: dict[str, Sign | None]) -> set[str]:
        self._enter(path, self._inside_of(path))
        prefix = f"{path}/"
        found = {name: files for name, files in self._files.items() if name == path or name.startswith(prefix)}
        return _differing(before, self._flat(found))

    def _enter(self, folder: str, inside: "_Inside") -> None:
        pending = [(folder, inside)]
        while pending:
            path, self._inside[path] = pending.pop()
            self._list(path)
            pending.extend((f"{path}/{name}", self._inside_of(f"{path}/{name}")) for name in self._folders[path])

    def _leave(self, folder: str) -> dict[str, Sign | None]:
        """Forget a folder with all below it; what was there."""
        prefix = f"{folder}/"
        gone = [path for path in self._files if path == folder or path.startswith(prefix)]
        for path in gone:
            self._inside.pop(path, None)
            self._folders.pop(path, None)
            self._linked.pop(path, None)
            for link in self._links_in.pop(path, ()):
                self._links.drop(link)
        return self._flat({path: self._files.pop(path) for path in gone})

    def _list(self, folder: str) -> None:
        """What the rules let in of a folder, as it is now."""
        files: dict[str, Sign | None] = {}
        folders: set[str] = set()
        self._watches.add(folder)
        self._files[folder], self._folders[folder] = files, folders
        self._linked.pop(folder, None)
        for link in self._links_in.pop(folder, ()):
            self._links.drop(link)
        try:
            entries = [entry for entry in os.scandir(folder) if not self._rules.leaves_out(entry.name)]
        except OSError:
            return
        if self._kind is Kind.DEFINITIONS and any(entry.name == FOREIGN for entry in entries):
            return
        if not entries and self._kind is Kind.DATA and folder != self.root:
            files[""] = ()  # an empty folder is something that data holds
        self._take_entries(entries, folder)
        if self._dockerfile and not files and not folders:
            files[""] = ()  # nor does an image leave it out

    def _take_entries(self, entries: list[os.DirEntry[str]], folder: str) -> None:
        files, folders, inside = self._files[folder], self._folders[folder], self._inside[folder]
        for entry in entries:
            relative = entry.path[len(self.root) + 1 :]
            try:
                is_out = entry.is_symlink() and self._leads_out(entry, folder, inside)
                is_folder = entry.is_dir(follow_symlinks=False) or (is_out and self._is_followed(entry, folder, inside))
                position = self._rules.decide(relative, entry.name, is_folder=is_folder, above=inside.above)
                if is_folder and not self._rules.prunes(position):
                    folders.add(entry.name)
                elif not is_folder and not self._rules.excludes(position):
                    files[entry.name] = self._sign_of(entry, folder, is_out=is_out)
            except OSError:
                continue

    def _may_count(self, folder: str, name: str) -> bool:
        """Whether the rules let in a file or a folder of this name."""
        if self._rules.leaves_out(name):
            return False
        relative, above = f"{folder}/{name}"[len(self.root) + 1 :], self._inside[folder].above
        as_file = self._rules.decide(relative, name, is_folder=False, above=above)
        as_folder = self._rules.decide(relative, name, is_folder=True, above=above)
        return not (self._rules.excludes(as_file) and self._rules.prunes(as_folder))

    def _inside_of(self, folder: str) -> "_Inside":
        parent, name = os.path.split(folder)
        inside = self._inside.get(parent) or _Inside(Rules.START, self.root, ())
        relative = folder[len(self.root) + 1 :]
        above = self._rules.decide(relative, name, is_folder=True, above=inside.above)
        if os.path.islink(folder):
            return _Inside(above, folder, (*inside.trail, os.path.realpath(parent)))
        return _Inside(above, inside.boundary, inside.trail)

    def _leads_out(self, entry: os.DirEntry[str], folder: str, inside: "_Inside") -> bool:
        """Whether what a link leads to counts, and not its text: then what happens on the way to it is told.

        Of a local package all do, as its build reads through them, wherever they lead.
        """
        if self._kind is Kind.DEFINITIONS or self._dockerfile:
            return False
        if self._kind is not Kind.BUILT and stays_inside(folder, os.readlink(entry.path), inside.boundary):
            return False
        self._links.put(entry.path, self._watches.add_way(entry.path))
        self._links_in.setdefault(folder, []).append(entry.path)
        return True

    def _is_followed(self, entry: os.DirEntry[str], folder: str, inside: "_Inside") -> bool:
        """Whether a link leads to a folder; one that holds the link ends there, as planning will say."""
        if not os.path.isdir(entry.path):
            return False
        real = f"{os.path.realpath(entry.path).rstrip('/')}/"
        return not any(f"{place}/".startswith(real) for place in (*inside.trail, os.path.realpath(folder)))

    def _sign_of(self, entry: os.DirEntry[str], folder: str, *, is_out: bool) -> Sign:
        found = entry.stat(follow_symlinks=False)
        if found.st_nlink > 1 and sum(map(len, self._linked.values())) < _MOST_HARD_LINKS:
            self._linked.setdefault(folder, []).append(entry.path)
            self._watches.add(entry.path)
        if is_out:
            with suppress(OSError):
                return (*status_sign(found), *status_sign(os.stat(entry.path)))
        return status_sign(found)

    @staticmethod
    def _flat(folders: Mapping[str, Mapping[str, Sign | None]]) -> dict[str, Sign | None]:
        return {f"{folder}/{name}": sign for folder, files in folders.items() for name, sign in files.items()}


def _differing(before: Mapping[str, Sign | None], after: Mapping[str, Sign | None]) -> set[str]:
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
