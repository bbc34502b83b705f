"""A table of rows that are painted one by one; a changed row costs one row."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message

from tui.widgets.frame import FramedWidget
from tui.widgets.keyed import Keyed
from tui.widgets.row_filter import matcher
from tui.widgets.text import fit, wrap_words
from tui.wording.safe import one_line

#: The last column is worth showing in no fewer cells.
_LEAST = 12


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading and the most cells it takes; the last one takes what is left.

    Where there is no room for all, the column with the highest `drop` goes first; 0 always stays.
    """

    title: str
    width: int
    right: bool = False
    drop: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its key, and cells as (text, style class); `order` is what each column sorts by, where not the text."""

    key: str
    cells: tuple[tuple[str, str], ...]
    order: tuple[float | str | None, ...] = ()

    def value(self, column: int) -> tuple[bool, float | str]:
        """What the row sorts by in a column; words come after numbers."""
        given = self.order[column] if column < len(self.order) else None
        value = self.cells[column][0].lower() if given is None else given
        return isinstance(value, str), value


class Table(FramedWidget):
    """Rows under a heading, one of them selected; sorted and filtered as a person asks; `markable` rows take marks."""

    class Entered(Keyed):
        """A person went into a row."""

    class Highlighted(Keyed):
        """Another row is selected; an empty key when there is none."""

    class Marked(Message):
        """Another set of rows is marked."""

    def __init__(self, columns: Sequence[Column], *, id: str | None = None, markable: bool = False) -> None:
        super().__init__(id=id)
        self._columns = tuple(columns)
        self._all: tuple[Row, ...] = ()
        self._shown: tuple[Row, ...] = ()
        self._widths: tuple[int, ...] = ()
        self._needle = ""
        self._sorted_by = -1
        self._is_reversed = False
        self._markable = markable
        self._marks: tuple[str, ...] = ()
        self._first = 0
        self._at = 0
        self._wanted = ""
        self._told = ""
        self._why_empty = "nothing here"
        self._is_filled = False
        self._enters = False

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Show other columns; the rows that fit them must follow."""
        if tuple(columns) != self._columns:
            self._columns = tuple(columns)
            self._all, self._shown, self._widths, self._sorted_by = (), (), (), -1
            self.refresh()

    @property
    def is_filled(self) -> bool:
        """Whether rows have come, or the word that there are none."""
        return self._is_filled

    def set_rows(self, rows: Sequence[Row], why_empty: str = "nothing here") -> None:
        """Show these rows; rows that stayed the same are not painted again."""
        key = self.selected
        self._all, self._why_empty = tuple(rows), why_empty
        if self._wanted and any(row.key == self._wanted for row in rows):
            key, self._wanted = self._wanted, ""
        self._marks = tuple(mark for mark in self._marks if any(row.key == mark for row in rows))
        self._filter(key)
        self._is_filled = True
        if self._enters:
            self.action_enter()

    def set_filter(self, needle: str) -> None:
        """Only rows that meet `needle`: words, `!word`, `field:word` (see row_filter)."""
        self._needle = needle
        self._filter(self.selected)

    @property
    def filter(self) -> str:
        """The filter as it was written."""
        return self._needle

    @property
    def selected(self) -> str:
        """The selected row's key, or an empty string."""
        return self._shown[self._at].key if self._at < len(self._shown) else ""

    @property
    def marked(self) -> tuple[str, ...]:
        """Keys of marked rows, in the order they were marked."""
        return self._marks

    @property
    def shown_keys(self) -> tuple[str, ...]:
        """Keys of the rows that the filter leaves, in the order they are shown."""
        return tuple(row.key for row in self._shown)

    def select(self, key: str) -> None:
        """Move to a row; to one that is not there yet, once it comes."""
        at = next((index for index, row in enumerate(self._shown) if row.key == key), None)
        self._wanted = key if at is None else ""
        if at is not None:
            self._go(at)

    def clear_marks(self) -> None:
        """Mark nothing."""
        if self._marks:
            self._marks = ()
            self.refresh()
            self.post_message(self.Marked())

    def sort_by(self, column: int, is_reversed: bool = False) -> None:
        """Sort by a column; -1 leaves the rows as they came."""
        self._sorted_by, self._is_reversed = column, is_reversed
        self._filter(self.selected)
        self.refresh()

    def _filter(self, key: str) -> None:
        before, widths = self._shown, self._widths
        meets = matcher(self._needle, [column.title for column in self._columns])
        shown = [row for row in self._all if meets([text for text, _ in row.cells])]
        if self._sorted_by >= 0:
            shown.sort(key=lambda row: row.value(self._sorted_by), reverse=self._is_reversed)
        self._shown = tuple(shown)
        at = next(
            (index for index, row in enumerate(self._shown) if row.key == key), min(self._at, len(self._shown) - 1)
        )
        moved, self._at = max(0, at) != self._at, max(0, at)
        self._reveal()
        self._measure()
        self._tell()
        if moved or len(before) != len(self._shown) or widths != self._widths:
            self.refresh()
            return
        for index, (old, new) in enumerate(zip(before, self._shown, strict=True)):
            if old != new and 0 <= index - self._first < self.inner_height - 1:
                self.refresh_row(index - self._first + 1)

    def _measure(self) -> None:
        """Every column as wide as what it holds, but no wider than it may be; those too many, and empty ones, get 0."""
        natural = [self._natural(index) for index in range(len(self._columns))]
        room = self.inner_width - 1 - (2 if self._markable else 0)
        last = len(natural) - 1
        while natural and room > 0:
            needed = sum(width for index, width in enumerate(natural) if index != last)
            droppable = [i for i, column in enumerate(self._columns) if column.drop and natural[i]]
            if needed + (min(_LEAST, natural[last]) if natural[last] else 0) <= room or not droppable:
                break
            natural[max(droppable, key=lambda i: self._columns[i].drop)] = 0
        self._widths = tuple(natural)

    def _natural(self, index: int) -> int:
        """The cells that a column wants; none where it holds nothing and may go."""
        column = self._columns[index]
        widest = max((cell_len(row.cells[index][0]) for row in self._all), default=column.width)
        return 0 if not widest and column.drop else min(column.width, max(cell_len(column.title) + 3, widest + 1))

    def _tell(self) -> None:
        if self.selected != self._told:
            self._told = self.selected
            self.post_message(self.Highlighted(self.selected))

    def _reveal(self) -> None:
        height = max(1, self.inner_height - 1)
        self._first = max(0, min(self._first, self._at, len(self._shown) - height))
        self._first = max(self._first, self._at - height + 1)

    def on_resize(self) -> None:
        """Keep the selection in sight."""
        self._reveal()
        self._measure()
        self.refresh()

    def extent(self) -> tuple[int, int, int]:
        """Rows in sight of all rows."""
        return self._first, max(1, self.inner_height - 1), len(self._shown)

    def row_segments(self, y: int, width: int) -> Sequence[Segment]:
        """The heading, then rows."""
        muted = self.paint("paint--muted")
        if y == 0:
            return self._cells([(self._heading(index), "paint--muted") for index in range(len(self._columns))], width)
        index = self._first + y - 1
        if index >= len(self._shown):
            why = "nothing meets the filter" if self._all else self._why_empty
            said = wrap_words(why, max(1, width - 2)) if not self._shown else []
            return [Segment(f" {said[y - 1]}", muted)] if y <= len(said) else []
        row = self._shown[index]
        segments = self._cells(row.cells, width, is_marked=row.key in self._marks)
        if index != self._at:
            return segments
        selected = self.paint("paint--selected" if self.has_focus else "paint--selected-blurred")
        return [Segment(text, (style or Style()) + selected) for text, style, _ in segments]

    def _heading(self, index: int) -> str:
        title = self._columns[index].title
        if index != self._sorted_by:
            return title
        arrows = ("v", "^") if self.ascii_only else ("▾", "▴")
        return f"{title} {arrows[0] if self._is_reversed else arrows[1]}"

    def _cells(self, cells: Sequence[tuple[str, str]], width: int, *, is_marked: bool = False) -> list[Segment]:
        segments = [Segment(" ")]
        left = width - 1
        if self._markable:
            mark = ("*" if self.ascii_only else "◆") if is_marked else " "
            segments.append(Segment(f"{mark} ", self.paint("status--running")))
            left -= 2
        shown_columns = [index for index, wide in enumerate(self._widths) if wide]
        for index in shown_columns:
            column, (text, style) = self._columns[index], cells[index]
            last = index == shown_columns[-1]
            room = left if last else min(self._widths[index], left)
            if room <= 0:
                break
            shown = fit(one_line(text), max(0, room - 1))
            if column.right:
                shown = shown.rstrip().rjust(room - 1)
            segments.append(Segment(f"{shown} ", self.paint(style)))
            left -= cell_len(shown) + 1
        return [*segments, Segment(" " * max(0, left))]

    def _go(self, at: int) -> None:
        before, first = self._at, self._first
        self._at, self._enters = max(0, min(at, len(self._shown) - 1)), False
        self._reveal()
        if self._first != first:
            self.refresh()
        elif self._at != before:
            for index in (before, self._at):
                self.refresh_row(index - first + 1)
        self._tell()

    def action_move(self, rows: int) -> None:
        """Select a row further down."""
        self._go(self._at + rows)

    def action_page(self, direction: int) -> None:
        """Select half a page further."""
        self._go(self._at + direction * max(1, self.inner_height // 2))

    def action_ends(self, direction: int) -> None:
        """Select the first or last row."""
        self._go(0 if direction < 0 else len(self._shown) - 1)

    def action_enter(self) -> None:
        """Go into the row; before the first rows came, once they come: a key pressed early is not lost."""
        self._enters = not self._is_filled
        if self.selected:
            self.post_message(self.Entered(self.selected))

    def action_mark(self) -> None:
        """Mark the row, or take its mark away; and go on to the next."""
        key = self.selected
        if not key or not self._markable:
            return
        self._marks = tuple(mark for mark in self._marks if mark != key) if key in self._marks else (*self._marks, key)
        self.refresh_row(self._at - self._first + 1)
        self._go(self._at + 1)
        self.post_message(self.Marked())

    def action_sort(self) -> None:
        """Sort by the next column that is shown; after the last, as the rows came."""
        shown = [-1, *(index for index, wide in enumerate(self._widths) if wide)]
        at = shown.index(self._sorted_by) if self._sorted_by in shown else 0
        self.sort_by(shown[(at + 1) % len(shown)])

    def action_sort_reverse(self) -> None:
        """The other way round."""
        if self._sorted_by >= 0:
            self.sort_by(self._sorted_by, not self._is_reversed)

    def _column_at(self, x: int) -> int:
        """The column under a cell inside the frame; -1 for none."""
        start = 1 + (2 if self._markable else 0)
        shown = [index for index, wide in enumerate(self._widths) if wide]
        for index in shown:
            end = start + self._widths[index]
            if start <= x < end or (index == shown[-1] and x >= start):
                return index
            start = end
        return -1

    def on_click(self, event: events.Click) -> None:
        """Select, a second click goes in; on the heading, sort by that column."""
        if event.y == 1 and self._shown:
            column = self._column_at(event.x - 1)
            if column >= 0:
                self.sort_by(column, column == self._sorted_by and not self._is_reversed)
            return
        index = self._first + event.y - 2
        if 0 <= index < len(self._shown) and event.y >= 2:
            self._go(index)
            if event.chain > 1:
                self.action_enter()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Three rows down."""
        event.stop()
        self._go(self._at + 3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Three rows up."""
        event.stop()
        self._go(self._at - 3)
