"""The steps as a table of one row each with the graph as rails beside it."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events

from tui.widgets.rails import RailRow, rails
from tui.widgets.steps import StepsWidget
from tui.widgets.text import fit
from tui.wording.safe import one_line
from tui.wording.status import glyph, word

_RAIL_CELLS = 18
_WORD = 9
_TIME = 6


class RailTable(StepsWidget):
    """Rails, status, name, time, and why."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._rails: list[RailRow] = []
        self._index: dict[str, int] = {}
        self._first = 0
        self._rail_width = 0
        self._name_width = 0

    def place_steps(self) -> None:
        """Rails for the steps that the filter lets through; edges through hidden steps are left out."""
        shown = [name for name in self.producers if self.matches(name)]
        kept = set(shown)
        taken = {name: [p for p in self.producers[name] if p in kept] for name in shown}
        self._rails = rails(taken, self.ascii_only)
        self._index = {row.step: index for index, row in enumerate(self._rails)}
        self._rail_width = min(_RAIL_CELLS, max((len(row.text) for row in self._rails), default=0))
        self._name_width = max((cell_len(one_line(name)) for name in shown), default=0)

    def reveal(self) -> None:
        """Keep the selected row in sight."""
        row, height = self._index.get(self.selected, 0), max(1, self.inner_height)
        self._first = max(0, min(self._first, row, len(self._rails) - height))
        self._first = max(self._first, row - height + 1)

    def repaint(self, name: str) -> None:
        """One row."""
        row = self._index.get(name)
        if row is not None and 0 <= row - self._first < self.inner_height:
            self.refresh_row(row - self._first)

    def moved(self, before: str, now: str) -> None:
        """Edges of the selection are coloured, so every row may differ."""
        del before, now
        self.reveal()
        self.refresh()

    def extent(self) -> tuple[int, int, int]:
        """Rows in sight of all rows."""
        return self._first, max(1, self.inner_height), len(self._rails)

    def on_resize(self) -> None:
        """Keep the selection in sight."""
        self.reveal()
        self.refresh()

    def step_at(self, x: int, y: int) -> str:
        """The step of a row."""
        del x
        row = self._first + y
        return self._rails[row].step if 0 <= y < self.inner_height and row < len(self._rails) else ""

    def row_segments(self, y: int, width: int) -> Sequence[Segment]:
        """Rails, glyph and name, word, time, note; what does not fit goes from the right."""
        if self._first + y >= len(self._rails):
            return [Segment(" no step matches", self.paint("paint--muted"))] if self.needle and not y else []
        row = self._rails[self._first + y]
        mark = self.mark(row.step)
        style = self.status_style(mark.status)
        muted = self.paint("paint--muted")
        name_width = min(self._name_width, max(8, (width - self._rail_width - 8) // (2 if width > 60 else 1)))
        segments = [Segment(" "), *self._rail_segments(row, style)]
        segments.append(
            Segment(f"{' ' * (self._rail_width - len(segments) + 2)}{glyph(mark.status, self.ascii_only)} ", style)
        )
        segments.append(Segment(fit(one_line(row.step), name_width), self.paint("paint--text")))
        left = width - sum(cell_len(segment.text) for segment in segments)
        if left > _WORD + 2:
            segments.append(Segment(f"  {fit(mark.word or word(mark.status), _WORD)}", style))
            left -= _WORD + 2
        if left > _TIME:
            segments.append(Segment(f"{mark.time:>{_TIME}}", muted))
            left -= _TIME
        if left > 4:
            segments.append(Segment(f"  {fit(mark.note, left - 3)} ", muted))
        if row.step != self.selected:
            return segments
        selected = self.paint("paint--selected" if self.has_focus else "paint--selected-blurred")
        filled = width - sum(cell_len(segment.text) for segment in segments)
        return [Segment(s.text, (s.style or Style()) + selected) for s in (*segments, Segment(" " * max(0, filled)))]

    def _rail_segments(self, row: RailRow, status: Style) -> list[Segment]:
        line, active = self.paint("paint--line"), self.paint("paint--active-line")
        chosen = self.selected
        feeds = set(self.producers.get(chosen, ()))
        above = self._index[row.step] <= self._index.get(chosen, -1)
        segments: list[Segment] = []
        for index, cell in enumerate(row.cells[: self._rail_width]):
            lit = chosen in (cell.into, cell.owner) or (above and cell.owner in feeds)
            if index == row.node:
                segments.append(Segment(cell.text, status))
            else:
                segments.append(Segment(cell.text, active if lit and cell.text != " " else line))
        return segments

    def action_move(self, rows: int) -> None:
        """Select rows further down."""
        if self._rails:
            at = self._index.get(self.selected, 0)
            self.choose(self._rails[max(0, min(len(self._rails) - 1, at + rows))].step)

    def action_ends(self, direction: int) -> None:
        """Select the first or the last row."""
        self.action_move(direction * len(self._rails))

    def action_page(self, direction: int) -> None:
        """Select half a page further."""
        self.action_move(direction * max(1, self.inner_height // 2))

    def action_sideways(self, direction: int) -> None:
        """Left goes out; there is nothing to the right but the step itself."""
        self.post_message(self.Left() if direction < 0 else self.Entered())

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll without moving the selection."""
        event.stop()
        self._scroll(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll without moving the selection."""
        event.stop()
        self._scroll(-3)

    def _scroll(self, rows: int) -> None:
        self._first = max(0, min(self._first + rows, len(self._rails) - self.inner_height))
        self.refresh()
