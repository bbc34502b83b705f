"""Runs `mlpw` with a clock beside it: `python saving_probe.py FILE ARGUMENTS...` notes when what was reached.

Each line of FILE is a word and the time in nanoseconds since the epoch: `seen` (an event came), `quiet` (a change has
come to rest and was compared with the disk), `planned`, `submitted` (a run is recorded, and somebody asked to own it);
by the supervisor that waited for it: `owned`, `driven` (it knows what to do), `captured` (the code is in the store),
`prepared` (it looked at the environment), `asked` (the process that starts steps was). Nothing of mlpw knows of it.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: What a supervisor that waits is started with instead: this file first.
_SPARE = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); space = {{'__name__': 'probe'}};"
    " exec(open({probe!r}).read(), space); space['wait']({log!r})"
)


def main() -> None:
    """Note and run."""
    log, sys.argv[1:] = str(Path(sys.argv[1]).resolve()), sys.argv[2:]
    sys.path.pop(0)  # this file's folder holds another `bench`
    from core.engine import spare
    from core.watching.noticing import KernelNoticer
    from core.watching.watcher import Watcher
    from core.workspace.replanning import Replanner
    from core.workspace.workspace import Workspace

    spare._START = _SPARE.format(probe=str(Path(__file__).resolve()), log=log)
    _note_ends(
        log,
        (KernelNoticer, "read", "seen"),
        (Watcher, "wait", "quiet"),
        (Replanner, "plan", "planned"),
        (Workspace, "submit", "submitted"),
    )
    from tui.start import main as start

    start()


def wait(log: str) -> None:
    """Be a supervisor that waits, and note how it gets on."""
    from core.computes.local import LocalCompute
    from core.engine import waiting
    from core.engine.builds import Builds
    from core.engine.driver import Driver
    from core.store.objects import Store

    _note_ends(
        log,
        (waiting, "_receive", "owned"),
        (Driver, "_take_over", "driven"),
        (Store, "publish", "captured"),
        (Builds, "_prepare", "prepared"),
        (LocalCompute, "submit", "asked"),
        always=True,
    )
    waiting.main()


def _note_ends(file: str, *calls: tuple[Any, str, str], always: bool = False) -> None:
    """Note the word of each call when it returns: something, unless `always`."""
    log = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC)
    for owner, name, word in calls:
        setattr(owner, name, _noted(getattr(owner, name), f"{word} {{}}\n", log, always))


def _noted(call: Callable[..., Any], line: str, log: int, always: bool) -> Callable[..., Any]:
    def noted(*arguments: Any, **more: Any) -> Any:
        found = call(*arguments, **more)
        if found or always:
            os.write(log, line.format(time.time_ns()).encode())
        return found

    return noted


if __name__ == "__main__":
    main()
