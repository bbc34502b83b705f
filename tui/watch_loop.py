"""Watching a pipeline from a terminal: plan at each save, and run what it made stale where that is wished."""

import signal
import time
from collections.abc import Sequence
from dataclasses import replace
from types import FrameType
from typing import Protocol

from core.errors import MlpwError
from core.planning.graph import Graph
from core.planning.selection import Selection
from core.records.model import RunRecord
from core.watching.watcher import Watcher
from core.workspace.replanning import Replanned, Replanner
from core.workspace.saves import Saves
from core.workspace.workspace import Workspace
from tui.following import Change, follow
from tui.start import live_long

#: Between two looks at requests, the records and an error's cause while no file changes.
_TICK_SECONDS = 0.25
#: What an error needs may lie where nobody watches: it is tried again so often, counted in ticks.
_TRY_AGAIN_TICKS = 4
#: A running step may open later what was saved: it is looked at again so often, in seconds.
_LOOK_SECONDS = 0.5


class Telling(Protocol):
    """What the person at the terminal, or the script, hears."""

    def begin(self, files: int, note: str) -> None:
        """So many files of code and data are watched; `note` says what is weaker than it should be."""

    def planned(self, planned: Replanned, paths: Sequence[str]) -> None:
        """The plan after these files changed, none at first."""

    def started(self, workspace: Workspace, run: int) -> None:
        """A run began."""

    def followed(self, change: Change) -> None:
        """How it stands."""

    def outdated(self, step: str, reasons: Sequence[str], *, restarted: bool) -> None:
        """A running step runs from what has changed since."""

    def cancelling(self, run: int) -> None:
        """Ctrl-C asked the run to end."""

    def left(self, run: int) -> None:
        """A second one leaves it alone."""

    def ended(self, workspace: Workspace, run: RunRecord) -> None:
        """It is over."""

    def waits(self, run: int) -> None:
        """Somebody else's run of the pipeline goes on, and is waited for."""

    def failed(self, error: MlpwError) -> None:
        """A run cannot start."""

    def refused(self, run: int, why: str) -> None:
        """The run that goes on cannot take a definition that was saved."""


class WatchLoop:
    """One watching, until Ctrl-C."""

    def __init__(
        self,
        workspace: Workspace,
        replanner: Replanner,
        watcher: Watcher,
        telling: Telling,
        *,
        selection: Selection,
        changes: Sequence[tuple[str, str]],
        runs: bool,
        restarts: bool,
    ) -> None:
        self._workspace, self._replanner, self._watcher, self._tell = workspace, replanner, watcher, telling
        self._selection, self._changes = replace(selection, spares_failed=True), tuple(changes)
        self._runs, self._restarts = runs, restarts
        self._now = Replanned(None, None)
        self._token = -1
        self._graph: Graph | None = None
        self._saves = Saves(is_due=runs)
        self._waited_for = 0
        self._presses = 0
        self._expects = False

    def go(self) -> int:
        """Watch; the exit code."""
        before = signal.signal(signal.SIGINT, self._pressed)
        try:
            return self._go()
        finally:
            signal.signal(signal.SIGINT, before)

    def _go(self) -> int:
        self._replanner.load()
        self._watcher.set_roots(self._replanner.roots())
        self._tell.begin(self._watcher.count(), self._watcher.note)
        self._plan(None)
        live_long()
        ticks = 0
        while not self._presses:
            if self._may_run() and not self._run():
                return 130
            self._expect_run()
            change = self._watcher.wait(_TICK_SECONDS)
            ticks += 1
            if change is not None:
                self._plan(change.paths)
            elif self._token != self._workspace.change_token():
                self._plan(())
            elif self._now.error is not None and ticks % _TRY_AGAIN_TICKS == 0:
                self._plan(None)
        return 0

    def _pressed(self, signum: int, frame: FrameType | None) -> None:
        self._presses += 1

    def _plan(self, paths: Sequence[str] | None) -> None:
        """Plan after paths changed; None: everything, for the first time or after an error."""
        self._token = self._workspace.change_token()
        self._now = self._replanner.follow(paths, lambda: self._watcher.set_roots(self._replanner.roots()))
        if paths:
            self._saves.take(self._now.plan)
        self._tell.planned(self._now, paths or ())
        self._hand_in()

    def _hand_in(self) -> None:
        """Have the run of this pipeline that goes on, whoever started it, take a definition saved meanwhile."""
        graph, before = self._now.graph, self._graph
        if graph is None or graph is before or self._now.error is not None:
            return
        self._graph = graph
        live = self._live_runs(graph) if before is not None else []
        why = self._workspace.redefine(live[-1]).why if live else ""
        if why:
            self._tell.refused(live[-1], why)

    def _live_runs(self, graph: Graph) -> list[int]:
        key = self._workspace.pipeline_key(graph)
        return [run.number for run in self._workspace.records.runs.unfinished() if run.pipeline == key]

    # Running

    def _may_run(self) -> bool:
        """Whether there is something to run that was saved since the last run began, and nobody else runs it."""
        now = self._now
        if not self._runs or now.graph is None or now.plan is None or now.error is not None:
            return False
        if not self._saves.want_run(now.plan):
            return False
        others = self._live_runs(now.graph)
        if others and self._waited_for != others[0]:
            self._waited_for = others[0]
            self._tell.waits(others[0])
        if others:
            self._workspace.recover()
        return not others

    def _expect_run(self) -> None:
        """Have what a run needs wait for the next save; once between two runs."""
        if self._runs and not self._expects and self._now.graph is not None:
            self._expects = True
            self._workspace.expect_run(self._now.graph)
            self._replanner.learn()
            live_long()

    def _run(self) -> bool:
        """One run to its end, with an eye on what is saved meanwhile; False when it ended or was left by Ctrl-C."""
        assert self._now.graph is not None
        assert self._now.plan is not None
        self._saves.run_begins(self._now.plan)
        self._expects = False
        try:
            number = self._workspace.submit(
                self._now.graph, self._selection, self._changes, forks=True, planned=self._now
            )
        except MlpwError as error:
            self._tell.failed(error)
            return True
        self._tell.started(self._workspace, number)
        is_asked = False
        told: dict[str, tuple[int, tuple[str, ...]]] = {}
        is_saved, looked_at = False, 0.0
        for change in follow(self._workspace, number):
            self._tell.followed(change)
            final = change.run
            if self._presses and not is_asked and not final.status.is_final:
                is_asked = True
                self._workspace.cancel(number)
                self._tell.cancelling(number)
            if self._presses > 1 and not final.status.is_final:
                self._tell.left(number)
                return False
            saved = self._watcher.wait(0)
            if saved is not None:
                self._plan(saved.paths)
                is_saved = True
            if is_saved and (saved is not None or time.monotonic() - looked_at > _LOOK_SECONDS):
                looked_at = time.monotonic()
                self._look_at_running(number, told)
        self._tell.ended(self._workspace, final)
        if not self._presses:
            self._plan(())
        return not self._presses

    def _look_at_running(self, number: int, told: dict[str, tuple[int, tuple[str, ...]]]) -> None:
        """Say, once each, which running steps are out of date; begin them anew where that is wished."""
        if self._now.error is not None:
            return
        for step, found in self._replanner.outdated(number).items():
            if told.get(step) != (found.record.attempt, found.reasons):
                told[step] = (found.record.attempt, found.reasons)
                self._tell.outdated(step, found.reasons, restarted=self._restarts)
                why = self._workspace.begin_anew(found.record, is_same=found.is_same) if self._restarts else ""
                if why:
                    self._tell.refused(number, why)
