"""Watching a run from outside: the records are asked a few times a second, and only changes are handed on."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from core.records.database import Row
from core.records.model import RunRecord, StepRunRecord
from core.workspace import Workspace

_POLL_SECONDS = 0.05
#: Most runs of a changed step end soon: a look at the records costs microseconds.
_EAGER_SECONDS, _EAGER_TICK_SECONDS = 2.0, 0.01
_CHECK_SUPERVISOR_SECONDS = 2.0
#: After a look that took long, of a run with very many steps, this many times as long is left to the run itself.
_REST = 9


@dataclass(frozen=True, slots=True)
class Change:
    """The run as it stands, and the steps that differ from the last time."""

    run: RunRecord
    steps: tuple[StepRunRecord, ...]


def follow(workspace: Workspace, run: int, tick: float = _POLL_SECONDS) -> Iterator[Change]:
    """Changes of a run until it is final, one at least every `tick` seconds (then perhaps without steps).

    A run whose supervisor died in the meantime is given a new one.
    """
    known: dict[str, Row] = {}
    token, started = -1, time.monotonic()
    checked = started
    while True:
        looked_at = time.monotonic()
        current = workspace.change_token()
        if current != token:
            token = current
            record = workspace.run(run)
            yield Change(record, tuple(workspace.changed_steps(run, known)))
            if record.status.is_final:
                return
        else:
            yield Change(record, ())
        pause = tick if time.monotonic() - started > _EAGER_SECONDS else _EAGER_TICK_SECONDS
        time.sleep(max(pause, _REST * (time.monotonic() - looked_at)))
        if time.monotonic() - checked > _CHECK_SUPERVISOR_SECONDS:
            checked = time.monotonic()
            workspace.recover()
