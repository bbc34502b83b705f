"""The one bridge between the engine and the widgets: values out of a workspace, on threads of its own."""

import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from core.errors import MlpwError, NotFoundError
from core.planning.graph import DataInput, Graph
from core.planning.plan import Plan
from core.planning.selection import Selection
from core.records.model import AssetKind, RunRecord, StepRunRecord
from core.workspace import Workspace
from tui import session_views as views
from tui.views import Asked, Change, Entry, Kind, Preview, Reach, RunView, Scene, StepState, Subject
from tui.watching import Watch
from tui.widgets.status import Status
from tui.worker_thread import Result, WorkerThread, trouble_of

_RECOVER_EVERY = 20
_TAIL = 4096


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
        self._definitions = Watch()
        self._sources = Watch()

    @property
    def root(self) -> Path:
        """The workspace's folder."""
        return self._root

    @property
    def name(self) -> str:
        """The folder's name."""
        return self._root.name or str(self._root)

    @property
    def view_file(self) -> Path:
        """Where the view is remembered."""
        return self._layout.cache / "view.json"

    def close(self) -> None:
        """Let the threads end."""
        self._reader.close()
        self._planner.close()

    async def read(self, wanted: Callable[[Workspace], Result]) -> Result:
        """Read records."""
        return await self._reader.call(wanted)

    async def work(self, wanted: Callable[[Workspace], Result]) -> Result:
        """Plan, hash, write: what may take long."""
        return await self._planner.call(wanted)

    async def entries(self) -> list[Entry]:
        """Definition files with the registered versions of their assets, then assets that have no file."""
        return await self._reader.call(self._entries)

    def _entries(self, workspace: Workspace) -> list[Entry]:
        self._token = self._token or self._token_of(workspace)  # before the first reading, so that no change is missed
        kept = {(kind.value, asset.name): asset for kind in AssetKind for asset in workspace.assets(kind)}
        versions = {key: workspace.versions(asset.kind, asset.name) for key, asset in kept.items()}
        every = workspace.definitions()
        files = [entry for entry in every if entry.kind in tuple(Kind)]  # compute targets have a screen of their own
        found = [views.entry_view(entry, self._root, versions.get((entry.kind, entry.name), ())) for entry in files]
        defined = {(entry.kind, entry.name) for entry in files}
        found += [views.asset_view(assets) for key, assets in versions.items() if key not in defined]
        others = (str(self._root / entry.path) for entry in every if entry not in files)
        self._definitions.set_roots([str(self._root), *_folders(self._root, found), *others])
        return found

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
            self._sources.set_roots([str(self._root / subject.pipeline)])
            return Scene(subject, trouble=trouble_of(error, self._root))
        view = views.graph_view(graph, subject.pipeline, self._root)
        if run is None:
            return Scene(subject, view)
        states = views.recorded_states(workspace.steps(run.number), self._layout)
        shown = views.run_view(run)
        if shown.is_live:
            left = workspace.remaining(run, graph)
            states = views.expecting(states, left.last)
            shown = replace(shown, expected_at=time.time() + left.seconds) if left.last else shown
        return Scene(subject, view, _with_logs(workspace, graph, states), shown)

    def _graph_and_run(self, workspace: Workspace, subject: Subject) -> tuple[Graph, RunRecord | None]:
        if subject.run:
            return workspace.run_graph(subject.run), workspace.run(subject.run)
        graph = workspace.graph(self._root / subject.pipeline)
        self._sources.set_roots(_watched(graph))
        latest = workspace.runs(limit=1, pipeline=workspace.pipeline_key(graph))
        return graph, latest[0] if latest else None

    async def planned(self, subject: Subject) -> Scene:
        """The plan over what records say."""
        return await self._planner.call(lambda workspace: self._planned(workspace, subject))

    def _planned(self, workspace: Workspace, subject: Subject) -> Scene:
        try:
            graph, run = self._graph_and_run(workspace, subject)
            plan = workspace.plan(graph)
            states = self._states(workspace, graph, run, plan)
            states = views.expecting(states, workspace.estimate(graph, plan).last)
        except MlpwError as error:
            return Scene(subject, trouble=trouble_of(error, self._root))
        view = views.graph_view(graph, subject.pipeline, self._root)
        return Scene(subject, view, states, views.run_view(run) if run else None, is_planned=True)

    def _states(self, workspace: Workspace, graph: Graph, run: RunRecord | None, plan: Plan) -> dict[str, StepState]:
        latest: dict[str, StepRunRecord] = {}
        if run is not None:
            latest = {record.step: record for record in workspace.steps(run.number)}
        states = views.planned_states(plan, latest, self._layout, run.number if run else 0)
        return _with_logs(workspace, graph, states)

    async def preview(self, asked: Asked) -> Preview:
        """What a run would do."""

        def look(workspace: Workspace) -> Preview:
            graph = workspace.graph(self._root / asked.pipeline, asked.changes)
            latest = workspace.runs(limit=1, pipeline=workspace.pipeline_key(graph))
            plan = workspace.plan(graph, selection(asked))
            states = self._states(workspace, graph, latest[0] if latest else None, plan)
            left = workspace.estimate(graph, plan)
            view = views.graph_view(graph, asked.pipeline, self._root)
            return Preview(view, states, asked, left.last, left.seconds, left.at_least, left.unknown)

        return await self._planner.call(look)

    async def submit(self, asked: Asked) -> int:
        """Start a run."""

        def start(workspace: Workspace) -> int:
            graph = workspace.graph(self._root / asked.pipeline, asked.changes)
            return workspace.submit(graph, selection(asked), asked.changes)

        return await self._planner.call(start)

    async def cancel(self, run: int) -> None:
        """Ask a run to stop."""
        await self._reader.call(lambda workspace: workspace.cancel(run))

    async def poll(self) -> Change:
        """Look at the records' token, and every second time at the files."""
        return await self._reader.call(self._poll)

    def _token_of(self, workspace: Workspace) -> tuple[int, int]:
        return self._reader.openings, workspace.change_token()

    def _poll(self, workspace: Workspace) -> Change:
        if self._polls % _RECOVER_EVERY == 0:
            with contextlib.suppress(NotFoundError):
                workspace.recover()
        self._polls += 1
        token = self._token_of(workspace)
        records, self._token = token != self._token, token
        files = False
        if self._polls % 2:
            files = self._definitions.changed()
            files = self._sources.changed() or files
        return Change(records, files)


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


def _folders(root: Path, entries: list[Entry]) -> list[str]:
    """The definition files, to notice edits."""
    return [str(root / entry.path) for entry in entries if entry.path is not None and entry.kind is not Kind.RUN]


def _watched(graph: Graph) -> list[str]:
    """The files a plan depends on: definitions, code, and local data."""
    watched = list(graph.sources) or [graph.file]
    for step in graph.steps.values():
        watched += [step.code] if step.code else []
        watched += step.code_includes
        watched += [b.path for b in step.inputs.values() if isinstance(b, DataInput) and b.path and not b.digest]
    return watched
