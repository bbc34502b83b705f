"""A name before a field, with a mark that says how the field stands."""

from rich.segment import Segment
from textual.strip import Strip

from tui.widgets.status import Status, StatusWidget
from tui.widgets.text import fit
from tui.wording.safe import one_line
from tui.wording.status import glyph


class Tag(StatusWidget):
    """One line as wide as it was told."""

    DEFAULT_CSS = """
    Tag { height: 1; }
    """

    def __init__(self, name: str, width: int) -> None:
        super().__init__()
        self._text, self._status = one_line(name), None
        self._width = width
        self.styles.width = width + 4

    _status: Status | None

    def say(self, status: Status | None) -> None:
        """Show the mark of a status, or none."""
        if status is not self._status:
            self._status = status
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Mark and name."""
        del y
        mark = glyph(self._status, self.ascii_only) if self._status is not None else " "
        style = self.status_style(self._status) if self._status is not None else self.paint("paint--muted")
        segments = [Segment(f" {mark} ", style), Segment(fit(self._text, self._width), self.paint("paint--text"))]
        return Strip(segments).adjust_cell_length(self.size.width).apply_style(self.rich_style)
