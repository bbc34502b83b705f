"""The plans of the pipelines that are shown, kept in step with their files, and the runs that saves start."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from core.errors import MlpwError
from core.planning.graph import Graph
from core.planning.selection import Selection
from core.records.model import RunRecord
from core.watching.roots import Roots
from core.watching.watcher import Watcher
from core.workspace import Workspace
from core.workspace.replanning import Replanned, Replanner
from core.workspace.saves import Saves
from tui import session_views as views
from tui.session_saved import NOTHING_SAVED, Saved, looks_like, saved_since
from tui.views import AtSave, Change, GraphView, Scene, StepState, Subject, Trouble
from tui.worker_thread import trouble_of

#: What an error needs may lie where nobody watches: it is tried again so often, in seconds.
_TRY_AGAIN_SECONDS = 1.0
#: A running step may open later what was saved: it is looked at again so often.
_LOOK_SECONDS = 0.5
#: Without a kernel that tells, files are looked at, or somebody's queue is.
_BLIND_SECONDS, _QUEUE_SECONDS = 1.0, 0.1
#: Something was saved while a plan was made.
_SOON_SECONDS = 0.03
#: So many pipelines are kept in step, the ones that were shown last.
_MOST = 3

#: The states of a plan's steps, with what the run of this record, the newest, left of them.
States = Callable[[Workspace, Replanned, RunRecord | None], Mapping[str, StepState]]
#: A scene completed by the records of a run that goes on.
RunScene = Callable[[Workspace, Scene, Graph, RunRecord, Saved], Scene]


class _Followed:
    """One pipeline: its newest plan, and what was told of it."""

    def __init__(self, workspace: Workspace, root: Path, pipeline: str) -> None:
        self.pipeline = pipeline
        self.replanner = Replanner(workspace, root / pipeline)
        self.workspace = workspace
        self.now = Replanned(None, None)
        self.is_new = False
        self.is_redefined = False
        self.told: tuple[Scene, Saved] | None = None
        self.told_of: tuple[Replanned, int] | None = None
        self.saves = Saves()
        self.saved = NOTHING_SAVED
        self._drawn: tuple[object, GraphView] | None = None

    def view(self, root: Path) -> GraphView | None:
        """The graph as panes draw it; the same value for the same graph."""
        graph = self.now.graph
        if graph is None:
            return None
        if self._drawn is None or self._drawn[0] is not graph:
            self._drawn = (graph, views.graph_view(graph, self.pipeline, root))
        return self._drawn[1]


class Plans:
    """For the thread that plans; only `fileno`, `look_in`, `runs_at_save` and `saved` are asked by others."""

    def __init__(self, root: Path, states: States, run_scene: RunScene) -> None:
        self._root, self._states, self._run_scene = root, states, run_scene
        self._watcher = Watcher()
        self._followed: dict[str, _Followed] = {}
        self._definitions = Roots()
        self._at_save = AtSave()
        self._expected_in: Workspace | None = None
        self._restarted: set[tuple[int, str, int]] = set()
        self._noted = ""
        self._untold: set[str] = set()
        #: What was saved while runs go on, by pipeline.
        self.saved: Mapping[str, Saved] = {}
        #: Seconds until `look` should be called though nobody tells, which every call may change.
        self.look_in = self._watcher.look_in

    def fileno(self) -> int:
        """Readable when `look` has something to tell; -1 when nobody says so."""
        return self._watcher.fileno()

    def close(self) -> None:
        """Watch no more."""
        self._watcher.close()

    @property
    def runs_at_save(self) -> bool:
        """Whether saves are run."""
        return bool(self._at_save.pipeline)

    @property
    def wants_records(self) -> bool:
        """Whether to `look` when records were written."""
        return self.runs_at_save or bool(self.saved)

    def watch_definitions(self) -> None:
        """Notice from now on which definitions come and go."""
        if not self._definitions.definitions:
            self._definitions = Roots(definitions=frozenset({str(self._root)}))
            self._set_roots()

    def planned(self, workspace: Workspace, subject: Subject, *, afresh: bool = False) -> Scene:
        """How a pipeline stands now."""
        followed = self._follow(workspace, subject.pipeline)
        self._take_saves(workspace)
        self._replan(followed, None if afresh else ())
        scene = self._scene(workspace, followed)
        followed.told = scene, followed.saved
        self._settle()
        return scene

    def run_at_save(self, workspace: Workspace, at_save: AtSave) -> None:
        """Run what saves of a pipeline make stale, beginning with what is stale now."""
        begins = at_save.pipeline and at_save.pipeline != self._at_save.pipeline
        self._at_save = at_save
        if not at_save.pipeline:
            self._expected_in = None
            workspace.expect_no_run()
        if begins:
            followed = self._follow(workspace, at_save.pipeline)
            self._replan(followed, () if followed.now.graph is not None else None)
            followed.saves, followed.is_redefined = Saves(is_due=True), True

    def look(self, workspace: Workspace) -> Change:
        """What has changed since the last look, and what comes of it."""
        self._take_saves(workspace)
        paths, self._untold = self._untold, set()
        scenes: list[Scene] = []
        started, trouble, refused = 0, None, ""
        for pipeline in list(self._followed):
            followed = self._renewed(workspace, pipeline)
            self._catch_up(workspace, followed)
            refused = self._hand_in(workspace, followed) or refused
            if pipeline == self._at_save.pipeline:
                started, trouble = self._run(workspace, followed)
            seen = followed.now, workspace.change_token()
            if followed.told_of is not None and seen[0] is followed.told_of[0] and seen[1] == followed.told_of[1]:
                continue  # what woke us is not of this pipeline
            scene = self._scene(workspace, followed)
            is_still = followed.now.error is None and not (scene.run is not None and scene.run.is_live)
            followed.told_of = seen if is_still else None
            if not looks_like((scene, followed.saved), followed.told):
                followed.told = scene, followed.saved
                scenes.append(scene)
        self._settle()
        note = self._new_note()
        return Change(bool(paths), _hold_definitions(paths), tuple(scenes), started, trouble, note, refused)

    def _take_saves(self, workspace: Workspace) -> None:
        """Plan what was saved since the last look, whoever asks first."""
        changed = self._watcher.wait(0)
        if changed is None:
            return
        self._untold.update(changed.paths)
        for pipeline in list(self._followed):
            followed = self._renewed(workspace, pipeline)
            self._replan(followed, changed.paths)
            followed.saves.take(followed.now.plan)

    def _catch_up(self, workspace: Workspace, followed: _Followed) -> None:
        """Plan again where something else than a save may have changed it."""
        if followed.now.error is not None or followed.now.graph is None:
            self._replan(followed, None)
        elif followed.pipeline == self._at_save.pipeline and self._live_run(workspace, followed) is None:
            self._replan(followed, ())

    def _renewed(self, workspace: Workspace, pipeline: str) -> _Followed:
        """What is followed; begun anew when the workspace was opened anew."""
        if self._followed[pipeline].workspace is not workspace:
            saves = self._followed[pipeline].saves
            self._followed[pipeline] = _Followed(workspace, self._root, pipeline)
            self._followed[pipeline].saves = saves
        return self._followed[pipeline]

    def _follow(self, workspace: Workspace, pipeline: str) -> _Followed:
        """Keep a pipeline in step from now on."""
        known = self._followed.pop(pipeline, None)
        self._followed[pipeline] = known if known is not None else _Followed(workspace, self._root, pipeline)
        found = self._renewed(workspace, pipeline)
        for old in list(self._followed)[:-_MOST]:
            if old != self._at_save.pipeline:
                del self._followed[old]
        return found

    def _replan(self, followed: _Followed, paths: Collection[str] | None) -> None:
        before = followed.now.graph
        if before is None:
            paths = None
            followed.replanner.load()
            self._set_roots()
        followed.now = followed.replanner.follow(paths, self._set_roots)
        followed.is_redefined |= before is not None and followed.now.graph is not before
        followed.is_new = True

    def _set_roots(self) -> bool:
        roots = self._definitions
        for followed in self._followed.values():
            roots |= followed.replanner.roots()
        return self._watcher.set_roots(roots)

    def _settle(self) -> None:
        """What others may ask, and when to look again."""
        self.saved = {name: each.saved for name, each in self._followed.items() if each.saved != NOTHING_SAVED}
        waits = [_TRY_AGAIN_SECONDS] if any(each.now.error is not None for each in self._followed.values()) else []
        waits += [_LOOK_SECONDS] if self.saved else []
        waits += [_SOON_SECONDS] if self._watcher.is_due else []  # saved while a plan was made: nobody will tell
        if self._watcher.fileno() < 0:
            waits.append(_BLIND_SECONDS if self._watcher.note else _QUEUE_SECONDS)
        self.look_in = min([*waits, self._watcher.look_in])

    def _new_note(self) -> str:
        """Why files are only looked at now and then, once."""
        note, self._noted = ("" if self._noted else self._watcher.note), self._watcher.note
        return note

    # How it stands

    def _live_run(self, workspace: Workspace, followed: _Followed) -> RunRecord | None:
        run = self._latest(workspace, followed)
        return run if run is not None and not run.status.is_final else None

    def _latest(self, workspace: Workspace, followed: _Followed) -> RunRecord | None:
        if followed.now.graph is None:
            return None
        latest = workspace.runs(limit=1, pipeline=workspace.pipeline_key(followed.now.graph))
        return latest[0] if latest else None

    def _scene(self, workspace: Workspace, followed: _Followed) -> Scene:
        subject, error = Subject(followed.pipeline), followed.now.error
        trouble = trouble_of(error, self._root) if error is not None else None
        view = followed.view(self._root)
        if view is None or followed.now.plan is None or followed.now.graph is None:
            return Scene(subject, view, trouble=trouble or Trouble("there is no plan"))
        run = self._latest(workspace, followed)
        if run is None or run.status.is_final:
            followed.saved = NOTHING_SAVED
            states = self._states(workspace, followed.now, run)
            shown = views.run_view(run) if run is not None else None
            return Scene(subject, view, states, shown, trouble, is_planned=True)
        if error is None:  # else the last plan says it
            is_new, followed.is_new = followed.is_new, False
            outdated, records = followed.replanner.outdated(run.number), workspace.steps(run.number)
            followed.saved = saved_since(
                followed.saved, run, records, followed.now.plan, outdated, workspace.layout, is_new=is_new
            )
        bare = Scene(subject, view, trouble=trouble)
        return self._run_scene(workspace, bare, followed.now.graph, run, followed.saved)

    # Running what was saved

    def _hand_in(self, workspace: Workspace, followed: _Followed) -> str:
        """Have the run that goes on take a definition saved meanwhile where it has not begun; why not, in words."""
        if not followed.is_redefined or followed.now.error is not None:
            return ""
        followed.is_redefined = False
        live = self._live_run(workspace, followed)
        why = workspace.redefine(live.number).why if live is not None else ""
        return f"run {live.number} goes on as it is: {why}" if live is not None and why else ""

    def _run(self, workspace: Workspace, followed: _Followed) -> tuple[int, Trouble | None]:
        """Start a run where one is due and none goes on, or restart what is outdated in the one that does."""
        now = followed.now
        if now.graph is None or now.plan is None or now.error is not None:
            return 0, None
        live = self._live_run(workspace, followed)
        if live is not None:
            if self._at_save.restarts:
                self._restart(workspace, followed, live)
            return 0, None
        key = workspace.pipeline_key(now.graph)
        if any(run.pipeline == key for run in workspace.records.runs.unfinished()):
            return 0, None  # an older one goes on
        if not followed.saves.want_run(now.plan):
            self._expect_run(followed, now.graph)
            return 0, None
        followed.saves.run_begins(now.plan)
        self._expected_in = None
        try:
            return workspace.submit(now.graph, Selection(spares_failed=True), planned=now), None
        except MlpwError as error:
            return 0, trouble_of(error, self._root)

    def _expect_run(self, followed: _Followed, graph: Graph) -> None:
        """Have what a run needs wait for the next save; once between two runs."""
        if self._expected_in is not followed.workspace:
            self._expected_in = followed.workspace
            followed.workspace.expect_run(graph)
            followed.replanner.learn()

    def _restart(self, workspace: Workspace, followed: _Followed, run: RunRecord) -> None:
        for name, found in followed.replanner.outdated(run.number).items():
            attempt = (run.number, name, found.record.attempt)
            if attempt not in self._restarted:
                self._restarted.add(attempt)
                workspace.begin_anew(found.record, is_same=found.is_same)


def _hold_definitions(paths: Collection[str]) -> bool:
    return any(path.endswith((".yml", ".yaml")) for path in paths)
