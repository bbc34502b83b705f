"""Ending a run that cannot go on: whatever of it runs is ended, and the records say why."""

import time
from contextlib import suppress
from dataclasses import replace

from core.computes import attempts
from core.computes.protocol import State
from core.engine.launch import run_lock
from core.layout import AttemptFolder, Layout
from core.records.database import DatabaseError
from core.records.model import StepStatus
from core.records.records import Records
from core.store.locks import Lock
from core.store.space import Reserve, free_space

_GRACE_SECONDS = 5.0
_PATIENCE_SECONDS = 15.0


def make_reserve(layout: Layout) -> None:
    """Keep some space back; a disk that has none left does without."""
    _reserve(layout).make()


def shortage(layout: Layout) -> str:
    """What a run that begins now would have none of, in words; "" when there is enough, for the reserve too."""
    room = free_space(layout.private)
    return replace(room, bytes=room.bytes - _reserve(layout).lacking).shortage


def give_up(layout: Layout, run: int) -> None:
    """End a run whose supervisors die one after the other; nothing happens when one lives after all."""
    lock = Lock(run_lock(layout, run))
    if not lock.try_acquire():
        return
    try:
        with Records(layout.database) as records:
            if not records.runs.get(run).status.is_final:
                end_run(layout, records, run, f"mlpw could not keep this run going{_last_words(layout, run)}")
    finally:
        lock.release()


def end_run(layout: Layout, records: Records, run: int, error: str) -> None:
    """Mark the run failed once nothing of it runs any more; the caller holds the run's lock."""
    running = [step for step in records.runs.steps(run) if step.status is StepStatus.RUNNING]
    end_attempts([layout.attempt(run, step.step, step.attempt) for step in running])
    try:
        records.runs.abandon(run, error)
    except DatabaseError:
        _reserve(layout).release()
        records.runs.abandon(run, error)


def end_attempts(found: list[AttemptFolder]) -> None:
    """End attempts with all their processes and wait for it, as long as that is any use."""
    for attempt in found:
        if attempts.state(attempt) is State.RUNNING:
            with suppress(OSError):
                attempts.cancel(attempt, _GRACE_SECONDS)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and any(attempts.is_locked(attempt) for attempt in found):
        time.sleep(0.02)
    for attempt in found:
        attempts.reap_orphans(attempt)


def _last_words(layout: Layout, run: int) -> str:
    log = layout.run(run) / "supervisor.log"
    try:
        lines = log.read_text(errors="replace").split("\n")
    except OSError:
        return ": its supervisors ended without a word"
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return f": {last}; details: {log}" if last else ": its supervisors were killed one after the other"


def _reserve(layout: Layout) -> Reserve:
    return Reserve(layout.cache / "reserve")
