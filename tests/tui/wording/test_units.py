"""Durations, sizes and moments in few cells."""

import pytest

from tui.wording.units import ago, count, duration, growing, size


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-1, "0.0s"),
        (0.44, "0.4s"),
        (9.94, "9.9s"),
        (9.96, "10s"),
        (59.4, "59s"),
        (59.6, "1:00"),
        (200, "3:20"),
        (3599.9, "1h00"),
        (3900, "1h05"),
        (86399.9, "1d00"),
        (187200, "2d04"),
    ],
)
def test_a_duration_takes_at_most_five_cells(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown
    assert len(shown) <= 5


def test_a_duration_that_grows_changes_once_a_second() -> None:
    assert [growing(seconds) for seconds in (0.9, 1.0, 9.99, 10.9, 61.7)] == ["0s", "1s", "9s", "10s", "1:01"]


def test_sizes_ages_and_counts() -> None:
    assert [size(n) for n in (0, 412, 1500, 388_000_000, 2e12)] == ["0 B", "412 B", "1.5 kB", "388 MB", "2.0 TB"]
    assert [ago(1000, 1000 + s) for s in (5, 200, 7300, 200_000)] == ["just now", "3 min ago", "2 h ago", "2 d ago"]
    assert ago(0) == ""
    assert [count(1, "step"), count(1200, "step")] == ["1 step", "1,200 steps"]
