"""What is said about a step and its log, without a screen."""

from pathlib import Path

from tui.marks import mark_of
from tui.screens.scene import log_title, steps_remark
from tui.session import _last_line
from tui.views import GraphView, RunView, Scene, StepState, Subject
from tui.widgets.status import Status

LOG = Path("log.txt")


def test_a_failed_step_says_what_it_wrote_last(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_text("x" * 10_000 + "\nTraceback\nRuntimeError: out of memory\n\n")
    failed = StepState(Status.FAILED, exit_code=1, error="exit code 1", last_line=_last_line(log))
    assert mark_of(failed, 0).note == "RuntimeError: out of memory"
    assert mark_of(failed, 0).word == "exit 1"


def test_a_step_that_is_prepared_says_what_it_waits_for() -> None:
    preparing = StepState(Status.PREPARING, ("never run",), detail="environment 'x': + scipy==1.16")
    assert mark_of(preparing, 0).note == "environment 'x': + scipy==1.16"
    scene = Scene(Subject("p.yml"), GraphView("p", "p.yml", {}, ("assumed",)), {"a": preparing})
    assert steps_remark(scene) == "environment 'x': + scipy==1.16  i: 1 note"


def test_a_note_of_the_run_and_of_the_definitions_counts_once() -> None:
    run = RunView(1, "p.yml", Status.SUCCEEDED, 0.0, notices=("assumed", "left out: cuda"))
    scene = Scene(Subject("p.yml"), GraphView("p", "p.yml", {}, ("assumed",)), {}, run)
    assert steps_remark(scene) == "i: 2 notes"


def test_the_log_of_an_earlier_try_names_its_run() -> None:
    assert log_title("a", StepState(Status.STALE, log=LOG, made_by_run=3)) == "a log, run 3"
    assert log_title("a", StepState(Status.REUSED, log=LOG, made_by_run=3)) == "a log"
    assert log_title("a", StepState(Status.PREPARING, log=LOG, is_build_log=True)) == "a: build of its environment"
