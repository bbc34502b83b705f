"""The Runs screen: every run of the workspace."""

import time
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget

from tui.dialogs.box import ConfirmDialog, when_yes
from tui.keys.actions import bindings
from tui.keys.moves import LIST_KEYS
from tui.screens.base import WorkbenchScreen
from tui.views import RunView, SessionError
from tui.widgets.document import Line
from tui.widgets.status import Status
from tui.widgets.table import Column, Row, Table
from tui.wording import units
from tui.wording.status import LOOKS, glyph

_COLUMNS = (
    Column("run", 6, right=True),
    Column("status", 13),
    Column("started", 18),
    Column("took", 7, right=True),
    Column("steps", 22),
    Column("pipeline", 40),
)


class _Runs(Table):
    BINDINGS = [*LIST_KEYS]


class RunsScreen(WorkbenchScreen):
    """A table, newest first; Enter shows the run."""

    WHERE = "runs"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(("run.", "view.", "step."), "runs"),
        Binding("escape", "app.screen_run", "back", show=False, id="runs.back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.table = _Runs(_COLUMNS, id="runs")
        self._runs: dict[str, RunView] = {}

    def body(self) -> ComposeResult:
        """Only the table."""
        yield self.table

    def on_mount(self) -> None:
        """Read the runs."""
        self.spread_ascii()
        self.header.set_crumbs(self.bridge.name, "runs")
        self.table.set_title("Runs")
        self.table.focus()
        self._load()

    def records_changed(self) -> None:
        """Read the runs again."""
        if self.is_mounted:
            self._load()

    @work(exclusive=True)
    async def _load(self) -> None:
        try:
            runs = await self.bridge.runs()
        except SessionError as error:
            self.table.set_rows([], error.trouble.message)
            return
        self._runs = {str(run.number): run for run in runs}
        rows = [run_row(run, self.host.ascii_only, time.time()) for run in runs]
        self.table.set_rows(rows, "no run yet: 1 shows the pipelines, r runs one")
        self.table.set_title(f"Runs {len(runs)}")

    def on_table_entered(self, event: Table.Entered) -> None:
        """Show the run."""
        event.stop()
        self.host.open_run(self._runs[event.key])

    def action_cancel(self) -> None:
        """Ask, then cancel the selected run."""
        run = self._runs.get(self.table.selected)
        if run is None or not run.is_live:
            self.notify("this run is not going on", severity="warning", markup=False)
            return
        lines = [Line(f"Cancel run {run.number}? Finished steps keep their results.")]
        dialog = ConfirmDialog("Cancel", lines, "cancel the run", "let it run")
        self.app.push_screen(dialog, when_yes(lambda: self._cancel(run.number)))

    @work
    async def _cancel(self, run: int) -> None:
        try:
            await self.bridge.cancel(run)
        except SessionError as error:
            self.notify(error.trouble.message, severity="error", markup=False)
            return
        self.host.log_command("run.cancel", run=run)
        self.records_changed()

    def action_next_failure(self) -> None:
        """The next failed run."""
        self._jump(1)

    def action_previous_failure(self) -> None:
        """The failed run before."""
        self._jump(-1)

    def _jump(self, direction: int) -> None:
        keys = list(self._runs)
        at = keys.index(self.table.selected) if self.table.selected in keys else 0
        for distance in range(1, len(keys) + 1):
            index = (at + direction * distance) % len(keys)
            if self._runs[keys[index]].status is Status.FAILED:
                self.table.action_move(index - at)
                return

    def apply_filter(self, target: Widget | None, text: str) -> None:
        """Filter the rows."""
        del target
        self.table.set_filter(text)

    def text_to_copy(self) -> str:
        """The selected run."""
        run = self._runs.get(self.table.selected)
        return f"run {run.number} {run.pipeline} {run.status.value} {run.error}".rstrip() if run else ""


def run_row(run: RunView, ascii_only: bool, now: float) -> Row:
    """A run as a row."""
    started = run.started_at or run.created_at
    took = units.duration(run.ended_at - started) if run.ended_at else ""
    counts = " ".join(f"{glyph(status, ascii_only)}{count}" for status, count in run.counts.items() if count)
    style = f"status--{run.status.value}"
    when = time.strftime("%d %b %H:%M", time.localtime(started)) if now - started > 43200 else units.ago(started, now)
    return Row(
        str(run.number),
        (
            (str(run.number), "paint--title"),
            (f"{glyph(run.status, ascii_only)} {LOOKS[run.status].word}", style),
            (when, "paint--muted"),
            (took, "paint--text"),
            (counts, "paint--muted"),
            (f"{run.pipeline}{'  ' + run.error if run.error else ''}", "paint--text"),
        ),
    )
