"""Attempts that ended: keep what a good one made, word why a bad one failed, try a lost one again."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from core.computes.protocol import Compute, Ending, Outcome
from core.engine.crashes import crash_at
from core.engine.deciding import Work
from core.engine.harvest import Harvest, harvest
from core.engine.ledger import Ledger, in_words
from core.engine.noted import Noted
from core.engine.publishing import Publishing
from core.engine.reopening import Again
from core.engine.starting import Starting
from core.engine.work import Workers
from core.layout import AttemptFolder
from core.planning.graph import Graph, StepOutput
from core.planning.trace import Trace
from core.records.model import StepRunRecord, StepStatus
from core.records.traces import Finished
from core.store.copying import remove_tree
from core.store.faults import ROW_BEFORE_RENAME, has_fault

#: A step whose shim went away so often is not tried again.
_LOST_LIMIT = 3
#: So many working folders are removed at a time, which need not be soon.
_TOGETHER = 16


class Finishing:
    """From running to final. Results go through hash, note, publish, record, in this order, several at a time."""

    def __init__(
        self,
        ledger: Ledger,
        starting: Starting,
        compute: Compute,
        workers: Workers,
        publishing: Publishing,
        again: Again,
    ) -> None:
        self._ledger, self._starting, self._compute, self._workers = ledger, starting, compute, workers
        self._publishing, self._again = publishing, again
        self._needed = _needed_ports(ledger.planner.graph)
        self._harvested: list[Work] = []
        self._published: list[Work] = []
        self._left_over: list[Path] = []

    def redefine(self, graph: Graph) -> None:
        """Other steps may take other outputs from now on."""
        self._needed = _needed_ports(graph)

    @property
    def is_busy(self) -> bool:
        """Whether there is something to note or to record now."""
        return not self._publishing.is_busy and bool(self._harvested or self._published)

    def end(self, work: Work, attempt: AttemptFolder) -> None:
        """An attempt is over."""
        outcome = self._compute.outcome(attempt) or Outcome(Ending.LOST)
        work.outcome = outcome
        crash_at("ended")
        self._starting.make_room(work)
        if outcome.succeeded:
            self._reap(work, attempt)
            return
        self._starting.leave(work)
        if outcome.ending is Ending.LOST and not self._ledger.cancelling:
            self.lose(work, outcome)
            return
        if outcome.ending is Ending.CANCELLED and not self._ledger.cancelling and attempt.restart.exists():
            self._again.restarted(work)
            return
        if outcome.ending is Ending.NOT_STARTED and self._again.with_data(work):
            return
        status = StepStatus.CANCELLED if outcome.ending is Ending.CANCELLED else StepStatus.FAILED
        self._ledger.settle(work.record.ended(status, error=str(outcome), exit_code=outcome.exit_code))

    def lose(self, work: Work, outcome: Outcome) -> None:
        """A try went away without a result; the next one gets a folder of its own. No machine's end is the step's."""
        work.lost += not outcome.restarted
        if work.lost >= _LOST_LIMIT:
            self._ledger.fail(work.record, f"lost {work.lost} times without a result; not tried again")
        else:
            self._ledger.notice(f"{work.step.name}: try {work.record.attempt} was {outcome}; it is tried again")
            self._again.anew(work)

    def keep(self) -> None:
        """Move results on, those that are ready together with one flush and one commit.

        One batch is published at a time: what ends meanwhile makes the next, whose digests are noted in the
        transaction that records this one.
        """
        if self.is_busy:
            harvested, self._harvested = self._harvested, []
            published, self._published = self._published, []
            self._write(published, harvested)
            self._settle(published)
            self._publish(harvested)

    def clean(self) -> None:
        """Remove the working folders that are left of steps that ended well."""
        _remove(self._left_over)
        self._left_over = []

    def _reap(self, work: Work, attempt: AttemptFolder) -> None:
        needed = self._needed.get(work.step.name, frozenset())
        noted = Noted(work.record.outputs, work.record.artifacts)
        reap = partial(
            harvest, self._ledger.store, work.step, attempt, work.given, work.parts, needed=needed, noted=noted
        )
        self._workers.submit_brief(reap, partial(self._reaped, work))

    def _reaped(self, work: Work, made: Harvest | None, error: BaseException | None) -> None:
        if made is None:
            self._starting.leave(work)
            exit_code = work.outcome.exit_code if work.outcome else None
            self._ledger.fail(replace(work.record, exit_code=exit_code), in_words(error))
            return
        crash_at("harvested")
        work.harvest = made
        self._harvested.append(work)

    def _write(self, published: list[Work], harvested: list[Work]) -> None:
        """Record the results whose bytes are in the store, and say of others which digests are to come.

        Those are noted before their bytes move, so that a crash in between loses none.
        """
        for work in harvested:
            assert work.harvest is not None
            outputs, artifacts = work.harvest.digests(), work.harvest.artifacts_digest
            work.record = replace(work.record, outputs=outputs, artifacts=artifacts)
        noted = [work.record for work in harvested if work.harvest and work.harvest.everything()]
        self._write_rows(published, noted)
        if published:
            crash_at("recorded")
        if noted:
            crash_at("noted")

    def _publish(self, works: list[Work]) -> None:
        items = [item for work in works if work.harvest for item in work.harvest.everything()]
        if not items:
            self._published.extend(works)
            return
        if has_fault(ROW_BEFORE_RENAME):
            self._write_rows(works, ())
        self._publishing.want(items, partial(self._moved, works))

    def _moved(self, works: list[Work], error: BaseException | None) -> None:
        if error is None:
            crash_at("published")
            self._published.extend(works)
            return
        for work in works:
            self._starting.leave(work)
            self._ledger.fail(work.record, in_words(error))

    def _settle(self, works: list[Work]) -> None:
        if not works:
            return
        self._left_over.extend(self._starting.attempt(work).code for work in works)
        if len(self._left_over) >= _TOGETHER:
            folders, self._left_over = self._left_over, []
            self._workers.submit_brief(partial(_remove, folders), lambda _, error: None)
        for work in works:
            self._starting.leave(work)
            self._ledger.planner.settle(work.step.name, work.record.outputs)
            self._ledger.deliver(work.step, work.record)
            crash_at("delivered")
            self._ledger.settle(work.record, saved=True)
            crash_at("settled")

    def _write_rows(self, works: list[Work], noted: Sequence[StepRunRecord]) -> None:
        for work in works:
            assert work.outcome is not None
            work.record = work.record.ended(StepStatus.SUCCEEDED, exit_code=work.outcome.exit_code)
        finished = [
            Finished(self._trace(work), work.parts, work.record, work.harvest.use if work.harvest else None)
            for work in works
        ]
        if finished or noted:
            self._ledger.records.traces.keep(finished, noted)

    def _trace(self, work: Work) -> Trace:
        assert work.outcome is not None
        return Trace(
            fingerprint=work.record.fingerprint,
            outputs=work.record.outputs,
            artifacts=work.record.artifacts,
            pipeline=self._ledger.pipeline,
            step=work.step.name,
            run=self._ledger.run,
            attempt=work.record.attempt,
            duration=work.outcome.duration_s,
            created_at=work.record.ended_at,
        )


def _remove(folders: Sequence[Path]) -> None:
    for folder in folders:
        with suppress(OSError):  # it is in nobody's way; `mlpw gc` removes it with its run
            remove_tree(str(folder))


def _needed_ports(graph: Graph) -> Mapping[str, frozenset[str]]:
    """Ports that something takes: a step through a required input, the pipeline, a place or a name to register."""
    found: dict[str, set[str]] = {name: set() for name in graph.steps}
    for step in graph.steps.values():
        for binding in step.inputs.values():
            if isinstance(binding, StepOutput) and not binding.optional:
                found[binding.step].add(binding.port)
        found[step.name].update(port for port, out in step.outputs.items() if out.path or out.asset_name)
    for output in graph.outputs.values():
        found[output.step].add(output.port)
    return {name: frozenset(ports) for name, ports in found.items()}
