"""The steps as boxes joined by lines, from left to right; open groups are frames around their boxes."""

import asyncio
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import work
from textual.message import Message
from textual.strip import Strip

from tui.widgets.box_fitting import TIME, Drawn, Fitting, Room
from tui.widgets.box_sizes import TimeAt
from tui.widgets.dragged_steps import DraggedSteps
from tui.widgets.graph_drawing import Box, Drawing, Frame, bold, box_row, frame_row, sides
from tui.widgets.graph_moves import Spot, above_or_below
from tui.widgets.steps import Mark
from tui.widgets.text import fit
from tui.wording.safe import one_line
from tui.wording.status import glyph


class BoxGraph(DraggedSteps):
    """Boxes with glyph, name and time; recolouring paints the rows of one box.

    A big graph is laid out on a thread of its own; until then the drawing from before stays, or a word in its place.
    """

    class Fitted(Message):
        """A big graph has been laid out: its height is known now."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._fitting: Fitting | None = None
        self._drawn = Drawn()
        self._is_current = self._is_coming = self._is_to_centre = False
        self._scrolled = (0, 0)
        self._lit: dict[int, set[int]] = {}
        self._sees_all = False

    # Where things stand

    def place_steps(self) -> None:
        """The graph is laid out and drawn when it is needed next."""
        self._fitting = None
        self._is_current = False
        if self._drawn.shown is not None and self._drawn.shown.nesting is not self.nesting:
            self._drawn = Drawn()

    @property
    def fitting(self) -> Fitting:
        """What makes the drawings of what is shown."""
        if self._fitting is not None and self._fitting.is_loose != self.ascii_only:
            self._fitting, self._drawn = None, Drawn()
        if self._fitting is None:
            labels = {name: one_line(self.nesting.label(name)) for name, _ in self.shown.rows}
            counts = {name: len(self.mark(name).count) for name in self.shown.folded}
            self._fitting = Fitting(self.shown, labels, counts, is_loose=self.ascii_only)
        return self._fitting

    @property
    def drawing(self) -> Drawing:
        """The drawing, in the size that fits; of a big graph the one from before until that is made."""
        if not self._is_current:
            if not self.fitting.is_large:
                self._take(self.fitting.drawn(self._room, self._drawn))
            elif not self._is_coming and self.is_attached:
                self._is_coming = True
                self._draw_aside()
        return self._drawn.drawing

    @property
    def is_drawn(self) -> bool:
        """Whether the drawing is that of what is shown."""
        return self._is_current

    @property
    def _room(self) -> Room:
        return Room(self.inner_width, self.inner_height, self._sees_all)

    @work(exclusive=True, group="drawing")
    async def _draw_aside(self) -> None:
        """Keys answer meanwhile; what was asked for meanwhile comes next."""
        try:
            while not self._is_current:
                fitting, room = self.fitting, self._room
                drawn = await asyncio.to_thread(fitting.drawn, room, self._drawn)
                if fitting is self.fitting and room == self._room:
                    is_new = drawn is not self._drawn
                    self._take(drawn)
                    if is_new:
                        self.post_message(self.Fitted())
        finally:
            self._is_coming = False
        self.refresh()

    def _take(self, drawn: Drawn) -> None:
        self._drawn, self._is_current = drawn, True
        self._light()
        if self._is_to_centre:
            self._centre()
        else:
            self._reveal()

    @property
    def drawn_height(self) -> int:
        """Rows of the whole drawing; as many as there are boxes where nobody knows yet."""
        if self._drawn.shown is not self.shown and self.fitting.is_large:
            return len(self.shown.boxes)
        return self.fitting.height(self._drawn.size)

    def _light(self) -> None:
        """The cells of the selection's edges, by row."""
        drawing = self._drawn.drawing
        self._lit = {}
        for name in self.selected_boxes():
            for x, y in drawing.edges_of(name):
                self._lit.setdefault(y, set()).add(x)

    def on_resize(self) -> None:
        """Use the new width."""
        self._is_current = False
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
        drawing = self._drawn.drawing
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
        if not self._is_current:  # all of it is going to be painted
            return
        drawing = self._drawn.drawing
        box, frame = drawing.boxes.get(name), drawing.frames.get(name)
        rows = range(box.y, box.y + box.height) if box else range(frame.y, frame.y + 1) if frame else range(0)
        shift = self._margins()[1] - self._scrolled[1]
        for row in rows:
            if 0 <= row + shift < self.inner_height:
                self.refresh_row(row + shift)

    def extent(self) -> tuple[int, int, int]:
        """Rows in sight of the drawing's rows."""
        return self._scrolled[1], max(1, self.inner_height), max(1, self._drawn.drawing.height)

    def step_at(self, x: int, y: int) -> str:
        """The box at a cell, or the group whose border is there."""
        left, top = self._margins()
        column, row = x - left + self._scrolled[0], y - top + self._scrolled[1]
        found = self._drawn.pieces[row] if 0 <= row < len(self._drawn.pieces) else []
        return next((piece.name for piece in found if piece.x <= column < piece.x + piece.width), "")

    # Painting

    def row_segments(self, y: int, width: int) -> Sequence[Segment]:
        """Lines, and the boxes and borders that stand on this row; only what is in sight is made."""
        drawing = self.drawing
        left, top = self._margins()
        row = y - top + self._scrolled[1]
        if not 0 <= row < drawing.height:
            words = f" drawing {len(self.shown.boxes):,} steps" if not drawing.height and y == 0 else ""
            return [Segment(words, self.paint("paint--muted"))] if words and not self._is_current else []
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
        pieces = self._drawn.pieces[row]
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
        name = fit(self._drawn.labels[frame.name], min(cell_len(self._drawn.labels[frame.name]), room - 4))
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
        if is_lower and mark.time and self._drawn.size.time is TimeAt.BORDER and box.width > len(mark.time) + 5:
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
        label = self._drawn.labels[box.name]
        text = self.paint("paint--line" if self._is_faded(box.name) else "paint--text") + ground
        text += Style(bold=box.name == self.selected)
        if box.height == 1:
            yield Segment(f"{left}{sign}{' ' if self._drawn.size.longest else ''}", status)
            if self._drawn.size.longest:
                yield Segment(fit(label, box.width - 4), text)
            yield Segment(f"{'' if self._drawn.size.longest else ' ' * (box.width - 3)}{right}", status)
            return
        time = f"  {mark.time:>{TIME}}" if self._drawn.size.time is TimeAt.BESIDE else ""
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
        self._is_current, self._is_to_centre = False, True
        self.refresh()
        self.drawing  # noqa: B018 - makes it, or begins to

    def _centre(self) -> None:
        """The selection in the middle."""
        self._is_to_centre = False
        drawing = self._drawn.drawing
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
