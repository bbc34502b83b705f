"""Which workspace to open: one opened lately, this folder as it is, or a new one begun with a template."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container
from textual.screen import ModalScreen
from textual.widgets import Input

from tui.keys.hints import hint
from tui.keys.moves import LIST_KEYS
from tui.widgets.bar import FooterBar, Hint
from tui.widgets.document import Document, Line
from tui.widgets.table import Column, Row, Table


@dataclass(frozen=True, slots=True)
class Offer:
    """One way on: the folder to open, after the template was put into it where there is one."""

    folder: Path
    title: str
    about: str = ""
    template: str = ""


class _Offers(Table):
    BINDINGS = [*LIST_KEYS]


class WorkspacesDialog(ModalScreen[Offer | None]):
    """A few words, the offers, and a line for the folder when a template is chosen."""

    BINDINGS = [Binding("escape,q", "leave", "leave", show=False, id="dialog.no")]
    DEFAULT_CSS = """
    WorkspacesDialog { align: center middle; background: $background 60%; }
    WorkspacesDialog > Container { width: 90%; max-width: 96; height: auto; background: $background; }
    WorkspacesDialog Document { height: auto; }
    WorkspacesDialog FooterBar { dock: none; }
    WorkspacesDialog Input { height: 1; border: none; padding: 0 1; background: $bar; display: none; }
    WorkspacesDialog Input:focus { border: none; }
    """

    def __init__(self, title: str, words: Sequence[str], offers: Sequence[Offer]) -> None:
        super().__init__()
        self._heading, self._words, self._offers = title, words, list(offers)
        self._text = Document(id="workspaces-words")
        self._table = _Offers((Column("open", 32), Column("what it is", 60)), id="workspaces")
        self._folder = Input(placeholder="folder", select_on_focus=False)
        leave = partial(hint, self.BINDINGS, "dialog.no")
        self._choosing = (hint(LIST_KEYS, "list.enter", "open", "open"), leave("leave"))
        self._naming = (Hint("Enter", "make it in this folder", ""), leave("another"))
        self._footer = FooterBar(self._choosing)
        self._chosen: Offer | None = None

    def compose(self) -> ComposeResult:
        """Words, offers, folder, keys."""
        with Container():
            yield self._text
            yield self._table
            yield self._folder
            yield self._footer

    def on_mount(self) -> None:
        """Show the offers."""
        for widget in (self._text, self._table, self._footer):
            widget.ascii_only = getattr(self.app, "ascii_only", False)
        self._text.can_focus = False
        self._text.set_title(self._heading)
        self._text.set_lines([Line(text) for text in self._words])
        self._table.set_rows([_row(index, offer) for index, offer in enumerate(self._offers)])
        self._table.set_title("Ways on")
        self._fit()
        self.set_focus(self._table)

    def on_resize(self, event: events.Resize) -> None:
        """Fit again."""
        del event
        self._fit()

    def _fit(self) -> None:
        width = min(96, self.app.size.width * 9 // 10) - 2
        self._text.styles.height = self._text.rows_at(width) + 2
        self._table.styles.height = max(4, min(len(self._offers) + 3, self.app.size.height - 12))

    def on_table_entered(self, event: Table.Entered) -> None:
        """Open it; a template first asks for its folder."""
        event.stop()
        offer = self._offers[int(event.key)]
        if not offer.template:
            self.dismiss(offer)
            return
        self._chosen = offer
        self._folder.value = str(offer.folder)
        self._folder.cursor_position = len(self._folder.value)
        self._folder.display = True
        self._folder.focus()
        self._footer.set_hints(self._naming)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Make the workspace in this folder."""
        event.stop()
        if self._chosen is not None and event.value.strip():
            self.dismiss(replace(self._chosen, folder=Path(event.value.strip()).expanduser()))

    def on_footer_bar_pressed(self, event: FooterBar.Pressed) -> None:
        """A click on a key does what the key does."""
        event.stop()
        if event.action:
            self.call_later(self.run_action, event.action)

    def action_leave(self) -> None:
        """Back to the offers; from there, leave."""
        if self._folder.has_focus:
            self._folder.display = False
            self._table.focus()
            self._footer.set_hints(self._choosing)
        else:
            self.dismiss(None)

    def action_open(self) -> None:
        """Take the selected offer."""
        self._table.action_enter()


def _row(index: int, offer: Offer) -> Row:
    return Row(str(index), ((offer.title, "paint--title"), (offer.about, "paint--muted")))
