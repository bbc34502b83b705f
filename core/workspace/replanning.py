"""A pipeline's plan that follows its files: after a change only the steps are decided again that it can reach."""

import os
import stat
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.engine.facts import WorldFacts
from core.engine.identity import read_identity
from core.engine.observed import use_so_far
from core.errors import MlpwError
from core.planning.code_use import CodeUse
from core.planning.decide import Planner
from core.planning.graph import DataInput, Graph, Step
from core.planning.plan import Decision, Plan, Waiting
from core.planning.reasons import Reason, ReasonKind
from core.planning.selection import Selection
from core.planning.trace import Parts
from core.records.model import StepRunRecord, StepStatus
from core.watching.roots import Roots, roots_of
from core.workspace.folder import SETTINGS_FILE

if TYPE_CHECKING:
    from core.workspace.workspace import Workspace

#: Up to so many steps are looked up one by one in the records; for more, one query for all is best.
_FEW_STEPS = 50
#: Changes that a step takes in when its own run begins it anew.
_OF_FILES = (ReasonKind.CODE_CHANGED, ReasonKind.INPUT_CHANGED)


@dataclass(frozen=True, slots=True)
class Replanned:
    """The newest graph that could be read, its plan, and the error that keeps a newer one from being read or decided.

    `decided` are the steps that were decided anew.
    """

    graph: Graph | None
    plan: Plan | None
    error: MlpwError | None = None
    decided: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outdated:
    """A step that runs from what has changed since it started, with what changed.

    `is_same` says that it is still defined as it was, so that its run can begin it anew.
    """

    record: StepRunRecord
    reasons: tuple[str, ...]
    is_same: bool


class Replanner:
    """Plans one pipeline again and again; for one thread."""

    def __init__(
        self,
        workspace: "Workspace",
        pipeline: Path,
        changes: Sequence[tuple[str, str]] = (),
        selection: Selection | None = None,
    ) -> None:
        self._workspace, self._pipeline = workspace, pipeline
        self._changes, self._selection = tuple(changes), selection or Selection()
        self._graph: Graph | None = None
        self._planned: Graph | None = None
        self._plan = Plan({})
        self._facts: WorldFacts | None = None
        self._planner: Planner | None = None
        self._token = -1
        self._failed_at: set[str] = set()
        self._touched: set[str] = set()
        self._kinds: dict[str, int] = {}

    def roots(self) -> Roots:
        """What is to be watched: what the newest graph depends on, and the files that an error spoke of."""
        settings = str(self._workspace.root / SETTINGS_FILE)
        files = frozenset({os.path.abspath(self._pipeline), settings, *self._failed_at})
        found = Roots(files, top=str(self._workspace.root))
        return found if self._graph is None else found | roots_of(self._graph)

    def load(self) -> MlpwError | None:
        """Read the graph anew; what is wrong with it, in which case the last good one stays."""
        try:
            self._graph = self._workspace.graph(self._pipeline, self._changes)
        except MlpwError as error:
            self._failed_at = self._named_in(error)
            return error
        self._failed_at = set()
        self._kinds = {path: _kind(path) for step in self._graph.steps.values() for path in _paths(step)}
        return None

    def plan(self, paths: Collection[str] | None = None) -> Replanned:
        """The plan after these absolute paths changed; everything is decided again when None, or when a run wrote.

        Steps that use none of the paths and none of what such steps make keep their decision.
        """
        token = self._workspace.change_token()
        is_all = paths is None or token != self._token or self._graph is None
        self._touched.update(paths or ())
        error = self.load() if is_all or self._failed_at or self._is_read_from_touched() else None
        if error is not None or self._graph is None:
            return Replanned(self._graph, self._plan if self._planned else None, error)
        graph = self._graph
        decided = set(graph.steps) if is_all else self._reached(graph)
        try:
            self._decide(graph, decided, is_all=is_all)
        except MlpwError as problem:
            return Replanned(graph, self._plan if self._planned is graph else None, problem)
        self._token, self._touched = token, set()
        return Replanned(graph, self._plan, decided=tuple(name for name in graph.steps if name in decided))

    def outdated(self, run: int) -> dict[str, Outdated]:
        """Steps of a run that run from what has changed since they started, by the newest plan.

        Of its code counts what a step has opened so far: asked again later, more may be outdated.
        """
        found: dict[str, Outdated] = {}
        planner = self._planner
        for record in self._workspace.steps(run) if planner is not None else ():
            step = planner.graph.steps.get(record.step) if planner is not None else None
            if record.status is not StepStatus.RUNNING or step is None or planner is None:
                continue
            attempt = self._workspace.layout.attempt(run, record.step, record.attempt)
            identity = read_identity(attempt)
            if identity is None:
                continue
            reasons = self._outdated_by(planner, step, identity.parts, use_so_far(step, attempt))
            if reasons:
                is_same = all(reason.kind in _OF_FILES for reason in reasons)
                found[record.step] = Outdated(record, tuple(map(str, reasons)), is_same)
        return found

    def _outdated_by(self, planner: Planner, step: Step, parts: Parts, use: CodeUse | None) -> tuple[Reason, ...]:
        decision = self._plan.decisions[step.name]
        if not isinstance(decision, Waiting):
            return planner.changes_since(step, parts, use)
        return decision.reasons if self._token == self._workspace.change_token() else ()  # it may have run since

    def _decide(self, graph: Graph, decided: set[str], *, is_all: bool) -> None:
        facts = WorldFacts(
            self._workspace.store,
            self._workspace.records,
            self._workspace.pipeline_key(graph),
            for_all=len(decided) > _FEW_STEPS,
        )
        if self._facts is not None and not is_all:
            facts.believe(self._facts, self._is_touched())
        known: Mapping[str, Decision] = {n: d for n, d in self._plan.decisions.items() if n not in decided}
        planner = Planner(graph, self._selection, facts)
        self._plan = planner.plan(known)
        self._facts, self._planned, self._planner = facts, graph, planner

    def _reached(self, graph: Graph) -> set[str]:
        """Steps that are not what they were, use what changed, or take what such a step makes."""
        before = self._planned.steps if self._planned else {}
        touched = self._is_touched()
        found = {
            name for name, step in graph.steps.items() if before.get(name) != step or any(map(touched, _paths(step)))
        }
        if self._planned is None or graph.settings != self._planned.settings:
            return set(graph.steps)
        for step in graph.steps.values():  # in order, producers first
            if not found.isdisjoint(step.producers()):
                found.add(step.name)
        return found

    def _is_touched(self) -> Callable[[str], bool]:
        """Whether one of the paths is a root, or lies in it."""
        above = set(self._touched)
        for path in self._touched:
            while path not in ("/", "") and (path := os.path.dirname(path)) not in above:
                above.add(path)
        return lambda root: root in above or os.path.realpath(root) in above

    def _is_read_from_touched(self) -> bool:
        """Whether the graph may be another: a file of it was touched, or code or data came, went, or changed kind."""
        files = self.roots().files
        if not self._touched.isdisjoint((*files, *map(os.path.realpath, files))):
            return True
        touched = self._is_touched()
        return any(touched(path) and _kind(path) != kind for path, kind in self._kinds.items())

    def _named_in(self, error: MlpwError) -> set[str]:
        location = getattr(error, "location", None)
        return {os.path.join(self._workspace.root, location.file)} if location is not None else {str(self._pipeline)}


def _kind(path: str) -> int:
    """What lies there, 0 for nothing."""
    try:
        return stat.S_IFMT(os.stat(path).st_mode)
    except OSError:
        return 0


def _paths(step: Step) -> list[str]:
    data = [b.path for b in step.inputs.values() if isinstance(b, DataInput) and b.path and not b.digest]
    return [path for path in (step.code, *step.code_includes, *data) if path]
