"""What a path leads through: every place where a change makes it lead elsewhere."""

import os
import stat
from collections.abc import Collection
from typing import NamedTuple

#: As the kernel: a path that meets more links leads nowhere.
_MOST_LINKS = 40

#: A folder and a name in it.
Place = tuple[str, str]


class Way(NamedTuple):
    """The places of a path: where each link on the way lies, and its end, or the first name that is not there.

    Folders on the way are such places too below `top`, when that is given; others are `passed`.
    """

    places: tuple[Place, ...]
    passed: tuple[str, ...]


def way_to(path: str, top: str = "") -> Way:
    """The way to a path as it is now."""
    found: list[Place] = []
    passed: list[str] = []
    at, links = "", 0
    left = path.split("/")[:0:-1]
    while left:
        name = left.pop()
        if name in ("", "."):
            continue
        if name == "..":
            at = os.path.dirname(at).rstrip("/")
            continue
        place = f"{at}/{name}"
        try:
            is_link = stat.S_ISLNK(os.lstat(place).st_mode)
            target = os.readlink(place) if is_link else ""
        except OSError:
            return Way((*found, (at or "/", name)), tuple(passed))
        if is_link:
            links += 1
            found.append((at or "/", name))
            if links > _MOST_LINKS:
                break
            at = "" if target.startswith("/") else at
            left += target.split("/")[::-1]
            continue
        if not any(left) or (top and f"{at}/".startswith(f"{top}/")):
            found.append((at or "/", name))
        else:
            passed.append(place)
        at = place
    return Way(tuple(found), tuple(passed))


class Ways:
    """Which paths lead through which places."""

    def __init__(self) -> None:
        self._through: dict[str, dict[str, set[str]]] = {}
        self._ways: dict[str, Way] = {}

    def put(self, path: str, way: Way) -> bool:
        """Know the way of a path, as it is now; whether it was another one before."""
        before = self._ways.get(path)
        if before == way:
            return False
        self.drop(path)
        self._ways[path] = way
        for folder, name in _all_places(way):
            self._through.setdefault(folder, {}).setdefault(name, set()).add(path)
        return before is not None

    def drop(self, path: str) -> None:
        """Forget a path."""
        way = self._ways.pop(path, None)
        for folder, name in _all_places(way) if way else ():
            names = self._through.get(folder, {})
            names.get(name, set()).discard(path)
            if not names.get(name):
                names.pop(name, None)
            if not names:
                self._through.pop(folder, None)

    def folders(self) -> set[str]:
        """Every folder in which there is such a place."""
        return {folder for way in self._ways.values() for folder, _ in way.places}

    def passed(self) -> set[str]:
        """Every folder that is passed on the way."""
        return {folder for way in self._ways.values() for folder in way.passed}

    def through(self, folder: str, names: Collection[str]) -> set[str]:
        """Paths that lead through names in a folder; "" among them means the folder itself."""
        inside = self._through.get(folder)
        if not inside:
            return set()
        wanted = inside.keys() if "" in names else names
        return {path for name in wanted for path in inside.get(name, ())}


def _all_places(way: Way) -> list[Place]:
    return [*way.places, *map(_place_of, way.passed)]


def _place_of(folder: str) -> Place:
    above, name = os.path.split(folder)
    return above, name
