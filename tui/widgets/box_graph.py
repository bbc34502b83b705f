"""The steps as boxes joined by lines, from left to right."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.strip import Strip

from tui.widgets.graph_drawing import Box, Cell, Drawing, box_row, draw, sides
from tui.widgets.graph_layout import Layout, lay_out
from tui.widgets.steps import StepsWidget
from tui.widgets.text import fit
from tui.wording.safe import one_line
from tui.wording.status import glyph

_TIME = 5
#: How long a name may be, and whether the time stands beside it or in the border; the first that fits is taken.
_STYLES = ((32, True), (22, True), (16, True), (16, False), (12, False))


class BoxGraph(StepsWidget):
    """Boxes with glyph, name and time; recolouring paints the cells of one box."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._placed: Layout | None = None
        self._drawing = Drawing(0, 0, (), {}, {}, {})
        self._names: dict[str, str] = {}
        self._with_time = True
        self._scrolled = (0, 0)
        self._lit: dict[int, set[int]] = {}

    def place_steps(self) -> None:
        """Lay out the whole graph; a filter only dims."""
        self._placed = lay_out(self.producers)
        self._names = {name: one_line(name) for name in self.producers}
        self._draw()

    def _draw(self) -> None:
        """Draw with the longest names that fit the width."""
        if self._placed is None:
            return
        for longest, with_time in _STYLES:
            fixed = 6 + (_TIME + 2 if with_time else 0)
            widths = {name: fixed + min(longest, cell_len(text)) for name, text in self._names.items()}
            self._drawing = draw(self._placed, widths, self.ascii_only)
            self._with_time = with_time
            if self._drawing.width <= self.inner_width or len(self._names) > 60:
                break
        self._light()

    @property
    def drawn_height(self) -> int:
        """Rows of the whole drawing."""
        return self._drawing.height

    def _light(self) -> None:
        """The cells of the selected step's edges, by row."""
        cells: set[Cell] = set()
        for producer in self.producers.get(self.selected, ()):
            cells |= self._drawing.edge(producer, self.selected)
        for name, taken in self.producers.items():
            if self.selected in taken:
                cells |= self._drawing.edge(self.selected, name)
        self._lit = {}
        for x, y in cells:
            self._lit.setdefault(y, set()).add(x)

    def on_resize(self) -> None:
        """Use the new width."""
        self._draw()
        self.reveal()
        self.refresh()

    def _margins(self) -> tuple[int, int]:
        """Blank columns and rows around a drawing that is smaller than the pane."""
        return (
            max(0, (self.inner_width - self._drawing.width) // 2),
            max(0, (self.inner_height - self._drawing.height) // 2),
        )

    def reveal(self) -> None:
        """Scroll just as far as the selected box needs, with some of what is around it."""
        box = self._drawing.boxes.get(self.selected)
        x, y = self._scrolled
        width, height = max(1, self.inner_width), max(1, self.inner_height)
        if box is not None:
            x = min(max(x, box.x + box.width + 6 - width), max(0, box.x - 6))
            y = min(max(y, box.y + 4 - height), max(0, box.y - 1))
        self._scrolled = (
            max(0, min(x, self._drawing.width - width)),
            max(0, min(y, self._drawing.height - height)),
        )

    def moved(self, before: str, now: str) -> None:
        """Other edges light up."""
        del before, now
        self._light()
        self.reveal()
        self.refresh()

    def repaint(self, name: str) -> None:
        """The middle row of one box, and its border."""
        box = self._drawing.boxes.get(name)
        if box is None:
            return
        top = box.y - self._scrolled[1] + self._margins()[1]
        for row in range(max(0, top), min(self.inner_height, top + 3)):
            self.refresh_row(row)

    def extent(self) -> tuple[int, int, int]:
        """Rows in sight of the drawing's rows."""
        return self._scrolled[1], max(1, self.inner_height), self._drawing.height

    def step_at(self, x: int, y: int) -> str:
        """The box at a cell."""
        left, top = self._margins()
        column, row = x - left + self._scrolled[0], y - top + self._scrolled[1]
        for box in self._drawing.boxes_by_row.get(row, ()):
            if box.x <= column < box.x + box.width:
                return box.name
        return ""

    def row_segments(self, y: int, width: int) -> Sequence[Segment]:
        """Lines, and the boxes that stand on this row."""
        left, top = self._margins()
        row = y - top + self._scrolled[1]
        if not 0 <= row < len(self._drawing.rows):
            return []
        segments: list[Segment] = []
        at = 0
        for box in self._drawing.boxes_by_row.get(row, ()):
            self._line_segments(segments, row, at, box.x)
            segments.extend(self._box_segments(box, row - box.y))
            at = box.x + box.width
        self._line_segments(segments, row, at, self._drawing.width)
        strip = Strip(segments, self._drawing.width).crop(self._scrolled[0], self._scrolled[0] + width)
        return [Segment(" " * left), *strip]

    def _line_segments(self, segments: list[Segment], row: int, start: int, end: int) -> None:
        """Edge characters from `start` to `end`, those of the selected step's edges in another colour."""
        text = self._drawing.rows[row]
        lit = self._lit.get(row, set())
        line, active = self.paint("paint--line"), self.paint("paint--active-line")
        while start < end:
            stop, is_lit = start + 1, start in lit
            while stop < end and (stop in lit) == is_lit:
                stop += 1
            segments.append(Segment(text[start:stop], active if is_lit else line))
            start = stop

    def _box_segments(self, box: Box, part: int) -> list[Segment]:
        mark = self.mark(box.name)
        status = self.status_style(mark.status)
        faded = bool(self.needle) and not self.matches(box.name)
        if faded:
            status = self.paint("paint--line")
        ground = Style()
        if box.name == self.selected:
            ground = self.paint("paint--selected" if self.has_focus else "paint--selected-blurred")
        if part != 1:
            row = box_row(box, part, self.ascii_only)
            if part == 2 and mark.time and not self._with_time and box.width > len(mark.time) + 5:
                at = box.width - len(mark.time) - 3
                muted = self.paint("paint--muted") + ground
                ends = Segment(row[:at], status + ground), Segment(row[-2:], status + ground)
                return [ends[0], Segment(f"{mark.time:^{len(mark.time) + 1}}", muted), ends[1]]
            return [Segment(row, status + ground)]
        left, right = sides(self._drawing.rows[box.y + 1], box, self.ascii_only)
        time = f"  {mark.time:>{_TIME}}" if self._with_time else ""
        name = fit(self._names[box.name], box.width - 6 - len(time))
        text = self.paint("paint--line" if faded else "paint--text")
        return [
            Segment(f"{left} {glyph(mark.status, self.ascii_only)} ", status + ground),
            Segment(name, text + ground + Style(bold=box.name == self.selected)),
            Segment(time, self.paint("paint--muted") + ground),
            Segment(f" {right}", status + ground),
        ]

    # Moving from box to box

    def _near(self, ahead: bool) -> list[str]:
        if not ahead:
            return list(self.producers.get(self.selected, ()))
        return [name for name, taken in self.producers.items() if self.selected in taken]

    def action_sideways(self, direction: int) -> None:
        """To the nearest producer or consumer; left of the first rank goes out."""
        boxes = self._drawing.boxes
        here = boxes.get(self.selected)
        near = self._near(direction > 0)
        if here is not None and near:
            self.choose(min(near, key=lambda name: (abs(boxes[name].y - here.y), abs(boxes[name].x - here.x))))
        elif direction < 0:
            self.post_message(self.Left())

    def action_move(self, rows: int) -> None:
        """To the next box of the same column, or the nearest one in that direction."""
        boxes = self._drawing.boxes
        here = boxes.get(self.selected)
        if here is None:
            return
        ahead = [box for box in boxes.values() if (box.y - here.y) * rows > 0]
        if ahead:
            nearest = min(ahead, key=lambda box: (box.x != here.x, abs(box.x - here.x) + 2 * abs(box.y - here.y)))
            self.choose(nearest.name)

    def action_ends(self, direction: int) -> None:
        """The first or the last step of the pipeline."""
        names = list(self.producers)
        if names:
            self.choose(names[0 if direction < 0 else -1])

    def action_page(self, direction: int) -> None:
        """Scroll half a page of the drawing."""
        self._scroll(0, direction * max(1, self.inner_height // 2))

    def _scroll(self, columns: int, rows: int) -> None:
        x, y = self._scrolled
        self._scrolled = (
            max(0, min(x + columns, self._drawing.width - self.inner_width)),
            max(0, min(y + rows, self._drawing.height - self.inner_height)),
        )
        self.refresh()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll down, or right with shift."""
        event.stop()
        self._scroll(*((6, 0) if event.shift else (0, 3)))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll up, or left with shift."""
        event.stop()
        self._scroll(*((-6, 0) if event.shift else (0, -3)))
