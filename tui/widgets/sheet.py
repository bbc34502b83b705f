"""Rows of styled pieces, scrolled both ways; the first rows may stay in sight: previews of files."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.strip import Strip

from tui.widgets.frame import FramedWidget

_SIDEWAYS = 8


class Sheet(FramedWidget):
    """What stands in a file."""

    DEFAULT_CSS = """
    Sheet { height: 1fr; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows: Sequence[Sequence[tuple[str, str]]] = ()
        self._header = 0
        self._first = 0
        self._left = 0
        self._colours: dict[str, Style] = {}

    def set_rows(self, rows: Sequence[Sequence[tuple[str, str]]], header: int = 0) -> None:
        """Show other rows from their beginning; a style is a class of the theme, or "#aabbcc on #112233"."""
        self._rows, self._header = rows, header
        self._first = self._left = 0
        self._colours = {}
        self.refresh()

    @property
    def plain_text(self) -> str:
        """Everything that can be scrolled to."""
        return "\n".join("".join(text for text, _ in row) for row in self._rows)

    def extent(self) -> tuple[int, int, int]:
        """Rows in sight of all rows."""
        return self._first, max(1, self.inner_height), len(self._rows)

    def row_segments(self, y: int, width: int) -> Sequence[Segment]:
        """One row, cut at the left by so many cells as a person went to the right."""
        index = y if y < self._header else self._first + y
        if index >= len(self._rows):
            return []
        segments = [Segment(text, self._style(style)) for text, style in self._rows[index]]
        return list(Strip(segments).crop(self._left, self._left + width))

    def _style(self, name: str) -> Style:
        if not name.startswith("#"):
            return self.paint(name)
        if name not in self._colours:
            self._colours[name] = Style.parse(name)
        return self._colours[name]

    def _go(self, first: int) -> None:
        first = max(0, min(first, len(self._rows) - self.inner_height))
        if first != self._first:
            self._first = first
            self.refresh()

    def action_move(self, rows: int) -> None:
        """Scroll by rows."""
        self._go(self._first + rows)

    def action_page(self, direction: int) -> None:
        """Scroll by half a page."""
        self._go(self._first + direction * max(1, self.inner_height // 2))

    def action_ends(self, direction: int) -> None:
        """To the first or the last row."""
        self._go(0 if direction < 0 else len(self._rows))

    def action_sideways(self, direction: int) -> None:
        """To the left or right, not beyond the longest row."""
        longest = max((sum(cell_len(text) for text, _ in row) for row in self._rows), default=0)
        self._left = max(0, min(self._left + direction * _SIDEWAYS, longest - self.inner_width // 2))
        self.refresh()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Three rows down."""
        event.stop()
        self._go(self._first + 3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Three rows up."""
        event.stop()
        self._go(self._first - 3)
