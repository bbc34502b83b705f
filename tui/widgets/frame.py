"""A pane's frame drawn by the pane itself, so that a changed title costs one row instead of the whole pane."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from tui.widgets.status import StatusWidget
from tui.widgets.text import fit

_ROUND = "╭╮╰╯─│┃"
_PLAIN = "++++-|#"


class FramedWidget(StatusWidget, can_focus=True):
    """A widget of rows inside a frame with a title on the left and a remark on the right of its top line."""

    DEFAULT_CSS = """
    FramedWidget { color: $foreground; background: $background; }
    FramedWidget .frame--line { color: $frame; }
    FramedWidget .frame--focused { color: $frame-focused; }
    FramedWidget .frame--title { color: $foreground; text-style: bold; }
    FramedWidget .frame--remark { color: $muted; }
    """

    COMPONENT_CLASSES = {"frame--line", "frame--focused", "frame--title", "frame--remark"}

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._frame_title = ""
        self._frame_remark: tuple[tuple[str, str], ...] = ()

    def set_title(self, title: str, *remark: tuple[str, str]) -> None:
        """Show `title`, and `remark` as pieces of (text, component class); one row is painted, if it changed."""
        if (title, remark) != (self._frame_title, self._frame_remark):
            self._frame_title, self._frame_remark = title, remark
            self.refresh(Region(0, 0, self.size.width, 1))

    @property
    def frame_title(self) -> str:
        """The title that is shown."""
        return self._frame_title

    @property
    def inner_width(self) -> int:
        """Cells inside the frame."""
        return max(0, self.size.width - 2)

    @property
    def inner_height(self) -> int:
        """Rows inside the frame."""
        return max(0, self.size.height - 2)

    def row_segments(self, y: int, width: int) -> Sequence[Segment]:
        """What stands in row `y` inside the frame; cut or padded to `width` by the frame."""
        raise NotImplementedError

    def extent(self) -> tuple[int, int, int]:
        """First row in sight, rows in sight, rows in all: what the bar on the right border shows."""
        return 0, 1, 1

    def refresh_row(self, y: int) -> None:
        """Paint the inner row `y` again."""
        self.refresh(Region(0, y + 1, self.size.width, 1))

    def on_focus(self) -> None:
        """The frame's colour says where the keys go."""
        self.refresh()

    def on_blur(self) -> None:
        """The frame's colour says where the keys go."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line of the frame or inside it."""
        width, height = self.size
        marks = _PLAIN if self.ascii_only else _ROUND
        line = self.paint("frame--focused" if self.has_focus else "frame--line")
        if y == 0:
            segments = self._top_line(width, marks, line)
        elif y >= height - 1:
            segments = [Segment(marks[2] + marks[4] * (width - 2) + marks[3], line)]
        else:
            inner = Strip(self.row_segments(y - 1, width - 2)).adjust_cell_length(width - 2)
            right = marks[6] if self._has_thumb(y - 1) else marks[5]
            segments = [Segment(marks[5], line), *inner, Segment(right, line)]
        return Strip(segments).adjust_cell_length(width).apply_style(self.rich_style)

    def _top_line(self, width: int, marks: str, line: Style) -> list[Segment]:
        remark = [Segment(text, self.paint(name)) for text, name in self._frame_remark if text]
        taken = sum(cell_len(segment.text) for segment in remark)
        if taken and taken + 8 < width:
            remark = [Segment(" "), *remark, Segment(" "), Segment(marks[4] + marks[1], line)]
            taken += 4
        else:
            remark, taken = [Segment(marks[1], line)], 1
        title = fit(self._frame_title, min(cell_len(self._frame_title), width - taken - 6))
        head = [Segment(marks[0] + marks[4], line), Segment(f" {title} ", self.paint("frame--title"))]
        filled = sum(cell_len(segment.text) for segment in head)
        return [*head, Segment(marks[4] * max(0, width - filled - taken), line), *remark]

    def _has_thumb(self, y: int) -> bool:
        first, seen, total = self.extent()
        height = self.inner_height
        if total <= seen or height <= 0:
            return False
        length = max(1, height * seen // total)
        start = (height - length) * first // max(1, total - seen)
        return start <= y < start + length
