"""Which steps may come next."""

from core.engine.progress import Progress
from core.planning.graph import Step, StepOutput
from core.records.model import RunStatus, StepStatus
from tests.core.planning.made import graph_of

_TAKES_A = {"x": StepOutput("a", "out", "uri_file")}


def test_ready_steps_are_taken_a_few_at_a_time_each_once() -> None:
    progress = Progress(graph_of(*(Step(f"s{number}", "true") for number in range(5))))

    assert progress.take_ready(2) == ["s0", "s1"]
    assert progress.take_ready(0) == progress.take_ready(-3) == []
    assert progress.take_ready(99) == ["s2", "s3", "s4"]
    assert progress.take_ready(99) == []


def test_what_is_gone_is_made_again_before_its_consumers_go_on() -> None:
    progress = Progress(graph_of(Step("a", "true"), *(Step(name, "true", inputs=_TAKES_A) for name in ("b", "c", "d"))))
    progress.take_ready(1)
    progress.settle("a", StepStatus.REUSED)
    assert progress.take_ready(2) == ["b", "c"]
    for name in ("b", "c"):
        progress.move(name, StepStatus.RUNNING)
    progress.settle("c", StepStatus.SUCCEEDED)

    progress.reopen("a")
    progress.wait_again("b")

    assert progress.take_ready(99) == ["a"]
    progress.move("a", StepStatus.RUNNING)
    assert progress.take_ready(99) == []
    progress.settle("a", StepStatus.SUCCEEDED)
    assert progress.take_ready(99) == ["b", "d"]
    for name in ("b", "d"):
        progress.settle(name, StepStatus.SUCCEEDED)
    assert progress.is_done
    assert progress.outcome() is RunStatus.SUCCEEDED


def test_what_was_left_for_later_is_not_taken_after_a_cancel() -> None:
    progress = Progress(graph_of(*(Step(f"s{number}", "true") for number in range(3))))
    progress.take_ready(1)

    progress.cancel_waiting()

    assert progress.take_ready(99) == []
