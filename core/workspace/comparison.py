"""What differs between runs: decided from values, without touching a disk."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from core.planning.graph import DataInput, Graph, Parameter, Step, StepOutput
from core.planning.trace import Parts
from core.records.model import RunRecord, StepRunRecord

#: Durations that differ by less than this share, or these seconds, are the same: machines are never equally busy.
_SAME_SHARE, _SAME_SECONDS = 0.25, 1.0


class Topic(StrEnum):
    """What a line of a comparison is about, in the order they are told."""

    RUN = "run"
    PARAMETERS = "parameters"
    STATUS = "status"
    DURATION = "duration"
    CODE = "code"
    COMMAND = "command"
    ENVIRONMENT = "environment"
    SETTINGS = "settings"
    INPUTS = "inputs"
    OUTPUTS = "outputs"
    METRICS = "metrics"


@dataclass(frozen=True, slots=True)
class Cell:
    """A run's value in a line: words, a `digest` with its `size` in bytes (-1 unknown), or `seconds`."""

    text: str = ""
    digest: str = ""
    size: int = -1
    seconds: float = -1.0


@dataclass(frozen=True, slots=True)
class Comparable:
    """One line: what it is about, the step ("" for the run itself), its name, and a cell a run, None for none.

    `counted` says which runs have the step at all: a step that a run lacks differs in its status, and in nothing else.
    """

    topic: Topic
    step: str
    name: str
    cells: tuple[Cell | None, ...]
    counted: tuple[bool, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether the runs are not alike in this."""
        if self.topic is Topic.DURATION:
            return _durations_differ([cell.seconds for cell in self.cells if cell and cell.seconds >= 0])
        counted = self.counted or (True,) * len(self.cells)
        cells = [cell for cell, counts in zip(self.cells, counted, strict=True) if counts]
        return len({(cell.text, cell.digest) if cell else None for cell in cells}) > 1


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file of a step's code in a run, against the first run: a unified diff, or why there is none.

    `kind` is "added", "removed" or "changed"; `sizes` are bytes before and after, -1 where there is no file, or nobody
    knows. Of a change since a step's last result `run` is the one that made it, `topic` what of the step it is, and
    `counts` whether it is why the step is stale.
    """

    step: str
    run: int
    path: str
    kind: str
    lines: tuple[str, ...] = ()
    note: str = ""
    sizes: tuple[int, int] = (-1, -1)
    topic: Topic = Topic.CODE
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs side by side: every line, those that differ told by themselves, and the code that differs."""

    runs: tuple[RunRecord, ...]
    lines: tuple[Comparable, ...]
    code: tuple[FileChange, ...] = ()

    @property
    def differing(self) -> tuple[Comparable, ...]:
        """Only what is not the same in all runs."""
        return tuple(line for line in self.lines if line.differs)


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """What must be known of a run; `parts` are those of its steps as far as remembered, `sizes` bytes by digest."""

    run: RunRecord
    graph: Graph
    steps: Mapping[str, StepRunRecord]
    parts: Mapping[str, Parts] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    metrics: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def compare(runs: Sequence[ComparedRun]) -> tuple[Comparable, ...]:
    """Every line that can be told of the runs, by topic, then by step in the order of the graphs."""
    found = [*_about_runs(runs)]
    names = list(dict.fromkeys(name for run in runs for name in run.graph.steps))
    by_step = [line for name in names for line in _counted(runs, name)]
    return tuple(line for topic in Topic for line in (*found, *by_step) if line.topic is topic)


def _counted(runs: Sequence[ComparedRun], name: str) -> Iterator[Comparable]:
    has = tuple(name in run.graph.steps for run in runs)
    for line in _about_step(runs, name):
        yield line if all(has) or line.topic is Topic.STATUS else replace(line, counted=has)


def _durations_differ(seconds: Sequence[float]) -> bool:
    if len(seconds) < 2:
        return False
    least, most = min(seconds), max(seconds)
    return most - least > max(_SAME_SECONDS, _SAME_SHARE * most)


def _about_runs(runs: Sequence[ComparedRun]) -> Iterator[Comparable]:
    yield Comparable(Topic.RUN, "", "pipeline", tuple(Cell(run.run.pipeline) for run in runs))
    yield Comparable(Topic.RUN, "", "status", tuple(Cell(str(run.run.status)) for run in runs))
    if any(run.run.error for run in runs):
        yield Comparable(Topic.RUN, "", "error", tuple(Cell(run.run.error) if run.run.error else None for run in runs))
    yield Comparable(Topic.DURATION, "", "run", tuple(_spent(run.run.started_at, run.run.ended_at) for run in runs))
    yield from _named(Topic.PARAMETERS, "", [dict(run.graph.inputs) for run in runs])


def _spent(started: float, ended: float) -> Cell | None:
    return Cell(seconds=ended - started) if started and ended else None


def _named(topic: Topic, step: str, values: Sequence[Mapping[str, str] | None]) -> Iterator[Comparable]:
    for name in dict.fromkeys(name for each in values if each for name in each):
        cells = tuple(Cell(each[name]) if each is not None and name in each else None for each in values)
        yield Comparable(topic, step, name, cells)


def _about_step(runs: Sequence[ComparedRun], name: str) -> Iterator[Comparable]:
    steps = [run.graph.steps.get(name) for run in runs]
    records = [run.steps.get(name) for run in runs]
    statuses = tuple(Cell(str(record.status)) if record else None for record in records)
    yield Comparable(Topic.STATUS, name, "status", statuses)
    spent = tuple(_spent(record.started_at, record.ended_at) if record else None for record in records)
    yield Comparable(Topic.DURATION, name, "took", spent)
    yield from _named(Topic.PARAMETERS, name, [_parameters(step) for step in steps])
    yield Comparable(
        Topic.COMMAND, name, "command", tuple(Cell(step.command.strip()) if step else None for step in steps)
    )
    yield from _named(Topic.ENVIRONMENT, name, [_environment(step) for step in steps])
    parts = [run.parts.get(name) for run in runs]
    yield from _digests(Topic.CODE, name, [each.get("code", {}) if each else None for each in parts], runs)
    yield from _inputs(runs, name)
    yield from _digests(Topic.OUTPUTS, name, [record.outputs if record else None for record in records], runs)
    numbers = [{key: f"{value:g}" for key, value in run.metrics.get(name, {}).items()} for run in runs]
    yield from _named(Topic.METRICS, name, numbers)


def _parameters(step: Step | None) -> dict[str, str] | None:
    if step is None:
        return None
    return {name: binding.text for name, binding in step.inputs.items() if isinstance(binding, Parameter)}


def _environment(step: Step | None) -> dict[str, str] | None:
    """The environment's name and parts, and the variables that the step sets."""
    if step is None:
        return None
    variables = {f"${name}": value for name, value in step.environment_variables.items()}
    return {"name": step.environment.name, **step.environment.parts(), **variables}


def _digests(
    topic: Topic, step: str, values: Sequence[Mapping[str, str] | None], runs: Sequence[ComparedRun]
) -> Iterator[Comparable]:
    for name in dict.fromkeys(name for each in values if each for name in each):
        cells = tuple(
            Cell(digest=each[name], size=run.sizes.get(each[name], -1)) if each and name in each else None
            for each, run in zip(values, runs, strict=True)
        )
        yield Comparable(topic, step, name or "snapshot", cells)


def _inputs(runs: Sequence[ComparedRun], step: str) -> Iterator[Comparable]:
    """Data by digest where a step of the run looked at them, else by where they come from."""
    found = [_input_cells(run, step) for run in runs]
    for name in dict.fromkeys(name for each in found for name in each):
        yield Comparable(Topic.INPUTS, step, name, tuple(each.get(name) for each in found))


def _input_cells(run: ComparedRun, name: str) -> dict[str, Cell]:
    step = run.graph.steps.get(name)
    known = run.parts.get(name, {}).get("inputs", {})
    cells: dict[str, Cell] = {}
    for port, binding in step.inputs.items() if step else ():
        digest = known.get(port, "").split(" ")[0]
        if isinstance(binding, StepOutput) or (isinstance(binding, DataInput) and digest):
            cells[port] = Cell("" if digest else "not known", digest, run.sizes.get(digest, -1))
        elif isinstance(binding, DataInput):
            cells[port] = Cell(binding.uri or binding.path)
    return cells
