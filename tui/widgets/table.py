"""A table of rows that are painted one by one; a changed row costs one row."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message

from tui.widgets.frame import FramedWidget
from tui.widgets.text import fit
from tui.wording.safe import one_line


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading and width in cells; the last one takes what is left."""

    title: str
    width: int
    right: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its key, and cells as (text, style class)."""

    key: str
    cells: tuple[tuple[str, str], ...]


class Table(FramedWidget):
    """Rows under a heading, one of them selected."""

    class Entered(Message):
        """A person went into a row."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self, columns: Sequence[Column], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._columns = tuple(columns)
        self._all: tuple[Row, ...] = ()
        self._shown: tuple[Row, ...] = ()
        self._needle = ""
        self._first = 0
        self._at = 0
        self._why_empty = "nothing here"

    def set_rows(self, rows: Sequence[Row], why_empty: str = "nothing here") -> None:
        """Show these rows; rows that stayed the same are not painted again."""
        key = self.selected
        self._all, self._why_empty = tuple(rows), why_empty
        self._filter(key)

    def set_filter(self, needle: str) -> None:
        """Only rows that contain `needle`; a leading ! inverts."""
        self._needle = needle.lower()
        self._filter(self.selected)

    @property
    def selected(self) -> str:
        """The selected row's key, or an empty string."""
        return self._shown[self._at].key if self._at < len(self._shown) else ""

    def _filter(self, key: str) -> None:
        before = self._shown
        inverted, needle = self._needle.startswith("!"), self._needle.lstrip("!")
        self._shown = tuple(
            row
            for row in self._all
            if (needle in " ".join(text for text, _ in row.cells).lower()) != inverted or not needle
        )
        at = next(
            (index for index, row in enumerate(self._shown) if row.key == key), min(self._at, len(self._shown) - 1)
        )
        moved, self._at = max(0, at) != self._at, max(0, at)
        self._reveal()
        if moved or len(before) != len(self._shown):
            self.refresh()
            return
        for index, (old, new) in enumerate(zip(before, self._shown, strict=True)):
            if old != new and 0 <= index - self._first < self.inner_height - 1:
                self.refresh_row(index - self._first + 1)

    def _reveal(self) -> None:
        height = max(1, self.inner_height - 1)
        self._first = max(0, min(self._first, self._at, len(self._shown) - height))
        self._first = max(self._first, self._at - height + 1)

    def on_resize(self) -> None:
        """Keep the selection in sight."""
        self._reveal()
        self.refresh()

    def extent(self) -> tuple[int, int, int]:
        """Rows in sight of all rows."""
        return self._first, max(1, self.inner_height - 1), len(self._shown)

    def row_segments(self, y: int, width: int) -> Sequence[Segment]:
        """The heading, then rows."""
        muted = self.paint("paint--muted")
        if y == 0:
            return self._cells([(column.title, "paint--muted") for column in self._columns], width)
        index = self._first + y - 1
        if index >= len(self._shown):
            return [Segment(f" {self._why_empty}", muted)] if y == 1 and not self._shown else []
        segments = self._cells(self._shown[index].cells, width)
        if index != self._at:
            return segments
        selected = self.paint("paint--selected" if self.has_focus else "paint--selected-blurred")
        return [Segment(text, (style or Style()) + selected) for text, style, _ in segments]

    def _cells(self, cells: Sequence[tuple[str, str]], width: int) -> list[Segment]:
        segments = [Segment(" ")]
        left = width - 1
        for column, (text, style) in zip(self._columns, cells, strict=True):
            last = column is self._columns[-1]
            room = left if last else min(column.width, left)
            if room <= 0:
                break
            shown = fit(one_line(text), max(0, room - 1))
            if column.right:
                shown = shown.rstrip().rjust(room - 1)
            segments.append(Segment(f"{shown} ", self.paint(style)))
            left -= cell_len(shown) + 1
        return [*segments, Segment(" " * max(0, left))]

    def _go(self, at: int) -> None:
        self._at = max(0, min(at, len(self._shown) - 1))
        self._reveal()
        self.refresh()

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
        """Go into the row."""
        if self.selected:
            self.post_message(self.Entered(self.selected))

    def on_click(self, event: events.Click) -> None:
        """Select; a second click goes in."""
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
