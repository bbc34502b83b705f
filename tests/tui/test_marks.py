"""What is written at steps and at nested pipelines."""

import pytest

from tui.marks import group_mark, mark_of
from tui.views import StepState
from tui.widgets.status import Status

DONE = StepState(Status.SUCCEEDED, duration=60)
REUSED = StepState(Status.REUSED, duration=30)
RUNNING = StepState(Status.RUNNING, started_at=1000, expected=100)


@pytest.mark.parametrize(
    ("states", "status", "count"),
    [
        ([REUSED, REUSED], Status.REUSED, "2/2"),
        ([DONE, REUSED], Status.SUCCEEDED, "2/2"),
        ([DONE, StepState(Status.WAITING)], Status.WAITING, "1/2"),
        ([StepState(Status.STALE), StepState(Status.WAITING)], Status.STALE, "0/2"),
        ([DONE, RUNNING, StepState(Status.WAITING)], Status.RUNNING, "1/3"),
        ([RUNNING, StepState(Status.FAILED), DONE], Status.FAILED, "1/3"),
    ],
)
def test_a_group_stands_as_its_most_telling_step(states: list[StepState], status: Status, count: str) -> None:
    mark = group_mark(states, now=1040)
    assert (mark.status, mark.count) == (status, count)


def test_a_group_says_how_the_rest_of_it_stands() -> None:
    states = [DONE, StepState(Status.FAILED), StepState(Status.NOT_RUN), StepState(Status.NOT_RUN)]
    assert group_mark(states, now=0).note == "1 failed, 2 not run"


def test_a_group_that_runs_shows_the_time_since_its_first_start_else_what_its_steps_took() -> None:
    later = StepState(Status.RUNNING, started_at=1020)
    assert group_mark([DONE, RUNNING, later], now=1065).time == "1:05"
    assert group_mark([DONE, REUSED], now=1065).time == "1:30"


def test_a_running_step_shows_its_time_and_how_much_of_the_expected_has_passed() -> None:
    mark = mark_of(RUNNING, now=1025)
    assert (mark.time, mark.done) == ("25s", 0.25)
    assert mark_of(RUNNING, now=5000).done == 1.0


def test_a_step_that_would_run_shows_what_it_took_last() -> None:
    assert mark_of(StepState(Status.STALE, expected=200), now=0).time == "~3:20"
    assert mark_of(StepState(Status.STALE), now=0).time == ""
    assert mark_of(StepState(Status.STALE, expected=0.02), now=0).time == ""
