"""What must hold whatever was killed: the nine invariants of the engine, as checks on what can be seen from outside."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.computes import attempts
from core.engine.identity import read_identity
from core.engine.launch import run_lock
from core.layout import AttemptFolder
from core.planning.trace import Trace
from core.records.model import StepStatus
from core.store.locks import is_held
from core.workspace import Workspace
from tests.support.bench import Bench
from tests.torture.disk import dirty_pages
from tests.torture.workload import LINES

#: How steps fail of which a process was killed.
_EXPECTED = ("SIGKILL", "lost ")
_MADE = (StepStatus.SUCCEEDED, StepStatus.REUSED)


@dataclass
class Watch:
    """Remembers what was seen, so that a later look notices what must not have changed; `broken` says what did."""

    bench: Bench
    verified: set[str] = field(default_factory=set)
    results: dict[str, Trace] = field(default_factory=dict)
    starts_at_end: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def look(self) -> list[str]:
        """Look at everything that must hold at any moment, also between a kill and its recovery."""
        with self.bench.workspace() as workspace:
            self.broken.extend(self._rows_without_bytes(workspace))
            self.broken.extend(self._changed_results(workspace))
            self.broken.extend(self._live_twins(workspace))
            self.broken.extend(_unexpected_failures(workspace))
        self.broken.extend(self._run_again())
        self.broken.extend(_lines_of(self.bench, "broken"))
        return self.broken

    def look_at_end(self) -> list[str]:
        """Look at what must hold when no run is under way, everything read again."""
        self.verified.clear()
        self.look()
        with self.bench.workspace() as workspace:
            self.broken.extend(_held_locks(workspace))
            self.broken.extend(_open_states(workspace))
            self.broken.extend(_short_logs(workspace))
            self.broken.extend(_faults_of_ours(workspace))
            self.broken.extend(f"database: {problem}" for problem in workspace.records.database.problems())
        return self.broken

    def _rows_without_bytes(self, workspace: Workspace) -> Iterator[str]:
        named = {digest for trace in workspace.records.traces.all() for digest in trace.digests()}
        for run in workspace.runs(4):
            for step in workspace.steps(run.number):
                if step.status in _MADE:
                    named.update(step.outputs.values(), [step.artifacts] if step.artifacts else [])
        for digest in named - self.verified:
            problems = workspace.store.verify(digest)
            if problems:
                yield f"a row names {digest[:12]}, but {problems}"
            elif dirty_pages(workspace.store.path(digest)):
                yield f"a row names {digest[:12]}, which is not on disk yet"
            self.verified.add(digest)

    def _changed_results(self, workspace: Workspace) -> Iterator[str]:
        starts = Counter(_lines_of(self.bench, "starts"))
        for trace in workspace.records.traces.all():
            known = self.results.setdefault(trace.fingerprint, trace)
            if known != trace:
                yield f"{trace.step} has a second result under {trace.fingerprint[:8]}"
            parts = workspace.records.traces.parts(trace.fingerprint) or {}
            key = f"{trace.step}-{parts['parameters']['round']}"
            self.starts_at_end.setdefault(key, starts[key])

    def _run_again(self) -> Iterator[str]:
        for key, count in Counter(_lines_of(self.bench, "starts")).items():
            if count > self.starts_at_end.get(key, count):
                yield f"{key} was finished and ran again"

    def _live_twins(self, workspace: Workspace) -> Iterator[str]:
        live: Counter[str] = Counter()
        for run in workspace.records.runs.unfinished():
            for step in workspace.steps(run.number):
                attempt = workspace.attempt(step)
                identity = read_identity(attempt) if step.status is StepStatus.RUNNING else None
                if identity is not None and attempts.is_locked(attempt):
                    live[f"{step.step} {identity.fingerprint[:8]}"] += 1
        yield from (f"{name} has {count} live attempts" for name, count in live.items() if count > 1)


def _held_locks(workspace: Workspace) -> Iterator[str]:
    places = [*workspace.layout.locks.rglob("*"), *workspace.layout.runs.rglob("supervisor.lock")]
    yield from (f"nobody runs, but {path} is locked" for path in places if path.is_file() and is_held(path))


def _open_states(workspace: Workspace) -> Iterator[str]:
    for run in workspace.runs(1000):
        if not run.status.is_final:
            yield f"run {run.number} is {run.status} without a supervisor"
        for step in workspace.steps(run.number):
            if not step.status.is_final:
                yield f"run {run.number} has ended, but {step.step} is {step.status}"


def _short_logs(workspace: Workspace) -> Iterator[str]:
    expected = [*(f"line {i}" for i in range(1, LINES + 1)), "end"]
    for trace in workspace.records.traces.all():
        attempt: AttemptFolder = workspace.layout.attempt(trace.run, trace.step, trace.attempt)
        if attempt.log.read_text().splitlines() != expected:
            yield f"the log of {trace.step} in run {trace.run} is not what it said"


def _unexpected_failures(workspace: Workspace) -> Iterator[str]:
    """Steps that failed though nobody killed them, and runs that mlpw gave up."""
    for run in workspace.runs(4):
        if run.error.startswith("mlpw"):
            yield f"run {run.number}: {run.error}"
        for step in workspace.steps(run.number):
            if step.status is StepStatus.FAILED and not any(word in step.error for word in _EXPECTED):
                yield f"run {run.number}: {step.step}: {step.error}"


def _faults_of_ours(workspace: Workspace) -> Iterator[str]:
    for log in sorted(workspace.layout.runs.glob("*/supervisor.log")):
        if log.stat().st_size:
            yield f"{log.parent.name}/{log.name}: {log.read_text()[-500:]}"
    yield from (str(path) for path in workspace.layout.runs.rglob("shim-fault.txt"))


def has_owner(workspace: Workspace, run: int) -> bool:
    """Whether a living process owns the run, or it needs none."""
    return workspace.run(run).status.is_final or is_held(run_lock(workspace.layout, run))


def _lines_of(bench: Bench, name: str) -> list[str]:
    path = bench.outside / name
    return path.read_text().splitlines() if path.exists() else []
