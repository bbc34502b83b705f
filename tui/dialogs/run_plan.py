"""What a run would do, shown before it starts."""

from collections.abc import Awaitable

from textual import work

from tui.dialogs.box import ConfirmDialog
from tui.views import Preview, SessionError, StepState
from tui.widgets.bar import Hint
from tui.widgets.document import Line
from tui.widgets.status import Status
from tui.wording.units import count

_RUNS = (Status.STALE, Status.FAILED, Status.CANCELLED, Status.WAITING)


class RunPlanDialog(ConfirmDialog):
    """Asks for the plan, shows it, and answers True when a person wants the run."""

    def __init__(self, pipeline: str, preview: Awaitable[Preview]) -> None:
        super().__init__(f"Run {pipeline}", [Line("planning ...", style="paint--muted")], "run", "leave it")
        self._preview = preview
        self._may_run = False

    def on_mount(self) -> None:
        """Ask for the plan while the dialog is already there."""
        super().on_mount()
        self._ask()

    @work(exclusive=True)
    async def _ask(self) -> None:
        try:
            preview = await self._preview
        except SessionError as error:
            self.offer(Hint("Esc", "close", "no"))
            self.say([Line(error.trouble.message, status=Status.FAILED), *_hint(error.trouble.hint)])
            return
        self._may_run = bool(preview.with_status(*_RUNS))
        if not self._may_run:
            self.offer(Hint("Esc", "close", "no"))
        self.say(preview_lines(preview))

    def action_yes(self) -> None:
        """Run, once there is something to run."""
        self.dismiss(self._may_run)


def _hint(hint: str) -> list[Line]:
    return [Line(), Line(hint, style="paint--muted")] if hint else []


def preview_lines(preview: Preview) -> list[Line]:
    """First what runs and why, then what may run, then what stays."""
    sure = preview.with_status(Status.STALE, Status.FAILED, Status.CANCELLED)
    perhaps = preview.with_status(Status.WAITING)
    stays = preview.with_status(Status.REUSED, Status.SUCCEEDED)
    others = preview.with_status(Status.NOT_RUN)
    lines: list[Line] = []
    if not sure and not perhaps:
        lines += [Line("Everything is up to date: a run would start nothing.", status=Status.REUSED), Line()]
    lines += _group(f"{count(len(sure), 'step')} will run", sure, preview)
    lines += _group(f"{count(len(perhaps), 'step')} may run, when what they take has changed", perhaps, preview)
    lines += (
        [Line(f"{count(len(stays), 'step')} stay{'s' if len(stays) == 1 else ''}", style="paint--title")]
        if stays
        else []
    )
    lines += [Line(", ".join(stays), status=Status.REUSED, style="paint--muted")] if stays else []
    lines += [Line(), Line(f"left as they are: {', '.join(others)}", style="paint--muted")] if others else []
    return lines


def _group(title: str, names: tuple[str, ...], preview: Preview) -> list[Line]:
    if not names:
        return []
    lines = [Line(title, style="paint--title")]
    for name in names:
        state: StepState = preview.states[name]
        why = "; ".join(state.reasons)
        lines.append(Line(f"{name}  {why}", status=state.status))
    return [*lines, Line()]
