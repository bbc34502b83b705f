"""What can be done with a log, wherever it is shown: in the Run screen's pane or on the whole screen."""

import asyncio
from pathlib import Path

from textual import work

from tui.dialogs.ask import AskDialog
from tui.dialogs.box import ConfirmDialog, when_yes
from tui.dialogs.choose_steps import StepsDialog
from tui.panes.log import LogPane
from tui.reading.logs import AttemptView, StepLog, attempts, run_logs
from tui.screens.base import WorkbenchScreen
from tui.screens.log_saving import Saving, spare_name
from tui.views import SessionError
from tui.widgets.document import Line
from tui.widgets.log_paint import Times
from tui.wording.safe import one_line

FIND = "find in the log; ~ begins a regex, capitals match as written"
_KEEP = "keep lines with; ! for those without, ~ begins a regex"


class LogActions(WorkbenchScreen):
    """The actions of a screen that has a log pane."""

    log_pane: LogPane
    _saving: Saving | None = None

    def log_place(self) -> tuple[int, str]:
        """The run and the step whose log is shown; 0 and "" where there are none."""
        raise NotImplementedError

    def action_follow(self) -> None:
        """Keep the end in sight, or not; of what nobody writes any more, go there."""
        pane = self.log_pane
        pane.set_follow(not pane.follows or not pane.can_grow)
        if not pane.can_grow and pane.line_count:
            pane.say("the end; nobody writes it any more")

    def action_wrap(self) -> None:
        """Wrap, or not."""
        self.log_pane.set_wrap(not self.log_pane.wraps)

    def action_times(self) -> None:
        """Say when lines came, or not."""
        self.log_pane.toggle_times()
        if self.log_pane.times is Times.CLOCK:
            self._log_twin("log.times")

    def action_last_error(self) -> None:
        """The last traceback."""
        self.log_pane.find_last_traceback()
        self.log_pane.focus()

    def action_select(self) -> None:
        """Mark lines with the movement keys."""
        self.log_pane.focus()
        self.log_pane.mark_lines()

    def action_keep(self) -> None:
        """Ask for what the lines must have."""
        self.set_focus(self.log_pane)
        self.open_line(_KEEP, self.log_pane.keep)

    def close_filter(self) -> None:
        """The line is written: what was found or kept is."""
        if self.filter_line.placeholder == _KEEP and self.filter_line.value and self.log_pane.finder.kept is not None:
            self._log_twin("log.keep", text=self.log_pane.finder.kept.written)
        self.log_pane.finder.settle()
        super().close_filter()

    def _log_twin(self, identifier: str, **more: object) -> None:
        run, step = self.log_place()
        if run:
            self.host.log_command(identifier, what=f"{run}/{step}" if step else run, **more)

    # Attempts

    def action_earlier(self) -> None:
        """The attempt before."""
        self._go_to_attempt(-1)

    def action_later(self) -> None:
        """The attempt after."""
        self._go_to_attempt(1)

    @work(exclusive=True, group="attempts")
    async def _go_to_attempt(self, direction: int) -> None:
        run, step = self.log_place()
        if not run or not step:
            self.log_pane.say("no attempts")
            return
        try:
            found = await self.bridge.read(attempts(run, step))
        except SessionError as error:
            self.notify(error.trouble.message, severity="error", markup=False)
            return
        chosen = _neighbour(found, self.log_pane.shown_attempt, direction)
        if chosen is None:
            self.log_pane.say("no earlier attempt" if direction < 0 else "no later attempt")
            return
        self.log_pane.choose(chosen)
        self.host.log_command("log.earlier", run=chosen.run, step=step, attempt=chosen.number)

    # Several logs

    def action_merge(self) -> None:
        """Ask whose logs are to be merged."""
        self._ask_for_steps()

    @work(exclusive=True, group="merge")
    async def _ask_for_steps(self) -> None:
        run = self.run_to_merge()
        try:
            logs = await self.bridge.read(run_logs(run)) if run else ()
        except SessionError as error:
            self.notify(error.trouble.message, severity="error", markup=False)
            return
        if not logs:
            self.notify("no step of this run has written a log", severity="warning", markup=False)
            return
        dialog = StepsDialog(
            f"Logs of run {run}, by time", [(log.step, log.status) for log in logs], self.steps_to_merge(logs)
        )
        self.app.push_screen(dialog, lambda steps: self.show_merged(run, steps) if steps else None)

    def run_to_merge(self) -> int:
        """The run whose steps' logs can be shown as one."""
        return self.log_place()[0]

    def steps_to_merge(self, logs: tuple[StepLog, ...]) -> set[str]:
        """The steps that are marked at first: those that run, else all."""
        return {log.step for log in logs if log.status.is_live} or {log.step for log in logs}

    def show_merged(self, run: int, steps: tuple[str, ...]) -> None:
        """Show the logs of these steps as one."""
        raise NotImplementedError

    # Saving

    def action_save(self) -> None:
        """Ask for a file's name; or stop the saving that is under way."""
        if self._saving is not None:
            self._saving.stop()
            return
        if not self.log_pane.sources():
            self.notify("there is no log to save", severity="warning", markup=False)
            return
        run, step = self.log_place()
        folder = Path.cwd()
        name = spare_name(folder, f"{one_line(step) or 'steps'}-{run}.log" if run else "log.txt")
        about = [
            Line(one_line(str(folder)), label="folder"),
            Line("All of it is saved, as it is shown.", style="paint--muted"),
        ]

        def check(text: str) -> str:
            path = folder / Path(text.strip()).expanduser()
            if not text.strip() or path.is_dir():
                return "expected a file's name"
            return "" if path.parent.is_dir() else f"there is no folder {one_line(str(path.parent))}"

        def answered(text: str | None) -> None:
            path = folder / Path(text or "").expanduser()
            if text and path.exists():
                words = [Line(one_line(str(path)), label="replace")]
                self.app.push_screen(
                    ConfirmDialog("It is there already", words, "replace it"), when_yes(lambda: self._save(path))
                )
            elif text:
                self._save(path)

        self.app.push_screen(AskDialog("Save the log", about, name, "save", check), answered)

    @work(group="save")
    async def _save(self, path: Path) -> None:
        pane = self.log_pane
        self._saving = saving = Saving(pane.sources(), path, pane.finder.kept, with_times=pane.times is not Times.OFF)
        ticker = self.set_interval(0.2, lambda: pane.say(f"saving {saving.progress:.0%}, S stops"))
        try:
            await asyncio.to_thread(saving.write)
        except OSError as error:
            self.notify(one_line(f"{path}: {error.strerror}"), title="Not saved", severity="error", markup=False)
            return
        finally:
            ticker.stop()
            self._saving = None
            pane.say("")
        if saving.is_stopped:
            self.notify("saving was stopped; nothing is left of it", markup=False)
            return
        self._log_twin("log.save", file=path)
        self.notify(f"saved to {one_line(str(path))}", markup=False)


def _neighbour(found: tuple[AttemptView, ...], shown: Path | None, direction: int) -> AttemptView | None:
    places = [index for index, attempt in enumerate(found) if attempt.log == shown]
    at = places[0] + direction if places else len(found) - 1 if direction < 0 else len(found)
    return found[at] if 0 <= at < len(found) else None
