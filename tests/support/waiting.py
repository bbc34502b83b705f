"""Wait for a condition instead of for a time."""

import os
import time
from collections.abc import Callable
from typing import TypeVar

#: Costs nothing where the condition comes, and a machine may be busy with much else.
PATIENCE_SECONDS = float(os.environ.get("MLPW_PATIENCE", "300"))


Found = TypeVar("Found")


def eventually(
    condition: Callable[[], Found], what: str = "what was waited for", patience: float = PATIENCE_SECONDS
) -> Found:
    """What `condition` gives once it holds; asked again it may give something else. Fails after `patience` seconds."""
    deadline = time.monotonic() + patience
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what} did not happen"
        time.sleep(0.01)
    return found
