"""One row at the top or bottom of a screen: where one is and how it stands, or what can be done."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip

from tui.widgets.status import StatusWidget
from tui.wording.safe import one_line

Piece = tuple[str, str]


class HeaderBar(StatusWidget):
    """Breadcrumb on the left, standing on the right, as pieces of (text, style class)."""

    DEFAULT_CSS = """
    HeaderBar { height: 1; background: $bar; color: $foreground; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._crumbs: tuple[str, ...] = ()
        self._standing: tuple[Piece, ...] = ()
        self._badge: tuple[Piece, ...] = ()

    def set_crumbs(self, *crumbs: str) -> None:
        """Say where one is, outermost first."""
        cleaned = tuple(one_line(crumb) for crumb in crumbs if crumb)
        if cleaned != self._crumbs:
            self._crumbs = cleaned
            self.refresh()

    def set_standing(self, *pieces: Piece) -> None:
        """Say how it stands."""
        if pieces != self._standing:
            self._standing = pieces
            self.refresh()

    def set_badge(self, *pieces: Piece) -> None:
        """Say, before how it stands, what goes on besides."""
        if pieces != self._badge:
            self._badge = pieces
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The bar; the outer crumbs give way first when there is no room."""
        del y
        width = self.size.width
        right = [Segment(text, self.paint(style)) for text, style in (*self._badge, *self._standing)]
        taken = sum(cell_len(segment.text) for segment in right) + 2
        crumbs = list(self._crumbs)
        arrow = " > " if self.ascii_only else " \u203a "
        while len(crumbs) > 1 and cell_len(arrow.join(crumbs)) + 8 + taken > width:
            crumbs.pop(0)
        left = [Segment(" mlpw ", self.paint("paint--selected") + self.paint("paint--title")), Segment(" ")]
        for index, crumb in enumerate(crumbs):
            last = index == len(crumbs) - 1
            left.append(Segment(crumb, self.paint("paint--title" if last else "paint--muted")))
            if not last:
                left.append(Segment(arrow, self.paint("paint--muted")))
        filled = sum(cell_len(segment.text) for segment in left)
        strip = Strip([*left, Segment(" " * max(1, width - filled - taken + 1)), *right])
        return strip.adjust_cell_length(width).apply_style(self.rich_style)


@dataclass(frozen=True, slots=True)
class Hint:
    """A key and what it does."""

    key: str
    label: str
    action: str


class FooterBar(StatusWidget):
    """The keys that matter here; what does not fit is left out from the right, keeping the last ones."""

    DEFAULT_CSS = """
    FooterBar { height: 1; background: $bar; color: $foreground; }
    """

    class Pressed(Message):
        """A hint was clicked."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(self, hints: Sequence[Hint], kept: int = 3, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._hints = tuple(hints)
        self._kept = kept

    def set_hints(self, hints: Sequence[Hint]) -> None:
        """Offer other keys."""
        if tuple(hints) != self._hints:
            self._hints = tuple(hints)
            self.refresh()

    def _fitting(self) -> list[Hint]:
        hints = list(self._hints)
        while len(hints) > 1 and sum(len(h.key) + len(h.label) + 3 for h in hints) > self.size.width:
            hints.pop(max(0, len(hints) - self._kept - 1))
        return hints

    def render_line(self, y: int) -> Strip:
        """Key and label, one after the other."""
        del y
        segments = [Segment(" ")]
        for hint in self._fitting():
            segments.append(Segment(hint.key, self.paint("status--running")))
            segments.append(Segment(f" {hint.label}  ", self.paint("paint--muted")))
        return Strip(segments).adjust_cell_length(self.size.width).apply_style(self.rich_style)

    def on_click(self, event: events.Click) -> None:
        """Do what stands under the mouse."""
        x = 1
        for hint in self._fitting():
            end = x + len(hint.key) + len(hint.label) + 3
            if x <= event.x < end:
                self.post_message(self.Pressed(hint.action))
                return
            x = end
