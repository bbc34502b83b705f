"""A pipeline's plan that follows its files: after a change only the steps are decided again that it can reach."""

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.engine.facts import WorldFacts
from core.engine.identity import read_identity
from core.engine.observed import use_so_far
from core.errors import MlpwError, refused
from core.planning.code_use import CodeUse
from core.planning.decide import Planner
from core.planning.graph import Graph, Step
from core.planning.plan import Plan, Waiting
from core.planning.reasons import Reason, ReasonKind
from core.planning.selection import Selection
from core.planning.trace import Parts
from core.records.model import StepRunRecord, StepStatus
from core.watching.roots import Roots
from core.workspace.folder import SETTINGS_FILE
from core.workspace.lasting import Lasting
from core.workspace.reach import Reach

if TYPE_CHECKING:
    from core.workspace.workspace import Workspace

#: Up to so many steps are looked up one by one in the records; for more, one query for all is best.
_FEW_STEPS = 50
#: Changes that a step takes in when its own run begins it anew.
_OF_FILES = (ReasonKind.CODE_CHANGED, ReasonKind.INPUT_CHANGED)


@dataclass(frozen=True, slots=True)
class Replanned:
    """The newest graph that could be read, its plan, and the error that keeps a newer one from being read or decided.

    `decided` are the steps that were decided anew; `token` is that of the records it was made from.
    """

    graph: Graph | None
    plan: Plan | None
    error: MlpwError | None = None
    decided: tuple[str, ...] = ()
    token: int = -1


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
        self._own_files = frozenset((os.path.abspath(pipeline), str(workspace.root / SETTINGS_FILE)))
        self._reach: Reach | None = None
        self._lasting: Lasting | None = None
        self._failed_at: frozenset[str] = frozenset()
        self._touched: set[str] = set()
        self._planned_reach: Reach | None = None
        self._is_all_due = False

    def follow(self, paths: Collection[str] | None, watch: Callable[[], bool]) -> Replanned:
        """As `plan`, and have everything watched that the newest graph depends on.

        `watch` looks at the `roots` from now on, and says whether there are new ones among them: those were perhaps
        saved between the reading and the watching, so that everything is planned again.
        """
        found = self.plan(paths)
        while watch():
            found = self.plan()
        return found

    def roots(self) -> Roots:
        """What is to be watched: what the newest graph depends on, and the files that an error spoke of."""
        found = Roots(self._own_files | self._failed_at, top=str(self._workspace.root))
        return found if self._reach is None else found | self._reach.roots

    def load(self) -> MlpwError | None:
        """Read the graph anew; what is wrong with it, in which case the last good one stays."""
        places = self._reach.places() if self._reach is not None else None
        try:
            graph = self._workspace.graph(self._pipeline, self._changes)
        except (MlpwError, OSError) as problem:
            error = _told(problem)
            self._failed_at = frozenset(self._named_in(error))
            return error
        self._failed_at = frozenset()
        self._graph = graph if graph != self._graph else self._graph
        self._reach = Reach(graph, self._own_files, places)  # what lies at its paths may be another now
        return None

    def plan(self, paths: Collection[str] | None = None) -> Replanned:
        """The plan after these absolute paths changed; everything is decided again when None, or when a run wrote.

        Steps that use none of the paths and none of what such steps make keep their decision, and so do those that
        opened none of what changed of their code.
        """
        token = self._workspace.change_token()
        self._touched.update(paths or ())
        self._is_all_due |= paths is None  # until it succeeds
        touched = self._reach.touched(self._touched) if self._reach is not None else frozenset()
        is_all = self._is_all_due or token != self._token or self._reach is None
        is_read = is_all or self._failed_at or (self._reach and self._reach.is_read_from(self._touched, touched))
        error = self.load() if is_read else None
        graph, reach = self._graph, self._reach
        if error is not None or graph is None or reach is None:
            return Replanned(self._graph, self._plan if self._planned else None, error)
        if is_read:
            touched = reach.touched(self._touched)
        try:
            decided = self._decide_all(graph) if is_all else self._decide_reached(graph, reach, touched)
        except (MlpwError, OSError) as problem:
            self._is_all_due = True  # meanwhile no more is watched than this graph needs
            return Replanned(graph, self._plan if self._planned is graph else None, _told(problem))
        self._token, self._touched, self._planned_reach = token, set(), reach
        self._is_all_due = self._facts is not None and self._facts.has_moved
        if paths is None and self._lasting is not None:
            self._lasting.learn()
        return Replanned(graph, self._plan, decided=tuple(decided), token=token)

    def learn(self) -> None:
        """Ask the records now, while nobody waits, for what the next change will need."""
        if self._facts is not None and self._lasting is not None and self._token == self._workspace.change_token():
            self._facts.learn()
            self._lasting.learn()

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

    def _decide_all(self, graph: Graph) -> list[str]:
        facts = self._new_facts(graph, for_all=True)
        planner = Planner(graph, self._selection, facts)
        self._plan = planner.plan()
        self._facts, self._planned, self._planner = facts, graph, planner
        self._lasting = Lasting(self._workspace.records, self._workspace.pipeline_key(graph))
        return list(graph.steps)

    def _decide_reached(self, graph: Graph, reach: Reach, touched: frozenset[str]) -> list[str]:
        """Decide the steps that are not what they were, that use what changed, or that take what such a step makes."""
        before, lasting, reached = self._facts, self._lasting, self._planned_reach
        if before is None or lasting is None or reached is None or self._planned is None:
            return self._decide_all(graph)
        if graph.settings != self._planned.settings:
            return self._decide_all(graph)
        others = _not_as_they_were(self._planned, graph) | reach.users_of_data(touched)
        sharing = reach.users_of_code(touched) - others
        facts = self._new_facts(graph, for_all=False)
        watched = reach.paths & reached.paths
        facts.believe(before, watched - touched, reach.edited(self._touched, watched & touched))
        stays = lasting.decisions(map(graph.steps.__getitem__, sharing), self._plan, before, facts)
        decided = reach.with_consumers(others | (sharing - stays.keys()))
        stays = {name: decision for name, decision in stays.items() if name not in set(decided)}
        facts.is_for_all |= len(decided) > _FEW_STEPS
        planner = Planner(graph, self._selection, facts)
        if graph is self._planned:
            self._plan = planner.plan_again(self._plan, decided, stays)
        else:
            known = {n: d for n, d in {**self._plan.decisions, **stays}.items() if n not in set(decided)}
            self._plan = planner.plan(known)
        self._facts, self._planned, self._planner = facts, graph, planner
        return decided

    def _new_facts(self, graph: Graph, *, for_all: bool) -> WorldFacts:
        key = self._workspace.pipeline_key(graph)
        return WorldFacts(self._workspace.store, self._workspace.records, key, for_all=for_all)

    def _named_in(self, error: MlpwError) -> set[str]:
        location = getattr(error, "location", None)
        return {os.path.join(self._workspace.root, location.file)} if location is not None else {str(self._pipeline)}


def _told(problem: MlpwError | OSError) -> MlpwError:
    """What the disk cannot do now, it may do the next time: no reason to watch no more."""
    return problem if isinstance(problem, MlpwError) else refused(problem)


def _not_as_they_were(before: Graph, graph: Graph) -> set[str]:
    if before is graph:
        return set()
    return {name for name, step in graph.steps.items() if before.steps.get(name) != step}
