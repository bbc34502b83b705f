"""Logs on the whole screen: that of one step, or those of several merged by time."""

from collections.abc import Collection
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget

from tui.keys.actions import bindings, key_of
from tui.panes.log import LogPane
from tui.reading.logs import StepLog, attempts, has_ended, run_logs
from tui.screens.log_actions import FIND, LogActions
from tui.views import SessionError
from tui.widgets.bar import Hint
from tui.wording.safe import one_line
from tui.wording.units import count

#: Seconds until records that could not be read are asked for again.
_AGAIN_SECONDS = 1.0
#: Seconds between looks whether a log that grows has come to its end.
_END_SECONDS = 2.0


class WholeLogScreen(LogActions):
    """A log pane and nothing else; Esc goes back."""

    WHERE = "log"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(("log.", "view.", "step."), "log"),
        Binding("escape", "back", "back", show=False, id="log.back"),
        Binding("l", "leave", "back", show=False, id="log.leave"),
    ]

    def __init__(self, crumbs: tuple[str, ...], run: int, step: str) -> None:
        super().__init__()
        self._crumbs, self._run, self._step = crumbs, run, step
        self.log_pane = LogPane(id="log")

    def body(self) -> ComposeResult:
        """Only the log."""
        yield self.log_pane

    def on_mount(self) -> None:
        """Give the log the keys; what it shows is for the screens below."""
        self.spread_ascii()
        self.header.set_crumbs(*self._crumbs)
        self.set_focus(self.log_pane)

    def hints(self, left_out: Collection[str] = ()) -> list[Hint]:
        """Finding first; not the ways to other screens, for which there is no room."""
        matches = f"{key_of('step.next_failure')} {key_of('step.previous_failure')}"
        others = ("app.screen_run", "app.screen_runs", "view.filter", *left_out)
        return [
            Hint(key_of("view.filter"), "find", "filter"),
            Hint(matches, "next, before", "next_failure"),
            *super().hints(others),
        ]

    def log_place(self) -> tuple[int, str]:
        """The run and step that this is about."""
        return self._run, self._step

    def show_merged(self, run: int, steps: tuple[str, ...]) -> None:
        """In place of this log."""
        self.app.switch_screen(MergedLogScreen(self.log_pane, self._crumbs[:2], run, steps))
        self.host.log_words("mlpw", "logs", *(f"{run}/{step}" for step in steps))

    def action_back(self) -> None:
        """End marking, searching or keeping, then leave."""
        if not self.log_pane.leave_mode():
            self.action_leave()

    def action_leave(self) -> None:
        """Leave."""
        self.app.pop_screen()

    def action_next_failure(self) -> None:
        """The next match."""
        self.log_pane.search_on(1)

    def action_previous_failure(self) -> None:
        """The match before."""
        self.log_pane.search_on(-1)

    def filter_prompt(self) -> str:
        """A log is searched."""
        return FIND

    def apply_filter(self, target: Widget | None, text: str) -> None:
        """Find while a person writes."""
        del target
        self.log_pane.search(text)

    def text_to_copy(self) -> str:
        """What is marked, or the lines in sight."""
        return self.log_pane.text_to_copy()


class LogScreen(WholeLogScreen):
    """The log that a pane shows, in the same state."""

    def __init__(self, pane: LogPane, crumbs: tuple[str, ...], run: int, step: str) -> None:
        super().__init__((*crumbs, "log"), run, step)
        self._pane = pane

    def on_mount(self) -> None:
        """Show what the pane shows."""
        if self._run:
            self.header.set_standing((f"run {self._run}", "paint--muted"))
        elif self._pane.path is not None:
            self.header.set_standing((one_line(self._pane.path.name), "paint--muted"))
        self.log_pane.show_like(self._pane)
        self.set_interval(_END_SECONDS, self._look_for_end)

    def _look_for_end(self) -> None:
        """Whether somebody still writes shows in the attempt's folder, which no record tells."""
        log = self.log_pane.shown_attempt
        if log is not None and self.log_pane.can_grow and has_ended(log):
            self.records_changed()

    def records_changed(self) -> None:
        """Perhaps the step is tried again."""
        if self.is_mounted and self._run and (self.log_pane.follows or self.log_pane.can_grow):
            self._look_at_attempts()

    @work(exclusive=True, group="next attempt")
    async def _look_at_attempts(self) -> None:
        """Whoever follows an attempt follows the one that the same run makes after it; one that ended does not grow."""
        try:
            found = await self.bridge.read(attempts(self._run, self._step))
        except SessionError:  # the records may be busy, and no other change may come
            self.set_timer(_AGAIN_SECONDS, self.records_changed)
            return
        shown = next((each for each in found if each.log == self.log_pane.shown_attempt), None)
        if shown is not None:
            self.log_pane.set_can_grow(shown.is_running)
        if shown is not None and not shown.is_latest and self.log_pane.follows:
            self.log_pane.choose(next(each for each in found if each.run == shown.run and each.is_latest))


class FileScreen(WholeLogScreen):
    """Any file that is read like a log, from its end on."""

    def __init__(self, path: Path, title: str, crumbs: tuple[str, ...]) -> None:
        super().__init__((*crumbs, "log"), 0, "")
        self._path, self._heading = path, title

    def on_mount(self) -> None:
        """Open the file."""
        self.header.set_standing((one_line(self._path.name), "paint--muted"))
        self.log_pane.show(self._path, self._heading)


class MergedLogScreen(WholeLogScreen):
    """The logs of several steps of a run; steps that begin meanwhile join when all were asked for."""

    def __init__(self, pane: LogPane, crumbs: tuple[str, ...], run: int, steps: tuple[str, ...]) -> None:
        super().__init__((*crumbs, f"run {run}", "logs"), run, "")
        self._pane = pane
        self._steps = steps
        self._known: tuple[StepLog, ...] = ()
        self._joins = False

    def on_mount(self) -> None:
        """Read where the logs lie."""
        self.log_pane.set_wrap(self._pane.wraps)
        self.log_pane.set_times(self._pane.times)
        self._load()

    def records_changed(self) -> None:
        """A step began, or began again."""
        if self.is_mounted:
            self._load()

    @work(exclusive=True, group="logs")
    async def _load(self) -> None:
        try:
            logs = await self.bridge.read(run_logs(self._run))
        except SessionError as error:
            self.notify(error.trouble.message, severity="error", markup=False)
            return
        if not self._known:
            self._joins = {log.step for log in logs} <= set(self._steps)
        if logs == self._known:
            return
        self._known = logs
        shown = [log for log in logs if self._joins or log.step in self._steps]
        running = sum(log.status.is_live for log in shown)
        words = f"{count(len(shown), 'step')}{f', {running} running' if running else ''}"
        self.header.set_standing((words, "paint--muted"))
        self.log_pane.show_merged(
            [(log.step, log.log) for log in shown], f"run {self._run}, {words}, by time", can_grow=running > 0
        )

    def steps_to_merge(self, logs: tuple[StepLog, ...]) -> set[str]:
        """Those that are shown."""
        return {log.step for log in logs if self._joins or log.step in self._steps}

    def show_merged(self, run: int, steps: tuple[str, ...]) -> None:
        """Other steps, in the same place."""
        self._steps, self._known = steps, ()
        self.host.log_words("mlpw", "logs", *(f"{run}/{step}" for step in steps))
        self._load()
