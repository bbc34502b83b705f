"""Wait for a condition instead of for a time."""

import time
from collections.abc import Callable

PATIENCE_SECONDS = 60.0


def eventually(condition: Callable[[], bool], patience: float = PATIENCE_SECONDS) -> None:
    """Return when `condition` holds; fail when it does not within `patience` seconds."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.005)
