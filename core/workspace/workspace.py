"""A folder of definitions and what mlpw keeps beside it: the one object that front ends talk to."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from core.definitions.compute_target import HERE, LOCAL
from core.engine.facts import WorldFacts
from core.layout import AttemptFolder
from core.planning.decide import Planner
from core.planning.graph import Graph
from core.planning.graph_json import graph_from_json
from core.planning.plan import Plan
from core.planning.selection import Selection
from core.records.database import Row
from core.records.model import AssetKind, AssetRecord, RunRecord, StepRunRecord
from core.workspace.graphs import Graphs
from core.workspace.open_folder import OpenFolder

if TYPE_CHECKING:
    from core.computes.usage import UsageMeter
    from core.definitions.discovery import DefinitionEntry
    from core.definitions.environment import EnvironmentSpec
    from core.errors import Notice
    from core.planning.estimate import Estimate
    from core.workspace.built import Built
    from core.workspace.comparison import Comparison
    from core.workspace.deletion import Deleted
    from core.workspace.described import Described
    from core.workspace.designing import Design
    from core.workspace.edits import Edits
    from core.workspace.redefining import HandedIn
    from core.workspace.replanning import Replanned
    from core.workspace.shells import StepShell
    from core.workspace.step_facts import HostOf, StepFacts
    from core.workspace.tries import StepAttempt
    from core.workspace.versions import NewVersion
    from core.workspace.whereabouts import Whereabouts


class Workspace(OpenFolder):
    """All that front ends ask of a workspace; what is not asked often is imported when it is."""

    # What is defined

    def definitions(self) -> Sequence["DefinitionEntry"]:
        """Every Azure ML definition below the root."""
        from core.definitions.discovery import discover  # only listings need it

        return discover(self.root)

    def graph(self, pipeline: Path, changes: Sequence[tuple[str, str]] = ()) -> Graph:
        """The pipeline's graph with values set as `--set` does.

        Raises DefinitionError with file, line and column.
        """
        return self.graphs.load(pipeline, changes)

    @cached_property
    def graphs(self) -> Graphs:
        """Graphs, read or remembered."""
        return Graphs(self)

    def design(self, pipeline: Path) -> "Design":
        """A pipeline's file as it stands now, with the edits of it."""
        from core.workspace.designing import Design  # only those who edit need it

        return Design(self, pipeline)

    @cached_property
    def edits(self) -> "Edits":
        """Edits of definition files: written, undone, redone."""
        from core.workspace.edits import Edits

        return Edits(self)

    def assets(self, kind: AssetKind, *, archived: bool = False) -> list[AssetRecord]:
        """The newest version of every asset of a kind."""
        return self.records.assets.newest(kind, archived=archived)

    def versions(self, kind: AssetKind, name: str, *, archived: bool = False) -> list[AssetRecord]:
        """Versions of an asset, newest first.

        Raises NotFoundError when there is no asset of this name.
        """
        found = self.records.assets.versions(kind, name, archived=archived)
        if not found and not self.records.assets.versions(kind, name, archived=True):
            self.records.assets.get(kind, name)
        return found

    def create_version(self, asked: "NewVersion") -> tuple[AssetRecord, "tuple[Notice, ...]"]:
        """Keep a new version of an asset with all its content, and what was assumed for it.

        Raises UserError, with nothing changed, when it cannot be kept or the version has other content.
        """
        from core.workspace.versions import create_version

        return create_version(self, asked)

    def set_archived(self, kind: AssetKind, name: str, version: str, archived: bool) -> list[AssetRecord]:
        """Archive or restore a version, every version when `version` is empty; those it is about.

        Raises NotFoundError.
        """
        return self.records.assets.set_archived(kind, name, version, archived)

    def describe(self, kind: AssetKind, file: Path) -> "Described":
        """What a definition file of this kind says: a component, an environment, or the place of data.

        Raises DefinitionError with file, line and column.
        """
        from core.workspace.described import describe

        return describe(self, kind, file)

    def built(self, environment: "EnvironmentSpec") -> "Built | None":
        """The environment as it was built here, None when it was not."""
        from core.workspace.built import built

        return built(self, environment)

    def built_size(self, environment: "EnvironmentSpec") -> int:
        """Bytes that removing the built environment would free, -1 when it is not built; walks all its files."""
        from core.workspace.built import built_size

        return built_size(self, environment)

    def asset(self, kind: AssetKind, name: str, version: str = "", label: str = "") -> AssetRecord:
        """One version of an asset.

        Raises NotFoundError.
        """
        return self.records.assets.get(kind, name, version, label)

    # What would run, and running it

    def pipeline_key(self, graph: Graph) -> str:
        """The pipeline's name in the records: its path relative to the root."""
        file = Path(graph.file)
        return file.relative_to(self.root).as_posix() if file.is_relative_to(self.root) else str(file)

    def plan(self, graph: Graph, selection: Selection | None = None) -> Plan:
        """What a run would do, and why; writes nothing but remembered signatures.

        Raises UsageError for a step that is not there.
        """
        facts = WorldFacts(self.store, self.records, self.pipeline_key(graph))
        return Planner(graph, selection or Selection(), facts).plan()

    def estimate(self, graph: Graph, plan: Plan) -> "Estimate":
        """How long a run of this plan would take, by what its steps took last."""
        from core.workspace.estimates import estimate  # only where it is shown

        return estimate(self, graph, plan)

    def last_durations(self, pipeline: str) -> Mapping[str, float]:
        """Seconds that the newest result of every step of a pipeline (its key in the records) took."""
        from core.workspace.estimates import last_durations

        return last_durations(self, pipeline)

    def remaining(self, run: RunRecord, graph: Graph) -> "Estimate":
        """How long a run that goes on will still take, by what its steps took last."""
        from core.workspace.estimates import remaining

        return remaining(self, run, graph)

    def submit(
        self,
        graph: Graph,
        selection: Selection | None = None,
        changes: Sequence[tuple[str, str]] = (),
        *,
        forks: bool = False,
        planned: "Replanned | None" = None,
    ) -> int:
        """Start a run in a process of its own and give its number; where nothing is to do it has ended already.

        A command that does nothing else at the time `forks` that process, which is faster than starting Python anew.
        Who follows the pipeline's files has `planned` it just now, and it is not planned again.

        Raises UserError, with nothing changed, when the run could not succeed.
        """
        from core.workspace.submission import submit

        return submit(self, graph, selection or Selection(), tuple(changes), forks=forks, planned=planned)

    def expect_run(self, graph: Graph) -> None:
        """Have a supervisor wait for the next run that is submitted here, probably of this graph.

        `expect_no_run`, or the end of this process, ends one that nobody asked for a run.
        """
        if not self.spare.pid:
            latest = self.runs(1, self.pipeline_key(graph))
            self.spare.prepare(latest[0].number if latest else 0)

    def cancel(self, run: int) -> None:
        """Ask a run to stop; a supervisor that died is replaced, so that somebody does it."""
        self.records.runs.get(run)
        self.records.runs.request_cancel(run)
        self.recover()

    def end_step(self, record: StepRunRecord) -> None:
        """Ask one running step to end; the rest of its run goes on as far as it does not need it."""
        from core.computes.attempts import cancel

        cancel(self.layout.attempt(record.run, record.step, record.attempt))

    def redefine(self, run: int, *, freed: str = "") -> "HandedIn":
        """Have a run that goes on take what is saved now for its steps that have not begun, and for the step `freed`.

        That is one which is ended next, to begin anew.
        """
        from core.workspace.redefining import hand_in  # only those who watch need it

        return hand_in(self, run, freed)

    def restart_step(self, record: StepRunRecord) -> None:
        """Ask one running step to end and to begin anew in the same run, from its code and data as they are then."""
        self.layout.attempt(record.run, record.step, record.attempt).restart.touch()
        self.end_step(record)

    def begin_anew(self, record: StepRunRecord, *, is_same: bool) -> str:
        """Restart a step that has become outdated, as it is defined now; `is_same` says that this is as it was.

        Where its run cannot take that, the step ends, so that its next run runs it; gives why, else "".
        """
        why = "" if is_same else self.redefine(record.run, freed=record.step).why
        if why:
            self.end_step(record)
        else:
            self.restart_step(record)
        return why

    def recover(self) -> list[int]:
        """Give unfinished runs whose supervisor died a new one; their numbers."""
        if not self.is_kept:
            return []
        unfinished = self.records.runs.unfinished()
        if not unfinished:
            return []
        from core.engine.launch import recover

        return recover(self.layout, [run.number for run in unfinished])

    # What happened

    def change_token(self) -> int:
        """A number that changes when another process wrote to the records; cheap to ask."""
        return self.records.database.data_version()

    def runs(self, limit: int = 100, pipeline: str | None = None) -> list[RunRecord]:
        """Runs, newest first."""
        if pipeline is None:
            return self.records.runs.find(limit)
        return self.records.runs.find(limit, where="pipeline = ?", values=(pipeline,))

    def run_labels(self, runs: Sequence[int]) -> dict[int, tuple[str, dict[str, str]]]:
        """Title and tags that the pipelines of runs give themselves; runs whose pipelines say nothing are left out."""
        return self.records.runs.labels(runs)

    def run(self, number: int) -> RunRecord:
        """One run.

        Raises NotFoundError.
        """
        return self.records.runs.get(number)

    def steps(self, run: int) -> list[StepRunRecord]:
        """A run's steps in graph order."""
        return self.records.runs.steps(run)

    def history(self, pipeline: str, step: str, limit: int = 50) -> list[StepRunRecord]:
        """A step of a pipeline (its key in the records) in the runs that had it, newest first."""
        return self.records.runs.history(pipeline, step, limit)

    def step_facts(self, graph: Graph, step: str, record: StepRunRecord | None = None) -> "StepFacts":
        """What a step runs, takes and makes: in the run of `record`, or as it would run now.

        Raises NotFoundError for a step that is not in the graph.
        """
        from core.workspace.step_facts import step_facts

        return step_facts(self, graph, step, record)

    def host_of(self, step: StepRunRecord) -> "HostOf":
        """Where a step's container runs or ran, and why there."""
        from core.workspace.step_facts import host_of

        return host_of(self, step)

    def usage(self, step: StepRunRecord) -> "UsageMeter":
        """Tells again and again what a running step takes of this machine."""
        from core.computes.usage import UsageMeter

        return UsageMeter(self.attempt(step))

    def changed_steps(self, run: int, known: dict[str, Row]) -> list[StepRunRecord]:
        """Steps that changed since the last call with the same `known`, which starts empty."""
        return self.records.runs.changed_steps(run, known)

    def compare(self, runs: Sequence[int]) -> "Comparison":
        """Two to six runs side by side: parameters, statuses, durations, code, environments, data, metrics.

        Raises NotFoundError, UsageError for another number of runs.
        """
        from core.workspace.comparing import compare_runs

        return compare_runs(self, runs)

    def delete_runs(self, runs: Sequence[int]) -> "Deleted":
        """Forget ended runs and remove their folders; results stay, with the logs that tell of them.

        Raises NotFoundError, and EngineError for a run that goes on; then nothing is deleted.
        """
        from core.workspace.deletion import delete_runs

        return delete_runs(self, runs)

    def run_graph(self, run: int) -> Graph:
        """The graph as it was when the run was submitted."""
        return graph_from_json(self.records.runs.graph(run))

    def attempt(self, step: StepRunRecord) -> AttemptFolder:
        """The folder of the attempt that made the step's result, in an earlier run where it was reused."""
        found = self.layout.attempt(step.source_run or step.run, step.step, step.source_attempt or step.attempt)
        if step.source_run in (0, step.run) or found.root.exists():
            return found
        trace = self.records.traces.get(step.fingerprint)  # it may come from a step of another name
        return self.layout.attempt(trace.run, trace.step, trace.attempt) if trace else found

    def attempts(self, run: int, step: str, limit: int = 50) -> "list[StepAttempt]":
        """Every attempt at a step in the latest runs of the pipeline that `run` is of, oldest first.

        Raises NotFoundError for a run that is not there.
        """
        from core.workspace.tries import attempts

        history = self.records.runs.history(self.run(run).pipeline, step, limit)
        return list(attempts(history[::-1], self.layout))

    def shell(
        self, graph: Graph, step: str, run: int = 0, heard: Callable[[str], None] = lambda line: None
    ) -> "StepShell":
        """A step's exact surroundings for a person to try things in, as it stands in `graph` or as it was in a run.

        `graph` is then that of the run; `heard` is told how the build of its environment goes. Everything is removed
        when the workspace is closed. Raises UserError for a step that is not there or cannot run, StepError.
        """
        from core.workspace.shells import lay_out

        return lay_out(self, graph, step, run, heard)

    def last_lines(self, step: StepRunRecord, count: int) -> list[str]:
        """The last lines of a step's log."""
        from core.computes.logs import last_lines

        attempt = self.attempt(step)
        return last_lines(attempt, count) if attempt.log.exists() else []

    def build_log(self, environment: "EnvironmentSpec", compute: str = LOCAL) -> Path:
        """The log of an environment's build, past or under way, here or on the host that had it last."""
        from core.engine.builds import build_log
        from core.environments.images.logs import newest_image_log

        there = newest_image_log(environment, self.layout) if compute not in HERE else None
        return there or build_log(environment, self.layout)

    def content_path(self, digest: str) -> Path:
        """Where kept content lies."""
        return self.store.path(digest)

    def whereabouts(self, digest: str) -> "Whereabouts":
        """Where kept content lies: here, or on which host; asks no host."""
        from core.workspace.whereabouts import whereabouts

        return whereabouts(self, digest)

    def fetch(self, digest: str, heard: Callable[[str], None] = lambda words: None) -> Path:
        """Where kept content lies, brought from the host that it was left on when it is not here.

        Raises StoreError when it is nowhere any more, HostError.
        """
        from core.hosts.fetching import bring

        bring(self.store, [digest], heard)
        return self.store.path(digest)
