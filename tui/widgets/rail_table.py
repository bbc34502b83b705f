"""The steps as a table of one row each with the graph as rails beside it; open groups are headings."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events

from tui.widgets.graph_moves import Spot
from tui.widgets.rails import RailRow, rails
from tui.widgets.steps import StepsWidget
from tui.widgets.text import fit
from tui.wording.safe import one_line
from tui.wording.status import glyph, word

_LEAST_RAIL_CELLS = 18
_INDENT = 2
_WORD = 9
_TIME = 6


class RailTable(StepsWidget):
    """Rails, status, name, time, and why."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._rails: list[RailRow] | None = None
        self._labels: list[str] = []
        self._index: dict[str, int] = {}
        self._first = 0
        self._rail_width = 0
        self._name_width = 0

    def place_steps(self) -> None:
        """Rails are made when they are needed next."""
        self._rails = None

    def place_hits(self) -> None:
        """Only what the filter lets through has a row."""
        self._rails = None

    def stand_in(self, name: str) -> str:
        """A step that the filter found stands for itself, whatever is folded."""
        return name if self.needle and name in self.nesting.producers else super().stand_in(name)

    @property
    def rows(self) -> list[RailRow]:
        """The rows; with a filter, only the steps that it lets through, without edges through hidden ones."""
        if self._rails is None:
            self._rails = self._filtered() if self.needle else self._all()
            self._index = {row.step: index for index, row in enumerate(self._rails)}
            most = max(_LEAST_RAIL_CELLS, self.inner_width // 4)
            self._rail_width = min(most, max((len(row.text) for row in self._rails), default=0))
            self._name_width = max(map(cell_len, self._labels), default=0)
            self._reveal()
        return self._rails

    def _filtered(self) -> list[RailRow]:
        given = self.nesting.producers
        shown = [name for name in given if self.matches(name)]
        kept = set(shown)
        self._labels = [one_line(name) for name in shown]
        return rails({name: [p for p in given[name] if p in kept] for name in shown}, self.ascii_only)

    def _all(self) -> list[RailRow]:
        shown = self.shown
        self._labels = [
            f"{' ' * _INDENT * depth}{self._fold_mark(name)}{one_line(self.nesting.label(name))}"
            for name, depth in shown.rows
        ]
        return rails(shown.boxes, self.ascii_only, [name for name, _ in shown.rows])

    def _fold_mark(self, name: str) -> str:
        if not self.shown.is_group(name):
            return ""
        is_folded = name in self.shown.folded
        if self.ascii_only:
            return "[+] " if is_folded else "[-] "
        return "▸ " if is_folded else "▾ "

    def _reveal(self) -> None:
        """Keep the selected row in sight."""
        row, height = self._index.get(self.selected, 0), max(1, self.inner_height)
        self._first = max(0, min(self._first, row, len(self._index) - height))
        self._first = max(self._first, row - height + 1)

    def repaint(self, name: str) -> None:
        """One row."""
        row = self._index.get(name)
        if self._rails is not None and row is not None and 0 <= row - self._first < self.inner_height:
            self.refresh_row(row - self._first)

    def moved(self) -> None:
        """Edges of the selection are coloured, so every row may differ."""
        self._reveal()
        self.refresh()

    def extent(self) -> tuple[int, int, int]:
        """Rows in sight of all rows."""
        return self._first, max(1, self.inner_height), len(self._index)

    def on_resize(self) -> None:
        """Keep the selection in sight; there may be room for more rails."""
        self._rails = None
        self.refresh()

    def step_at(self, x: int, y: int) -> str:
        """The step of a row."""
        del x
        row = self._first + y
        return self.rows[row].step if 0 <= y < self.inner_height and row < len(self.rows) else ""

    def row_segments(self, y: int, width: int) -> Sequence[Segment]:
        """Rails, glyph and name, word, time, note; what does not fit goes from the right."""
        rows = self.rows
        if self._first + y >= len(rows):
            return [Segment(" no step matches", self.paint("paint--muted"))] if self.needle and not y else []
        row, label = rows[self._first + y], self._labels[self._first + y]
        mark = self.mark(row.step)
        style = self.status_style(mark.status)
        is_group = self.shown.is_group(row.step)
        muted = self.paint("paint--muted")
        name_width = min(self._name_width, max(8, (width - self._rail_width - 8) // (2 if width > 60 else 1)))
        segments = [Segment(" "), *self._rail_segments(row, style)]
        drawn = len(segments) - 1
        segments.append(Segment(f"{' ' * (self._rail_width - drawn + 1)}{glyph(mark.status, self.ascii_only)} ", style))
        named = self.paint("paint--title" if is_group else "paint--text")
        segments.append(Segment(fit(label, name_width), named))
        left = width - sum(cell_len(segment.text) for segment in segments)
        said = mark.count if is_group else mark.word or word(mark.status)
        if left > _WORD + 2:
            segments.append(Segment(f"  {fit(said, _WORD)}", style))
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
        taken = self.nesting.producers.get(chosen, ()) if self.needle else self.shown.boxes.get(chosen, ())
        feeds = set(taken)
        above = self._index[row.step] <= self._index.get(chosen, -1)
        segments: list[Segment] = []
        is_cut = len(row.text) > self._rail_width
        for index, cell in enumerate(row.cells[: self._rail_width - is_cut]):
            lit = chosen in (cell.into, cell.owner) or (above and cell.owner in feeds)
            if index == row.node:
                segments.append(Segment(cell.text, status))
            else:
                segments.append(Segment(cell.text, active if lit and cell.text != " " else line))
        return [*segments, Segment("…", line)] if is_cut else segments

    def action_move(self, rows: int) -> None:
        """Select rows further down."""
        found = self.rows
        if found:
            at = self._index.get(self.selected, 0)
            self.choose(found[max(0, min(len(found) - 1, at + rows))].step)

    def action_ends(self, direction: int) -> None:
        """Select the first or the last row."""
        self.action_move(direction * len(self.rows))

    def action_page(self, direction: int) -> None:
        """Select half a page further."""
        self.action_move(direction * max(1, self.inner_height // 2))

    def action_sideways(self, direction: int) -> None:
        """To the nearest producer or consumer; left of what takes from nothing goes out."""
        self.rows  # noqa: B018 - makes the index
        spots = {name: Spot(0, 0, row) for name, row in self._index.items()}
        here = self.selected
        found = self.trail.along(here, self.neighbours(direction > 0), direction > 0, spots) if here in spots else ""
        if found:
            self.trail.went(here, found, direction > 0)
            self.choose(found)
        elif direction < 0:
            self.post_message(self.Left())

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll without moving the selection."""
        event.stop()
        self._scroll(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll without moving the selection."""
        event.stop()
        self._scroll(-3)

    def _scroll(self, rows: int) -> None:
        self._first = max(0, min(self._first + rows, len(self.rows) - self.inner_height))
        self.refresh()
