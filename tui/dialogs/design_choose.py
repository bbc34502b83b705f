"""Choosing one of many: a line to search with above a table; Enter takes the selected row."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container
from textual.screen import ModalScreen
from textual.widgets import Input

from tui.keys.hints import hint
from tui.keys.moves import LIST_KEYS
from tui.widgets.bar import FooterBar
from tui.widgets.table import Column, Row, Table


class _Choices(Table):
    BINDINGS = [*LIST_KEYS]


class ChooseDialog(ModalScreen[str | None]):
    """Rows to choose from; answers the chosen row's key, or None."""

    BINDINGS = [
        Binding("escape", "leave", "leave", show=False, id="choose.leave"),
        Binding("enter", "take", "choose", show=False, id="choose.take"),
        Binding("down,ctrl+n", "move(1)", "down", show=False, id="choose.down"),
        Binding("up,ctrl+p", "move(-1)", "up", show=False, id="choose.up"),
    ]
    DEFAULT_CSS = """
    ChooseDialog { align: center middle; background: $background 60%; }
    ChooseDialog > #dialog { width: 90%; max-width: 96; height: auto; background: $background; }
    ChooseDialog Input { height: 1; border: none; padding: 0 1; background: $bar; }
    ChooseDialog Input:focus { border: none; }
    ChooseDialog FooterBar { dock: none; }
    """

    def __init__(
        self, title: str, columns: Sequence[Column], rows: Sequence[Row], why_empty: str, take: str, at: str = ""
    ) -> None:
        """`at` is the key of the row to begin at."""
        super().__init__()
        self._heading, self._rows, self._why_empty = title, rows, why_empty
        self._search = Input(placeholder="type to search", select_on_focus=False)
        self._table = _Choices(columns)
        self._table.select(at)
        self._footer = FooterBar(
            [
                hint(self.BINDINGS, "choose.take", take),
                hint(self.BINDINGS, "choose.up choose.down", "move", ""),
                hint(self.BINDINGS, "choose.leave", "leave it"),
            ]
        )

    def compose(self) -> ComposeResult:
        """The line, the table, the keys."""
        with Container(id="dialog"):
            yield self._search
            yield self._table
            yield self._footer

    def on_mount(self) -> None:
        """Show every row."""
        for widget in (self._table, self._footer):
            widget.ascii_only = getattr(self.app, "ascii_only", False)
        self._table.set_title(self._heading)
        self._table.set_rows(self._rows, self._why_empty)
        self._fit()
        self.set_focus(self._search)

    def on_resize(self) -> None:
        """Fit again."""
        self._fit()

    def _fit(self) -> None:
        self._table.styles.height = max(5, min(len(self._rows) + 3, self.app.size.height - 6))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what matches."""
        event.stop()
        self._table.set_filter(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the selected row."""
        event.stop()
        self.action_take()

    def on_table_entered(self, event: Table.Entered) -> None:
        """Take the row that was clicked or entered."""
        event.stop()
        self.dismiss(event.key)

    def on_footer_bar_pressed(self, event: FooterBar.Pressed) -> None:
        """A click on a key does what the key does."""
        event.stop()
        self.call_later(self.run_action, event.action)

    def action_move(self, rows: int) -> None:
        """Select a row further down, while one writes."""
        self._table.action_move(rows)

    def action_take(self) -> None:
        """Answer with the selected row."""
        if self._table.selected:
            self.dismiss(self._table.selected)

    def action_leave(self) -> None:
        """Answer nothing."""
        self.dismiss(None)
