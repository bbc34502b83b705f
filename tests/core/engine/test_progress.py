"""Which steps may come next."""

from core.engine.progress import Progress
from core.planning.graph import Step
from tests.core.planning.made import graph_of


def test_ready_steps_are_taken_a_few_at_a_time_each_once() -> None:
    progress = Progress(graph_of(*(Step(f"s{number}", "true") for number in range(5))))

    assert progress.take_ready(2) == ["s0", "s1"]
    assert progress.take_ready(0) == progress.take_ready(-3) == []
    assert progress.take_ready(99) == ["s2", "s3", "s4"]
    assert progress.take_ready(99) == []


def test_what_was_left_for_later_is_not_taken_after_a_cancel() -> None:
    progress = Progress(graph_of(*(Step(f"s{number}", "true") for number in range(3))))
    progress.take_ready(1)

    progress.cancel_waiting()

    assert progress.take_ready(99) == []
