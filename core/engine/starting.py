"""Steps that are ready to run: let in what the machine can take, claim the fingerprint, start the attempt."""

import os
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from functools import partial

from core.computes.machine import FreeMemory
from core.computes.protocol import AttemptSpec, Compute
from core.engine.assemble import Order, assemble
from core.engine.crashes import crash_at
from core.engine.deciding import Work
from core.engine.host_sizes import remember
from core.engine.identity import Identity, write_identity
from core.engine.images import ImageThere
from core.engine.launch import recover
from core.engine.laying_out import given_paths
from core.engine.ledger import Ledger
from core.engine.looking import data_paths_of
from core.engine.patience import away_words, unheard_words
from core.engine.places import Places
from core.engine.reopening import Again
from core.engine.sight import sight_of
from core.engine.work import Workers
from core.errors import MlpwError
from core.layout import AttemptFolder, Layout
from core.records.model import StepStatus
from core.store.faults import REUSE_ATTEMPT, has_fault
from core.store.locks import Lock

#: So many lock files share all fingerprints: two that meet in one wait for each other, which must hardly ever be.
_LOCK_FILES = 1 << 20
#: Between two looks at how long hosts are away.
_TELL_SECONDS = 1.0
#: A step that starts so soon after it was decided is not looked at again.
_YOUNG_SECONDS = 0.5


class Starting:
    """From ready to running; `running` holds what is on its way by step name."""

    def __init__(
        self,
        ledger: Ledger,
        layout: Layout,
        compute: Compute,
        workers: Workers,
        places: Places,
        again: Again,
    ) -> None:
        self._ledger, self._layout, self._compute = ledger, layout, compute
        self._workers, self._places, self._again = workers, places, again
        self._free_memory = FreeMemory()
        self._queue: dict[str, Work] = {}
        self._environ = dict(os.environ)
        self._told_at = 0.0
        self._made_elsewhere: set[str] = set()
        self.running: dict[str, Work] = {}

    def enqueue(self, work: Work) -> None:
        """A step is ready to start."""
        if isinstance(work.environment, ImageThere):
            said = (work.step.compute, work.environment.cores, work.environment.memory)
            if self._places.learn(*said):
                remember(self._layout, *said)
        self._queue[work.step.name] = work

    def take_back(self, names: Collection[str]) -> None:
        """These steps are not, if they were: they are to be decided again."""
        for name in names:
            self._queue.pop(name, None)

    @property
    def queued(self) -> int:
        """How many steps are ready to start."""
        return len(self._queue)

    def start_queued(self) -> None:
        """Start what fits, in the order it became ready; its rows are written before its processes exist."""
        if not self._queue or self._places.are_full:
            return
        free_memory = self._free_memory.now()
        starting: list[Work] = []
        full: set[str] = set()
        for work in list(self._queue.values()):
            if work.step.compute in full:
                continue
            if not self._places.admits(work.step, free_memory):
                full.add(work.step.compute)
            elif self._is_outdated(work):
                del self._queue[work.step.name]
                self._again.anew(work)
            elif self._claim(work):
                self._open_attempt(work)
                starting.append(work)
        self._ledger.save()
        if starting:
            crash_at("attempt_opened")
        for work in starting:
            self._begin(work)

    def attempt(self, work: Work) -> AttemptFolder:
        """The folder of the work's current attempt."""
        if work.folder is None:
            work.folder = self._layout.attempt(self._ledger.run, work.step.name, work.record.attempt)
        return work.folder

    def tell_hosts(self) -> None:
        """Put into the records of running steps how their data goes to their hosts, and that one cannot be reached.

        Of steps that could start, but for a host that is full, say that.
        """
        now = time.monotonic()
        targets = self._ledger.planner.graph.targets
        if not targets or now - self._told_at < _TELL_SECONDS:
            return
        self._told_at = now
        for work in self.running.values():
            if work.step.compute not in targets:
                continue
            line = self._host_line(work)
            if line != work.record.detail and work.outcome is None:
                work.record = replace(work.record, detail=line)
                self._ledger.update(work.record)
        for name, work in self._queue.items():
            if work.record.fingerprint in self._made_elsewhere:
                continue
            known, line = self._ledger.steps[name], f"waits for room on {work.step.compute}"
            if work.step.compute in targets and known.detail != line:
                self._ledger.update(replace(known, detail=line))

    def _host_line(self, work: Work) -> str:
        """Where the step's host cannot be reached: that it goes on, or waits to begin; else how its data goes there."""
        attempt = self.attempt(work)
        since = self._compute.away_since(attempt)
        if not since:
            return self._compute.moving(attempt)
        words = unheard_words if self._compute.has_begun(attempt) else away_words
        return words(work.step.compute, since)

    def resume(self, work: Work) -> None:
        """An attempt runs already that an earlier supervisor started."""
        self.running[work.step.name] = work
        self._places.give(work.step)

    def leave(self, work: Work) -> None:
        """The work is no longer under way."""
        self.running.pop(work.step.name, None)
        self._places.give_back(work.step)
        if work.lock is not None:
            work.lock.release()
            work.lock = None

    def make_room(self, work: Work) -> None:
        """Its process has ended; keeping its result takes none of the machine's cores."""
        self._places.give_back(work.step)

    def cancel_all(self) -> None:
        """End what is queued, and ask what runs to end."""
        for work in self.running.values():
            self._compute.cancel(self.attempt(work))
        for work in self._queue.values():
            self._ledger.cancel(work.record)
        self._queue.clear()

    def _is_outdated(self, work: Work) -> bool:
        """Whether a step that had to wait for its turn was decided by code or data that has been saved since."""
        if time.monotonic() - work.decided_at < _YOUNG_SECONDS:
            return False
        try:
            parts = self._ledger.planner.code_of(work.step)
        except (MlpwError, OSError):
            return True
        return parts != work.parts.get("code") or sight_of(data_paths_of(work.step)) != work.sight

    def _claim(self, work: Work) -> bool:
        """Take the fingerprint for this run, so that it never runs twice at once; False to look again later."""
        fingerprint = work.record.fingerprint
        lock = Lock(self._layout.locks / "fingerprints" / f"{int(fingerprint[:8], 16) % _LOCK_FILES:05x}")
        if not lock.try_acquire():
            self._tell_who_makes(work)
            return False
        records, store = self._ledger.records, self._ledger.store
        trace = None if work.forced else records.traces.get(fingerprint)
        if trace is not None and not store.missing(trace.digests()):
            lock.release()
            del self._queue[work.step.name]
            self._ledger.reuse(work.step, trace)
            return False
        other = records.runs.running_elsewhere(fingerprint, self._ledger.run)
        if other:  # that run's step has ended and is about to be kept, by a new supervisor if its own died
            lock.release()
            recover(self._layout, [other])
            return False
        work.lock = lock
        del self._queue[work.step.name]
        return True

    def _tell_who_makes(self, work: Work) -> None:
        """Put into the step's record for which run's result it waits, once."""
        fingerprint, ledger = work.record.fingerprint, self._ledger
        if fingerprint in self._made_elsewhere:
            return
        other = ledger.records.runs.running_elsewhere(fingerprint, ledger.run)
        if other:
            self._made_elsewhere.add(fingerprint)
            line = f"run {other} makes exactly this; its result is taken"
            ledger.update(replace(ledger.steps[work.step.name], detail=line))

    def _open_attempt(self, work: Work) -> None:
        number = self._make_attempt(work)
        crash_at("attempt_made")
        work.record = replace(
            work.record,
            status=StepStatus.RUNNING,
            attempt=number,
            source_run=self._ledger.run,
            source_attempt=number,
            started_at=time.time(),
            outputs={},
            artifacts="",
            detail="",
        )
        work.folder = None  # a new attempt
        work.given = given_paths(work.step, work.data, self._ledger.store)
        write_identity(self.attempt(work), Identity(work.record.fingerprint, work.parts, work.given, work.lost))
        crash_at("attempt_identified")
        self._ledger.progress.move(work.step.name, StepStatus.RUNNING)
        self.running[work.step.name] = work
        self._places.give(work.step)
        self._ledger.update(work.record)

    def _make_attempt(self, work: Work) -> int:
        """The number of a new attempt, its folder made; one that a killed supervisor made without a row is left out."""
        number = work.record.attempt + 1
        if number > 1 and has_fault(REUSE_ATTEMPT):
            self._layout.attempt(self._ledger.run, work.step.name, number - 1).owner.unlink()
            return number - 1
        step = os.path.join(self._layout.run(self._ledger.run), work.step.name)
        with suppress(FileExistsError):
            os.mkdir(step)
        while True:
            try:
                os.mkdir(os.path.join(step, str(number)))
            except FileExistsError:
                number += 1
            else:
                return number

    def _begin(self, work: Work) -> None:
        assert work.environment is not None
        order = Order(
            graph=self._ledger.planner.graph,
            step=work.step,
            run=self._ledger.run,
            attempt=work.record.attempt,
            code=work.code,
            data=work.data,
            environment=work.environment.image if isinstance(work.environment, ImageThere) else work.environment,
            target=self._ledger.planner.graph.targets.get(work.step.compute),
            choice=work.choice,
        )
        make = partial(assemble, order, self.attempt(work), self._ledger.store, self._environ)
        self._workers.submit_brief(make, partial(self._submit, work))

    def _submit(self, work: Work, spec: AttemptSpec | None, error: BaseException | None) -> None:
        if spec is None or self._ledger.cancelling:
            self.leave(work)
            if not self._again.with_data(work):
                self._ledger.end_early(work.record, error)
            return
        crash_at("assembled")
        assert work.lock is not None
        self._compute.submit(self.attempt(work), spec, locks=[work.lock.fd])
        crash_at("submitted")
