"""Dialogs: a framed text over the screen, that asks or tells."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container
from textual.screen import ModalScreen

from tui.keys.hints import hint
from tui.keys.moves import LIST_KEYS
from tui.widgets.bar import FooterBar, Hint
from tui.widgets.document import Document, Line

Answer = TypeVar("Answer")


class _Words(Document):
    BINDINGS = [key for key in LIST_KEYS if key.id != "list.enter"]


class Dialog(ModalScreen[Answer]):
    """A document as high as its text, with the keys that answer below it."""

    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 60%; }
    Dialog > #dialog { width: 90%; max-width: 96; height: auto; background: $background; }
    Dialog #dialog-words { width: 1fr; }
    """

    #: Cells that it takes at most, and per cent of the screen, as its styles say too; rows that stay free around it.
    WIDEST, SHARE, FREE = 96, 90, 4

    def __init__(self, title: str, lines: Sequence[Line], hints: Sequence[Hint], label_width: int = 12) -> None:
        super().__init__()
        self._heading = title
        self._lines = list(lines)
        self._words = _Words(id="dialog-words", label_width=label_width)
        self._footer = FooterBar(hints)

    def compose(self) -> ComposeResult:
        """Text and keys."""
        with Container(id="dialog"):
            yield self._words
            yield self._footer

    def on_mount(self) -> None:
        """Take the keys."""
        self._words.ascii_only = getattr(self.app, "ascii_only", False)
        self._words.set_title(self._heading)
        self.say(self._lines)
        self.set_focus(self._words)

    def say(self, lines: Sequence[Line]) -> None:
        """Show these lines, in a box just high enough."""
        self._lines = list(lines)
        self._words.set_lines(lines)
        self._fit()

    def offer(self, *hints: Hint) -> None:
        """Offer other keys than at first."""
        self._footer.set_hints(hints)

    def on_resize(self) -> None:
        """Fit again."""
        self._fit()

    def _fit(self) -> None:
        width = min(self.WIDEST, self.app.size.width * self.SHARE // 100) - 2
        rows = self._words.rows_at(width) + 2
        self._words.styles.height = max(3, min(rows, self.app.size.height - self.FREE))

    def on_footer_bar_pressed(self, event: FooterBar.Pressed) -> None:
        """A click on a key does what the key does."""
        event.stop()
        self.call_later(self.run_action, event.action)


class TextDialog(Dialog[None]):
    """Text to read: help, why, the command log."""

    BINDINGS = [Binding("escape,enter,q,space", "close", "close", show=False, id="dialog.close")]

    def __init__(self, title: str, lines: Sequence[Line], label_width: int = 12) -> None:
        hints = [hint(self.BINDINGS, "dialog.close", "close"), hint(LIST_KEYS, "list.down list.up", "scroll", "")]
        super().__init__(title, lines, hints, label_width)

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)


class ConfirmDialog(Dialog[bool]):
    """A question; only Enter or y says yes."""

    BINDINGS = [
        Binding("enter,y", "yes", "yes", show=False, id="dialog.yes"),
        Binding("escape,n,q", "no", "no", show=False, id="dialog.no"),
    ]

    def __init__(self, title: str, lines: Sequence[Line], yes: str, no: str = "no") -> None:
        super().__init__(title, lines, [hint(self.BINDINGS, "dialog.yes", yes), hint(self.BINDINGS, "dialog.no", no)])

    def action_yes(self) -> None:
        """Answer yes."""
        self.dismiss(True)

    def action_no(self) -> None:
        """Answer no."""
        self.dismiss(False)


def when_yes(act: Callable[[], object]) -> Callable[[bool | None], None]:
    """A callback for a question's answer that acts on yes only."""

    def answered(yes: bool | None) -> None:
        if yes:
            act()

    return answered
