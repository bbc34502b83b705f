"""A dialog that asks for one line of text."""

from collections.abc import Callable, Sequence

from textual.binding import Binding
from textual.widgets import Input

from tui.dialogs.box import Dialog
from tui.widgets.bar import Hint
from tui.widgets.document import Line
from tui.widgets.status import Status


class AskDialog(Dialog[str | None]):
    """Some lines, and a line to write on; answers what was written, or None.

    `check` gives what speaks against a text, "" for nothing; what it only warns of, it says once.
    """

    BINDINGS = [Binding("escape", "no", "leave it", show=False, id="ask.no")]

    DEFAULT_CSS = """
    AskDialog Input { height: 1; border: none; padding: 0 1; background: $bar; }
    AskDialog Input:focus { border: none; }
    """

    def __init__(
        self, title: str, lines: Sequence[Line], text: str, yes: str, check: Callable[[str], str] = lambda text: ""
    ) -> None:
        super().__init__(title, lines, [Hint("Enter", yes, "yes"), Hint("Esc", "leave it", "no")])
        self._about = list(lines)
        self._check = check
        self._input = Input(text, select_on_focus=False)

    def on_mount(self) -> None:
        """Write at once."""
        self.query_one("#dialog").mount(self._input, before=self._footer)
        self.call_after_refresh(self.set_focus, self._input)  # the dialog's text takes the keys first

    def on_input_changed(self, event: Input.Changed) -> None:
        """Another text: what spoke against the one before is no longer said."""
        event.stop()
        self.say(self._about)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer, unless something speaks against it."""
        event.stop()
        self.action_yes()

    def action_yes(self) -> None:
        """Answer what is written."""
        against = self._check(self._input.value)
        if against:
            self.say([*self._about, Line(), Line(against, status=Status.FAILED)])
        else:
            self.dismiss(self._input.value)

    def action_no(self) -> None:
        """Answer nothing."""
        self.dismiss(None)
