"""Where the logs of steps lie: every attempt at one step, and the logs of all steps of a run."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.layout import AttemptFolder
from core.records.model import StepStatus
from core.workspace import Workspace
from tui.session_views import recorded_state
from tui.widgets.status import Status


@dataclass(frozen=True, slots=True)
class AttemptView:
    """One try of a step; `outcome` in words. `is_latest` of its run: a run may try a step several times."""

    run: int
    step: str
    number: int
    log: Path
    outcome: str
    is_latest: bool
    is_running: bool = False

    @property
    def words(self) -> str:
        """Which it is and how it went, for a title."""
        return f"run {self.run}, attempt {self.number}, {self.outcome}"


@dataclass(frozen=True, slots=True)
class StepLog:
    """The log of one step of a run, which need not be there yet."""

    step: str
    log: Path
    status: Status


def attempts(run: int, step: str) -> Callable[[Workspace], tuple[AttemptView, ...]]:
    """Reads every attempt at a step over the latest runs of its pipeline, oldest first."""

    def read(workspace: Workspace) -> tuple[AttemptView, ...]:
        found = workspace.attempts(run, step)
        last = {attempt.run: attempt.number for attempt in found}
        views = []
        for attempt in found:
            ended = attempt.outcome
            words = "running" if attempt.is_running else "not started"
            if ended is not None:
                words = "ok" if ended.succeeded else str(ended)
            views.append(
                AttemptView(
                    attempt.run,
                    step,
                    attempt.number,
                    attempt.folder.log,
                    words,
                    attempt.number == last[attempt.run],
                    attempt.is_running,
                )
            )
        return tuple(views)

    return read


def run_logs(run: int) -> Callable[[Workspace], tuple[StepLog, ...]]:
    """Reads the logs that the steps of a run have written or are writing, in graph order; reused results have none."""

    def read(workspace: Workspace) -> tuple[StepLog, ...]:
        logs = []
        for record in workspace.steps(run):
            state = recorded_state(record, workspace.layout)
            wrote = record.status is not StepStatus.REUSED and record.attempt
            if state.log is not None and wrote:
                logs.append(StepLog(record.step, state.log, state.status))
        return tuple(logs)

    return read


def has_ended(log: Path) -> bool:
    """Whether the attempt that wrote a log is over (one stat)."""
    return AttemptFolder(log.parent).result.exists()
