"""What is learned of a link while data goes over it."""

import os

from core.hosts.agent.pace import Pace
from core.hosts.agent.wire import PACKED, PLAIN

_MB = 1_000_000
_TEXT = b"the same words again and again " * 1000


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def after(pace: Pace, clock: Clock, size: int, seconds: float, waited: float) -> Pace:
    """The same, having sent so much in so long, and waited for the link meanwhile."""
    clock.now += seconds
    pace.note(size, waited)
    return pace


def test_data_goes_as_it_is_until_the_link_is_known_to_be_slow() -> None:
    clock = Clock()
    pace = Pace(clock=clock)
    assert pace.packed(_TEXT)[0] == PLAIN

    after(pace, clock, _MB, 1.0, 0.9)

    kind, data = pace.packed(_TEXT)
    assert (kind, len(data) < len(_TEXT) / 10) == (PACKED, True)
    assert pace.packed(os.urandom(50_000))[0] == PLAIN


def test_a_fast_link_is_sent_to_as_it_is_and_may_have_more_under_way() -> None:
    clock = Clock()
    pace = Pace(clock=clock)
    first = pace.window

    after(pace, clock, 100 * _MB, 1.0, 0.9)

    assert not pace.is_slow
    assert pace.window > first


def test_a_slow_disk_here_says_nothing_about_the_link() -> None:
    clock = Clock()
    assert not after(Pace(clock=clock), clock, _MB, 1.0, 0.1).is_slow


def test_a_short_look_says_nothing() -> None:
    clock = Clock()
    assert not after(Pace(clock=clock), clock, 1000, 0.01, 0.01).is_slow


def test_a_link_that_does_not_bound_any_more_is_tried_again_as_it_is() -> None:
    clock = Clock()
    pace = after(Pace(clock=clock), clock, _MB, 1.0, 0.9)
    assert pace.is_slow

    for _ in range(7):
        after(pace, clock, 10 * _MB, 1.0, 0.1)

    assert not pace.is_slow
