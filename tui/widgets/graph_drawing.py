"""A layout as characters: edges as connection bits per cell, boxes and frames laid over them; pure.

Where two edges cross, the upright one is drawn whole (`─│─`); a joint (`┼`) always means that they belong together.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from tui.widgets.graph_layout import Kind, Layout, Level
from tui.widgets.graph_routing import Gap, Way

_UP, _RIGHT, _DOWN, _LEFT = 1, 2, 4, 8
_CROSSING = _UP | _DOWN
_FRAME_SIDE = 16
_LINES = " ╵╶╰╷│╭├╴╯─┴╮┤┬┼┆"
_ASCII_LINES = " |-`||,+-'-+.+++:"
_BOLD = str.maketrans("╵╶╰╷│╭├╴╯─┴╮┤┬┼", "╹╺┗╻┃┏┣╸┛━┻┓┫┳╋")
_BOLD_ASCII = str.maketrans("-|", "=#")
_MARGIN = 1
_STRAIGHT_GAP = 3

Cell = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Box:
    """Where a box stands; `height` is 3, or 1 without a border of its own."""

    name: str
    x: int
    y: int
    width: int
    height: int = 3

    @property
    def middle(self) -> int:
        """The row on which edges arrive and leave."""
        return self.y + self.height // 2


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the frame around an open group stands, borders included."""

    name: str
    x: int
    y: int
    width: int
    height: int


@dataclass(slots=True)
class Drawing:
    """Edges as one byte per cell, with the boxes and frames that are laid over them; statuses are not part of it."""

    width: int
    height: int
    boxes: dict[str, Box] = field(default_factory=dict)
    frames: dict[str, Frame] = field(default_factory=dict)
    cells: list[bytearray] = field(default_factory=list)
    _spots: Mapping[str, int] = field(default_factory=dict)
    _onward: dict[int, list[tuple[int, "_Hop"]]] = field(default_factory=dict)
    _back: dict[int, list[tuple[int, "_Hop"]]] = field(default_factory=dict)

    def text(self, y: int, start: int, end: int, ascii_only: bool = False) -> str:
        """The edges in row `y` from column `start` up to `end`."""
        return self.cells[y][start:end].decode("latin-1").translate(_ASCII_TABLE if ascii_only else _TABLE)

    def joins(self, box: Box) -> tuple[bool, bool]:
        """Whether an edge arrives at the left of a box, and whether one leaves at its right."""
        row = self.cells[box.middle]
        return bool(row[box.x]), bool(row[box.x + box.width - 1])

    def edge(self, producer: str, consumer: str) -> frozenset[Cell]:
        """The cells of the edge between two boxes, through the bends and borders on its way."""
        onward = {id(hop) for hop in self._hops(self._onward, producer)}
        return self._painted(hop for hop in self._hops(self._back, consumer) if id(hop) in onward)

    def edges_of(self, name: str) -> frozenset[Cell]:
        """The cells of every edge that arrives at a box or leaves it."""
        return self._painted((*self._hops(self._onward, name), *self._hops(self._back, name)))

    def _hops(self, towards: Mapping[int, list[tuple[int, "_Hop"]]], name: str) -> Iterator["_Hop"]:
        pending = [self._spots[name]] if name in self._spots else []
        seen = set(self._spots.values())
        while pending:
            for spot, hop in towards.get(pending.pop(), ()):
                yield hop
                if spot not in seen:
                    seen.add(spot)
                    pending.append(spot)

    def _painted(self, hops: Iterable["_Hop"]) -> frozenset[Cell]:
        """Cells that show the hops; where another edge crosses above, the cell is that edge's."""
        cells: set[Cell] = set()
        for hop in hops:
            for (x0, y0), (x1, y1) in pairwise(hop.points):
                if y0 == y1:
                    row = self.cells[y0]
                    cells.update((x, y0) for x in range(x0, x1 + 1) if row[x] != _CROSSING)
                else:
                    cells.update((x0, y) for y in range(min(y0, y1), max(y0, y1) + 1))
        return frozenset(cells)


@dataclass(frozen=True, slots=True, eq=False)
class _Hop:
    """One gap of an edge's way, with where the gap lies."""

    way: Way
    start: int
    left: int
    right: int
    down: int
    stride: int

    @property
    def points(self) -> tuple[Cell, ...]:
        way, down = self.way, self.down
        turn, gather = self.left + way.turn * self.stride, self.left + way.gather * self.stride
        points = [(self.start, way.line.start + down)]
        if way.turn >= 0:
            points += [(turn, way.line.start + down), (turn, way.between + down)]
        if way.gather >= 0:
            points += [(gather, way.between + down), (gather, way.line.end + down)]
        return (*points, (self.right, way.line.end + down))


def draw(
    layout: Layout, widths: Mapping[str, int], titles: Mapping[str, int] | None = None, stride: int = 2
) -> Drawing:
    """The drawing of `layout` with boxes at least as wide as `widths` says, and frames as wide as `titles` says.

    `stride` is the number of columns from one upright line to the next; 2 reads better, 1 takes less room.
    """
    places = _Places(layout, widths, titles or {}, stride)
    top = layout.top
    drawing = Drawing(places.widths[top.group], top.height)
    drawing._spots = layout.box_of
    drawing.cells = [bytearray(drawing.width) for _ in range(drawing.height)]
    _draw_level(drawing, layout, places, top, 0, 0)
    return drawing


def drawn_width(layout: Layout, widths: Mapping[str, int], titles: Mapping[str, int], stride: int) -> int:
    """How many columns the drawing would have."""
    return _Places(layout, widths, titles, stride).widths[layout.top.group]


class _Places:
    """Columns: where each rank of each level begins, how wide it is, and how wide the level is in all."""

    def __init__(self, layout: Layout, box_widths: Mapping[str, int], titles: Mapping[str, int], stride: int) -> None:
        self.starts: dict[str, list[int]] = {}
        self.box_widths: dict[int, int] = {}
        self.widths: dict[str, int] = {}
        self._kinds = layout.kinds
        self._names = layout.names
        self._given = box_widths
        self._titles = titles
        self.stride = stride
        self._place(layout.top)

    def _place(self, level: Level) -> None:
        for frame in level.frames.values():
            self._place(frame)
        kinds = self._kinds
        starts: list[int] = []
        is_top = not level.group
        has_entries = bool(level.ranks) and kinds[level.ranks[0][0]] is Kind.ENTRY
        has_exits = bool(level.ranks) and kinds[level.ranks[-1][0]] is Kind.EXIT
        x = 0 if is_top or has_entries else 1 + _MARGIN
        for index, rank in enumerate(level.ranks):
            boxes = max((self._given[self._names[item]] for item in rank if kinds[item] is Kind.BOX), default=1)
            frames = max((self.widths[level.frames[item].group] for item in rank if item in level.frames), default=1)
            self.box_widths.update((item, boxes) for item in rank if kinds[item] is Kind.BOX)
            starts.append(x)
            x += max(boxes, frames)
            if index < len(level.ranks) - 1:
                at_border = (has_entries and not index, has_exits and index == len(level.ranks) - 2)
                x += _gap_width(level.gaps[index], self.stride, *at_border)
        if not is_top:
            width = max(x if has_exits else x + _MARGIN + 1, self._titles.get(level.group, 0))
            if has_exits:
                starts[-1] = width - 1
            x = width
        self.starts[level.group], self.widths[level.group] = starts, x


def _gap_width(gap: Gap, stride: int, after_border: bool, before_border: bool) -> int:
    """Columns of a gap; a frame's border is a margin by itself."""
    if not gap.columns:
        return 1 if after_border or before_border else _STRAIGHT_GAP
    return (gap.columns - 1) * stride + 1 + _MARGIN * (2 - after_border - before_border)


def _draw_level(drawing: Drawing, layout: Layout, places: _Places, level: Level, left: int, top: int) -> None:
    """One level with its upper left corner, border left out, at (`left`, `top`)."""
    kinds, names = layout.kinds, layout.names
    starts = [left + x for x in places.starts[level.group]]
    ends: dict[int, int] = {}
    for x, rank in zip(starts, level.ranks, strict=True):
        for item in rank:
            y = top + level.tops[item]
            ends[item] = x
            if kinds[item] is Kind.BOX:
                width = places.box_widths[item]
                drawing.boxes[names[item]] = Box(names[item], x, y, width, layout.box_height)
                ends[item] = x + width - 1
            elif kinds[item] is Kind.FRAME:
                inner = level.frames[item]
                width, height = places.widths[inner.group], level.heights[item]
                drawing.frames[inner.group] = Frame(inner.group, x, y, width, height)
                for row in range(y + 1, y + height - 1):
                    drawing.cells[row][x] = drawing.cells[row][x + width - 1] = _FRAME_SIDE
                _draw_level(drawing, layout, places, inner, x, y + 1)
                ends[item] = x + width - 1
    for index, gap in enumerate(level.gaps):
        if index + 1 == len(starts):
            break
        rank_end = max(_end_of(layout, places, level, item, starts[index]) for item in level.ranks[index])
        is_entry = kinds[level.ranks[index][0]] is Kind.ENTRY
        first = rank_end + (0 if is_entry else _MARGIN)
        _draw_gap(drawing, level, gap, ends, (first, starts[index + 1], top, places.stride))


def _end_of(layout: Layout, places: _Places, level: Level, item: int, start: int) -> int:
    """The column after an item."""
    if layout.kinds[item] is Kind.BOX:
        return start + places.box_widths[item]
    if item in level.frames:
        return start + places.widths[level.frames[item].group]
    return start + 1


def _draw_gap(
    drawing: Drawing, level: Level, gap: Gap, ends: Mapping[int, int], place: tuple[int, int, int, int]
) -> None:
    left, right, top, stride = place
    cells = drawing.cells
    for way in gap.ways:
        line = way.line
        hop = _Hop(way, ends[level.spots[line.source][0]], left, right, top, stride)
        drawing._onward.setdefault(line.source, []).append((line.target, hop))
        drawing._back.setdefault(line.target, []).append((line.source, hop))
        for (x0, y0), (x1, y1) in pairwise(hop.points):
            if y0 == y1 and x1 > x0:
                row = cells[y0]
                row[x0] = row[x0] & 15 | _RIGHT
                row[x0 + 1 : x1] = bytes([_LEFT | _RIGHT]) * (x1 - x0 - 1)
                row[x1] = row[x1] & 15 | _LEFT
    for trunk in gap.trunks:
        x = left + trunk.column * stride
        rows = trunk.lefts | trunk.rights
        first, last = min(rows), max(rows)
        for y in range(first, last + 1):
            if y not in rows:
                cells[top + y][x] = _CROSSING
                continue
            cells[top + y][x] = (
                (_UP if y > first else 0)
                | (_DOWN if y < last else 0)
                | (_LEFT if y in trunk.lefts else 0)
                | (_RIGHT if y in trunk.rights else 0)
            )


def bold(text: str, ascii_only: bool = False) -> str:
    """Edge characters as heavy ones, for edges that are to stand out without colour too."""
    return text.translate(_BOLD_ASCII if ascii_only else _BOLD)


def box_row(box: Box, part: int, ascii_only: bool = False, is_group: bool = False) -> str:
    """The upper or lower border of a box; that of a folded group is double."""
    if ascii_only:
        return "+" + ("=" if is_group else "-") * (box.width - 2) + "+"
    border = ("╘═╛" if part else "╒═╕") if is_group else ("╰─╯" if part else "╭─╮")
    return border[0] + border[1] * (box.width - 2) + border[2]


def sides(joins: tuple[bool, bool], ascii_only: bool = False) -> tuple[str, str]:
    """The left and right border of a box's middle row, joined to the edges that arrive and leave there."""
    if ascii_only:
        return "|", "|"
    return "┤" if joins[0] else "│", "├" if joins[1] else "│"


def frame_row(frame: Frame, is_lower: bool, ascii_only: bool = False) -> str:
    """The upper or lower border of the frame around an open group, without its title."""
    if ascii_only:
        return ":" + "." * (frame.width - 2) + ":"
    border = "╰╌╯" if is_lower else "╭╌╮"
    return border[0] + border[1] * (frame.width - 2) + border[2]


def picture(drawing: Drawing, texts: Mapping[str, str], ascii_only: bool = False) -> list[str]:
    """The whole drawing as lines of text, each box and frame holding its text: for tests and for plain output."""
    lines = [list(drawing.text(y, 0, drawing.width, ascii_only)) for y in range(drawing.height)]

    def put(x: int, y: int, text: str) -> None:
        lines[y][x : x + len(text)] = text

    for frame in drawing.frames.values():
        upper = frame_row(frame, is_lower=False, ascii_only=ascii_only)
        title = f" {texts.get(frame.name, frame.name)} "[: frame.width - 4]
        put(frame.x, frame.y, upper[:2] + title + upper[2 + len(title) :])
        put(frame.x, frame.y + frame.height - 1, frame_row(frame, is_lower=True, ascii_only=ascii_only))
    for box in drawing.boxes.values():
        inner = box.width - 4
        left, right = sides(drawing.joins(box), ascii_only)
        put(box.x, box.middle, f"{left} {texts[box.name][:inner]:<{inner}} {right}")
        if box.height > 1:
            put(box.x, box.y, box_row(box, 0, ascii_only))
            put(box.x, box.y + box.height - 1, box_row(box, 2, ascii_only))
    return ["".join(line).rstrip() for line in lines]


def _table(lines: str) -> dict[int, str]:
    return {code: lines[code] for code in range(len(lines))}


_TABLE = _table(_LINES)
_ASCII_TABLE = _table(_ASCII_LINES)
