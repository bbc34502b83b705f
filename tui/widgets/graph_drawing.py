"""A layout as characters: edges as connection bits per cell, so that cells that edges share become ├ ┴ ┼; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tui.widgets.graph_layout import Layout, Net, Spot

_UP, _RIGHT, _DOWN, _LEFT = 1, 2, 4, 8
_LINES = " ╵╶╰╷│╭├╴╯─┴╮┤┬┼"
_ASCII_LINES = " |-+||++-+-+++++"
_MARGIN = 1

Cell = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Box:
    """Where a step's box stands: three rows high, `width` cells with its border."""

    name: str
    x: int
    y: int
    width: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """Edge characters by row, and the boxes that are laid over them; statuses are not part of it.

    `wires` hold, for each spot, the cells from it to each of its targets.
    """

    width: int
    height: int
    rows: tuple[str, ...]
    boxes: Mapping[str, Box]
    boxes_by_row: Mapping[int, tuple[Box, ...]]
    wires: Mapping[Spot, Mapping[Spot, tuple[Cell, ...]]]

    def edge(self, producer: str, consumer: str) -> frozenset[Cell]:
        """The cells of the edge between two steps, through the chain that carries it."""
        cells: set[Cell] = set()
        spot = next((spot for spot in self.wires if spot.is_box and spot.owner == producer), None)
        while spot is not None:
            onward = None
            for target, path in self.wires[spot].items():
                if target.is_box and target.owner == consumer:
                    return frozenset(cells.union(path))
                if not target.is_box:
                    onward, along = target, path
            if onward is not None:
                cells.update(along)
            spot = onward
        return frozenset()


@dataclass(slots=True)
class _Wire:
    """A net on its way through a gap: the column of its vertical part, and targets it must reach by a detour."""

    net: Net
    row: int
    ends: dict[Spot, int]
    column: int = -1
    detours: dict[Spot, int] = field(default_factory=dict)

    @property
    def span(self) -> tuple[int, int]:
        stops = [self.row, *(self.detours.get(spot, row) for spot, row in self.ends.items())]
        return min(stops), max(stops)

    @property
    def is_straight(self) -> bool:
        return not self.detours and all(row == self.row for row in self.ends.values())


def draw(layout: Layout, widths: Mapping[str, int], ascii_only: bool = False) -> Drawing:
    """The drawing of `layout` with boxes as wide as `widths` says, borders included."""
    gaps = [_route(layout, nets) for nets in layout.nets]
    boxes, starts, ends = _place_boxes(layout, widths, gaps)
    bits: dict[Cell, int] = {}
    wires: dict[Spot, dict[Spot, tuple[Cell, ...]]] = {}
    for rank, gap in enumerate(gaps):
        for wire in gap:
            paths = _paths(wire, ends[rank], starts[rank + 1], ends[rank + 1])
            wires[wire.net.source] = {spot: tuple(_cells(path)) for spot, path in paths.items()}
            for path in paths.values():
                _paint(bits, path)
    width = max((box.x + box.width for box in boxes.values()), default=0)
    rows = _rows(bits, width, layout.height, _ASCII_LINES if ascii_only else _LINES)
    return Drawing(width, layout.height, rows, boxes, _by_row(boxes), wires)


def picture(drawing: Drawing, texts: Mapping[str, str], ascii_only: bool = False) -> list[str]:
    """The whole drawing as lines of text, each box holding its text: for tests and for plain output."""
    lines: list[str] = []
    for y, row in enumerate(drawing.rows):
        line = row
        for box in drawing.boxes_by_row.get(y, ()):
            text = box_row(box, y - box.y, ascii_only)
            if y - box.y == 1:
                inner = box.width - 4
                left, right = sides(row, box, ascii_only)
                text = f"{left} {texts[box.name][:inner]:<{inner}} {right}"
            line = line[: box.x] + text + line[box.x + box.width :]
        lines.append(line.rstrip())
    return lines


def box_row(box: Box, part: int, ascii_only: bool = False) -> str:
    """One of the three rows of a box's border, blank inside."""
    if ascii_only:
        return "|" + " " * (box.width - 2) + "|" if part == 1 else "+" + "-" * (box.width - 2) + "+"
    left, middle, right = ("╭─╮", "│ │", "╰─╯")[part]
    return left + middle * (box.width - 2) + right


def sides(row: str, box: Box, ascii_only: bool = False) -> tuple[str, str]:
    """The left and right border of the box's middle row, joined to the edges that end there."""
    if ascii_only:
        return "|", "|"
    right = box.x + box.width - 1
    return "┤" if row[box.x] != " " else "│", "├" if row[right] != " " else "│"


def _route(layout: Layout, nets: Sequence[Net]) -> list[_Wire]:
    """Columns for the vertical parts of the nets of one gap, so that no two edges lie on each other.

    The first stretch of P and the last stretch of Q share a row when P starts in the row where Q ends: P must then
    turn off before Q comes in, unless it only goes straight on to the same target. Where that goes round in a circle,
    Q comes in by the row above and drops at the end.
    """
    wires = [_Wire(net, layout.rows[net.source], {spot: layout.rows[spot] for spot in net.targets}) for net in nets]
    starts = {wire.row: wire for wire in wires}
    ports = {*starts, *(row for wire in wires for row in wire.ends.values())}
    after: dict[int, set[int]] = {id(wire): set() for wire in wires}
    for wire in wires:
        for spot, row in wire.ends.items():
            other = starts.get(row)
            if other is None or other is wire or other.ends.keys() == wire.ends.keys():
                continue
            if spot not in other.ends or not other.is_straight:
                after[id(wire)].add(id(other))
    waiting = sorted((wire for wire in wires if not wire.is_straight), key=_turn_order)
    taken: list[list[_Wire]] = []
    column_of: dict[int, int] = {}
    turning = {id(wire) for wire in waiting}
    while waiting:
        free = next((w for w in waiting if not (after[id(w)] & turning) - column_of.keys()), None)
        wire = free or waiting[0]
        if free is None:
            wire.detours = _detours(wire, starts, ports, layout.height)
        waiting.remove(wire)
        first = max((column_of[other] + 1 for other in after[id(wire)] if other in column_of), default=0)
        wire.column = column_of[id(wire)] = _free_column(taken, wire, first)
    return wires


def _detours(wire: _Wire, starts: Mapping[int, _Wire], taken: set[int], height: int) -> dict[Spot, int]:
    """For each target whose row another edge uses, the nearest free row to come in by, where there is one.

    What is given becomes `taken`, with the rows that the drop at the end passes.
    """
    found: dict[Spot, int] = {}
    for spot, row in wire.ends.items():
        if starts.get(row, wire) is wire:
            continue
        for near in sorted(range(max(0, row - 4), min(height, row + 5)), key=lambda near: abs(near - row)):
            passed = range(min(near, row), max(near, row) + 1)
            if near != row and not taken.intersection(passed) - {row}:
                found[spot] = near
                taken.update(passed)
                break
    return found


def _turn_order(wire: _Wire) -> int:
    goes_down = sum(wire.ends.values()) > wire.row * len(wire.ends)
    return -wire.row if goes_down else wire.row


def _free_column(taken: list[list[_Wire]], wire: _Wire, first: int) -> int:
    """The first column from `first` on where `wire` meets no other, but those that lead to the very same targets."""
    top, bottom = wire.span
    column = first
    while True:
        while column >= len(taken):
            taken.append([])
        others = [other for other in taken[column] if not (bottom < other.span[0] or other.span[1] < top)]
        if all(other.ends.keys() == wire.ends.keys() and not other.detours for other in others):
            taken[column].append(wire)
            return column
        column += 1


def _place_boxes(
    layout: Layout, widths: Mapping[str, int], gaps: Sequence[Sequence[_Wire]]
) -> tuple[dict[str, Box], list[int], list[int]]:
    """Boxes, and the column where each rank begins and the one after its end."""
    boxes: dict[str, Box] = {}
    starts: list[int] = []
    ends: list[int] = []
    x = 0
    for rank, spots in enumerate(layout.ranks):
        width = max((widths[spot.owner] for spot in spots if spot.is_box), default=1)
        starts.append(x)
        ends.append(x + width)
        for spot in spots:
            if spot.is_box:
                boxes[spot.owner] = Box(spot.owner, x, layout.rows[spot] - 1, width)
        gap = gaps[rank]
        columns = 1 + max((wire.column for wire in gap), default=-1)
        detour = 1 if any(wire.detours for wire in gap) else 0
        x += width + 2 * _MARGIN + (columns or 1) + detour
    return boxes, starts, ends


def _paths(wire: _Wire, left: int, right: int, beyond: int) -> dict[Spot, list[Cell]]:
    """Corner points from the border of the source's box through the gap left..right-1 to the border of each target.

    A bend of a chain is crossed up to the column before `beyond`, where its rank ends.
    """
    start = left - 1
    turn = left + _MARGIN + wire.column
    paths: dict[Spot, list[Cell]] = {}
    for spot, row in wire.ends.items():
        end = right if spot.is_box else beyond - 1
        if wire.column < 0:
            paths[spot] = [(start, row), (end, row)]
        elif spot in wire.detours:
            drop, beside = right - 1 - _MARGIN, wire.detours[spot]
            paths[spot] = [(start, wire.row), (turn, wire.row), (turn, beside), (drop, beside), (drop, row)]
            paths[spot].append((end, row))
        else:
            paths[spot] = [(start, wire.row), (turn, wire.row), (turn, row), (end, row)]
    return paths


def _paint(bits: dict[Cell, int], path: Sequence[Cell]) -> None:
    for (x0, y0), (x1, y1) in pairwise(path):
        if y0 == y1:
            for x in range(x0, x1):
                bits[x, y0] = bits.get((x, y0), 0) | _RIGHT
                bits[x + 1, y0] = bits.get((x + 1, y0), 0) | _LEFT
        else:
            for y in range(min(y0, y1), max(y0, y1)):
                bits[x0, y] = bits.get((x0, y), 0) | _DOWN
                bits[x0, y + 1] = bits.get((x0, y + 1), 0) | _UP


def _cells(path: Sequence[Cell]) -> Iterable[Cell]:
    for (x0, y0), (x1, y1) in pairwise(path):
        if y0 == y1:
            yield from ((x, y0) for x in range(x0, x1 + 1))
        else:
            yield from ((x0, y) for y in range(min(y0, y1), max(y0, y1) + 1))


def _rows(bits: Mapping[Cell, int], width: int, height: int, lines: str) -> tuple[str, ...]:
    rows = [[" "] * width for _ in range(height)]
    for (x, y), value in bits.items():
        rows[y][x] = lines[value]
    return tuple("".join(row) for row in rows)


def _by_row(boxes: Mapping[str, Box]) -> dict[int, tuple[Box, ...]]:
    found: dict[int, list[Box]] = {}
    for box in sorted(boxes.values(), key=lambda box: box.x):
        for part in range(3):
            found.setdefault(box.y + part, []).append(box)
    return {row: tuple(there) for row, there in found.items()}
