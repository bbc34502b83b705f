"""A dialog in which steps are marked: whose logs are to be merged."""

from collections.abc import Collection, Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container
from textual.screen import ModalScreen

from tui.keys.hints import hint
from tui.keys.moves import LIST_KEYS
from tui.widgets.bar import FooterBar
from tui.widgets.status import Status
from tui.widgets.table import Column, Row, Table
from tui.wording.status import LOOKS, glyph


class _Steps(Table):
    BINDINGS = [key for key in LIST_KEYS if key.id not in ("list.enter", "list.left", "list.right")]


class StepsDialog(ModalScreen[tuple[str, ...] | None]):
    """Steps with a mark each; answers the marked ones in their order, or None."""

    BINDINGS = [
        Binding("space,x", "mark", "mark", show=False, id="steps.mark"),
        Binding("a", "all", "all or none", show=False, id="steps.all"),
        Binding("r", "running", "running", show=False, id="steps.running"),
        Binding("enter", "yes", "show", show=False, id="steps.yes"),
        Binding("escape,q", "no", "leave it", show=False, id="steps.no"),
    ]

    DEFAULT_CSS = """
    StepsDialog { align: center middle; background: $background 60%; }
    StepsDialog > #dialog { width: 90%; max-width: 72; height: auto; background: $background; }
    StepsDialog FooterBar { dock: none; }
    """

    def __init__(self, title: str, steps: Sequence[tuple[str, Status]], marked: Collection[str]) -> None:
        super().__init__()
        self._heading = title
        self._steps = tuple(steps)
        self._marked = set(marked)
        self._table = _Steps([Column("", 4), Column("", 12), Column("step", 30)], id="choose-steps")
        self._footer = FooterBar(
            [
                hint(self.BINDINGS, "steps.yes", "show their logs"),
                hint(self.BINDINGS, "steps.mark", "mark"),
                hint(self.BINDINGS, "steps.all", "all"),
                hint(self.BINDINGS, "steps.running", "running"),
                hint(self.BINDINGS, "steps.no", "leave it"),
            ],
            kept=1,
        )

    def compose(self) -> ComposeResult:
        """Table and keys."""
        with Container(id="dialog"):
            yield self._table
            yield self._footer

    def on_mount(self) -> None:
        """Take the keys."""
        self._table.ascii_only = getattr(self.app, "ascii_only", False)
        self._table.styles.height = max(4, min(len(self._steps) + 3, self.app.size.height - 4))
        self._show()
        self.set_focus(self._table)

    def _show(self) -> None:
        ascii_only = self._table.ascii_only
        rows = []
        for step, status in self._steps:
            look = (f"{glyph(status, ascii_only)} {LOOKS[status].word}", f"status--{status.value}")
            rows.append(
                Row(step, (("[x]" if step in self._marked else "[ ]", "paint--text"), look, (step, "paint--text")))
            )
        self._table.set_rows(rows)
        self._table.set_title(self._heading, (f"{len(self._marked)} marked", "frame--remark"))

    def on_table_entered(self, event: Table.Entered) -> None:
        """A double click marks."""
        event.stop()
        self.action_mark()

    def action_mark(self) -> None:
        """Mark the selected step, or no longer."""
        self._marked ^= {self._table.selected}
        self._show()

    def action_all(self) -> None:
        """Mark all, or none when all are."""
        names = {step for step, _ in self._steps}
        self._marked = set() if self._marked == names else names
        self._show()

    def action_running(self) -> None:
        """Mark those that run."""
        self._marked = {step for step, status in self._steps if status.is_live}
        self._show()

    def action_yes(self) -> None:
        """Answer those that are marked; the selected one when none is."""
        marked = self._marked or {self._table.selected}
        self.dismiss(tuple(step for step, _ in self._steps if step in marked))

    def action_no(self) -> None:
        """Answer nothing."""
        self.dismiss(None)

    def on_footer_bar_pressed(self, event: FooterBar.Pressed) -> None:
        """A click on a key does what the key does."""
        event.stop()
        self.call_later(self.run_action, event.action)
