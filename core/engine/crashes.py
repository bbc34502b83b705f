"""Named moments at which torture tests have the supervisor killed, once each, or held up; nothing else asks for it."""

import os
import signal
import time
from pathlib import Path

#: In the order in which a run passes them.
POINTS = (
    "run_started",
    "code_captured",
    "code_published",
    "attempt_made",
    "attempt_identified",
    "attempt_opened",
    "laid_out",
    "assembled",
    "submitted",
    "ended",
    "harvested",
    "noted",
    "published",
    "recorded",
    "delivered",
    "settled",
    "all_settled",
    "finished",
)
#: Before and after the transaction with which a run takes what was saved of its pipeline meanwhile.
REDEFINING_POINTS = ("redefining", "redefined")


def _asked(variable: str) -> tuple[str, Path]:
    """What a variable says, read once: a run passes these points thousands of times."""
    point, _, file = os.environ.get(variable, "").partition(":")
    return point, Path(file)


_CRASH, _HOLD = _asked("MLPW_CRASH_AT"), _asked("MLPW_HOLD_AT")


def crash_at(point: str) -> None:
    """Die here when the environment variable MLPW_CRASH_AT says "POINT:FILE" and FILE can be made: only once, then.

    MLPW_HOLD_AT does not kill but waits here, as on a slow disk, until FILE is taken away again.
    """
    if point == _CRASH[0] and _is_first(_CRASH[1]):
        os.kill(os.getpid(), signal.SIGKILL)
    if point == _HOLD[0] and _is_first(_HOLD[1]):
        while _HOLD[1].exists():
            time.sleep(0.01)


def _is_first(once: Path) -> bool:
    try:
        once.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
