"""Starting supervisors: one detached process per run, found again through the lock it holds."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from core.layout import Layout
from core.store.locks import is_held

#: The package is imported from where this process found it, never from the folder somebody stands in.
_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from core.engine.supervisor import main; main()"


def run_lock(layout: Layout, run: int) -> Path:
    """The file that a run's supervisor holds locked."""
    return layout.run(run) / "supervisor.lock"


def has_supervisor(layout: Layout, run: int) -> bool:
    """Whether a living process owns the run."""
    return is_held(run_lock(layout, run))


def start_supervisor(layout: Layout, run: int) -> None:
    """Start the run's supervisor in a session of its own, so that no terminal's end reaches it.

    Starting a second one is harmless: it finds the lock held and leaves.
    """
    folder = layout.run(run)
    folder.mkdir(parents=True, exist_ok=True)
    home = str(Path(__file__).resolve().parents[2])
    with (folder / "supervisor.log").open("ab") as log:
        subprocess.Popen(
            [sys.executable, "-P", "-c", _START, home, str(layout.root), str(run)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=layout.root,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )


def recover(layout: Layout, unfinished: Iterable[int]) -> list[int]:
    """Give every unfinished run that lost its supervisor a new one, which adopts what still lives; their numbers."""
    orphans = [run for run in unfinished if not has_supervisor(layout, run)]
    for run in orphans:
        start_supervisor(layout, run)
    return orphans
