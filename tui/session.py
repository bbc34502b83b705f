"""The one bridge between the engine and the widgets: values out of a workspace, on threads of its own."""

import asyncio
import contextlib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from core.definitions.workspace_reader import read_workspace_file
from core.errors import MlpwError, NotFoundError
from core.planning.graph import Graph
from core.planning.plan import Decision, Plan, Stale, Waiting
from core.planning.selection import Selection
from core.records.model import AssetKind, RunRecord, StepRunRecord
from core.workspace import Workspace
from core.workspace.replanning import Replanned
from tui import session_views as views
from tui.session_plans import Plans
from tui.session_saved import NOTHING_SAVED, Saved
from tui.views import Asked, AtSave, Change, Entry, Preview, Reach, RunView, Scene, StepState, Subject
from tui.widgets.status import Status
from tui.worker_thread import Result, WorkerThread, trouble_of

_RECOVER_EVERY = 20
_TAIL = 4096


@dataclass(frozen=True, slots=True)
class _Recorded:
    """Of a pipeline: the steps of its latest run, and the seconds that steps took last.

    `known` are states that were made with this, each of its decision.
    """

    key: tuple[object, ...]
    run: int
    steps: Mapping[str, StepRunRecord]
    seconds: Mapping[str, float]
    known: dict[str, tuple[Decision, StepState]] = field(default_factory=dict)


class Session:
    """A Bridge over core.Workspace: one thread reads records and stays quick, the other plans and submits."""

    def __init__(self, folder: Path) -> None:
        """Take the workspace around `folder`.

        Raises WorkspaceError when it cannot be one.
        """
        with Workspace.open(folder) as workspace:
            self._root = workspace.root
            self._layout = workspace.layout
        self._reader = WorkerThread(self._root, "mlpw-records")
        self._planner = WorkerThread(self._root, "mlpw-plans")
        self._token: tuple[int, int] | None = None
        self._polls = 0
        self._plans = Plans(self._root, self._states_of, self._run_scene)
        self._is_watching = False
        self._recorded: _Recorded | None = None
        self._woken = asyncio.Event()

    @property
    def root(self) -> Path:
        """The workspace's folder."""
        return self._root

    @cached_property
    def name(self) -> str:
        """What its mlpw.yml calls the workspace, else the folder's name."""
        with contextlib.suppress(MlpwError, OSError):
            if named := read_workspace_file(self._root).name:
                return named
        return self._root.name or str(self._root)

    @property
    def view_file(self) -> Path:
        """Where the view is remembered."""
        return self._layout.cache / "view.json"

    def close(self) -> None:
        """Let the threads end."""
        self._reader.close()
        self._planner.close()
        self._plans.close()

    async def read(self, wanted: Callable[[Workspace], Result]) -> Result:
        """Read records."""
        return await self._reader.call(wanted)

    async def work(self, wanted: Callable[[Workspace], Result]) -> Result:
        """Plan, hash, write: what may take long."""
        return await self._planner.call(wanted)

    async def entries(self) -> list[Entry]:
        """Definition files with the registered versions of their assets, then assets that have no file."""
        if not self._is_watching:  # before the first reading, so that nothing is missed
            self._is_watching = True
            await self._planner.call(lambda workspace: self._plans.watch_definitions())
            self._woken.set()
        return await self._reader.call(self._entries)

    def _entries(self, workspace: Workspace) -> list[Entry]:
        self._token = self._token or self._token_of(workspace)  # before the first reading, so that no change is missed
        kept = {(kind.value, asset.name): asset for kind in AssetKind for asset in workspace.assets(kind)}
        versions = {key: workspace.versions(asset.kind, asset.name) for key, asset in kept.items()}
        # Compute targets have a screen of their own
        files = [entry for entry in workspace.definitions() if entry.kind != "compute"]
        found = [views.entry_view(entry, self._root, versions.get((entry.kind, entry.name), ())) for entry in files]
        defined = {(entry.kind, entry.name) for entry in files}
        return found + [views.asset_view(assets) for key, assets in versions.items() if key not in defined]

    async def runs(self) -> list[RunView]:
        """The latest hundred."""
        return await self._reader.call(lambda workspace: [views.run_view(run) for run in workspace.runs()])

    async def scene(self, subject: Subject) -> Scene:
        """The graph, and what records say."""
        return await self._reader.call(lambda workspace: self._scene(workspace, subject))

    def _scene(self, workspace: Workspace, subject: Subject) -> Scene:
        self._token = self._token or self._token_of(workspace)
        try:
            graph, run = self._graph_and_run(workspace, subject)
        except MlpwError as error:
            return Scene(subject, trouble=trouble_of(error, self._root))
        view = views.graph_view(graph, subject.pipeline, self._root)
        if run is None:
            return Scene(subject, view)
        saved = NOTHING_SAVED if subject.run else self._plans.saved.get(subject.pipeline, NOTHING_SAVED)
        return self._run_scene(workspace, Scene(subject, view), graph, run, saved)

    def _run_scene(self, workspace: Workspace, scene: Scene, graph: Graph, run: RunRecord, saved: Saved) -> Scene:
        """A scene as the records of a run have it, and what was saved since."""
        records = workspace.steps(run.number)
        states = saved.over(views.recorded_states(records, self._layout), records)
        shown = views.run_view(run)
        if shown.is_live:
            left = workspace.remaining(run, graph)
            states = views.awaiting(views.expecting(states, left.last), graph)
            shown = replace(shown, expected_at=time.time() + left.seconds) if left.last else shown
        return replace(scene, states=_with_logs(workspace, graph, states), run=shown)

    def _graph_and_run(self, workspace: Workspace, subject: Subject) -> tuple[Graph, RunRecord | None]:
        if subject.run:
            return workspace.run_graph(subject.run), workspace.run(subject.run)
        graph = workspace.graph(self._root / subject.pipeline)
        latest = workspace.runs(limit=1, pipeline=workspace.pipeline_key(graph))
        return graph, latest[0] if latest else None

    async def planned(self, subject: Subject, *, afresh: bool = False) -> Scene:
        """The plan over what records say; its files are watched from now on."""
        scene = await self._planner.call(lambda workspace: self._plans.planned(workspace, subject, afresh=afresh))
        self._woken.set()
        return scene

    def _states_of(self, workspace: Workspace, now: Replanned, run: RunRecord | None) -> dict[str, StepState]:
        if now.graph is None or now.plan is None:
            return {}
        recorded = self._recorded_of(workspace, workspace.pipeline_key(now.graph), run.number if run else 0)
        known, decisions = recorded.known, now.plan.decisions
        new = {name: one for name, one in decisions.items() if name not in known or known[name][0] is not one}
        states = views.planned_states(Plan(new), recorded.steps, self._layout, recorded.run)
        to_run = {name: recorded.seconds[name] for name, one in new.items() if name in recorded.seconds and _runs(one)}
        made = views.expecting(_with_logs(workspace, now.graph, states), to_run)
        known.update({name: (one, made[name]) for name, one in new.items()})
        return {name: known[name][1] for name in decisions}

    def _recorded_of(self, workspace: Workspace, pipeline: str, run: int) -> "_Recorded":
        """What the records say; asked again when they were written: most saves come between two writes."""
        key = (self._planner.openings, workspace.change_token(), pipeline, run)
        if self._recorded is None or self._recorded.key != key:
            steps = {record.step: record for record in workspace.steps(run)} if run else {}
            self._recorded = _Recorded(key, run, steps, workspace.last_durations(pipeline))
        return self._recorded

    def _states(self, workspace: Workspace, graph: Graph, run: RunRecord | None, plan: Plan) -> dict[str, StepState]:
        latest: dict[str, StepRunRecord] = {}
        if run is not None:
            latest = {record.step: record for record in workspace.steps(run.number)}
        states = views.planned_states(plan, latest, self._layout, run.number if run else 0)
        return _with_logs(workspace, graph, states)

    async def preview(self, asked: Asked) -> Preview:
        """What a run would do; who would supervise it gets ready while a person reads that."""

        def look(workspace: Workspace) -> Preview:
            graph = workspace.graph(self._root / asked.pipeline, asked.changes)
            latest = workspace.runs(limit=1, pipeline=workspace.pipeline_key(graph))
            plan = workspace.plan(graph, selection(asked))
            states = self._states(workspace, graph, latest[0] if latest else None, plan)
            left = workspace.estimate(graph, plan)
            if not plan.is_up_to_date:
                workspace.expect_run(graph)
            view = views.graph_view(graph, asked.pipeline, self._root)
            return Preview(view, states, asked, left.last, left.seconds, left.at_least, left.unknown)

        return await self._planner.call(look)

    async def decline(self) -> None:
        """Nobody gets ready any more for what was previewed."""
        if not self._plans.runs_at_save:
            await self._planner.call(lambda workspace: workspace.expect_no_run())

    async def submit(self, asked: Asked) -> int:
        """Start a run."""

        def start(workspace: Workspace) -> int:
            graph = workspace.graph(self._root / asked.pipeline, asked.changes)
            return workspace.submit(graph, selection(asked), asked.changes)

        return await self._planner.call(start)

    async def cancel(self, run: int) -> None:
        """Ask a run to stop."""
        await self._reader.call(lambda workspace: workspace.cancel(run))

    async def poll(self) -> bool:
        """Look at the records' token."""
        written = await self._reader.call(self._poll)
        if written and self._plans.wants_records:
            self._woken.set()
        return written

    async def noticed(self) -> Change:
        """Wait for a save, or for what makes it worth to look again."""
        while True:
            await self._until_woken()
            change = await self._planner.call(self._plans.look)
            if change != Change():
                return change

    async def run_at_save(self, at_save: AtSave) -> None:
        """Run what saves make stale, or no more."""
        await self._planner.call(lambda workspace: self._plans.run_at_save(workspace, at_save))
        self._woken.set()

    async def _until_woken(self) -> None:
        loop, file = asyncio.get_running_loop(), self._plans.fileno()
        if file >= 0:
            loop.add_reader(file, self._woken.set)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._plans.look_in):
                    await self._woken.wait()
        finally:
            if file >= 0:
                loop.remove_reader(file)
        self._woken.clear()

    def _token_of(self, workspace: Workspace) -> tuple[int, int]:
        return self._reader.openings, workspace.change_token()

    def _poll(self, workspace: Workspace) -> bool:
        if self._polls % _RECOVER_EVERY == 0:
            with contextlib.suppress(NotFoundError):
                workspace.recover()
        self._polls += 1
        token = self._token_of(workspace)
        written, self._token = token != self._token, token
        return written


def selection(asked: Asked) -> Selection:
    """The steps that are asked for."""
    steps = asked.steps
    match asked.reach:
        case Reach.CHANGED:
            return Selection(force=asked.force)
        case Reach.FROM:
            return Selection(start=steps, force=asked.force)
        case Reach.ONLY:
            return Selection(only=steps, force=asked.force)
        case Reach.TO:
            return Selection(end=steps, force=asked.force)


def _runs(decision: Decision) -> bool:
    return isinstance(decision, Stale | Waiting)


def _with_logs(workspace: Workspace, graph: Graph, states: dict[str, StepState]) -> dict[str, StepState]:
    """What failed steps wrote last; the log of an environment's build where a step waits for it, or failed by it."""
    for name, state in states.items():
        if state.status is Status.FAILED and state.exit_code and state.log is not None:
            states[name] = replace(state, last_line=_last_line(state.log))
        waits = state.status is Status.PREPARING and state.detail
        if name not in graph.steps or state.log is not None or not (waits or "build log: " in state.error):
            continue
        log = workspace.build_log(graph.steps[name].environment, graph.steps[name].compute)
        if waits or str(log) in state.error:
            states[name] = replace(state, log=log, is_build_log=True)
    return states


def _last_line(log: Path) -> str:
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
