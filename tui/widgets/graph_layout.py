"""Where the boxes of a graph go: ranks from left to right, few crossings, long edges straight; pure functions.

Every open group is laid out for itself, with an entry on its left border for what comes in and an exit on its right
border for what goes out, and stands as one tall item in the layout around it.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from tui.widgets.graph_routing import Gap, Line, route
from tui.widgets.nesting import ALL, Shown

_SWEEPS = 8
#: Above so many items nobody counts crossings, but everybody waits.
_MANY, _SWEEPS_OF_MANY = 4000, 3
#: Sweeps without fewer crossings after which no more are made.
_IN_VAIN = 2
_BEND_WEIGHT = 4.0
#: Rows of a box with its border.
BOX_HEIGHT = 3


class Kind(IntEnum):
    """What stands in a rank; a BEND carries a long edge through it."""

    BOX = 0
    BEND = 1
    ENTRY = 2
    EXIT = 3
    FRAME = 4


@dataclass(slots=True)
class Level:
    """The layout of what stands directly in one group: numbered items in ranks, and the gaps after each rank.

    `tops` and `heights` are in rows inside the group, `spots` say where edges touch: spot -> (item, row in the item).
    """

    group: str
    ranks: list[list[int]] = field(default_factory=list)
    tops: dict[int, int] = field(default_factory=dict)
    heights: dict[int, int] = field(default_factory=dict)
    frames: dict[int, "Level"] = field(default_factory=dict)
    spots: dict[int, tuple[int, int]] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    height: int = 0

    def row(self, spot: int) -> int:
        """The row of a spot inside the group."""
        item, offset = self.spots[spot]
        return self.tops[item] + offset


@dataclass(frozen=True, slots=True)
class Layout:
    """The outermost level, what the numbers of items stand for, and the spot of each box by its name."""

    shown: Shown
    top: Level
    kinds: Sequence[Kind]
    names: Sequence[str]
    box_of: Mapping[str, int]
    box_height: int


def lay_out(shown: Shown, box_height: int = BOX_HEIGHT, *, is_loose: bool = False) -> Layout:
    """The layout of what is shown, with boxes that are `box_height` rows high, borders included.

    A loose one leaves room between upright lines, for characters that would seem to join when they touch (ASCII).
    """
    builder = _Builder(shown, box_height, is_loose=is_loose)
    top = builder.level(ALL)
    return Layout(shown, top, builder.kinds, builder.names, builder.box_of, box_height)


class _Builder:
    """Numbers for everything that is drawn, and the levels from the innermost outward."""

    def __init__(self, shown: Shown, box_height: int, *, is_loose: bool) -> None:
        self.apart = 1 if is_loose else 0
        self.kinds: list[Kind] = []
        self.names: list[str] = []
        self.box_of: dict[str, int] = {}
        self._shown = shown
        self._box_height = box_height
        self._open = set(shown.open_groups)
        self._paths = {name: tuple(reversed((name, *shown.nesting.around(name)))) for name in shown.boxes}
        self._entries: dict[str, dict[str, int]] = {group: {} for group in self._open}
        self._exits: dict[str, dict[str, int]] = {group: {} for group in self._open}
        self._edges: dict[str, dict[tuple[str, str], None]] = {group: {} for group in (ALL, *self._open)}
        self._find_edges()

    def new(self, kind: Kind, name: str) -> int:
        """A number for another thing."""
        self.kinds.append(kind)
        self.names.append(name)
        return len(self.kinds) - 1

    def _find_edges(self) -> None:
        """Which edges run in which group, and where they enter and leave groups."""
        coming: dict[str, dict[str, list[str]]] = {group: {} for group in self._open}
        leaving: dict[str, dict[str, list[str]]] = {group: {} for group in self._open}
        for consumer, taken in self._shown.boxes.items():
            into = self._paths[consumer]
            for producer in taken:
                out_of = self._paths[producer]
                shared = 0
                while into[shared] == out_of[shared]:
                    shared += 1
                edge = (producer, consumer)
                self._edges[into[shared - 1] if shared else ALL][edge] = None
                for group in into[shared:-1]:
                    self._edges[group][edge] = None
                    coming[group].setdefault(producer, []).append(consumer)
                for group in out_of[shared:-1]:
                    self._edges[group][edge] = None
                    leaving[group].setdefault(producer, []).append(consumer)
        for group in self._open:
            self._entries[group] = self._ports(Kind.ENTRY, group, coming[group])
            self._exits[group] = self._ports(Kind.EXIT, group, leaving[group])

    def _ports(self, kind: Kind, group: str, users: Mapping[str, Sequence[str]]) -> dict[str, int]:
        """Producer -> the port that its edges go through; producers with the same consumers share one."""
        numbers: dict[frozenset[str], int] = {}
        found: dict[str, int] = {}
        for producer, consumers in users.items():
            key = frozenset(consumers)
            if key not in numbers:
                numbers[key] = self.new(kind, group)
            found[producer] = numbers[key]
        return found

    def level(self, group: str) -> Level:
        """The layout of a group and of the open groups in it."""
        made = Level(group)
        item_of: dict[str, int] = {}
        for child in self._shown.nesting.children[group]:
            item_of[child] = self._frame(made, child) if child in self._open else self._box(made, child)
        entries, exits = self._entries.get(group, {}), self._exits.get(group, {})
        for spot in dict.fromkeys((*entries.values(), *exits.values())):
            made.heights[spot], made.spots[spot] = 1, (spot, 0)
        depth = len(self._shown.nesting.around(group)) + 1 if group else 0
        nets: dict[int, dict[int, None]] = {}
        for producer, consumer in self._edges[group]:
            out_of = self._step_in(group, depth, producer)
            into = self._step_in(group, depth, consumer)
            source = entries[producer] if out_of is None else self._spot(out_of, producer, self._exits, producer)
            target = exits[producer] if into is None else self._spot(into, consumer, self._entries, producer)
            nets.setdefault(source, {})[target] = None
        _arrange(
            made,
            self,
            {source: tuple(targets) for source, targets in nets.items()},
            list(item_of.values()),
            tuple(dict.fromkeys(entries.values())),
            tuple(dict.fromkeys(exits.values())),
        )
        return made

    def _box(self, level: Level, name: str) -> int:
        number = self.box_of[name] = self.new(Kind.BOX, name)
        level.heights[number] = self._box_height
        level.spots[number] = (number, self._box_height // 2)
        return number

    def _frame(self, level: Level, name: str) -> int:
        inner = self.level(name)
        number = self.new(Kind.FRAME, name)
        level.frames[number] = inner
        level.heights[number] = inner.height + 2
        for spot in (*self._entries[name].values(), *self._exits[name].values()):
            level.spots[spot] = (number, inner.row(spot) + 1)
        return number

    def _step_in(self, group: str, depth: int, name: str) -> str | None:
        """What stands in the group on the way to a box; None when the box is elsewhere."""
        path = self._paths[name]
        if depth and (len(path) <= depth or path[depth - 1] != group):
            return None
        return path[depth]

    def _spot(self, child: str, box: str, ports: Mapping[str, Mapping[str, int]], producer: str) -> int:
        return self.box_of[box] if child == box else ports[child][producer]


_Nets = Mapping[int, tuple[int, ...]]


def _arrange(
    level: Level, builder: _Builder, nets: _Nets, items: list[int], entries: Sequence[int], exits: Sequence[int]
) -> None:
    """Ranks, order, rows and ways of one level."""
    rank_of = _ranks(level, nets, items, entries, exits)
    by_rank, ranks = _with_bends(level, builder, nets, rank_of, [*entries, *items, *exits])
    level.ranks = _order(level, ranks, by_rank)
    _set_tops(level, by_rank)
    height = max((level.tops[item] + level.heights[item] for rank in level.ranks for item in rank), default=0)
    for lines in by_rank:
        gap = route([Line(s, level.row(s), t, level.row(t)) for s, t in lines], height, builder.apart)
        level.gaps.append(gap)
    level.height = max([height, *(gap.rows for gap in level.gaps)])


def _ranks(
    level: Level, nets: _Nets, items: Sequence[int], entries: Sequence[int], exits: Sequence[int]
) -> dict[int, int]:
    """Longest path from a source; a source itself stands just before its first consumer."""
    spots = level.spots
    before: dict[int, set[int]] = {item: set() for item in (*entries, *items, *exits)}
    after: dict[int, set[int]] = {item: set() for item in before}
    for source, targets in nets.items():
        for target in targets:
            before[spots[target][0]].add(spots[source][0])
            after[spots[source][0]].add(spots[target][0])
    first = 1 if entries else 0
    rank_of = dict.fromkeys(entries, 0)
    for item in items:
        rank_of[item] = max(first, 1 + max((rank_of[other] for other in before[item]), default=-1))
    last = 1 + max(rank_of.values(), default=-1)
    rank_of.update(dict.fromkeys(exits, last))
    for item in items:
        if after[item] and not before[item]:
            rank_of[item] = max(first, min(rank_of[user] for user in after[item]) - 1)
    return rank_of


def _with_bends(
    level: Level, builder: _Builder, nets: _Nets, rank_of: dict[int, int], items: Sequence[int]
) -> tuple[list[list[tuple[int, int]]], list[list[int]]]:
    """The edges of each gap with bends where an edge is longer, and the items of each rank.

    Ranks are filled by walking depth first from the sources, so that what belongs together starts together.
    """
    spots = level.spots
    count = 1 + max(rank_of.values(), default=-1)
    edges: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    leaving: dict[int, list[int]] = {}
    for source in nets:
        leaving.setdefault(spots[source][0], []).append(source)
    reached = {spots[target][0] for targets in nets.values() for target in targets}
    ranks: list[list[int]] = [[] for _ in range(count)]
    seen: set[int] = set()
    pending = [item for item in items if item not in reached][::-1]
    while pending:
        item = pending.pop()
        if item in seen:
            continue
        seen.add(item)
        ranks[rank_of[item]].append(item)
        found: list[int] = []
        for source in leaving.get(item, ()):
            targets = nets[source]
            found += [spots[target][0] for target in targets]
            carrier, rank = source, rank_of[item]
            last = max(rank_of[spots[target][0]] for target in targets)
            ending: dict[int, list[int]] = {}
            for target in targets:
                ending.setdefault(rank_of[spots[target][0]], []).append(target)
            while rank < last:
                edges[rank] += [(carrier, target) for target in ending.get(rank + 1, ())]
                rank += 1
                if rank < last:
                    bend = builder.new(Kind.BEND, "")
                    level.heights[bend], spots[bend] = 1, (bend, 0)
                    edges[rank - 1].append((carrier, bend))
                    ranks[rank].append(bend)
                    carrier = bend
        pending.extend(reversed(found))
    return edges, ranks


_Near = dict[int, list[tuple[int, float]]]


def _order(level: Level, ranks: list[list[int]], edges: Sequence[Sequence[tuple[int, int]]]) -> list[list[int]]:
    """The items of each rank in an order with few crossings: barycentre sweeps, the best order seen is kept."""
    before, after = _neighbours(level, edges)
    place: dict[int, int] = {}
    for rank in ranks:
        _number(rank, place)
    touching = [[(*level.spots[source], *level.spots[target]) for source, target in lines] for lines in edges]
    best, fewest = [list(rank) for rank in ranks], _crossings(touching, place)
    in_vain = 0
    for sweep in range(_SWEEPS if sum(map(len, ranks)) <= _MANY else _SWEEPS_OF_MANY):
        if not fewest or in_vain == _IN_VAIN:
            break
        forward = sweep % 2 == 0
        near = before if forward else after
        order = range(1, len(ranks)) if forward else range(len(ranks) - 2, -1, -1)
        for index in order:
            beside = ranks[index + (-1 if forward else 1)]
            _sort_by_barycentre(ranks[index], near, place, len(beside))
        found = _crossings(touching, place)
        in_vain += 1
        if found < fewest:
            best, fewest, in_vain = [list(rank) for rank in ranks], found, 0
    return best


def _number(rank: Sequence[int], place: dict[int, int]) -> None:
    place.update({item: index for index, item in enumerate(rank)})


def _neighbours(level: Level, edges: Sequence[Sequence[tuple[int, int]]]) -> tuple[_Near, _Near]:
    """The items before and after each item, each with how far down in it the edge touches: 0 to 1."""
    spots, heights = level.spots, level.heights
    before: _Near = {}
    after: _Near = {}
    for lines in edges:
        for source, target in lines:
            out_of, out_row = spots[source]
            into, in_row = spots[target]
            after.setdefault(out_of, []).append((into, in_row / heights[into]))
            before.setdefault(into, []).append((out_of, out_row / heights[out_of]))
    return before, after


def _sort_by_barycentre(rank: list[int], near: _Near, place: dict[int, int], fixed: int) -> None:
    scale = fixed / max(1, len(rank))
    keys: dict[int, float] = {}
    for index, item in enumerate(rank):
        found = near.get(item)
        keys[item] = sum(place[other] + part for other, part in found) / len(found) if found else index * scale
    rank.sort(key=keys.__getitem__)
    _number(rank, place)


def _crossings(edges: Sequence[Sequence[tuple[int, int, int, int]]], place: Mapping[int, int]) -> int:
    """How many pairs of edges between neighbouring ranks cross; edges as item, row in it, item, row in it."""
    total = 0
    for lines in edges:
        ends = sorted([(place[source], row, place[target], end) for source, row, target, end in lines])
        seen: list[tuple[int, int]] = []
        for _, _, target, end in ends:
            key = (target, end)
            at = bisect_right(seen, key)
            total += len(seen) - at
            seen.insert(at, key)
    return total


def _set_tops(level: Level, edges: Sequence[Sequence[tuple[int, int]]]) -> None:
    """A row for each item: pulled to the middle of its neighbours, never nearer to the next than their heights."""
    before: dict[int, list[tuple[int, int]]] = {}
    after: dict[int, list[tuple[int, int]]] = {}
    spots = level.spots
    for lines in edges:
        for source, target in lines:
            (out_of, out_row), (into, in_row) = spots[source], spots[target]
            after.setdefault(out_of, []).append((into, in_row - out_row))
            before.setdefault(into, []).append((out_of, out_row - in_row))
    tops: dict[int, float] = {}
    for rank in level.ranks:
        _spread(level, rank, [0.0] * len(rank), tops)
    for near, beyond in ((before, after), (after, before)) * 2 + ((before, after),):
        for rank in level.ranks if near is before else reversed(level.ranks):
            found = (near.get(item) or beyond.get(item) or () for item in rank)
            beside = ([tops[other] + shift for other, shift in each] for each in found)
            _spread(level, rank, [_median(rows, tops[item]) for rows, item in zip(beside, rank, strict=True)], tops)
    lowest = min(tops.values(), default=0.0)
    for rank in level.ranks:
        free = 0
        for item in rank:
            level.tops[item] = free = max(free, int(tops[item] - lowest + 0.5))
            free += level.heights[item]


def _median(values: list[float], otherwise: float) -> float:
    if not values:
        return otherwise
    values.sort()
    half = len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2


def _spread(level: Level, rank: Sequence[int], wanted: Iterable[float], tops: dict[int, float]) -> None:
    """The tops nearest to `wanted` that keep order and distance: isotonic regression by pooling neighbours."""
    kept: list[tuple[float, float, int]] = []
    offsets: list[int] = []
    offset = 0
    for item, top in zip(rank, wanted, strict=True):
        height = level.heights[item]
        weight = _BEND_WEIGHT if height == 1 else 1.0
        total, members = (top - offset) * weight, 1
        offsets.append(offset)
        offset += height
        while kept and kept[-1][0] / kept[-1][1] >= total / weight:
            more_total, more_weight, more_members = kept.pop()
            total, weight, members = total + more_total, weight + more_weight, members + more_members
        kept.append((total, weight, members))
    index = 0
    for total, weight, members in kept:
        for _ in range(members):
            tops[rank[index]] = total / weight + offsets[index]
            index += 1
