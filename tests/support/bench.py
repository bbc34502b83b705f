"""A tiny workspace to run pipelines in: real YAML, real supervisors, real SQLite; steps are shell commands."""

import json
import os
import signal
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from core.computes import processes
from core.engine.launch import has_supervisor, run_lock
from core.layout import AttemptFolder
from core.planning.graph import Graph
from core.planning.plan import NotSelected, Plan, Stale, UpToDate, Waiting
from core.planning.selection import Selection
from core.records.model import RunRecord, RunStatus, StepRunRecord, StepStatus
from core.store.locks import is_held, read_holder
from core.workspace import Workspace
from tests.support.waiting import eventually

_MARK = "MLPW_BENCH"
SCHEMA = "https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json"


@dataclass
class Bench:
    """One workspace. Every step that starts writes its name into a journal outside, so that nothing runs unseen."""

    root: Path
    prepared: Path | None = None
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)
    outside: Path = field(init=False)
    name: str = "pipeline.yml"

    def __post_init__(self) -> None:
        self.outside = self.root.with_name(f"{self.root.name}.outside")
        self.root.mkdir(parents=True)
        self.outside.mkdir()
        self.journal.touch()
        if self.prepared is not None:
            (self.root / ".mlpw").mkdir(mode=0o700)
            (self.root / ".mlpw" / "envs").symlink_to(self.prepared)

    # What people write

    def pipeline(self, steps: Mapping[str, Mapping[str, Any]], **more: Any) -> None:
        """Write the pipeline; each step first writes its name into the journal."""
        jobs = {
            name: {**written, "command": f"echo {name} >> {self.journal}\n{written['command']}"}
            for name, written in steps.items()
        }
        document = {"$schema": SCHEMA, "type": "pipeline", "jobs": jobs, **more}
        self.file.write_text(json.dumps(document, indent=1))

    def write(self, files: Mapping[str, str]) -> None:
        """Write files of the workspace."""
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    @property
    def file(self) -> Path:
        """The pipeline's YAML."""
        return self.root / self.name

    @property
    def journal(self) -> Path:
        """The names of steps that started, one a line."""
        return self.outside / "journal"

    # What people ask for

    def run(self, **asked: Any) -> list[str]:
        """Run to the end; the names of the steps that really started, in that order."""
        before = len(self.started())
        self.end_of(self.start(**asked))
        return self.started()[before:]

    def start(self, *, set: Mapping[str, str] | None = None, expected: bool = False, **asked: Any) -> int:
        """Submit a run and give its number; when it is `expected`, a supervisor has waited for it."""
        with self.workspace() as workspace:
            changes = tuple((set or {}).items())
            graph = workspace.graph(self.file, changes)
            if expected:
                workspace.expect_run(graph)
            return workspace.submit(graph, _selection(asked), changes)

    def end_of(self, run: int) -> RunRecord:
        """The run when it and its supervisor have ended; one that lost its supervisor gets a new one."""

        def is_over() -> bool:
            with self.workspace() as workspace:
                if not workspace.run(run).status.is_final:
                    workspace.recover()
                    return False
                return not has_supervisor(workspace.layout, run)

        eventually(is_over, f"the end of run {run}")
        return self.run_record(run)

    def plan(self, **asked: Any) -> dict[str, str]:
        """What would run and why, in words."""
        with self.workspace() as workspace:
            return in_words(workspace.plan(workspace.graph(self.file), _selection(asked)))

    def cancel(self, run: int) -> None:
        with self.workspace() as workspace:
            workspace.cancel(run)

    def recover(self) -> list[int]:
        with self.workspace() as workspace:
            return workspace.recover()

    # What happened

    def workspace(self) -> Workspace:
        """A fresh look at the workspace, to be closed."""
        return Workspace.open(self.root)

    def graph(self) -> Graph:
        with self.workspace() as workspace:
            return workspace.graph(self.file)

    def started(self) -> list[str]:
        """Names of the steps that started so far."""
        return self.journal.read_text().split()

    def run_record(self, run: int) -> RunRecord:
        with self.workspace() as workspace:
            return workspace.run(run)

    def status(self, run: int) -> RunStatus:
        return self.run_record(run).status

    def steps(self, run: int) -> dict[str, StepRunRecord]:
        with self.workspace() as workspace:
            return {step.step: step for step in workspace.steps(run)}

    def statuses(self, run: int) -> dict[str, str]:
        return {name: str(step.status) for name, step in self.steps(run).items()}

    def last(self) -> int:
        """The newest run."""
        with self.workspace() as workspace:
            return workspace.runs(1)[0].number

    def output(self, run: int, step: str, port: str) -> Path:
        """Where an output of a step lies in the store, fetched from its host if need be."""
        with self.workspace() as workspace:
            return workspace.fetch(self.steps(run)[step].outputs[port])

    def text(self, run: int, step: str, port: str = "out") -> str:
        """What a step wrote: a file's text, or that of a folder's files together."""
        path = self.output(run, step, port)
        return (
            path.read_text()
            if path.is_file()
            else "".join(p.read_text() for p in sorted(path.rglob("*")) if p.is_file())
        )

    def attempt(self, run: int, step: str) -> AttemptFolder:
        """The folder of the step's newest attempt."""
        with self.workspace() as workspace:
            return workspace.attempt(self.steps(run)[step])

    def log(self, run: int, step: str) -> str:
        return self.attempt(run, step).log.read_text()

    def supervisor_log(self, run: int) -> str:
        with self.workspace() as workspace:
            return (workspace.layout.run(run) / "supervisor.log").read_text()

    # Steps that wait for the test

    def gate(self, name: str = "gate") -> str:
        """A shell command that waits until `open_gate`."""
        return f"until [ -e {self.outside}/{name} ]; do sleep 0.02; done"

    def open_gate(self, name: str = "gate") -> None:
        (self.outside / name).touch()

    def hold_at(self, point: str, patch: pytest.MonkeyPatch) -> Path:
        """Have the next supervisor wait at a named point of the engine; it is there once the file given is."""
        held = self.outside / "held"
        patch.setenv("MLPW_HOLD_AT", f"{point}:{held}")
        return held

    def crash_at(self, point: str, patch: pytest.MonkeyPatch) -> Path:
        """Have the next supervisor killed at a named point of the engine, once; it was once the file given is there."""
        once = self.outside / "crashed"
        patch.setenv("MLPW_CRASH_AT", f"{point}:{once}")
        return once

    def until_started(self, *names: str, times: int = 1) -> None:
        """Wait until each of the steps has started so often."""
        eventually(
            lambda: all(self.started().count(name) >= times for name in names), f"the start of {', '.join(names)}"
        )

    def until(self, run: int, **statuses: StepStatus) -> None:
        """Wait until steps stand as said."""

        def stand() -> bool:
            steps = self.steps(run)
            return all(steps[name].status is status for name, status in statuses.items())

        eventually(stand, f"{statuses}")

    # Processes

    def supervisor(self, run: int) -> int:
        """The pid of the run's living supervisor, 0 for none, or for one that has yet to sign its lock."""
        with self.workspace() as workspace:
            if not is_held(run_lock(workspace.layout, run)):
                return 0
            holder = read_holder(run_lock(workspace.layout, run))
            return holder.pid if holder and is_alive(holder.pid) else 0

    def until_supervised(self, run: int) -> int:
        """Wait for the run's supervisor; its pid."""
        return eventually(lambda: self.supervisor(run), f"a supervisor of run {run}")

    def kill_supervisor(self, run: int, number: int = signal.SIGKILL) -> int:
        """End the supervisor and see it gone; its pid."""
        pid = self.until_supervised(run)
        kill(pid, number)
        with self.workspace() as workspace:
            lock = run_lock(workspace.layout, run)

        def is_free() -> bool:
            """Of the killed one: its threads hold its lock a little longer; the next one may have it by then."""
            return not is_held(lock) or self.supervisor(run) not in (0, pid)

        eventually(is_free, "the end of the supervisor's threads, which hold its lock")
        return pid

    def processes(self) -> list[int]:
        """Every living process that was started from this bench, the test itself left out."""
        entry = f"{_MARK}={self.mark}".encode()
        own = os.getpid()
        return [p for p in processes.all_pids() if p != own and processes.environment_holds(p, entry) and is_alive(p)]

    def until_quiet(self) -> None:
        """Wait until nothing of the bench runs any more."""
        eventually(lambda: not self.processes(), "the end of all processes")

    def end(self) -> None:
        """End whatever still runs."""
        while left := self.processes():
            for pid in left:
                processes.signal_pid(pid, signal.SIGKILL)


def kill(pid: int, number: int = signal.SIGKILL) -> None:
    """Signal a process and wait until it is gone."""
    ticks = processes.start_ticks(pid)
    processes.signal_pid(pid, number)
    eventually(lambda: ticks is None or processes.start_ticks(pid) != ticks, f"the end of process {pid}")


def is_alive(pid: int) -> bool:
    return processes.start_ticks(pid) is not None


def mark_of(bench: Bench) -> tuple[str, str]:
    """The environment variable by which a bench knows its processes."""
    return _MARK, bench.mark


def in_words(plan: Plan) -> dict[str, str]:
    """Decisions as people read them."""
    words: dict[str, str] = {}
    for name, decision in plan.decisions.items():
        match decision:
            case UpToDate():
                words[name] = "up to date"
            case Stale(reasons=reasons) | Waiting(reasons=reasons):
                words[name] = "; ".join(map(str, reasons))
            case NotSelected():
                words[name] = "not selected"
    return words


def _selection(asked: Mapping[str, Any]) -> Selection:
    listed: dict[str, Callable[[Any], Any]] = {"force": bool, "spares_failed": bool}
    return Selection(**{name: listed.get(name, tuple)(value) for name, value in asked.items()})
