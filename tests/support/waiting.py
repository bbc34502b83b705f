"""Wait for a condition instead of for a time."""

import time
from collections.abc import Callable

PATIENCE_SECONDS = 90.0


def eventually(
    condition: Callable[[], object], what: str = "what was waited for", patience: float = PATIENCE_SECONDS
) -> None:
    """Return when `condition` holds; fail when it does not within `patience` seconds."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen"
        time.sleep(0.01)
