"""The palette: a line to type a command into, and what it can be while it is typed."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import ModalScreen
from textual.widgets import Input

from tui.dialogs.suggestions import Suggestion, suggest
from tui.keys.hints import hint
from tui.widgets.table import Column, Row, Table

_ROWS = 14


class _Line(Input):
    DEFAULT_CSS = """
    _Line { height: 1; border: none; padding: 0 1; background: $bar; }
    _Line:focus { border: none; }
    """


class PaletteDialog(ModalScreen[Suggestion | None]):
    """Answers with what was chosen; Tab completes, the arrows choose, Enter does it."""

    DEFAULT_CSS = """
    PaletteDialog { align: center top; background: $background 60%; }
    PaletteDialog > #palette { width: 90%; max-width: 110; height: auto; margin-top: 2; background: $background; }
    PaletteDialog Table { height: 3; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "close", show=False, id="palette.close"),
        Binding("down,ctrl+n", "move(1)", "down", show=False, id="palette.down"),
        Binding("up,ctrl+p", "move(-1)", "up", show=False, id="palette.up"),
        Binding("pagedown", "move(10)", "page down", show=False, id="palette.page_down"),
        Binding("pageup", "move(-10)", "page up", show=False, id="palette.page_up"),
        Binding("tab", "complete", "complete", show=False, priority=True, id="palette.complete"),
    ]

    def __init__(self, offered: Sequence[Suggestion], recent: Sequence[str], *, is_waiting: bool = False) -> None:
        """Offer these; where `is_waiting`, `offer` brings more, and a quick Enter waits for them."""
        super().__init__()
        self._offered, self._recent = list(offered), tuple(recent)
        self._line = _Line(placeholder="type an action, a screen, a name: runs failed, component train, run 12")
        self._table = Table((Column("command", 44), Column("what it does", 60)))
        self._table.can_focus = False
        self._found: list[Suggestion] = []
        self._is_waiting = is_waiting
        self._wants_answer = False

    def compose(self) -> ComposeResult:
        """The line, and the list below it."""
        with Container(id="palette"):
            yield self._line
            yield self._table

    def on_mount(self) -> None:
        """Offer everything at first."""
        self._table.ascii_only = getattr(self.app, "ascii_only", False)
        self._table.set_title("Palette", (_told(), "frame--remark"))
        self.set_focus(self._line)
        self._show()

    def offer(self, more: Sequence[Suggestion]) -> None:
        """Offer more, which was not known at first."""
        self._offered += more
        self._is_waiting = False
        if self.is_mounted:
            self._show()
        if self._wants_answer:
            self._answer()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Look again at every letter."""
        event.stop()
        self._show()
        self._table.action_ends(-1)

    def _show(self) -> None:
        self._found = suggest(self._line.value, self._offered, self._recent)
        rows = [
            Row(str(index), ((each.words, "paint--text"), (each.help, "paint--muted")))
            for index, each in enumerate(self._found)
        ]
        self._table.set_rows(rows, "nothing is called that")
        room = max(1, min(_ROWS, self.app.size.height - 8))
        self._table.styles.height = min(max(1, len(rows)), room) + 3

    def on_resize(self) -> None:
        """As many rows as there is room for."""
        self._show()

    def action_move(self, rows: int) -> None:
        """Choose another line."""
        self._table.action_move(rows)

    def action_complete(self) -> None:
        """Write the chosen line's command, ready for more."""
        chosen = self._chosen()
        if chosen is not None:
            self._line.value = chosen.text
            self._line.cursor_position = len(chosen.text)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Do what is chosen, once everything is known that it can be."""
        event.stop()
        self._wants_answer = self._is_waiting
        if not self._is_waiting:
            self._answer()

    def on_table_entered(self, event: Table.Entered) -> None:
        """A click does it too."""
        event.stop()
        self._answer()

    def action_close(self) -> None:
        """Do nothing."""
        self.dismiss(None)

    def _answer(self) -> None:
        chosen = self._chosen()
        if chosen is not None:
            self.dismiss(chosen)

    def _chosen(self) -> Suggestion | None:
        return self._found[int(self._table.selected)] if self._table.selected else None


def _told() -> str:
    complete = hint(PaletteDialog.BINDINGS, "palette.complete", "completes")
    return f"Enter does it  {complete.key} {complete.label}"
