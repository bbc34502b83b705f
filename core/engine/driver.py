"""The loop that drives one run: decide what is ready, start what fits, keep what ended, until every step is final."""

import os
import select
from dataclasses import replace

from core.computes.local import LocalCompute
from core.computes.protocol import Ending, Outcome, State
from core.engine.builds import Builds
from core.engine.deciding import Deciding, Work
from core.engine.facts import WorldFacts
from core.engine.finishing import Finishing
from core.engine.identity import read_identity
from core.engine.ledger import Ledger
from core.engine.looking import paths_of
from core.engine.patience import note_progress
from core.engine.places import Places
from core.engine.placing import Placing, where_it_runs
from core.engine.progress import Progress
from core.engine.publishing import Publishing
from core.engine.redefining import Redefining
from core.engine.reopening import Again, Reopening
from core.engine.starting import Starting
from core.engine.work import STUCK_SECONDS, Workers
from core.layout import Layout
from core.planning.decide import Planner
from core.planning.graph import Graph
from core.planning.merging import Refused
from core.planning.selection import Selection
from core.records.model import RunStatus, StepRunRecord, StepStatus
from core.records.records import Records
from core.store.objects import Store

#: Between two looks at requests, locks of other runs and free memory, when nothing else happens.
_TICK_SECONDS = 0.1
#: A digest is believed so long: a step that starts later sees what was saved meanwhile.
_FRESH_SECONDS = 0.5


class Driver:
    """Drives one run; its state is in the records and the attempt folders, so another driver can take over any time."""

    def __init__(
        self,
        layout: Layout,
        records: Records,
        store: Store,
        compute: LocalCompute,
        places: Places,
        *,
        run: int,
        graph: Graph,
        selection: Selection,
    ) -> None:
        pipeline = records.runs.get(run).pipeline
        facts = WorldFacts(store, records, pipeline, fresh_for=_FRESH_SECONDS)
        self._layout, self._compute, self._facts = layout, compute, facts
        self._workers = Workers(max(4, (os.cpu_count() or 1) + 2))
        self._ledger = Ledger(
            records=records,
            store=store,
            planner=Planner(graph, selection, facts),
            run=run,
            pipeline=pipeline,
            progress=Progress(graph),
            steps={step.step: step for step in records.runs.steps(run)},
        )
        publishing = self._publishing = Publishing(store, self._workers)
        builds = Builds(layout, self._workers, lambda: self._ledger.cancelling)
        self._reopening = Reopening(self._ledger)
        again = Again(self._try_again, self._reopening.wait_again, self._restarted)
        self._starting = Starting(self._ledger, layout, compute, self._workers, places, again)
        placing = Placing(layout, graph, store, places, self._workers, self._ledger.progress)
        self._deciding = Deciding(self._ledger, facts, self._workers, builds, placing, publishing, self._starting)
        self._finishing = Finishing(self._ledger, self._starting, compute, self._workers, publishing, again)
        self._redefining = Redefining(self._ledger, self._deciding, self._finishing, placing, places)
        self._seen_version = -1
        self._finished_before, self._got_somewhere = 0, False

    def drive(self) -> RunStatus:
        """Drive the run to its end and say how it ended."""
        try:
            self._take_over()
            self._finished_before = self._ledger.progress.finished
            while not self._ledger.progress.is_done or self._reopening.read_again():
                self._notice_requests()
                self._deciding.decide_ready()
                self._starting.start_queued()
                self._deciding.tell_builds()
                self._starting.tell_hosts()
                self._save()
                if not self._ledger.progress.is_done:
                    self._wait()
            self._save()
            self._finishing.clean()
        finally:
            self._workers.close()
        return RunStatus.CANCELLED if self._ledger.cancelling else self._ledger.progress.outcome()

    def _save(self) -> None:
        self._ledger.save()
        if not self._got_somewhere and self._ledger.progress.finished > self._finished_before:
            self._got_somewhere = True
            note_progress(self._layout, self._ledger.run)

    def _wait(self) -> None:
        """Until an attempt ends, a thread is done, or it is time to look around."""
        self._workers.rest()
        files = [self._compute.fileno(), self._workers.fileno()]
        pause = STUCK_SECONDS if self._workers.is_behind else _TICK_SECONDS
        select.select(files, [], [], 0 if self._finishing.is_busy else pause)
        self._workers.finish()
        self._workers.relieve()
        for attempt in self._compute.wait(0):
            work = self._starting.running.get(attempt.root.parent.name)
            if work is not None:
                self._finishing.end(work, attempt)
        self._finishing.keep()
        self._publishing.start()

    def _notice_requests(self) -> None:
        """Somebody may have asked to cancel or to redefine since the records last changed.

        Before every start, so that a step is started as it was saved last; to ask takes microseconds.
        """
        records = self._ledger.records
        if self._ledger.cancelling:
            return
        version = records.database.data_version()
        if version == self._seen_version:
            return
        self._seen_version = version
        if records.runs.cancel_requested(self._ledger.run):
            self._cancel()
        else:
            self._redefining.heed()

    def _cancel(self) -> None:
        self._ledger.cancelling = True
        self._starting.cancel_all()
        for name in self._ledger.progress.cancel_waiting():
            record = self._ledger.steps[name]
            self._ledger.update(replace(record, status=StepStatus.CANCELLED))

    # Taking over what an earlier supervisor left

    def _take_over(self) -> None:
        alive: list[StepRunRecord] = []
        for name, record in self._ledger.steps.items():
            if record.status is StepStatus.RUNNING:
                self._ledger.progress.move(name, StepStatus.RUNNING)
                alive.append(record)
            elif record.status.is_final and not self._ledger.progress.statuses[name].is_final:
                if record.status in (StepStatus.SUCCEEDED, StepStatus.REUSED):
                    self._ledger.planner.settle(name, record.outputs)
                    self._ledger.deliver(self._ledger.planner.graph.steps[name], record)  # it may have died before
                self._ledger.settle(record, saved=True, is_news=record.source_run in (0, record.run))
        for record in alive:
            self._adopt(record)

    def _adopt(self, record: StepRunRecord) -> None:
        """Go on with an attempt that an earlier supervisor started."""
        attempt = self._layout.attempt(self._ledger.run, record.step, record.attempt)
        work = Work(where_it_runs(self._ledger.planner.graph.steps[record.step], attempt), record)
        identity = read_identity(attempt)
        if identity is None:
            self._try_again(work)
            return
        work.parts, work.lost, work.given = identity.parts, identity.lost, identity.given
        if not self._compute.is_of_this_boot(attempt) and not self._is_kept(record):
            self._finishing.lose(work, Outcome(Ending.LOST, restarted=True))
            return
        found = self._compute.find(attempt)
        if found is State.NEVER_STARTED:  # the dead supervisor's request may still be on its way
            found = self._compute.give_up(attempt)
            outcome = self._compute.outcome(attempt) if found is State.ENDED else None
            if outcome is not None and outcome.ending is Ending.LOST:  # given up, and not started meanwhile after all
                self._try_again(work)
                return
        self._starting.resume(work)
        self._compute.adopt(attempt)
        if found in (State.RUNNING, State.UNREACHABLE):
            note_progress(self._layout, self._ledger.run)  # it goes on as long as its step does

    def _is_kept(self, record: StepRunRecord) -> bool:
        """Whether all that the step made is in the store, where only flushed bytes are; else a power cut took some."""
        noted = {*record.outputs.values(), *([record.artifacts] if record.artifacts else [])}
        return bool(noted) and not self._ledger.store.missing(noted)

    def _restarted(self, work: Work) -> None:
        """A step was ended to begin anew, as it is defined by now if its run can take that."""
        found = self._redefining.begin_anew(work)
        if found is None:
            self._try_again(work)
        elif isinstance(found, Refused):
            error = f"ended; its next run takes what was saved meanwhile: {found.why}"
            self._ledger.settle(work.record.ended(StepStatus.CANCELLED, error=error))

    def _try_again(self, work: Work) -> None:
        """Begin a step anew, from what is there now."""
        self._facts.forget(paths_of(work.step))
        self._ledger.progress.move(work.step.name, StepStatus.WAITING)
        self._ledger.update(replace(work.record, status=StepStatus.WAITING))
        self._deciding.take_up(work.step, work.lost)
