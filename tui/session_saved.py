"""What was saved while a run goes on, laid over the states that its records give: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from core.layout import Layout
from core.planning.plan import Decision, Plan, Stale, Waiting
from core.planning.reasons import ReasonKind
from core.records.model import RunRecord, StepRunRecord, StepStatus
from core.workspace.replanning import Outdated
from tui import session_views as views
from tui.views import Scene, StepState
from tui.widgets.status import Status

#: Reasons that say nothing of what was saved.
_OTHER = (ReasonKind.FORCED, ReasonKind.FORCE_RERUN, ReasonKind.NOT_DETERMINISTIC, ReasonKind.FAILED_BEFORE)
_ENDED = (StepStatus.SUCCEEDED, StepStatus.REUSED, StepStatus.FAILED)

#: One execution of a step as its record has it: status, attempt and the run whose result it is.
_Execution = tuple[StepStatus, int, int]


@dataclass(frozen=True, slots=True)
class Saved:
    """How steps of a `run` that goes on stand by the files that lie there now; each as long as its execution is."""

    run: int = 0
    steps: Mapping[str, tuple[_Execution, StepState]] = field(default_factory=dict)

    def over(self, states: Mapping[str, StepState], records: Sequence[StepRunRecord]) -> dict[str, StepState]:
        """The states by the records, with these laid over them."""
        shown = dict(states)
        for record in records if self.steps else ():
            execution, state = self.steps.get(record.step, (None, None))
            if state is None or record.run != self.run or execution != _execution(record):
                continue
            if state.outdated:
                state = replace(shown[record.step], outdated=state.outdated, is_same=state.is_same)
            shown[record.step] = state
        return shown


NOTHING_SAVED = Saved()


def saved_since(
    before: Saved,
    run: RunRecord,
    records: Sequence[StepRunRecord],
    plan: Plan,
    outdated: Mapping[str, Outdated],
    layout: Layout,
    *,
    is_new: bool,
) -> Saved:
    """What to lay over the states of a run that goes on, by its records and the newest plan.

    Unless that `is_new`, it says nothing of the steps that have ended since it was made.
    """
    found: dict[str, tuple[_Execution, StepState]] = {}
    stood = before.steps if before.run == run.number else {}
    for record in records:
        if record.status is StepStatus.RUNNING:
            state = _running(outdated.get(record.step))
        elif is_new:
            state = _ended(record, plan.decisions.get(record.step), layout)
        else:
            state = _ended_since(record, stood.get(record.step))
        if state is not None:
            found[record.step] = (_execution(record), state)
    return Saved(run.number, found) if found else NOTHING_SAVED


def looks_like(now: tuple[Scene, Saved], told: tuple[Scene, Saved] | None) -> bool:
    """Whether nobody would see a difference: how a run goes on the records tell, but for what was saved since."""
    if told is None or now == told:
        return told is not None
    (scene, saved), (before, saved_before) = now, told
    if scene.run is None or before.run is None or not (scene.run.is_live and before.run.is_live):
        return False
    seen = scene.run.number, scene.trouble, scene.graph, saved
    return seen == (before.run.number, before.trouble, before.graph, saved_before)


def _running(outdated: Outdated | None) -> StepState | None:
    if outdated is None:
        return None
    return StepState(Status.RUNNING, outdated=outdated.reasons, is_same=outdated.is_same)


def _ended(record: StepRunRecord, decision: Decision | None, layout: Layout) -> StepState | None:
    if record.status not in _ENDED or decision is None or not _has_changed(decision):
        return None
    return views.planned_states(Plan({record.step: decision}), {record.step: record}, layout, record.run)[record.step]


def _ended_since(record: StepRunRecord, stood: tuple[_Execution, StepState] | None) -> StepState | None:
    """As it stood; a step that was outdated while it ran is stale when it has ended."""
    if stood is None or record.status not in _ENDED:
        return None
    execution, state = stood
    if not state.outdated:
        return state if execution == _execution(record) else None
    is_this = record.status is StepStatus.SUCCEEDED and execution[1:] == _execution(record)[1:]
    return StepState(Status.STALE, state.outdated, made_by_run=record.run, attempt=record.attempt) if is_this else None


def _has_changed(decision: Decision) -> bool:
    match decision:
        case Stale(reasons=reasons):
            return any(reason.kind not in _OTHER for reason in reasons)
        case Waiting():
            return True
        case _:
            return False


def _execution(record: StepRunRecord) -> _Execution:
    return record.status, record.attempt, record.source_run
