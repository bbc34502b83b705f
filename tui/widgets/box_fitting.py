"""The drawing of a graph in the size that fits its pane: pure, so that a big one can be made on another thread."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.cells import cell_len

from tui.widgets.box_sizes import OVERVIEW, READABLE, ROOMY, BoxSize, TimeAt
from tui.widgets.graph_drawing import Box, Drawing, Frame, draw, drawn_width
from tui.widgets.graph_layout import Layout, lay_out
from tui.widgets.nesting import Shown

#: Cells of a time.
TIME = 6
_MANY = 60
#: Steps and edges above which a layout takes longer than a frame or two.
_LARGE = 700


@dataclass(frozen=True, slots=True)
class Room:
    """The cells of a pane; `sees_all` asks for boxes so small that the whole graph is in sight."""

    width: int
    height: int
    sees_all: bool = False


@dataclass(frozen=True, slots=True)
class Drawn:
    """A drawing, the size of its boxes, what is written on them, and the boxes and borders on each row."""

    shown: Shown | None = None
    size: BoxSize = READABLE[0]
    drawing: Drawing = field(default_factory=lambda: Drawing(0, 0))
    labels: Mapping[str, str] = field(default_factory=dict)
    pieces: list[list[Box | Frame]] = field(default_factory=list)


class Fitting:
    """The drawings of what is shown, in every size; layouts are made once.

    `labels` are the names as they are written, `counts` the cells that a folded group's "2/3" takes. A loose one leaves
    room between upright lines, for characters that would seem to join when they touch (ASCII).
    """

    def __init__(
        self, shown: Shown, labels: Mapping[str, str], counts: Mapping[str, int], *, is_loose: bool = False
    ) -> None:
        self.shown = shown
        self.is_loose = is_loose
        self._labels, self._counts = labels, counts
        self._layouts: dict[int, Layout] = {}

    @property
    def is_large(self) -> bool:
        """Whether a layout takes so long that keys would wait for it."""
        return len(self.shown.boxes) + sum(map(len, self.shown.boxes.values())) > _LARGE

    def drawn(self, room: Room, before: Drawn) -> Drawn:
        """The drawing for a room; the one from before when that has the right size."""
        size = self._size(room)
        if before.shown is self.shown and before.size == size:
            return before
        drawing = draw(self._layout(size.height), *self._widths(size), self._stride(size))
        return Drawn(self.shown, size, drawing, self._labels, _by_row(drawing))

    def height(self, size: BoxSize) -> int:
        """Rows of the whole drawing."""
        return self._layout(size.height).top.height

    def _layout(self, height: int) -> Layout:
        if height not in self._layouts:
            self._layouts[height] = lay_out(self.shown, height, is_loose=self.is_loose)
        return self._layouts[height]

    def _size(self, room: Room) -> BoxSize:
        sizes = OVERVIEW if room.sees_all else READABLE
        if not room.sees_all and len(self.shown.boxes) > _MANY:
            return ROOMY
        for size in sizes:
            layout = self._layout(size.height)
            fits_height = not room.sees_all or layout.top.height <= room.height
            if fits_height and drawn_width(layout, *self._widths(size), self._stride(size)) <= room.width:
                return size
        return sizes[-1] if room.sees_all else ROOMY

    def _stride(self, size: BoxSize) -> int:
        return 2 if self.is_loose else size.stride

    def _widths(self, size: BoxSize) -> tuple[dict[str, int], dict[str, int]]:
        """Cells of each box, and those that the title of each frame takes."""
        fixed = (6 if size.height > 1 else 4 if size.longest else 3) + (TIME + 2 if size.time is TimeAt.BESIDE else 0)
        boxes = {}
        for name in self.shown.boxes:
            counted = self._counts.get(name, 0) + 1 if self.shown.is_group(name) and size.height > 1 else 0
            boxes[name] = fixed + min(size.longest, cell_len(self._labels[name])) + counted
        titles = {name: min(size.longest, cell_len(self._labels[name])) + 8 for name in self.shown.open_groups}
        return boxes, titles


def _by_row(drawing: Drawing) -> list[list[Box | Frame]]:
    """The boxes, and the upper and lower borders of frames, that stand on each row, from left to right."""
    rows: list[list[Box | Frame]] = [[] for _ in range(drawing.height)]
    for box in drawing.boxes.values():
        for row in range(box.y, box.y + box.height):
            rows[row].append(box)
    for frame in drawing.frames.values():
        rows[frame.y].append(frame)
        rows[frame.y + frame.height - 1].append(frame)
    for pieces in rows:
        pieces.sort(key=lambda piece: piece.x)
    return rows
