"""Watching a run from outside: the records are asked a few times a second, and only changes are handed on."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from core.records.model import RunRecord, StepRunRecord
from core.workspace import Workspace

_POLL_SECONDS = 0.05
_CHECK_SUPERVISOR_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Change:
    """The run as it stands, and the steps that differ from the last time."""

    run: RunRecord
    steps: tuple[StepRunRecord, ...]


def follow(workspace: Workspace, run: int, tick: float = _POLL_SECONDS) -> Iterator[Change]:
    """Changes of a run until it is final, one at least every `tick` seconds (then perhaps without steps).

    A run whose supervisor died in the meantime is given a new one.
    """
    known: dict[str, StepRunRecord] = {}
    token, checked = -1, time.monotonic()
    while True:
        current = workspace.change_token()
        if current != token:
            token = current
            record = workspace.run(run)
            steps = workspace.steps(run)
            changed = tuple(step for step in steps if known.get(step.step) != step)
            known.update({step.step: step for step in changed})
            yield Change(record, changed)
            if record.status.is_final:
                return
        else:
            yield Change(record, ())
        time.sleep(tick)
        if time.monotonic() - checked > _CHECK_SUPERVISOR_SECONDS:
            checked = time.monotonic()
            workspace.recover()
