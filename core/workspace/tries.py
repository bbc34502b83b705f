"""Every attempt at a step that is still on disk, over all runs of its pipeline."""

from collections.abc import Iterator
from dataclasses import dataclass

from core.computes.attempts import outcome, state
from core.computes.protocol import Outcome, State
from core.layout import AttemptFolder, Layout
from core.records.model import StepRunRecord


@dataclass(frozen=True, slots=True)
class StepAttempt:
    """One try of a step: which, where, and how it ended; `outcome` is None while it runs or when it never started."""

    run: int
    step: str
    number: int
    folder: AttemptFolder
    outcome: Outcome | None
    is_running: bool = False


def attempts(steps: list[StepRunRecord], layout: Layout) -> Iterator[StepAttempt]:
    """The attempts of these executions of a step, in their order; those whose folders were removed are left out."""
    for record in steps:
        for number in range(1, record.attempt + 1):
            folder = layout.attempt(record.run, record.step, number)
            if folder.root.is_dir():
                running = state(folder) is State.RUNNING
                yield StepAttempt(
                    record.run, record.step, number, folder, None if running else outcome(folder), running
                )
