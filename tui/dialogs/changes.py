"""What changed of steps since their last results, line by line: the diff that is one key away from every reason."""

from collections.abc import Awaitable, Callable, Sequence

from textual import work
from textual.binding import Binding

from core.workspace.step_diff import StepDiff, shared
from tui.dialogs.box import Dialog
from tui.keys.hints import hint
from tui.keys.moves import LIST_KEYS
from tui.reports import decision_word
from tui.views import SessionError
from tui.widgets.diff_lines import diff_lines
from tui.widgets.document import Line
from tui.widgets.status import Status
from tui.wording.changes import heading, remark, shown_lines, whose

#: Of more steps the reasons are not told one by one: the plan does that.
_FEW = 8


class ChangesDialog(Dialog[None]):
    """As wide as the screen; asks for the changes while it is already there."""

    WIDEST, SHARE, FREE = 200, 100, 1
    BINDINGS = [
        Binding("escape,enter,q,d,space", "close", "close", show=False, id="changes.close"),
        Binding("n", "jump(1)", "next change", show=False, id="changes.next"),
        Binding("N", "jump(-1)", "change before", show=False, id="changes.previous"),
        Binding("y", "app.copy", "copy", show=False, id="changes.copy"),
    ]
    DEFAULT_CSS = """
    ChangesDialog > #dialog { width: 100%; max-width: 200; }
    """

    def __init__(self, title: str, ask: Callable[[], Awaitable[Sequence[StepDiff]]]) -> None:
        self._close = hint(self.BINDINGS, "changes.close", "close")
        super().__init__(title, [Line("comparing ...", style="paint--muted")], [self._close], label_width=0)
        self._ask = ask
        self._headings: list[int] = []

    def on_mount(self) -> None:
        """Ask."""
        self._look()

    @work(exclusive=True)
    async def _look(self) -> None:
        try:
            diffs = await self._ask()
        except SessionError as error:
            next_step = error.trouble.hint
            lines = [Line(error.trouble.message, status=Status.FAILED)]
            self.say([*lines, Line(), Line(next_step, style="paint--muted")] if next_step else lines)
            return
        lines, self._headings = change_lines(diffs)
        jumps = hint(self.BINDINGS, "changes.next changes.previous", "next, previous")
        scroll = hint(LIST_KEYS, "list.down list.up", "scroll", "")
        several = [jumps] if len(self._headings) > 1 else []
        self.offer(self._close, *several, scroll, hint(self.BINDINGS, "changes.copy", "copy"))
        self.say(lines)

    def action_close(self) -> None:
        """Go back."""
        self.dismiss(None)

    def action_jump(self, direction: int) -> None:
        """To the next change, or the one before."""
        self._words.jump(self._headings, direction)

    def text_to_copy(self) -> str:
        """All of it."""
        return self._words.plain_text


def change_lines(diffs: Sequence[StepDiff]) -> tuple[list[Line], list[int]]:
    """Why each step runs, then every change once with the steps it is of; and which of the lines are headings."""
    if not diffs:
        return [Line("nothing would run: nothing has changed", status=Status.REUSED)], []
    lines = [line for diff in diffs[:_FEW] for line in _about(diff, alone=len(diffs) == 1)]
    if len(diffs) > _FEW:
        lines.append(Line(f"and {len(diffs) - _FEW} more steps", style="paint--muted"))
    headings = []
    alone = len(diffs) == 1
    for both in shared(diffs):
        lines.append(Line())
        headings.append(len(lines))
        of = whose(both.steps, both.unopened_by, alone=alone)
        lines.append(Line(f"{heading(both.change)}{f'  ·  {of}' if of else ''}", style="paint--title"))
        words = remark(both.change)
        lines += [Line(words, style="paint--muted")] if words else []
        lines += diff_lines(shown_lines(both.change)) if both.steps or alone else []
    return lines, headings


def _about(diff: StepDiff, *, alone: bool) -> list[Line]:
    name = "" if alone else f"{diff.step}  "
    lines = [Line(f"{name}{'; '.join(diff.reasons) or 'up to date'}", status=_STATUS[decision_word(diff.decision)])]
    since = f"since its last result, of run {diff.since}" if diff.since and alone else ""
    words = "; ".join(part for part in (since, diff.note) if part)
    return [*lines, Line(words, style="paint--muted")] if words else lines


_STATUS = {
    "up_to_date": Status.REUSED,
    "stale": Status.STALE,
    "waiting": Status.WAITING,
    "not_selected": Status.NOT_RUN,
}
