"""`mlpw rm`: forgets runs with their folders, and keeps every result.

A result (a trace) belongs to the workspace, not to the run that made it: later runs took it, and the next would. So
deleting a run never makes a step run again; the attempt folders that a kept result or another run's step names keep
their log, result and metrics, and lose the working folders. `mlpw gc` removes what nothing names any more.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import EngineError
from core.store.copying import remove_tree
from core.store.locks import is_held
from core.workspace.housekeeping import WORKING_FOLDERS, disk_size
from core.workspace.needs import Attempt, needs_of, without
from core.workspace.remembering import remember

if TYPE_CHECKING:
    from core.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Deleted:
    """Runs that are forgotten, bytes that their folders gave back, and logs that stay because a result needs them."""

    runs: tuple[int, ...]
    size: int = 0
    kept_logs: int = 0


def delete_runs(workspace: Workspace, numbers: Sequence[int]) -> Deleted:
    """See `Workspace.delete_runs`. Rows go first: a crash leaves only folders, which gc removes."""
    workspace.recover()
    chosen = tuple(dict.fromkeys(numbers))
    for number in chosen:
        _check_ended(workspace, number)
    workspace.records.runs.delete(chosen)
    needed = needs_of(without(remember(workspace.records), chosen, ())).attempts
    freed, kept = 0, 0
    for number in chosen:
        size, logs = _remove(workspace.layout.run(number), number, needed)
        freed, kept = freed + size, kept + logs
    return Deleted(chosen, freed, kept)


def _check_ended(workspace: Workspace, number: int) -> None:
    run = workspace.run(number)
    folder = workspace.layout.run(number)
    locks = [folder / "supervisor.lock", *folder.glob("*/*/lock")]
    if not run.status.is_final:
        raise EngineError(
            f"run {number} is going on, and nothing was deleted",
            hint=f"wait for the end, or stop it: mlpw cancel {number}",
        )
    if any(is_held(lock) for lock in locks):
        raise EngineError(f"run {number} is just ending, and nothing was deleted", hint="try again in a moment")


def _remove(folder: Path, number: int, needed: frozenset[Attempt]) -> tuple[int, int]:
    """Bytes given back, and how many attempts stay with their logs."""
    attempts = sorted(folder.glob("*/*"))
    stay = [attempt for attempt in attempts if (number, attempt.parent.name, _number(attempt)) in needed]
    if not stay:
        size = disk_size(folder)
        remove_tree(os.fspath(folder))
        return size, 0
    gone = [attempt for attempt in attempts if attempt not in stay]
    gone += [attempt / name for attempt in stay for name in WORKING_FOLDERS if (attempt / name).is_dir()]
    size = sum(map(disk_size, gone))
    for path in gone:
        remove_tree(os.fspath(path))
    return size, len(stay)


def _number(attempt: Path) -> int:
    return int(attempt.name) if attempt.name.isdecimal() else -1
