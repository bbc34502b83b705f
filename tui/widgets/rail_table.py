"""The steps as a table of one row each with the graph as rails beside it; open groups are headings."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from tui.widgets.dragged_steps import DraggedSteps
from tui.widgets.graph_moves import Spot
from tui.widgets.rails import RailRow, rails
from tui.widgets.text import fit
from tui.wording.safe import one_line
from tui.wording.status import glyph, word

_LEAST_RAIL_CELLS = 18
#: Cells that stay for glyph and name when the rails have all the room that they need.
_LEAST_NAME_CELLS = 24
#: A reason that is cut shorter than this says nothing.
_LEAST_NOTE_CELLS = 9
_INDENT = 2
_WORD = 9
_TIME = 6


class RailTable(DraggedSteps):
    """Rails, status, name, time, and why."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._rails: list[RailRow] | None = None
        self._labels: list[str] = []
        self._index: dict[str, int] = {}
        self._first = 0
        self._rail_width = 0
        self._rails_wanted = 0
        self._skipped = 0
        self._shows_all_rails = False
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
            self._rails_wanted = max((len(row.text) for row in self._rails), default=0)
            most = self.inner_width - _LEAST_NAME_CELLS if self._shows_all_rails else self.inner_width // 4
            self._rail_width = min(max(_LEAST_RAIL_CELLS, most), self._rails_wanted)
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
        """Keep the selected row in sight, and its mark among the rails."""
        row, height = self._index.get(self.selected, 0), max(1, self.inner_height)
        self._first = max(0, min(self._first, row, len(self._index) - height))
        self._first = max(self._first, row - height + 1)
        node = self._rails[row].node if self._rails and row < len(self._rails) else -1
        if node >= 0:
            self._skipped = min(max(self._skipped, node + 2 - self._rail_width), max(0, node - 1))
        self._skip_to(self._skipped)

    def _skip_to(self, cells: int) -> None:
        """Cells of the rails that are out of sight at the left."""
        self._skipped = max(0, min(cells, self._rails_wanted - self._rail_width))

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
        if left > _LEAST_NOTE_CELLS:
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
        start = self._skipped
        end = start + self._rail_width
        segments: list[Segment] = []
        for index, cell in enumerate(row.cells[start:end], start):
            lit = chosen in (cell.into, cell.owner) or (above and cell.owner in feeds)
            if index == row.node:
                segments.append(Segment(cell.text, status))
            else:
                segments.append(Segment(cell.text, active if lit and cell.text != " " else line))
        if start and segments and any(cell.text != " " for cell in row.cells[: start + 1]):
            segments[0] = Segment("…", line)
        if len(row.text) > end:
            segments[-1] = Segment("…", line)
        return segments

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

    # Looking elsewhere

    def action_pan(self, columns: int, rows: int) -> None:
        """Look at other rails, or other rows; the selection stays."""
        self.scroll_drawing(8 * columns, 3 * rows)

    def toggle_fit(self) -> None:
        """Give the rails the room that they need, beside short names; again: as much as reads well."""
        self._shows_all_rails = not self._shows_all_rails
        self._rails = None
        self.refresh()

    def scroll_drawing(self, columns: int, rows: int) -> None:
        """Look so many cells further."""
        self._first = max(0, min(self._first + rows, len(self.rows) - self.inner_height))
        self._skip_to(self._skipped + columns)
        self.refresh()
