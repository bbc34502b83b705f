"""How long something will take, in words."""

from collections.abc import Sequence

from tui.wording.safe import one_line
from tui.wording.units import count, duration, growing

_SHOWN_NAMES = 3


def time_words(seconds: float, at_least: float, timed: int, untimed: Sequence[str]) -> str:
    """An estimate of a run: "takes about 3:20, at least 1:12; never timed: evaluate"."""
    if not timed:
        return "nobody knows yet how long it takes: no step has been timed" if untimed else ""
    words = f"takes about {duration(seconds)}"
    if at_least and duration(at_least) != duration(seconds):
        words += f", at least {duration(at_least)}"
    return f"{words}; never timed: {_names(untimed)}" if untimed else words


def left_words(seconds: float) -> str:
    """What is left of a run that goes on, "" when it should be over: "~3:20 left"."""
    return f"~{growing(seconds)} left" if seconds >= 1 else ""


def _names(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN_NAMES
    shown = ", ".join(map(one_line, names[:_SHOWN_NAMES]))
    return f"{shown} and {count(more, 'step')} more" if more > 0 else shown
