"""Where a run's steps stand: the progress, its records, and what is still to be written down."""

from dataclasses import dataclass, field

from core.engine.deliver import deliver
from core.engine.progress import NotRun, Progress
from core.engine.reuse import reused
from core.errors import MlpwError
from core.planning.decide import Planner
from core.planning.graph import Step
from core.planning.trace import Trace
from core.records.model import StepRunRecord, StepStatus
from core.records.records import Records
from core.store.objects import Store


@dataclass(slots=True)
class Ledger:
    """One run's books; changes are written by `save`, several in one transaction."""

    records: Records
    store: Store
    planner: Planner
    run: int
    pipeline: str
    progress: Progress
    steps: dict[str, StepRunRecord]
    cancelling: bool = False
    _changed: dict[str, StepRunRecord] = field(default_factory=dict)
    _newest: dict[str, str] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)

    def update(self, record: StepRunRecord) -> None:
        """A step stands differently."""
        self.steps[record.step] = record
        self._changed[record.step] = record

    def settle(self, record: StepRunRecord, *, saved: bool = False, is_news: bool = True) -> None:
        """A step is final (`saved`: and written already); whatever cannot run because of it is final too."""
        left_out = self.progress.settle(record.step, record.status, is_news=is_news)
        if saved:
            self.steps[record.step] = record
            self._changed.pop(record.step, None)
        else:
            self.update(record)
        for item in left_out:
            self.leave_out(item)

    def fail(self, record: StepRunRecord, error: str) -> None:
        """A step failed for a reason in words."""
        self.settle(record.ended(StepStatus.FAILED, error=error))

    def spare(self, record: StepRunRecord, before: StepRunRecord) -> None:
        """A step would only fail again as it did `before`: it stays failed, with that log; the rest goes on."""
        reason = f"failed in run {before.source_run or before.run}, and nothing that it depends on has changed"
        failed = record.ended(
            StepStatus.FAILED,
            reasons=(reason,),
            fingerprint=before.fingerprint,
            source_run=before.source_run or before.run,
            source_attempt=before.source_attempt or before.attempt,
            exit_code=before.exit_code,
            error=before.error,
        )
        self.settle(failed, is_news=False)

    def cancel(self, record: StepRunRecord) -> None:
        """A step ends because the run was cancelled."""
        self.settle(record.ended(StepStatus.CANCELLED))

    def end_early(self, record: StepRunRecord, error: BaseException | None) -> None:
        """A step cannot start: because something failed on the way, or because the run was cancelled."""
        if self.cancelling:
            self.cancel(record)
        else:
            self.fail(record, in_words(error))

    def reuse(self, step: Step, trace: Trace) -> None:
        """A step's result exists already."""
        self.planner.settle(step.name, trace.outputs)
        record = reused(self.steps[step.name], trace)
        self._newest[step.name] = trace.fingerprint
        self.deliver(step, record)
        self.settle(record)

    def deliver(self, step: Step, record: StepRunRecord) -> None:
        """Copy and register outputs that ask for it; a failure there is told, the result stays."""
        try:
            deliver(self.store, self.records, self.planner.graph, step, record)
        except (MlpwError, OSError) as error:
            self.notice(f"{step.name}: its result is kept, but: {error}")

    def notice(self, *texts: str) -> None:
        """Tell, once a run, what was assumed."""
        new = [text for text in texts if text not in self._told]
        if new:
            self._told.update(new)
            self.records.runs.add_notices(self.run, new)

    def save(self) -> None:
        """Write what changed."""
        if self._changed:
            # Processes that a row speaks of do not outlive a power cut, and results have rows of their own
            self.records.runs.save_steps(list(self._changed.values()), flushed=False)
            self._changed.clear()
        if self._newest:
            self.records.traces.point_latest(self.pipeline, self._newest)
            self._newest.clear()

    def leave_out(self, item: NotRun) -> None:
        """A step will not run."""
        record = self.steps[item.step]
        self.update(record.ended(StepStatus.NOT_RUN, reasons=(item.reason,)))


def in_words(error: BaseException | None) -> str:
    """An error as a person reads it."""
    return str(error) if isinstance(error, MlpwError | OSError) else f"{type(error).__name__}: {error}"
