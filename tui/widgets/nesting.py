"""Steps inside nested pipelines, which fold and unfold: names joined by dots as a hierarchy; pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

#: The group that holds everything.
ALL = ""


@dataclass(frozen=True, slots=True)
class Nesting:
    """A pipeline's steps and the nested pipelines ("groups") around them; "outer.inner" stands in the group "outer".

    `parents` holds the group around every step and group, `children` what stands in each group, producers first.
    """

    producers: Mapping[str, tuple[str, ...]]
    parents: Mapping[str, str]
    children: Mapping[str, tuple[str, ...]]

    @property
    def groups(self) -> tuple[str, ...]:
        """Every group, outer ones first."""
        return tuple(self._groups_in(ALL))

    def _groups_in(self, group: str) -> Iterator[str]:
        for child in self.children[group]:
            if child in self.children:
                yield child
                yield from self._groups_in(child)

    def around(self, name: str) -> tuple[str, ...]:
        """The groups around a step or group, the innermost first, the whole pipeline left out."""
        found = []
        while name := self.parents.get(name, ALL):
            found.append(name)
        return tuple(found)

    def members(self, group: str) -> Iterator[str]:
        """The steps in a group, also those further in."""
        for child in self.children[group]:
            if child in self.children:
                yield from self.members(child)
            else:
                yield child

    def label(self, name: str) -> str:
        """The part of a name that its group's name does not say already."""
        parent = self.parents.get(name, ALL)
        return name[len(parent) + 1 :] if parent else name


@dataclass(frozen=True, slots=True)
class Shown:
    """What is drawn while some groups are folded; a folded group is a box like a step.

    `boxes` maps each box to the boxes it takes from; `rows` lists boxes and open groups in order with their depth.
    """

    nesting: Nesting
    folded: frozenset[str]
    boxes: Mapping[str, tuple[str, ...]]
    rows: tuple[tuple[str, int], ...]

    @property
    def open_groups(self) -> tuple[str, ...]:
        """The groups that are drawn around their steps."""
        return tuple(name for name, _ in self.rows if name not in self.boxes)

    def stand_in(self, name: str) -> str:
        """What stands for a step or group: itself, or the outermost folded group around it."""
        return next((group for group in reversed(self.nesting.around(name)) if group in self.folded), name)

    def is_group(self, name: str) -> bool:
        """Whether this is a nested pipeline, folded or open."""
        return name in self.nesting.children

    def consumers(self) -> dict[str, list[str]]:
        """Box -> the boxes that take from it."""
        return consumers_of(self.boxes)


def nest(producers: Mapping[str, Sequence[str]]) -> Nesting:
    """The hierarchy of a graph given as step -> the steps it takes from, producers first.

    Groups that take from each other, so that neither could be drawn before the other, are no groups.
    """
    given = {name: tuple(dict.fromkeys(taken)) for name, taken in producers.items()}
    loose: set[str] = set()
    while True:
        parents = _parents(given, loose)
        children, tangled = _children(given, parents)
        if not tangled:
            return Nesting(given, parents, children)
        loose |= tangled


def show(nesting: Nesting, folded: Iterable[str]) -> Shown:
    """What is drawn when these groups are folded."""
    closed = frozenset(folded) & nesting.children.keys()
    rows = tuple(_rows(nesting, closed, ALL, 0))
    stand_in: dict[str, str] = {}
    boxes: dict[str, dict[str, None]] = {}
    for name, _ in rows:
        if name in nesting.producers:
            stand_in[name], boxes[name] = name, {}
        elif name in closed:
            stand_in.update(dict.fromkeys(nesting.members(name), name))
            boxes[name] = {}
    for step, taken in nesting.producers.items():
        into = stand_in[step]
        boxes[into].update(dict.fromkeys(stand_in[name] for name in taken if stand_in[name] != into))
    return Shown(nesting, closed, {name: tuple(taken) for name, taken in boxes.items()}, rows)


def consumers_of(producers: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The same edges the other way round."""
    made: dict[str, list[str]] = {name: [] for name in producers}
    for name, taken in producers.items():
        for producer in taken:
            made[producer].append(name)
    return made


def _rows(nesting: Nesting, folded: frozenset[str], group: str, depth: int) -> Iterator[tuple[str, int]]:
    for child in nesting.children[group]:
        yield child, depth
        if child in nesting.children and child not in folded:
            yield from _rows(nesting, folded, child, depth + 1)


def _parents(producers: Mapping[str, object], loose: set[str]) -> dict[str, str]:
    parents: dict[str, str] = {}
    for step in producers:
        name = step
        while name not in parents:
            above = name.rpartition(".")[0]
            while above and (above in loose or above in producers):
                above = above.rpartition(".")[0]
            parents[name] = above
            if not above:
                break
            name = above
    return parents


def _children(
    producers: Mapping[str, tuple[str, ...]], parents: Mapping[str, str]
) -> tuple[dict[str, tuple[str, ...]], set[str]]:
    """What stands in each group, producers first; and the groups for which there is no such order."""
    inside: dict[str, dict[str, set[str]]] = {ALL: {}}
    place: dict[str, int] = {}
    for index, step in enumerate(producers):
        name = step
        while name not in place:
            place[name] = index
            inside.setdefault(parents[name], {})[name] = set()
            if not (name := parents[name]):
                break
    paths = {name: _path(name, parents) for name in producers} if len(inside) > 1 else {}
    for step, taken in producers.items():
        for producer in taken:
            group, into, out_of = _parting(paths[step], paths[producer]) if paths else (ALL, step, producer)
            inside[group][into].add(out_of)
    ordered = {group: tuple(_sorted(takes, place)) for group, takes in inside.items()}
    circling = (_in_circles(takes, ordered[group]) for group, takes in inside.items())
    return ordered, {name for found in circling for name in found if name in inside}


def _path(name: str, parents: Mapping[str, str]) -> list[str]:
    """The groups from the outermost down to the step."""
    path = [name]
    while name := parents[name]:
        path.append(name)
    return path[::-1]


def _parting(one: Sequence[str], other: Sequence[str]) -> tuple[str, str, str]:
    """The innermost group around both, and what stands in it on the way to each."""
    group = ALL
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            return group, mine, theirs
        group = mine
    raise ValueError(f"{one[-1]} stands in itself")


def _sorted(takes: Mapping[str, set[str]], place: Mapping[str, int]) -> list[str]:
    """Producers first, else in the order given; what stands in a circle is left out."""
    left = {name: len(taken) for name, taken in takes.items()}
    users: dict[str, list[str]] = {name: [] for name in takes}
    for name, taken in takes.items():
        for producer in taken:
            users[producer].append(name)
    ready = [(place[name], name) for name, count in left.items() if not count]
    heapify(ready)
    ordered: list[str] = []
    while ready:
        name = heappop(ready)[1]
        ordered.append(name)
        for user in users[name]:
            left[user] -= 1
            if not left[user]:
                heappush(ready, (place[user], user))
    return ordered


def _in_circles(takes: Mapping[str, set[str]], ordered: Sequence[str]) -> set[str]:
    """What could not be ordered, without what only comes after it."""
    stuck = set(takes).difference(ordered)
    while stuck:
        needed = {producer for name in stuck for producer in takes[name]} & stuck
        if needed == stuck:
            break
        stuck = needed
    return stuck
