"""What is written at a step and at a nested pipeline, from their states: pure."""

from collections import Counter
from collections.abc import Sequence

from tui.views import StepState
from tui.widgets.status import Status
from tui.widgets.steps import Mark
from tui.wording import units
from tui.wording.status import word

#: The status of a group is the first of these that one of its steps has.
_TELLING = (
    Status.FAILED,
    Status.RUNNING,
    Status.PREPARING,
    Status.CANCELLED,
    Status.STALE,
    Status.WAITING,
    Status.NOT_RUN,
    Status.UNKNOWN,
    Status.SUCCEEDED,
    Status.REUSED,
)
_DONE = (Status.SUCCEEDED, Status.REUSED)
#: Seconds from which on it is of use to know how long a step took last.
_WORTH_SAYING = 1.0
_TO_COME = (Status.STALE, Status.WAITING)


def mark_of(state: StepState, now: float) -> Mark:
    """What is written at a step in this state at the time `now`."""
    said_word = f"exit {state.exit_code}" if state.status is Status.FAILED and state.exit_code else ""
    is_running = state.status.is_live and state.started_at
    spent = units.growing(now - state.started_at) if is_running else ""
    said = state.last_line if state.exit_code else ""
    since = f"{'; '.join(state.outdated)} since it started" if state.outdated else ""
    note = state.detail or since or said or state.error or "; ".join(state.reasons)
    took = units.duration(state.duration) if state.duration else ""
    if not took and state.expected >= _WORTH_SAYING and state.status in _TO_COME:
        took = f"~{units.duration(state.expected)}"
    done = min(1.0, (now - state.started_at) / state.expected) if is_running and state.expected else 0.0
    return Mark(state.status, said_word, spent or took, note, done=done)


def group_status(states: Sequence[StepState]) -> Status:
    """The most telling status of a group's steps."""
    found = {state.status for state in states}
    return next((status for status in _TELLING if status in found), Status.UNKNOWN)


def group_mark(states: Sequence[StepState], now: float) -> Mark:
    """What is written at a nested pipeline: how many of its steps are done, how long they took, how the rest stands."""
    found = Counter(state.status for state in states)
    done = sum(found[status] for status in _DONE)
    status = group_status(states)
    left = [f"{found[status]} {word(status)}" for status in _TELLING if found[status] and status not in _DONE]
    return Mark(status, "", _time(states, now), ", ".join(left), f"{done}/{len(states)}")


def _time(states: Sequence[StepState], now: float) -> str:
    """While something runs, the time since the first start; else the steps' own times together."""
    running = [state for state in states if state.status.is_live and state.started_at]
    if running:
        return units.growing(now - min(state.started_at for state in running))
    spent = sum(state.duration for state in states)
    return units.duration(spent) if spent else ""
