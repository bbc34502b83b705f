"""Folders in which a new definition, or one that is gone, may change what a name means."""

import os
from collections.abc import Callable, Collection, Mapping

from core.definitions.discovery import FOREIGN


class Listings:
    """Folders by the names in them that count for `discovery.search`; what those hold does not count here."""

    def __init__(self, watch: Callable[[str], None]) -> None:
        self._watch = watch
        self._names: dict[str, frozenset[str] | None] = {}

    def take(self, folders: Collection[str]) -> bool:
        """Look at these from now on; whether some are new."""
        for folder in self._names.keys() - set(folders):
            del self._names[folder]
        new = set(folders) - self._names.keys()
        for folder in sorted(new):  # first the one above, which tells when this one is another meanwhile
            self._watch(folder)
            self._names[folder] = _names(folder)
        return bool(new)

    def look(self, dirty: Mapping[str, Collection[str]] | None) -> set[str]:
        """Folders whose names differ from the last look: of those where something happened, None for all."""
        changed = set()
        for folder in self._stirred(dirty):
            self._watch(folder)  # perhaps another one has its place
            found = _names(folder)
            if found != self._names[folder]:
                self._names[folder] = found
                changed.add(folder)
        return changed

    def _stirred(self, dirty: Mapping[str, Collection[str]] | None) -> set[str]:
        """Those in which something happened, and those that may be other ones now; all when None."""
        if dirty is None:
            return set(self._names)
        places = {f"{folder}/{name}".rstrip("/") for folder, names in dirty.items() for name in names}
        others = tuple(f"{folder}/" for folder in self._names.keys() & places)
        below = {folder for folder in self._names if f"{folder}/".startswith(others)} if others else set()
        return below | (self._names.keys() & dirty.keys())

    def named_in(self, dirty: Mapping[str, Collection[str]] | None) -> set[str]:
        """Those in which something happened that may count, all when None."""
        if dirty is None:
            return set(self._names)
        return {folder for folder in self._names.keys() & dirty.keys() if any(map(_may_count, dirty[folder]))}

    def may_hold(self, folder: str) -> bool:
        """Whether what happened there may have changed one of them."""
        return folder in self._names

    def folders(self) -> set[str]:
        """Every folder that is watched for them."""
        return set(self._names)


def _names(folder: str) -> frozenset[str] | None:
    try:
        with os.scandir(folder) as found:
            return frozenset(item.name for item in found if _counts(item))
    except OSError:
        return None


def _counts(item: os.DirEntry[str]) -> bool:
    if not _may_count(item.name):
        return False
    return item.name.endswith((".yml", ".yaml")) or item.name == FOREIGN or item.is_dir(follow_symlinks=False)


def _may_count(name: str) -> bool:
    return not name.startswith(".") and name != "__pycache__"
