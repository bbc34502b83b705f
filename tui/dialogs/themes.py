"""Choosing a theme: each is shown on the whole workbench while its row is selected."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container
from textual.screen import ModalScreen

from tui.keys.hints import hint
from tui.keys.moves import LIST_KEYS
from tui.widgets.bar import FooterBar
from tui.widgets.table import Column, Row, Table


@dataclass(frozen=True, slots=True)
class Choice:
    """A theme as the chooser shows it."""

    name: str
    about: str
    is_dark: bool


class _Choices(Table):
    BINDINGS = [*LIST_KEYS]

    def __init__(self, moved: Callable[[str], None]) -> None:
        super().__init__((Column("theme", 27), Column("", 6), Column("", 30)), id="themes")
        self._moved = moved

    def _go(self, at: int) -> None:
        super()._go(at)
        self._moved(self.selected)


class ThemeDialog(ModalScreen[str | None]):
    """A list at the bottom, so that the panes above show the colours; Enter keeps a theme, Esc the one before."""

    BINDINGS = [Binding("escape,q", "leave", "leave", show=False, id="dialog.no")]
    DEFAULT_CSS = """
    ThemeDialog { align: center bottom; background: $background 0%; }
    ThemeDialog > Container { width: 90%; max-width: 96; height: auto; background: $background; margin-bottom: 1; }
    ThemeDialog FooterBar { dock: none; }
    """

    def __init__(self, choices: Sequence[Choice], current: str, preview: Callable[[str], None]) -> None:
        super().__init__()
        self._choices, self._current, self._preview = choices, current, preview
        self._table = _Choices(self._show)
        self._footer = FooterBar(
            [hint(LIST_KEYS, "list.enter", "keep it", "keep"), hint(self.BINDINGS, "dialog.no", "leave it")]
        )

    def compose(self) -> ComposeResult:
        """The list and its keys."""
        with Container():
            yield self._table
            yield self._footer

    def on_mount(self) -> None:
        """Select the theme that is in use."""
        for widget in (self._table, self._footer):
            widget.ascii_only = getattr(self.app, "ascii_only", False)
        self._table.styles.height = min(len(self._choices) + 3, max(6, self.app.size.height // 2))
        self._table.set_title(f"Themes {len(self._choices)}")
        self._table.set_rows([_row(choice) for choice in self._choices])
        names = [choice.name for choice in self._choices]
        if self._current in names:
            self._table.action_move(names.index(self._current))
        self.set_focus(self._table)

    def _show(self, name: str) -> None:
        self._preview(name)

    def on_table_entered(self, event: Table.Entered) -> None:
        """Keep it."""
        event.stop()
        self.dismiss(event.key)

    def on_footer_bar_pressed(self, event: FooterBar.Pressed) -> None:
        """A click on a key does what the key does."""
        event.stop()
        self.call_later(self.run_action, event.action)

    def action_keep(self) -> None:
        """Keep the selected theme."""
        self.dismiss(self._table.selected)

    def action_leave(self) -> None:
        """Go back to the theme before."""
        self.dismiss(None)


def _row(choice: Choice) -> Row:
    shade = "dark" if choice.is_dark else "light"
    cells = ((choice.name, "paint--title"), (shade, "paint--muted"), (choice.about, "paint--text"))
    return Row(choice.name, cells)
