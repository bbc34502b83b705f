"""Ways of edges through the gap between two ranks, so that no two edges share a cell unless they may be read as one.

A line is read from left to right. Sources that lead to the very same targets share one upright part, a "trunk". Where
a target has other sources too, each comes on a row of its own to a second trunk right before the target, which takes
them together. So every row of a gap belongs to one trunk, or to two that do not reach each other, and all that lines of
different trunks ever do is cross at a right angle.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Line:
    """An edge into a gap: from `source` in row `start` to `target` in row `end`; spots are numbers."""

    source: int
    start: int
    target: int
    end: int


@dataclass(frozen=True, slots=True)
class Way:
    """How a line goes: on its start row to `turn`, on row `between` to `gather`, then on its end row.

    `turn` and `gather` are columns of the gap, -1 where the line goes straight on.
    """

    line: Line
    turn: int
    between: int
    gather: int


@dataclass(frozen=True, slots=True)
class Trunk:
    """An upright part in a column, with the rows that come from the left and those that leave to the right."""

    column: int
    lefts: frozenset[int]
    rights: frozenset[int]


@dataclass(frozen=True, slots=True)
class Gap:
    """A routed gap: how many columns it takes, how many rows at least, and what runs there."""

    columns: int
    rows: int
    ways: tuple[Way, ...]
    trunks: tuple[Trunk, ...]


@dataclass(slots=True, eq=False)
class _Bundle:
    """Sources with the same targets; `between` is the row on which each target is approached."""

    sources: dict[int, int]
    targets: dict[int, int]
    between: dict[int, int] = field(default_factory=dict)
    column: int = -1

    @property
    def rows(self) -> set[int]:
        return {*self.sources.values(), *self.between.values()}

    @property
    def is_straight(self) -> bool:
        return len(self.rows) == 1

    @property
    def turn_order(self) -> int:
        """Downward ones from the lowest, upward ones from the highest, so that they do not cross."""
        rows = self.sources.values()
        middle = sum(rows) / len(rows)
        goes_down = sum(self.between.values()) > middle * len(self.between)
        return -max(rows) if goes_down else min(rows)


def route(lines: Sequence[Line], height: int, apart: int = 0) -> Gap:
    """Ways for all lines of a gap that is `height` rows high; it may need more rows.

    Trunks that stand below each other have `apart` rows between them.
    """
    bundles = _bundles(lines)
    rows = _Rows(bundles, height)
    rows.give()
    turns = _turn(bundles, rows, apart)
    ends = {line.target: line.end for line in lines}
    gathers = _gathers(bundles)
    columns: list[list[tuple[int, int]]] = []
    gather_column = {
        target: turns + _free(columns, gathers[target], apart)
        for target in sorted(gathers, key=lambda target: _gather_order(ends[target], gathers[target]))
    }
    trunks = [
        Trunk(bundle.column, frozenset(bundle.sources.values()), frozenset(bundle.between.values()))
        for bundle in bundles
        if bundle.column >= 0
    ]
    for target, column in gather_column.items():
        lefts = frozenset(bundle.between[target] for bundle in bundles if target in bundle.between)
        trunks.append(Trunk(column, lefts, frozenset((ends[target],))))
    home = {source: bundle for bundle in bundles for source in bundle.sources}
    ways = []
    for line in lines:
        bundle = home[line.source]
        ways.append(Way(line, bundle.column, bundle.between[line.target], gather_column.get(line.target, -1)))
    return Gap(turns + len(columns), rows.height, tuple(ways), tuple(trunks))


def _bundles(lines: Sequence[Line]) -> list[_Bundle]:
    targets: dict[int, dict[int, int]] = {}
    starts: dict[int, int] = {}
    for line in lines:
        targets.setdefault(line.source, {})[line.target] = line.end
        starts[line.source] = line.start
    made: dict[frozenset[int], _Bundle] = {}
    for source, ends in targets.items():
        bundle = made.setdefault(frozenset(ends), _Bundle({}, ends))
        bundle.sources[source] = starts[source]
    return list(made.values())


class _Rows:
    """Which bundle has each row right of the first trunks."""

    def __init__(self, bundles: Sequence[_Bundle], height: int) -> None:
        self.height = height
        self._bundles = bundles
        self._starts = {row: bundle for bundle in bundles for row in bundle.sources.values()}
        self._ends = {row for bundle in bundles for row in bundle.targets.values()}
        self._owner: dict[int, _Bundle] = {}

    def give(self) -> None:
        """Its own row to each target with one bundle; the rest get rows that nothing else ends on."""
        users: dict[int, list[_Bundle]] = {}
        for bundle in self._bundles:
            for target in bundle.targets:
                users.setdefault(target, []).append(bundle)
        shared: list[tuple[int, _Bundle, int]] = []
        for target, there in users.items():
            if len(there) == 1:
                self._set(there[0], target, there[0].targets[target])
            else:
                row = there[0].targets[target]
                shared += [(min(abs(row - start) for start in b.sources.values()), b, target) for b in there]
        shared.sort(key=lambda item: item[0])
        for _, bundle, target in shared:
            self._set(bundle, target, self._choose(bundle, target))

    def owner_before(self, row: int, bundle: _Bundle) -> "_Bundle | None":
        """The other bundle that comes in on `row`, and so must have turned off before `bundle` takes it."""
        other = self._starts.get(row)
        return None if other is bundle else other

    def move_away(self, bundle: _Bundle) -> None:
        """Approach every target on a row on which nothing comes in."""
        for target, row in list(bundle.between.items()):
            if self.owner_before(row, bundle) is not None:
                del self._owner[row]
                self._set(bundle, target, self._fresh(row))

    def _set(self, bundle: _Bundle, target: int, row: int) -> None:
        bundle.between[target] = row
        self._owner[row] = bundle

    def _choose(self, bundle: _Bundle, target: int) -> int:
        end = bundle.targets[target]
        own = min(bundle.sources.values(), key=lambda row: abs(row - end))
        if (own == end or (own not in self._ends and len(bundle.targets) == 1)) and own not in self._owner:
            return own
        if end not in self._owner and self._starts.get(end, bundle) is bundle:
            return end
        return self._fresh(end, own)

    def _fresh(self, near: int, towards: int | None = None) -> int:
        """The nearest row that nothing uses, preferably on the side of `towards`; below everything if need be."""
        side = 1 if towards is None or towards >= near else -1
        for distance in range(1, self.height):
            for row in (near + side * distance, near - side * distance):
                if 0 <= row < self.height and self._is_free(row):
                    return row
        while not self._is_free(self.height):
            self.height += 1
        self.height += 1
        return self.height - 1

    def _is_free(self, row: int) -> bool:
        return row not in self._owner and row not in self._starts and row not in self._ends


def _turn(bundles: Sequence[_Bundle], rows: _Rows, apart: int) -> int:
    """Columns of the first trunks; how many there are."""
    waiting = sorted((bundle for bundle in bundles if not bundle.is_straight), key=lambda bundle: bundle.turn_order)
    done: set[_Bundle] = set()
    columns: list[list[tuple[int, int]]] = []

    def before(bundle: _Bundle) -> Iterable[_Bundle]:
        return (o for row in bundle.between.values() if (o := rows.owner_before(row, bundle)) is not None)

    while waiting:
        free = next((b for b in waiting if all(o in done for o in before(b))), None)
        if free is None:
            free = waiting[0]
            rows.move_away(free)
        first = max((other.column + 1 for other in before(free)), default=0)
        free.column = _free(columns, free.rows, apart, first)
        waiting.remove(free)
        done.add(free)
    return len(columns)


def _gathers(bundles: Sequence[_Bundle]) -> Mapping[int, set[int]]:
    """For each target that is approached on other rows than its own: those rows and its own."""
    found: dict[int, set[int]] = {}
    for bundle in bundles:
        for target, end in bundle.targets.items():
            found.setdefault(target, {end}).add(bundle.between[target])
    return {target: rows for target, rows in found.items() if len(rows) > 1}


def _gather_order(end: int, rows: Iterable[int]) -> int:
    """As bundles turn off: those that come up from the highest, those that come down from the lowest."""
    stops = list(rows)
    return end if sum(stops) > end * len(stops) else -end


def _free(columns: list[list[tuple[int, int]]], rows: Iterable[int], apart: int, first: int = 0) -> int:
    """The first column from `first` on in which nothing else stands on these rows or between them."""
    stops = list(rows)
    top, bottom = min(stops), max(stops)
    column = first
    while True:
        while column >= len(columns):
            columns.append([])
        if all(bottom + apart < above or below + apart < top for above, below in columns[column]):
            columns[column].append((top, bottom))
            return column
        column += 1
