"""Where a step runs that may run in several places."""

from core.engine.placement import Candidate, choose
from core.planning.graph import Resources

_GB = 2**30
FIRST, SECOND = Candidate("first", 4, 8 * _GB, 0), Candidate("second", 8, 64 * _GB, 2)


def test_the_first_that_satisfies_is_taken() -> None:
    assert choose([FIRST, SECOND], Resources(cpus=2)).name == "first"
    choice = choose([FIRST, SECOND], Resources(gpus=1))
    assert choice.name == "second"
    assert (choice.why, choice.passed_over) == ("the first with room", ("first has no GPUs of 1",))


def test_rather_where_the_data_lies_than_where_the_environment_is() -> None:
    has_image = Candidate("image", 4, has_image=True)
    has_data = Candidate("data", 4, data=1_200_000_000)

    assert choose([FIRST, has_image], Resources()).name == "image"
    assert choose([has_image, has_data], Resources()).why == "1,200 MB of its data lie there"


def test_a_full_or_silent_host_is_passed_over() -> None:
    full = Candidate("full", 4, is_full=True, data=10**9)
    away = Candidate("away", away="cannot be reached")

    choice = choose([full, away, SECOND], Resources())

    assert choice.name == "second"
    assert (choice.why, choice.passed_over) == ("the first with room", ("away cannot be reached", "full is full"))


def test_when_all_are_full_the_best_is_waited_for() -> None:
    full = [Candidate(name, 4, is_full=True, data=data) for name, data in (("a", 0), ("b", 10**7))]

    assert choose(full, Resources()).name == "b"


def test_nothing_is_chosen_while_all_are_away() -> None:
    choice = choose([Candidate("a", away="is paused"), Candidate("b", away="cannot be reached")], Resources())

    assert (choice.name, choice.is_final) == ("", False)
    assert choice.why == "a is paused; b cannot be reached"


def test_what_no_host_has_need_not_be_waited_for() -> None:
    choice = choose([FIRST, SECOND], Resources(memory=128 * _GB))

    assert choice.is_final
    assert choice.why == "first has 8.0 GB of memory of 128.0; second has 64.0 GB of memory of 128.0"
