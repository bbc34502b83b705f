"""Runs `mlpw` with a clock beside it: `python saving_probe.py FILE ARGUMENTS...` notes when what was reached.

Each line of FILE is a word and the time in nanoseconds since the epoch: `seen` (an event came), `quiet` (a change has
come to rest and was compared with the disk), `planned`, `submitted`. Nothing of mlpw knows of it.
"""

import os
import sys
import time
from collections.abc import Callable
from typing import Any


def main() -> None:
    """Note and run."""
    file, sys.argv[1:] = sys.argv[1], sys.argv[2:]
    sys.path.pop(0)  # this file's folder holds another `bench`
    log = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC)

    def note(word: str) -> None:
        os.write(log, f"{word} {time.time_ns()}\n".encode())

    from core.watching.noticing import KernelNoticer
    from core.watching.watcher import Watcher
    from core.workspace.replanning import Replanner
    from core.workspace.workspace import Workspace

    for owner, method, word in (
        (KernelNoticer, "read", "seen"),
        (Watcher, "wait", "quiet"),
        (Replanner, "plan", "planned"),
        (Workspace, "submit", "submitted"),
    ):
        setattr(owner, method, _noted(getattr(owner, method), word, note))
    from tui.start import main as start

    start()


def _noted(method: Callable[..., Any], word: str, note: Callable[[str], None]) -> Callable[..., Any]:
    def noted(*arguments: Any, **more: Any) -> Any:
        found = method(*arguments, **more)
        if found:
            note(word)
        return found

    return noted


if __name__ == "__main__":
    main()
