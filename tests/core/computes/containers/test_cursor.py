"""Reading a log again from where the last reading ended: no frame twice, none left out."""

import random

from core.computes.containers.cursor import Cursor, Reading
from core.computes.containers.frames import Frame


def at(tick: int) -> str:
    return f"2026-11-21T18:00:{tick // 10:02d}.{tick % 10}00000000Z"


def test_any_cut_of_any_log_is_joined_again() -> None:
    dice = random.Random(3)
    for _ in range(300):
        ticks = {1: 0, 2: 0}
        log: list[Frame] = []
        for number in range(30):
            stream = dice.choice((1, 2))
            ticks[stream] = max(ticks[stream], max(ticks.values()) - dice.randint(0, 15)) + dice.choice((0, 0, 1, 3))
            log.append(Frame(stream, at(ticks[stream]), str(number).encode()))
        taken: list[Frame] = []
        cursor = Cursor()
        while len(taken) < len(log):
            cursor = Cursor.from_json(cursor.as_json())
            since = cursor.since()
            seen = [f for f in log if not since or f.at >= _text(since)][: dice.randint(len(taken), len(log) + 20)]
            reading = Reading(cursor)
            taken += [f for f in seen if reading.is_new(f)]
        assert taken == log


def test_a_clock_that_is_set_back_hides_nothing_of_a_reading_that_goes_on() -> None:
    reading = Reading(Cursor())
    assert [reading.is_new(Frame(1, at(tick), b"")) for tick in (50, 51, 7, 8)] == [True] * 4


def test_a_reading_that_does_not_see_the_last_frame_again_was_cut() -> None:
    cursor = Cursor()
    first = Frame(1, at(1), b"first")
    assert Reading(cursor).is_new(first)
    again = Reading(cursor)
    seen = [(again.found, again.news), again.is_new(first), (again.found, again.news)]
    assert seen == [(False, False), False, (True, False)]


def _text(since: str) -> str:
    seconds, _, nanoseconds = since.partition(".")
    ticks = (int(seconds) - 1795284000) * 10 + int(nanoseconds) // 100_000_000
    return at(ticks) if ticks >= 0 else ""
