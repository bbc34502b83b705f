"""The steps as boxes joined by lines, from left to right; open groups are frames around their boxes."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.widgets.box_sizes import OVERVIEW, READABLE, ROOMY, BoxSize, TimeAt
from tui.widgets.dragged_steps import DraggedSteps
from tui.widgets.graph_drawing import Box, Drawing, Frame, bold, box_row, draw, drawn_width, frame_row, sides
from tui.widgets.graph_layout import Layout, lay_out
from tui.widgets.graph_moves import Spot, above_or_below
from tui.widgets.steps import Mark
from tui.widgets.text import fit
from tui.wording.safe import one_line
from tui.wording.status import glyph

_TIME = 6
_MANY = 60


class BoxGraph(DraggedSteps):
    """Boxes with glyph, name and time; recolouring paints the rows of one box."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._layouts: dict[int, Layout] = {}
        self._drawing: Drawing | None = None
        self._boxes_as = READABLE[0]
        self._labels: dict[str, str] = {}
        self._pieces: list[list[Box | Frame]] = []
        self._scrolled = (0, 0)
        self._lit: dict[int, set[int]] = {}
        self._sees_all = False

    # Where things stand

    def place_steps(self) -> None:
        """The graph is laid out and drawn when it is needed next."""
        self._layouts = {}
        self._drawing = None

    def _laid_out(self, height: int) -> Layout:
        if height not in self._layouts:
            self._layouts[height] = lay_out(self.shown, height, is_loose=self.ascii_only)
        return self._layouts[height]

    @property
    def drawing(self) -> Drawing:
        """The drawing, in the size that fits."""
        if self._drawing is None:
            self._labels = {name: one_line(self.nesting.label(name)) for name, _ in self.shown.rows}
            self._boxes_as = self._fitting_size()
            self._drawing = draw(
                self._laid_out(self._boxes_as.height), *self._widths(self._boxes_as), self._stride(self._boxes_as)
            )
            self._pieces = _by_row(self._drawing)
            self._light()
            self._reveal()
        return self._drawing

    def _fitting_size(self) -> BoxSize:
        sizes = OVERVIEW if self._sees_all else READABLE
        if not self._sees_all and len(self.shown.boxes) > _MANY:
            return ROOMY
        for size in sizes:
            layout = self._laid_out(size.height)
            fits_height = not self._sees_all or layout.top.height <= self.inner_height
            if fits_height and drawn_width(layout, *self._widths(size), self._stride(size)) <= self.inner_width:
                return size
        return sizes[-1] if self._sees_all else ROOMY

    def _stride(self, size: BoxSize) -> int:
        return 2 if self.ascii_only else size.stride

    def _widths(self, size: BoxSize) -> tuple[dict[str, int], dict[str, int]]:
        """Cells of each box, and those that the title of each frame takes."""
        fixed = (6 if size.height > 1 else 4 if size.longest else 3) + (_TIME + 2 if size.time is TimeAt.BESIDE else 0)
        boxes = {}
        for name in self.shown.boxes:
            counted = len(self.mark(name).count) + 1 if self.shown.is_group(name) and size.height > 1 else 0
            boxes[name] = fixed + min(size.longest, cell_len(self._labels[name])) + counted
        titles = {name: min(size.longest, cell_len(self._labels[name])) + 8 for name in self.shown.open_groups}
        return boxes, titles

    @property
    def drawn_height(self) -> int:
        """Rows of the whole drawing."""
        return self._laid_out(self._boxes_as.height).top.height

    def _light(self) -> None:
        """The cells of the selection's edges, by row."""
        drawing = self._drawing
        self._lit = {}
        if drawing is None:
            return
        for name in self.selected_boxes():
            for x, y in drawing.edges_of(name):
                self._lit.setdefault(y, set()).add(x)

    def on_resize(self) -> None:
        """Use the new width."""
        self._drawing = None
        self.refresh()

    def _margins(self) -> tuple[int, int]:
        """Blank columns and rows around a drawing that is smaller than the pane."""
        drawing = self.drawing
        return max(0, (self.inner_width - drawing.width) // 2), max(0, (self.inner_height - drawing.height) // 2)

    def _spots(self) -> dict[str, Spot]:
        """Where everything that can be selected stands."""
        drawing = self.drawing
        spots = {box.name: Spot(box.x, box.x + box.width - 1, box.middle) for box in drawing.boxes.values()}
        for frame in drawing.frames.values():
            spots[frame.name] = Spot(frame.x, frame.x + frame.width - 1, frame.y)
        return spots

    def _reveal(self) -> None:
        """Scroll just as far as the selection needs, with some of what is around it."""
        drawing = self._drawing
        if drawing is None:
            return
        place = drawing.boxes.get(self.selected) or drawing.frames.get(self.selected)
        x, y = self._scrolled
        width, height = max(1, self.inner_width), max(1, self.inner_height)
        if place is not None:
            x = min(max(x, place.x + min(place.width, width - 12) + 6 - width), max(0, place.x - 6))
            y = min(max(y, place.y + min(place.height, height - 2) + 1 - height), max(0, place.y - 1))
        self._scrolled = (max(0, min(x, drawing.width - width)), max(0, min(y, drawing.height - height)))

    def moved(self) -> None:
        """Other edges light up."""
        self._light()
        self._reveal()
        self.refresh()

    def repaint(self, name: str) -> None:
        """The rows of one box, or the title of one frame."""
        if self._drawing is None:
            return
        box, frame = self._drawing.boxes.get(name), self._drawing.frames.get(name)
        rows = range(box.y, box.y + box.height) if box else range(frame.y, frame.y + 1) if frame else range(0)
        shift = self._margins()[1] - self._scrolled[1]
        for row in rows:
            if 0 <= row + shift < self.inner_height:
                self.refresh_row(row + shift)

    def extent(self) -> tuple[int, int, int]:
        """Rows in sight of the drawing's rows."""
        return self._scrolled[1], max(1, self.inner_height), self._drawing.height if self._drawing else 1

    def step_at(self, x: int, y: int) -> str:
        """The box at a cell, or the group whose border is there."""
        left, top = self._margins()
        column, row = x - left + self._scrolled[0], y - top + self._scrolled[1]
        found = self._pieces[row] if 0 <= row < len(self._pieces) else []
        return next((piece.name for piece in found if piece.x <= column < piece.x + piece.width), "")

    # Painting

    def row_segments(self, y: int, width: int) -> Sequence[Segment]:
        """Lines, and the boxes and borders that stand on this row; only what is in sight is made."""
        drawing = self.drawing
        left, top = self._margins()
        row = y - top + self._scrolled[1]
        if not 0 <= row < drawing.height:
            return []
        start = self._scrolled[0]
        end = min(start + width, drawing.width)
        segments: list[Segment] = [Segment(" " * left)] if left else []
        at = start
        for piece in self._in_sight(row, start, end):
            segments.extend(self._line_segments(row, at, piece.x))
            made = list(
                self._frame_segments(piece, row) if isinstance(piece, Frame) else self._box_segments(piece, row)
            )
            if piece.x < start or piece.x + piece.width > end:
                made = list(Strip(made).crop(max(0, start - piece.x), end - piece.x))
            segments.extend(made)
            at = piece.x + piece.width
        segments.extend(self._line_segments(row, at, end))
        return segments

    def _in_sight(self, row: int, start: int, end: int) -> Iterator[Box | Frame]:
        pieces = self._pieces[row]
        first = max(0, bisect_right(pieces, start, key=lambda piece: piece.x) - 1)
        for piece in pieces[first:]:
            if piece.x >= end:
                break
            if piece.x + piece.width > start:
                yield piece

    def _line_segments(self, row: int, start: int, end: int) -> Iterator[Segment]:
        """Edge characters from `start` to `end`, those of the selection's edges heavier and in another colour."""
        if start >= end:
            return
        text = self.drawing.text(row, start, end, self.ascii_only)
        lit = self._lit.get(row, set())
        line, active = self.paint("paint--line"), self.paint("paint--active-line")
        at = start
        while at < end:
            stop, is_lit = at + 1, at in lit
            while stop < end and (stop in lit) == is_lit:
                stop += 1
            piece = text[at - start : stop - start]
            yield Segment(bold(piece, self.ascii_only), active) if is_lit else Segment(piece, line)
            at = stop

    def _ground(self, name: str) -> Style:
        if name != self.selected:
            return Style()
        return self.paint("paint--selected" if self.has_focus else "paint--selected-blurred")

    def _is_faded(self, name: str) -> bool:
        return bool(self.needle) and not self.matches(name)

    def _frame_segments(self, frame: Frame, row: int) -> Iterator[Segment]:
        """The border of an open group with its name, status, count and time."""
        line, ground = self.paint("paint--muted"), self._ground(frame.name)
        border = frame_row(frame, is_lower=row != frame.y, ascii_only=self.ascii_only)
        if row != frame.y:
            yield Segment(border, line + ground)
            return
        mark = self.mark(frame.name)
        status = self.status_style(mark.status)
        room = frame.width - 4
        name = fit(self._labels[frame.name], min(cell_len(self._labels[frame.name]), room - 4))
        said = f" {mark.count}" + (f" {mark.time}" if mark.time else "")
        if cell_len(name) + 4 + len(said) > room:
            said = ""
        yield Segment(border[:2], line + ground)
        yield Segment(f" {glyph(mark.status, self.ascii_only)} ", status + ground)
        yield Segment(name, self.paint("paint--line" if self._is_faded(frame.name) else "paint--title") + ground)
        yield Segment(f"{said} ", line + ground)
        yield Segment(border[6 + cell_len(name) + len(said) :], line + ground)

    def _box_segments(self, box: Box, row: int) -> Iterator[Segment]:
        mark = self.mark(box.name)
        ground = self._ground(box.name)
        status = (self.paint("paint--line") if self._is_faded(box.name) else self.status_style(mark.status)) + ground
        if row == box.middle:
            yield from self._text_segments(box, mark, status, ground)
            return
        is_lower = row > box.y
        border = box_row(box, is_lower, self.ascii_only, self.shown.is_group(box.name))
        if is_lower and mark.time and self._boxes_as.time is TimeAt.BORDER and box.width > len(mark.time) + 5:
            at = box.width - len(mark.time) - 3
            yield Segment(border[:at], status)
            yield Segment(f"{mark.time} ", self.paint("paint--muted") + ground)
            yield Segment(border[-2:], status)
        elif is_lower and mark.done:
            passed = 1 + min(box.width - 2, round(mark.done * (box.width - 2)))
            yield Segment(border[0] + bold(border[1:passed], self.ascii_only), status)
            yield Segment(border[passed:], status)
        else:
            yield Segment(border, status)

    def _text_segments(self, box: Box, mark: Mark, status: Style, ground: Style) -> Iterator[Segment]:
        """The middle row: glyph, name, how much of a group is done, time."""
        left, right = sides(self.drawing.joins(box), self.ascii_only)
        sign = glyph(mark.status, self.ascii_only)
        label = self._labels[box.name]
        text = self.paint("paint--line" if self._is_faded(box.name) else "paint--text") + ground
        text += Style(bold=box.name == self.selected)
        if box.height == 1:
            yield Segment(f"{left}{sign}{' ' if self._boxes_as.longest else ''}", status)
            if self._boxes_as.longest:
                yield Segment(fit(label, box.width - 4), text)
            yield Segment(f"{'' if self._boxes_as.longest else ' ' * (box.width - 3)}{right}", status)
            return
        time = f"  {mark.time:>{_TIME}}" if self._boxes_as.time is TimeAt.BESIDE else ""
        count = f" {mark.count}" if mark.count else ""
        yield Segment(f"{left} {sign} ", status)
        yield Segment(fit(label, box.width - 6 - len(time) - len(count)), text)
        yield Segment(count, status)
        yield Segment(time, self.paint("paint--muted") + ground)
        yield Segment(f" {right}", status)

    # Moving from box to box

    def action_sideways(self, direction: int) -> None:
        """To the nearest producer or consumer; left of what takes from nothing goes out."""
        spots, here, ahead = self._spots(), self.selected, direction > 0
        found = self.trail.along(here, self.neighbours(ahead), ahead, spots) if here in spots else ""
        if found:
            self.trail.went(here, found, ahead)
            self.choose(found)
        elif not ahead:
            self.post_message(self.Left())

    def action_move(self, rows: int) -> None:
        """To the next box above or below."""
        spots = self._spots()
        if self.selected in spots:
            self.choose(above_or_below(self.selected, rows, spots))

    def action_ends(self, direction: int) -> None:
        """The first or the last step of the pipeline."""
        names = list(self.shown.boxes)
        if names:
            self.choose(names[0 if direction < 0 else -1])

    # Looking elsewhere

    def action_page(self, direction: int) -> None:
        """Scroll half a page of the drawing."""
        self.scroll_drawing(0, direction * max(1, self.inner_height // 2))

    def action_pan(self, columns: int, rows: int) -> None:
        """Look further to a side; the selection stays."""
        self.scroll_drawing(8 * columns, 3 * rows)

    def toggle_fit(self) -> None:
        """See the whole graph, in boxes as small as that takes; again: boxes to read, the selection in the middle."""
        self._sees_all = not self._sees_all
        self._drawing = None
        drawing = self.drawing
        place = drawing.boxes.get(self.selected) or drawing.frames.get(self.selected)
        if place is not None:
            x = place.x + place.width // 2 - self.inner_width // 2
            y = place.y + place.height // 2 - self.inner_height // 2
            self._scrolled = (x, y)
        self.scroll_drawing(0, 0)

    def scroll_drawing(self, columns: int, rows: int) -> None:
        """Look so many cells further."""
        x, y = self._scrolled
        self._scrolled = (
            max(0, min(x + columns, self.drawing.width - self.inner_width)),
            max(0, min(y + rows, self.drawing.height - self.inner_height)),
        )
        self.refresh()


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
