"""A question that is answered with a line of text."""

from collections.abc import Callable, Sequence

from textual.binding import Binding
from textual.widgets import Input

from tui.dialogs.box import Dialog
from tui.keys.hints import hint
from tui.widgets.bar import Hint
from tui.widgets.document import Line
from tui.widgets.status import Status


class AskDialog(Dialog[str | None]):
    """Answers the text, or None; `refuse` says what is wrong with a text, "" when nothing is."""

    BINDINGS = [Binding("escape", "no", "leave it", show=False, id="ask.no")]

    DEFAULT_CSS = """
    AskDialog Input { height: 1; border: none; padding: 0 1; background: $bar; }
    AskDialog Input:focus { border: none; }
    """

    def __init__(
        self, title: str, lines: Sequence[Line], value: str, yes: str, refuse: Callable[[str], str] = lambda text: ""
    ) -> None:
        super().__init__(title, lines, [Hint("Enter", yes, "yes"), hint(self.BINDINGS, "ask.no", "leave it")])
        self._told = list(lines)
        self._refuse = refuse
        self._answer = Input(value, select_on_focus=False)

    def on_mount(self) -> None:
        """The line stands under the words, and has the keys."""
        self.query_one("#dialog").mount(self._answer, before=self._footer)
        self.call_after_refresh(self._answer.focus)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say at once what is wrong."""
        event.stop()
        trouble = self._refuse(event.value)
        self.say([*self._told, *([Line(trouble, status=Status.FAILED)] if trouble else [])])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        self.action_yes()

    def action_yes(self) -> None:
        """Answer, unless it cannot be."""
        if self._answer.value.strip() and not self._refuse(self._answer.value):
            self.dismiss(self._answer.value.strip())

    def action_no(self) -> None:
        """No answer."""
        self.dismiss(None)
