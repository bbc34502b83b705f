"""The live line of a run that is attended from a terminal."""

import io
import time
from collections.abc import Callable

import pytest

from core.records.model import RunRecord, RunStatus, StepRunRecord, StepStatus
from tui.progress import ProgressDisplay


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Terminal]:
    """Makes standard error a terminal when it is called: before the test, pytest would take it back."""

    def make() -> Terminal:
        made = Terminal()
        monkeypatch.setattr("sys.stderr", made)
        return made

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    return make


def run(seconds: float) -> RunRecord:
    now = time.time()
    return RunRecord(1, "p.yml", "p", RunStatus.RUNNING, now - seconds, now - seconds)


def steps() -> list[StepRunRecord]:
    return [
        StepRunRecord(1, "prep", StepStatus.SUCCEEDED, started_at=1.0, ended_at=2.0),
        StepRunRecord(1, "train", StepStatus.RUNNING, started_at=time.time() - 5),
    ]


def test_it_tells_what_runs_and_how_long_the_run_will_still_take(terminal: Callable[[], Terminal]) -> None:
    shown = terminal()
    display = ProgressDisplay(lambda run: time.time() + 200.5)

    display.update(run(5), steps())

    assert "1/2 steps  ~3:20 left  train 5" in shown.getvalue()


def test_nobody_is_asked_about_a_run_that_has_only_begun(terminal: Callable[[], Terminal]) -> None:
    shown = terminal()
    display = ProgressDisplay(lambda run: time.time() + 200)

    display.update(run(0), steps())
    assert "left" not in shown.getvalue()

    display.update(run(5), [])
    assert "~3:" in shown.getvalue()


def test_a_step_that_ends_says_on_which_host_it_ran(terminal: Callable[[], Terminal]) -> None:
    shown = terminal()
    ended = StepRunRecord(1, "prep", StepStatus.SUCCEEDED, attempt=1, started_at=1.0, ended_at=2.0)
    never = StepRunRecord(1, "late", StepStatus.NOT_RUN)
    ProgressDisplay(place=lambda step: "on far (the first with room)").update(run(5), [ended, never])

    assert "prep on far (the first with room)  1.0s" in shown.getvalue()
    assert "late  not run" in shown.getvalue()


def test_what_is_not_known_is_not_said(terminal: Callable[[], Terminal]) -> None:
    shown = terminal()
    ProgressDisplay().update(run(5), steps())

    assert "1/2 steps  train 5" in shown.getvalue()
