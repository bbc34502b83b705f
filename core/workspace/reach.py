"""What of a graph a change of files can reach: looked up by path, so that it costs what the change is and no more."""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping

from core.definitions.places import Whereabouts, form_at, whereabouts
from core.definitions.ports import Form
from core.planning.graph import DataInput, Graph, Step
from core.watching.roots import Roots, roots_of

#: The graph may have been read before what lies there came; and what is not there now was there when it was read.
_UNSURE: Whereabouts = (Form.UNSEEN, "?")


class Reach:
    """The paths that one graph depends on, and the steps that use them; links among them are followed each time."""

    def __init__(self, graph: Graph, files: Collection[str], places: Mapping[str, Whereabouts] | None = None) -> None:
        """`files` are read besides those that the graph was made from.

        `places` is what lay at paths before the graph was read: it may know what came meanwhile, or not.
        """
        self.roots = Roots(frozenset(files)) | roots_of(graph)
        self._built = {path for path, _ in self.roots.built}
        self._sources = {*self.roots.files, *map(os.path.realpath, self.roots.files), *self.roots.listed}
        self._order = {name: at for at, name in enumerate(graph.steps)}
        self._consumers = graph.consumers()
        self._by_code: dict[str, list[str]] = {}
        self._by_data: dict[str, list[str]] = {}
        for step in graph.steps.values():
            for path in _code(step):
                self._by_code.setdefault(path, []).append(step.name)
            for path in _data(step):
                self._by_data.setdefault(path, []).append(step.name)
        #: Code and data.
        self.paths = frozenset((*self._by_code, *self._by_data))
        now, before = self.places(), places or {}
        self._places = {
            path: found if found[0] and before.get(path, found) == found else _UNSURE for path, found in now.items()
        }
        #: Where the paths really are that lead through links.
        self._links = {path: real for path, (_, real) in now.items() if real != path}

    def touched(self, paths: Iterable[str]) -> frozenset[str]:
        """The code and data that one of these absolute paths is, or lies in."""
        around = set(paths)
        for path in tuple(around):
            while path not in ("/", "") and (path := os.path.dirname(path)) not in around:
                around.add(path)
        found = around & self.paths
        for path in found | self._links.keys():  # what is touched may have become a link, or be none any more
            self._links[path] = os.path.realpath(path)
            if self._links[path] == path:
                del self._links[path]
        return frozenset(found | {path for path, real in self._links.items() if real in around})

    def places(self) -> dict[str, Whereabouts]:
        """What lies at the paths of code and data now."""
        return whereabouts(self.paths)

    def edited(self, paths: Collection[str], touched: Iterable[str]) -> dict[str, list[str]]:
        """Of the data that is touched, what of `paths` lies in it; data that is itself among them is left out."""
        found: dict[str, list[str]] = {}
        for path in touched:
            places = {path, os.path.realpath(path)}
            if path in self._by_data and places.isdisjoint(paths):
                within = tuple(f"{place}/" for place in places)
                found[path] = [one[len(place) :] for one in paths for place in within if one.startswith(place)]
        return found

    def is_read_from(self, paths: Collection[str], touched: Collection[str]) -> bool:
        """Whether the graph may be another: a file of it, or of what environments are built from, is in `paths`.

        Or what is `touched` is of another kind, or lies elsewhere.
        """
        if not self._sources.isdisjoint(paths) or any(map(self._is_another, touched)):
            return True
        places = tuple(f"{place}/" for path in self._built for place in {path, os.path.realpath(path)})
        return bool(places) and any(f"{path}/".startswith(places) for path in paths)

    def _is_another(self, path: str) -> bool:
        return (form_at(path), self._links.get(path, path)) != self._places[path]

    def users_of_code(self, touched: Collection[str]) -> set[str]:
        """Steps whose code is touched."""
        return {name for path in touched for name in self._by_code.get(path, ())}

    def users_of_data(self, touched: Collection[str]) -> set[str]:
        """Steps that take data which is touched."""
        return {name for path in touched for name in self._by_data.get(path, ())}

    def with_consumers(self, steps: Iterable[str]) -> list[str]:
        """These steps and all that take what they make, directly or not, in graph order."""
        found = set(steps)
        pending = list(found)
        while pending:
            new = [name for name in self._consumers[pending.pop()] if name not in found]
            found.update(new)
            pending += new
        return sorted(found, key=self._order.__getitem__)


def _code(step: Step) -> Iterator[str]:
    yield from (path for path in (step.code, *step.code_includes) if path)


def _data(step: Step) -> Iterator[str]:
    for binding in step.inputs.values():
        if isinstance(binding, DataInput) and binding.path and not binding.digest:
            yield binding.path
