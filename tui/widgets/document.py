"""Static text in a frame: labelled facts, paragraphs and source lines, wrapped to the width and scrolled."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from textual import events

from tui.widgets.frame import FramedWidget
from tui.widgets.status import Status
from tui.widgets.text import fit, wrap_cells, wrap_words
from tui.wording.safe import one_line
from tui.wording.status import glyph


@dataclass(frozen=True, slots=True)
class Line:
    """One fact or paragraph: a muted `label` on the left, `text` beside it in the style class `style`.

    `status` puts its glyph before the text. `wrap` False keeps a source line on one row; of `code` every blank stays.
    """

    text: str = ""
    label: str = ""
    style: str = "paint--text"
    status: Status | None = None
    wrap: bool = True
    code: bool = False


class Document(FramedWidget):
    """Lines that a person reads."""

    DEFAULT_CSS = """
    Document { height: 1fr; }
    """

    def __init__(
        self,
        *,
        id: str | None = None,
        classes: str | None = None,
        label_width: int = 9,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._lines: tuple[Line, ...] = ()
        self._label_width = label_width
        self._label_column = label_width
        self._painted: list[list[Segment]] = []
        self._starts: list[int] = []
        self._wrapped_at = 0
        self._first = 0

    def set_lines(self, lines: Iterable[Line]) -> None:
        """Show other lines; rows that are as they were are not painted again."""
        given = tuple(lines)
        if given != self._lines:
            self._lines = given
            widest = max((cell_len(one_line(line.label)) for line in given), default=0)
            self._label_column = max(self._label_width, min(self._label_width + 4, widest)) if widest else 0
            before, first = self._painted, self._first
            self._wrap_all()
            if len(before) != len(self._painted) or first != self._first or not self.inner_height:
                self.refresh()
                return
            for y in range(min(self.inner_height, len(before) - first)):
                if before[first + y] != self._painted[first + y]:
                    self.refresh_row(y)

    @property
    def plain_text(self) -> str:
        """Everything as plain text, for copying."""
        return "\n".join(f"{line.label + ': ' if line.label else ''}{one_line(line.text)}" for line in self._lines)

    def rows_at(self, width: int) -> int:
        """Rows that the lines would take in `width` cells inside the frame."""
        return sum(len(self._paint(line, width)) for line in self._lines)

    def _wrap_all(self) -> None:
        self._wrapped_at = self.inner_width
        self._painted, self._starts = [], []
        for line in self._lines:
            self._starts.append(len(self._painted))
            self._painted += self._paint(line, self.inner_width)
        self._first = max(0, min(self._first, len(self._painted) - self.inner_height))

    def _paint(self, line: Line, width: int) -> list[list[Segment]]:
        style, muted = self.paint(line.style), self.paint("paint--muted")
        indent = self._label_column + 2 if line.label else 1
        mark = f"{glyph(line.status, self.ascii_only)} " if line.status else ""
        left = max(8, width - indent - len(mark) - 1)
        texts = _rows(line, left)
        rows: list[list[Segment]] = []
        for index, text in enumerate(texts):
            first = index == 0
            label = f" {fit(one_line(line.label), self._label_column)} " if line.label and first else " " * indent
            segments = [Segment(label, muted)]
            if line.status is not None:
                segments.append(Segment(mark if first else " " * len(mark), self.status_style(line.status)))
            rows.append([*segments, Segment(text, style)])
        return rows

    def on_resize(self) -> None:
        """Wrap to the new width."""
        self._wrap_all()
        self.refresh()

    def notify_style_update(self) -> None:
        """Take the colours of another theme."""
        super().notify_style_update()
        if self._lines and self.is_attached:
            self._wrap_all()

    def extent(self) -> tuple[int, int, int]:
        """Rows in sight of all rows."""
        return self._first, max(1, self.inner_height), len(self._painted)

    def row_segments(self, y: int, width: int) -> Sequence[Segment]:
        """One wrapped row."""
        if width != self._wrapped_at:  # painted before the new size was told
            self._wrap_all()
        row = self._first + y
        return self._painted[row] if row < len(self._painted) else []

    def move(self, rows: int) -> None:
        """Scroll by rows."""
        first = max(0, min(self._first + rows, len(self._painted) - self.inner_height))
        if first != self._first:
            self._first = first
            self.refresh()

    def jump(self, lines: Sequence[int], direction: int) -> None:
        """Scroll so that the next of these lines, or the one before, comes first."""
        rows = [self._starts[line] for line in lines if line < len(self._starts)]
        ahead = [row for row in rows if row > self._first] if direction > 0 else [r for r in rows if r < self._first]
        if ahead:
            self.move((min(ahead) if direction > 0 else max(ahead)) - self._first)

    def action_move(self, rows: int) -> None:
        """Scroll by rows."""
        self.move(rows)

    def action_page(self, direction: int) -> None:
        """Scroll by half a page."""
        self.move(direction * max(1, self.inner_height // 2))

    def action_ends(self, direction: int) -> None:
        """To the first or the last row."""
        self.move(direction * len(self._painted))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Three rows down."""
        event.stop()
        self.move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Three rows up."""
        event.stop()
        self.move(-3)


def _rows(line: Line, width: int) -> list[str]:
    if line.code:
        return wrap_cells(line.text, width)
    return wrap_words(line.text, width) if line.wrap else [fit(one_line(line.text), width)]
