"""What is known about one step beside its state: resolved command, contents, resources, earlier runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.computes.protocol import Outcome
from core.engine.harvest import FILE_TYPE
from core.planning.graph import Graph
from core.records.model import StepRunRecord, StepStatus
from core.workspace import Workspace
from core.workspace.step_facts import Content, StepFacts
from tui.session_views import recorded_state
from tui.views import StepState, Subject
from tui.widgets.status import Status
from tui.wording import units
from tui.wording.units import count

if TYPE_CHECKING:  # psutil takes 30 ms to import
    from core.computes.usage import Usage

_AS_IT_WOULD_RUN = (Status.STALE, Status.WAITING, Status.UNKNOWN, Status.NOT_RUN)


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output in words; `path` is "" when there is nothing here, `size` -1 when nobody knows.

    `host` is the target that has it when only that does.
    """

    name: str
    text: str
    path: str = ""
    digest: str = ""
    size: int = -1
    host: str = ""
    is_file: bool = False


@dataclass(frozen=True, slots=True)
class Past:
    """The step in an earlier run, or an earlier attempt in the same one; `at` seconds since the epoch."""

    name: str
    status: Status
    at: float = 0.0
    duration: float = 0.0
    why: str = ""


@dataclass(frozen=True, slots=True)
class StepMore:
    """A step in a run (`has_run`), or as it would run; `environment` is where its Python lies.

    `host` is where its container ran or would run, "" for a process; `container` the name of that, and
    `passed_over` says of others why it was not they.
    """

    command: str
    has_run: bool
    python: str = ""
    environment: str = ""
    variables: tuple[tuple[str, str], ...] = ()
    inputs: tuple[Port, ...] = ()
    outputs: tuple[Port, ...] = ()
    folder: str = ""
    used: str = ""
    past: tuple[Past, ...] = ()
    host: str = ""
    container: str = ""
    passed_over: tuple[str, ...] = ()


def step_more(subject: Subject, step: str, state: StepState) -> Callable[[Workspace], StepMore]:
    """Everything about the selected step; raises core's errors."""

    def look(workspace: Workspace) -> StepMore:
        graph = _graph(workspace, subject)
        pipeline = workspace.run(subject.run).pipeline if subject.run else workspace.pipeline_key(graph)
        history = workspace.history(pipeline, step)
        record = _record(history, subject, step, state)
        if record is not None and record.status is StepStatus.RUNNING:  # it may be defined otherwise by now
            graph = workspace.run_graph(record.run)
        facts = workspace.step_facts(graph, step, record)
        earlier = (_past_attempt(number, outcome) for number, outcome in facts.others)
        past = (*earlier, *(past_run(row, workspace) for row in history if row.status.is_final))
        return _more(facts, past)

    return look


def meter_of(subject: Subject, step: str, state: StepState) -> Callable[[Workspace], Callable[[], str]]:
    """Something to ask again and again, on a thread, for what the running step uses; "" when nothing runs."""

    def find(workspace: Workspace) -> Callable[[], str]:
        record = StepRunRecord(state.made_by_run or subject.run, step, StepStatus.RUNNING, attempt=state.attempt)
        meter = workspace.usage(record)

        def look() -> str:
            usage = meter.look()
            return usage_words(usage) if usage is not None else ""

        return look

    return find


def _graph(workspace: Workspace, subject: Subject) -> Graph:
    return workspace.run_graph(subject.run) if subject.run else workspace.graph(workspace.root / subject.pipeline)


def _record(history: Sequence[StepRunRecord], subject: Subject, step: str, state: StepState) -> StepRunRecord | None:
    """The row that the state is about; None for a step that is to run."""
    if subject.run:
        return next((row for row in history if row.run == subject.run), None)
    if state.status in _AS_IT_WOULD_RUN:
        return None
    found = next((row for row in history if (row.source_run or row.run) == state.made_by_run), None)
    if found is None and state.made_by_run:  # made in another pipeline
        return StepRunRecord(
            state.made_by_run, step, StepStatus.REUSED, source_attempt=state.attempt, outputs=state.outputs
        )
    return found


def _more(facts: StepFacts, past: tuple[Past, ...]) -> StepMore:
    return StepMore(
        facts.command,
        facts.has_run,
        facts.python,
        facts.environment,
        tuple(facts.variables.items()),
        tuple(map(_port, facts.inputs)),
        tuple(map(_port, facts.outputs)),
        facts.folder,
        outcome_words(facts.outcome) if facts.outcome is not None else "",
        past,
        facts.host,
        facts.container,
        facts.passed_over,
    )


def _port(content: Content) -> Port:
    words = " · ".join(part for part in (content.text, content.type if not content.text else "") if part)
    is_file = content.type == FILE_TYPE
    return Port(content.name, words, content.path, content.digest, content.size, content.host, is_file)


def past_run(row: StepRunRecord, workspace: Workspace) -> Past:
    """A step in a run that has ended for it."""
    state = recorded_state(row, workspace.layout)
    reused = f"from run {row.source_run}" if row.status is StepStatus.REUSED and row.source_run else ""
    why = row.error.partition("\n")[0] if row.status is StepStatus.FAILED else ""
    why = " · ".join(part for part in (why, "; ".join(row.reasons), reused) if part)
    at = row.started_at or row.ended_at
    return Past(f"run {row.run}", state.status, at, state.duration if not reused else 0.0, why)


def _past_attempt(number: int, outcome: Outcome) -> Past:
    return Past(f"attempt {number}", Status.FAILED, outcome.started_at, outcome.duration_s, str(outcome))


def outcome_words(outcome: Outcome) -> str:
    """What an attempt that has ended took of the machine."""
    parts = []
    if outcome.max_rss_bytes:
        parts.append(f"{units.size(outcome.max_rss_bytes)} at most")
    if outcome.cpu_s >= 0.05:
        parts.append(f"{units.duration(outcome.cpu_s)} of processor time")
    return " · ".join(parts)


def usage_words(usage: "Usage") -> str:
    """What a running step takes of the machine now, on one line for the machine and one for each graphics card."""
    most = f" (at most {units.size(usage.most_memory)})" if usage.most_memory > usage.memory * 1.05 else ""
    lines = [f"{usage.cpu:.1f} cores · {units.size(usage.memory)}{most} · {_processes(usage.processes)}"]
    for gpu in usage.gpus:
        own = f", {units.size(gpu.own)} of it the step's" if gpu.own else ""
        lines.append(f"GPU {gpu.index} {gpu.busy}% · {units.size(gpu.used)} of {units.size(gpu.total)}{own}")
    return "\n".join(lines)


def _processes(number: int) -> str:
    return "1 process" if number == 1 else count(number, "processe")
