"""Core's values as the panes' values: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from core.definitions.discovery import DefinitionEntry
from core.definitions.environment import EnvironmentSpec
from core.engine.request import Request
from core.layout import AttemptFolder, Layout
from core.planning.graph import Absent, Binding, DataInput, Graph, Missing, Parameter, Step, StepOutput
from core.planning.plan import Decision, NotSelected, Plan, Stale, UpToDate, Waiting
from core.planning.reasons import ReasonKind, not_opened
from core.records.model import AssetRecord, RunRecord, RunStatus, StepRunRecord, StepStatus
from tui.views import Entry, GraphView, Kind, RunView, StepState, StepView, Trouble, Version
from tui.widgets.status import Status
from tui.worker_thread import place_of

_RUN_STATUS = {
    RunStatus.QUEUED: Status.WAITING,
    RunStatus.RUNNING: Status.RUNNING,
    RunStatus.SUCCEEDED: Status.SUCCEEDED,
    RunStatus.FAILED: Status.FAILED,
    RunStatus.CANCELLED: Status.CANCELLED,
}
_STEP_STATUS = {
    StepStatus.WAITING: Status.WAITING,
    StepStatus.PREPARING: Status.PREPARING,
    StepStatus.RUNNING: Status.RUNNING,
    StepStatus.SUCCEEDED: Status.SUCCEEDED,
    StepStatus.REUSED: Status.REUSED,
    StepStatus.FAILED: Status.FAILED,
    StepStatus.NOT_RUN: Status.NOT_RUN,
    StepStatus.CANCELLED: Status.CANCELLED,
}
_SHOWN_PACKAGES = 4


def entry_view(entry: DefinitionEntry, root: Path, registered: Sequence[AssetRecord] = ()) -> Entry:
    """A definition file as a leaf of the tree, with the versions of the asset that it defines."""
    path = Path(entry.path)
    name = entry.display_name or entry.name or path.name
    trouble = Trouble(entry.error, place_of(entry.location, root)) if entry.error else None
    return Entry(
        Kind(entry.kind) if entry.kind else Kind.PIPELINE,
        name if entry.kind != "pipeline" else path.stem if path.stem != "pipeline" else str(path.parent / path.stem),
        path,
        entry.description,
        trouble,
        entry.version,
        tuple(map(_version, registered)),
    )


def asset_view(versions: Sequence[AssetRecord]) -> Entry:
    """An asset without a file, by its versions, newest first, as a leaf of the tree."""
    newest = versions[0]
    return Entry(
        Kind(newest.kind.value), newest.name, description=newest.description, versions=tuple(map(_version, versions))
    )


def _version(asset: AssetRecord) -> Version:
    made = f"made by run {asset.made_by_run}/{asset.made_by_step}" if asset.made_by_run else ""
    return Version(asset.version, asset.labels, asset.created_at, made, asset.digest, asset.archived)


def run_view(run: RunRecord) -> RunView:
    """A run as a row."""
    counts: dict[Status, int] = {}
    for name, count in run.counts.items():
        status = _STEP_STATUS[StepStatus(name)]
        counts[status] = counts.get(status, 0) + count
    return RunView(
        run.number,
        run.pipeline,
        _RUN_STATUS[run.status],
        run.created_at,
        run.started_at,
        run.ended_at,
        run.error,
        counts,
        not run.status.is_final,
        run.cancel_requested,
        run.notices,
        tuple(f"{key}={value}" for key, value in Request.from_plain(run.request).changes),
    )


def graph_view(graph: Graph, path: str, root: Path) -> GraphView:
    """A graph as the panes draw it."""
    return GraphView(
        graph.display_name or graph.name,
        path,
        {name: step_view(step, root) for name, step in graph.steps.items()},
        tuple(str(notice) for notice in graph.notices),
        graph.description,
    )


def step_view(step: Step, root: Path) -> StepView:
    """A step as words."""
    return StepView(
        step.name,
        tuple(sorted(step.producers())),
        step.display_name,
        step.command,
        _environment(step.environment),
        _compute(step),
        tuple((name, _binding(binding, root)) for name, binding in step.inputs.items()),
        tuple((name, port.type) for name, port in step.outputs.items()),
        place_of(step.location, root),
        step.unsupported,
    )


def _compute(step: Step) -> str:
    """What was written, and the targets that it may mean."""
    if step.computes:
        return f"{step.compute} ({' or '.join(step.computes)})"
    return step.compute if step.compute != "local" else ""


def _binding(binding: Binding, root: Path) -> str:
    match binding:
        case Parameter():
            return binding.text
        case DataInput():
            path = Path(binding.path)
            inside = binding.path and path.is_relative_to(root)
            return str(path.relative_to(root)) if inside else binding.uri or binding.path
        case StepOutput():
            return f"{binding.step}.{binding.port}"
        case Absent():
            return "not given"
        case Missing():
            return f"missing: {binding.message}"


def _environment(spec: EnvironmentSpec) -> str:
    shown = ", ".join(spec.packages[:_SHOWN_PACKAGES])
    more = len(spec.packages) - _SHOWN_PACKAGES
    packages = shown + (f" and {more} more" if more > 0 else "")
    python = f"Python {spec.python}" if spec.python else ""
    return " · ".join(dict.fromkeys(part for part in (spec.name, spec.image, python, packages) if part))


def recorded_states(records: Sequence[StepRunRecord], layout: Layout) -> dict[str, StepState]:
    """The states that a run's records give."""
    return {record.step: recorded_state(record, layout) for record in records}


def recorded_state(record: StepRunRecord, layout: Layout) -> StepState:
    """The state of one step of a run."""
    ended = record.ended_at if record.status.is_final else 0.0
    duration = ended - record.started_at if ended and record.started_at else 0.0
    return StepState(
        _STEP_STATUS[record.status],
        record.reasons,
        record.started_at,
        duration,
        _attempt_log(record, layout),
        record.source_run or record.run,
        record.source_attempt or record.attempt,
        record.exit_code,
        record.error,
        record.outputs,
        "" if record.status.is_final else record.detail,
    )


def expecting(states: Mapping[str, StepState], last: Mapping[str, float]) -> dict[str, StepState]:
    """The same states with what each step took `last`, in seconds."""
    return {name: replace(state, expected=last[name]) if name in last else state for name, state in states.items()}


def awaiting(states: Mapping[str, StepState], graph: Graph) -> dict[str, StepState]:
    """The same states with what each step waits for that has no word of its own: the steps it takes from."""
    return {name: _awaiting(name, state, states, graph) for name, state in states.items()}


def _awaiting(name: str, state: StepState, states: Mapping[str, StepState], graph: Graph) -> StepState:
    if state.status is not Status.WAITING or state.reasons or state.detail or name not in graph.steps:
        return state
    takes = sorted(one for one in graph.steps[name].producers() if one in states and states[one].status not in _DONE)
    return replace(state, reasons=(f"waits for {', '.join(takes)}",)) if takes else state


_DONE = (Status.SUCCEEDED, Status.REUSED)


def _attempt_log(record: StepRunRecord, layout: Layout) -> Path | None:
    attempt = record.source_attempt or record.attempt
    if not attempt:
        return None
    return AttemptFolder(layout.attempt(record.source_run or record.run, record.step, attempt).root).log


def planned_states(
    plan: Plan, latest: Mapping[str, StepRunRecord], layout: Layout, latest_run: int
) -> dict[str, StepState]:
    """The states that a plan gives, with what the latest run left at each step."""
    return {name: _planned(decision, latest.get(name), layout, latest_run) for name, decision in plan.decisions.items()}


def _planned(decision: Decision, record: StepRunRecord | None, layout: Layout, latest_run: int) -> StepState:
    match decision:
        case UpToDate(trace, unopened):
            status = Status.SUCCEEDED if trace.run == latest_run else Status.REUSED
            log = layout.attempt(trace.run, trace.step, trace.attempt).log
            return StepState(
                status,
                (not_opened(unopened),) if unopened else (),
                duration=trace.duration,
                log=log,
                made_by_run=trace.run,
                attempt=trace.attempt,
                outputs=trace.outputs,
            )
        case Stale(reasons, fingerprint):
            failed = any(reason.kind is ReasonKind.FAILED_BEFORE for reason in reasons)
            failed = failed or _failed_like_this(record, fingerprint)
            status = Status.FAILED if failed else Status.STALE
            return _with_last(status, tuple(str(reason) for reason in reasons), record, layout)
        case Waiting(on, reasons):
            words = tuple(str(reason) for reason in reasons)
            if not any(reason.kind is ReasonKind.WAITS_FOR for reason in reasons):
                words = (f"waits for {', '.join(on)}", *words)
            return _with_last(Status.WAITING, words, None, layout)
        case NotSelected(trace):
            reason = "not selected; its last result is taken" if trace else "not selected, and it has no result"
            return StepState(Status.NOT_RUN, (reason,))


def _failed_like_this(record: StepRunRecord | None, fingerprint: str) -> bool:
    """Whether the last run failed at this step, and nothing changed since."""
    return record is not None and record.status is StepStatus.FAILED and record.fingerprint in ("", fingerprint)


def _with_last(status: Status, reasons: tuple[str, ...], record: StepRunRecord | None, layout: Layout) -> StepState:
    """A step that must run, with the log and the error of its last try."""
    failed = status is Status.FAILED
    if record is None or not (failed or record.source_attempt or record.attempt):
        return StepState(status, reasons)
    last = recorded_state(record, layout)
    return StepState(
        status,
        reasons,
        duration=last.duration if failed else 0.0,
        log=last.log,
        made_by_run=last.made_by_run,
        attempt=last.attempt,
        exit_code=last.exit_code if failed else None,
        error=last.error if failed else "",
    )
