"""The Runs screen: every run of the workspace."""

import time
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tui.dialogs.box import ConfirmDialog, when_yes
from tui.history import Spot
from tui.keys.actions import bindings, key_of
from tui.keys.moves import LIST_KEYS
from tui.reading.runs import delete_runs, latest_runs
from tui.screens.run_words import COLUMNS, run_row
from tui.screens.table_screen import TableScreen
from tui.views import RunView, SessionError
from tui.widgets.document import Line
from tui.widgets.status import Status
from tui.widgets.table import Table
from tui.wording.units import count, size

_MOST = 500
_MOST_COMPARED = 6


class _Runs(Table):
    BINDINGS = [*LIST_KEYS]


class RunsScreen(TableScreen):
    """A table, newest first; Enter shows the run."""

    WHERE = "runs"
    EXAMPLE = "status:failed, pipeline:train"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(("run.", "view.", "step.", "table."), "runs"),
        Binding("escape", "out", "out", show=False, id="runs.back"),
    ]

    def __init__(self, filter_text: str = "", row: str = "") -> None:
        super().__init__()
        self.table = _Runs(COLUMNS, id="runs", markable=True)
        self._runs: dict[str, RunView] = {}
        self.table.set_filter(filter_text)
        self.table.select(row)

    def body(self) -> ComposeResult:
        """Only the table."""
        yield self.table

    def on_mount(self) -> None:
        """Read the runs."""
        self.spread_ascii()
        self.header.set_crumbs(self.bridge.name, "runs")
        self.table.set_title("Runs")
        self.set_focus(self.table)
        self._ticking = self.set_interval(1.0, self._show_rows, pause=True)
        self._load()

    def records_changed(self) -> None:
        """Read the runs again."""
        if self.is_mounted:
            self._load()

    @work(exclusive=True)
    async def _load(self) -> None:
        try:
            runs = await self.bridge.read(latest_runs(_MOST))
        except SessionError as error:
            self.table.set_rows([], error.trouble.message)
            return
        self._runs = {str(run.number): run for run in runs}
        self._show_rows()

    def _show_rows(self) -> None:
        """Every second while a run goes on, so that its time grows."""
        if self.was_left():
            return
        runs, now = self._runs.values(), time.time()
        rows = [run_row(run, self.host.ascii_only, now) for run in runs]
        self.table.set_rows(
            rows, f"no run yet: {key_of('app.screen_run')} shows the pipelines, {key_of('run.start')} runs one"
        )
        live = any(run.is_live for run in runs)
        (self._ticking.resume if live else self._ticking.pause)()
        self.say_filtered()
        self._say_hints()

    def say_filtered(self) -> None:
        """The title, with the filter in it."""
        marked = len(self.table.marked)
        told = [f"/{self.table.filter}"] if self.table.filter else []
        told += [f"{count(marked, 'run')} marked"] if marked else []
        self.table.set_title(f"Runs {len(self.table.shown_keys)}", ("  ".join(told), "frame--remark"))

    def on_table_highlighted(self, event: Table.Highlighted) -> None:
        """Another run can be cancelled, or not."""
        event.stop()
        self._say_hints()

    def _say_hints(self) -> None:
        run = self._runs.get(self.table.selected)
        self.footer.set_hints(self.hints(() if run is not None and run.is_live else ("run.cancel",)))

    @property
    def spot(self) -> Spot:
        """Where this is."""
        return Spot("runs", row=self.table.selected, filter=self.table.filter)

    def step_back(self) -> bool:
        """Marks go first."""
        had_marks = bool(self.table.marked)
        self.table.clear_marks()
        return had_marks

    def action_open(self) -> None:
        """Show the selected run."""
        self.table.action_enter()

    def action_mark(self) -> None:
        """Mark the run, or not."""
        self.table.action_mark()

    def on_table_entered(self, event: Table.Entered) -> None:
        """Show the run."""
        event.stop()
        self.host.open_run(self._runs[event.key])

    def _chosen(self) -> list[RunView]:
        """The marked runs, else the selected one."""
        keys = self.table.marked or (self.table.selected,)
        return [self._runs[key] for key in keys if key in self._runs]

    def action_compare(self) -> None:
        """The marked runs; one run with the other that is meant, or with the one before it of its pipeline."""
        chosen = [run.number for run in self._chosen()]
        selected = self._runs.get(self.table.selected)
        if len(chosen) == 1 and selected is not None and selected.number not in chosen:
            chosen.append(selected.number)
        elif len(chosen) == 1 and selected is not None:
            before = [run.number for run in self._runs.values() if run.pipeline == selected.pipeline]
            chosen = [number for number in before if number < selected.number][:1] + chosen
        if not 2 <= len(chosen) <= _MOST_COMPARED:
            said = (
                f"mark two to {_MOST_COMPARED} runs with {key_of('run.mark')}"
                if len(chosen) != 1
                else "no run came before this one"
            )
            self.notify(said, severity="warning", markup=False)
            return
        self.host.log_words("mlpw", "compare", *map(str, chosen))
        self.host.go(Spot("compare", about=",".join(map(str, chosen))))

    def action_delete(self) -> None:
        """Ask, then delete the marked runs or the selected one."""
        chosen = self._chosen()
        live = [run for run in chosen if run.is_live]
        if live or not chosen:
            said = f"run {live[0].number} is going on: cancel it first" if live else "there is no run to delete"
            self.notify(said, severity="warning", markup=False)
            return
        names = ", ".join(str(run.number) for run in chosen)
        lines = [
            Line(f"Delete {'run' if len(chosen) == 1 else 'runs'} {names}, with what is remembered of them?"),
            Line(),
            Line("Results stay, with their logs: no step runs again because of it.", style="paint--muted"),
        ]
        dialog = ConfirmDialog("Delete", lines, "delete", "keep")
        self.app.push_screen(dialog, when_yes(lambda: self._delete([run.number for run in chosen])))

    @work(group="delete")
    async def _delete(self, numbers: list[int]) -> None:
        try:
            freed = await self.bridge.work(delete_runs(numbers))
        except SessionError as error:
            self.notify(f"{error.trouble.message}. {error.trouble.hint}", severity="error", markup=False)
            return
        self.host.log_words("mlpw", "rm", *map(str, numbers), "--yes")
        self.notify(f"{count(len(numbers), 'run')} deleted, {size(freed)} freed", markup=False)
        self.records_changed()

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
        keys = list(self.table.shown_keys)
        at = keys.index(self.table.selected) if self.table.selected in keys else 0
        for distance in range(1, len(keys) + 1):
            index = (at + direction * distance) % len(keys)
            if self._runs[keys[index]].status is Status.FAILED:
                self.table.action_move(index - at)
                return

    def on_table_marked(self, event: Table.Marked) -> None:
        """Say how many."""
        event.stop()
        self.say_filtered()

    def text_to_copy(self) -> str:
        """The selected run."""
        run = self._runs.get(self.table.selected)
        return f"run {run.number} {run.pipeline} {run.status.value} {run.error}".rstrip() if run else ""
