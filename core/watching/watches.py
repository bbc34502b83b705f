"""Asking to be told: of folders, and of all that a path leads through."""

import os
from typing import Protocol

from core.watching.ways import Place, Way, way_to


class Ask(Protocol):
    """Asks to be told of what happens in a folder, or only of its own going elsewhere."""

    def __call__(self, folder: str, *, itself: bool = False) -> None:
        """Called before the folder is listed, so that nothing falls between."""


class Watches:
    """What is told of; folders below `top` may be other ones later, as any that a path leads through may go elsewhere.

    Of folders on the way outside of `top` only that is told: others are at work in them.
    """

    def __init__(self, ask: Ask, top: str = "") -> None:
        self.top = top
        self._ask = ask

    def add(self, path: str) -> None:
        """Be told of a folder, or a file, from now on."""
        self._ask(path)

    def add_way(self, path: str) -> Way:
        """The way to a path, all of which is watched: what changes from now on is told."""
        while True:
            way = way_to(path, self.top)
            watched = [self._watched_for(place) for place in way.places]
            for each in watched:
                self._ask(each)
            for folder in way.passed:
                self._ask(folder, itself=True)
            again = way_to(path, self.top)  # what it leads through may have come, or gone, before it was watched
            if again == way and [self._watched_for(place) for place in again.places] == watched:
                return way

    def _watched_for(self, place: Place) -> str:
        """The folder in which a place is, or what lies there: the workspace's own folder says when it goes elsewhere.

        In the folder above it others are at work.
        """
        folder, name = place
        path = f"{folder.rstrip('/')}/{name}"
        is_above = f"{self.top}/".startswith(f"{path}/")
        return path if self.top and is_above and os.path.isdir(path) and not os.path.islink(path) else folder
