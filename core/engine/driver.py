"""The loop that drives one run: decide what is ready, start what fits, keep what ended, until every step is final."""

import os
import select
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from core.computes.protocol import AttemptSpec, Compute, Ending, Outcome, State
from core.engine.admission import Admission
from core.engine.assemble import Order, assemble, given_paths
from core.engine.builds import Builds
from core.engine.deliver import deliver
from core.engine.facts import WorldFacts
from core.engine.harvest import Harvest, harvest
from core.engine.identity import Identity, read_identity, write_identity
from core.engine.progress import NotRun, Progress
from core.engine.work import Workers
from core.environments.kept import PythonEnvironment
from core.errors import MlpwError
from core.layout import AttemptFolder, Layout
from core.planning.decide import Planner
from core.planning.graph import DataInput, Graph, Step
from core.planning.plan import NotSelected, Stale, UpToDate
from core.planning.reasons import ReasonKind
from core.planning.selection import Selection
from core.planning.trace import Parts, Trace
from core.records.model import RunStatus, StepRunRecord, StepStatus
from core.records.records import Records
from core.store.locks import Lock
from core.store.objects import Store

#: Between two looks at requests, locks of other runs and free memory, when nothing else happens.
_TICK_SECONDS = 0.1
#: A digest is believed so long: a step that starts later sees what was saved meanwhile.
_FRESH_SECONDS = 0.5
#: A step whose machine or shim went away so often is not tried again.
_LOST_LIMIT = 3
_LOCK_FILES = 4096


@dataclass(slots=True)
class Work:
    """A step on its way from stale to final."""

    step: Step
    record: StepRunRecord
    parts: Parts = field(default_factory=dict)
    code: str = ""
    data: Mapping[str, str] = field(default_factory=dict)
    forced: bool = False
    environment: PythonEnvironment | None = None
    lock: Lock | None = None
    outcome: Outcome | None = None
    harvest: Harvest | None = None
    lost: int = 0


class Driver:
    """Drives one run; its state is in the records and the attempt folders, so another driver can take over any time."""

    def __init__(
        self,
        layout: Layout,
        records: Records,
        store: Store,
        compute: Compute,
        admission: Admission,
        *,
        run: int,
        graph: Graph,
        selection: Selection,
    ) -> None:
        self._layout, self._records, self._store, self._compute = layout, records, store, compute
        self._admission, self._run, self._graph = admission, run, graph
        self._pipeline = records.runs.get(run).pipeline
        self._facts = WorldFacts(store, records, self._pipeline, fresh_for=_FRESH_SECONDS)
        self._planner = Planner(graph, selection, self._facts)
        self._progress = Progress(graph)
        self._workers = Workers(max(2, os.cpu_count() or 1))
        self._builds = Builds(layout, self._workers, lambda: self._cancelling)
        self._steps: dict[str, StepRunRecord] = {step.step: step for step in records.runs.steps(run)}
        self._queue: dict[str, Work] = {}
        self._running: dict[str, Work] = {}
        self._to_note: list[Work] = []
        self._to_keep: list[Work] = []
        self._changed: dict[str, StepRunRecord] = {}
        self._reused: dict[str, str] = {}
        self._needed = _needed_ports(graph)
        self._cancelling = False
        self._seen_version = -1
        self._environ = dict(os.environ)

    def drive(self) -> RunStatus:
        """Drive the run to its end and say how it ended."""
        try:
            self._take_up()
            while not self._progress.is_done:
                self._decide_ready()
                self._start_queued()
                self._save()
                if not self._progress.is_done:
                    self._wait()
                    self._notice_cancel()
            self._save()
        finally:
            self._workers.close()
        return RunStatus.CANCELLED if self._cancelling else self._progress.outcome()

    def cancel_all(self) -> None:
        """Ask everything that runs to end."""
        for work in self._running.values():
            self._compute.cancel(self._attempt(work))

    # Taking over what an earlier supervisor left

    def _take_up(self) -> None:
        alive: list[StepRunRecord] = []
        for name in self._graph.steps:
            record = self._steps[name]
            if record.status is StepStatus.RUNNING:
                self._progress.move(name, StepStatus.RUNNING)
                alive.append(record)
            elif record.status.is_final and not self._progress.statuses[name].is_final:
                if record.status in (StepStatus.SUCCEEDED, StepStatus.REUSED):
                    self._planner.settle(name, record.outputs)
                self._settle(record)
        for record in alive:
            self._adopt(record)

    def _adopt(self, record: StepRunRecord) -> None:
        """Go on with an attempt that an earlier supervisor started."""
        attempt = self._layout.attempt(self._run, record.step, record.attempt)
        step = self._graph.steps[record.step]
        identity = read_identity(attempt)
        work = Work(step, record)
        if identity is None:
            self._try_again(work)
            return
        work.parts = identity.parts
        work.data = {port: digest for port, (_, digest) in identity.given.items()}
        self._running[step.name] = work
        self._admission.give(step.name, step.resources)
        if self._compute.adopt(attempt) is State.NEVER_STARTED:
            self._running.pop(step.name)
            self._admission.give_back(step.name)
            self._try_again(work)

    def _try_again(self, work: Work) -> None:
        """A try that went away without a result: the next one gets a folder of its own."""
        work.lost += 1
        if work.lost >= _LOST_LIMIT:
            self._fail(work.record, f"lost {work.lost} times without a result; not tried again")
            return
        self._progress.move(work.step.name, StepStatus.WAITING)
        self._update(replace(work.record, status=StepStatus.WAITING))
        self._gather(work.step, work.lost)

    # Deciding

    def _decide_ready(self) -> None:
        for name in self._progress.take_ready():
            step = self._graph.steps[name]
            if name in self._planner.selected:
                self._gather(step)
            else:
                self._leave_out(step)

    def _leave_out(self, step: Step) -> None:
        decision = self._planner.decide(step, ())
        assert isinstance(decision, NotSelected)
        used = any(c in self._planner.selected for c in self._graph.descendants(step.name))
        if decision.trace is not None and used:
            self._reuse(step, decision.trace)
        else:
            record = replace(self._steps[step.name], status=StepStatus.NOT_RUN, reasons=("not selected",))
            self._settle(replace(record, ended_at=time.time()))

    def _gather(self, step: Step, lost: int = 0) -> None:
        """Capture code and hash data on a thread, then decide."""
        self._progress.move(step.name, StepStatus.PREPARING)
        data = [binding for binding in step.inputs.values() if isinstance(binding, DataInput) and not binding.digest]

        def look() -> None:
            if step.code:
                self._facts.capture_code(step.code)
            for binding in data:
                self._facts.look_at_data(binding)

        if step.code or data:
            self._workers.submit(look, lambda _, error: self._decide(step, lost, error))
        else:
            self._decide(step, lost, None)

    def _decide(self, step: Step, lost: int, error: BaseException | None) -> None:
        record = self._steps[step.name]
        if error is not None or self._cancelling:
            self._end_early(record, error)
            return
        decision = self._planner.decide(step, ())
        if isinstance(decision, UpToDate):
            self._reuse(step, decision.trace)
            return
        assert isinstance(decision, Stale)
        if not decision.fingerprint:
            self._fail(record, "; ".join(map(str, decision.reasons)))
            return
        fingerprint, parts = self._planner.fingerprint(step)
        reasons = record.reasons if lost else tuple(map(str, decision.reasons))
        record = replace(record, status=StepStatus.PREPARING, reasons=reasons, fingerprint=fingerprint)
        work = Work(step, record, parts, lost=lost)
        work.code = parts["code"].get("", "")
        work.data = {name: digest.split(" ")[0] for name, digest in parts["inputs"].items()}
        work.forced = any(reason.kind in _ALWAYS for reason in decision.reasons)
        self._steps[step.name] = record
        if not self._builds.is_ready(step.environment):
            self._update(record)
        self._builds.want(step.environment, partial(self._have_environment, work))

    def _have_environment(self, work: Work, environment: PythonEnvironment | None, error: BaseException | None) -> None:
        if environment is None or self._cancelling:
            self._end_early(work.record, error)
            return
        work.environment = environment
        self._queue[work.step.name] = work

    # Starting

    def _start_queued(self) -> None:
        """Start what fits, in the order it became ready."""
        starting: list[Work] = []
        for name, work in list(self._queue.items()):
            if not self._admission.admits(work.step.resources):
                break
            if self._claim(work):
                del self._queue[name]
                starting.append(work)
        for work in starting:
            self._open_attempt(work)
        self._save()
        for work in starting:
            self._begin(work)

    def _claim(self, work: Work) -> bool:
        """Take the fingerprint for this run, so that it never runs twice at the same time; False to look again later."""
        fingerprint = work.record.fingerprint
        lock = Lock(self._layout.locks / "fingerprints" / f"{int(fingerprint[:8], 16) % _LOCK_FILES:03x}")
        if not lock.try_acquire():
            return False
        trace = None if work.forced else self._records.traces.get(fingerprint)
        if trace is not None and not self._store.missing(trace.digests()):
            lock.release()
            del self._queue[work.step.name]
            self._reuse(work.step, trace)
            return False
        if self._records.runs.running_elsewhere(fingerprint, self._run):
            lock.release()  # another run's step has ended, or its supervisor died: its result is about to be kept
            return False
        work.lock = lock
        return True

    def _open_attempt(self, work: Work) -> None:
        record = replace(
            work.record,
            status=StepStatus.RUNNING,
            attempt=work.record.attempt + 1,
            source_run=self._run,
            source_attempt=work.record.attempt + 1,
            started_at=time.time(),
        )
        work.record = record
        attempt = self._attempt(work)
        attempt.root.mkdir(parents=True)
        given = given_paths(work.step, work.data, self._store)
        write_identity(attempt, Identity(record.fingerprint, work.parts, given))
        self._progress.move(work.step.name, StepStatus.RUNNING)
        self._running[work.step.name] = work
        self._admission.give(work.step.name, work.step.resources)
        self._update(record)

    def _begin(self, work: Work) -> None:
        assert work.environment is not None
        order = Order(
            self._graph, work.step, self._run, work.record.attempt, work.code, work.data, work.environment
        )
        make = partial(assemble, order, self._layout, self._store, self._environ)
        self._workers.submit(make, partial(self._submit, work))

    def _submit(self, work: Work, spec: AttemptSpec | None, error: BaseException | None) -> None:
        if spec is None or self._cancelling:
            self._leave_running(work)
            self._end_early(work.record, error)
            return
        assert work.lock is not None
        self._compute.submit(self._attempt(work), spec, locks=[work.lock.fd])

    # Ending

    def _wait(self) -> None:
        blocked = bool(self._to_keep or self._to_note)
        select.select([self._compute, self._workers], [], [], 0 if blocked else _TICK_SECONDS)
        self._workers.finish()
        for attempt in self._compute.wait(0):
            name = attempt.root.parent.name
            if name in self._running:
                self._ended(self._running[name], attempt)
        self._keep()

    def _ended(self, work: Work, attempt: AttemptFolder) -> None:
        outcome = self._compute.outcome(attempt) or Outcome(Ending.LOST)
        work.outcome = outcome
        self._admission.give_back(work.step.name)
        if outcome.succeeded:
            needed = self._needed.get(work.step.name, frozenset())
            identity = read_identity(attempt)
            given = identity.given if identity else {}
            reap = partial(harvest, self._store, work.step, attempt, given, needed)
            self._workers.submit(reap, partial(self._harvested, work))
            return
        self._leave_running(work)
        if outcome.ending is Ending.LOST and not self._cancelling:
            self._try_again(work)
            return
        status = StepStatus.CANCELLED if outcome.ending is Ending.CANCELLED else StepStatus.FAILED
        record = replace(work.record, status=status, error=str(outcome), exit_code=outcome.exit_code)
        self._settle(replace(record, ended_at=time.time()))

    def _harvested(self, work: Work, made: Harvest | None, error: BaseException | None) -> None:
        if made is None:
            self._leave_running(work)
            exit_code = work.outcome.exit_code if work.outcome else None
            self._fail(replace(work.record, exit_code=exit_code), _words(error))
            return
        work.harvest = made
        self._to_note.append(work)

    def _keep(self) -> None:
        """Move results on: noted, published, recorded; several at once share each flush and each commit."""
        if self._to_note:
            noted, self._to_note = self._to_note, []
            self._publish(noted)
        if self._to_keep:
            kept, self._to_keep = self._to_keep, []
            self._record(kept)

    def _publish(self, works: list[Work]) -> None:
        """Say which digests are to come, then move their bytes into the store."""
        items = []
        for work in works:
            assert work.harvest is not None
            made = work.harvest
            artifacts = made.artifacts.digest if made.artifacts else ""
            work.record = replace(work.record, outputs=made.digests(), artifacts=artifacts)
            items.extend(made.everything())
        if not items:
            self._to_keep.extend(works)
            return
        self._records.runs.save_steps([work.record for work in works])
        self._workers.submit(partial(self._store.publish, items), lambda _, error: self._published(works, error))

    def _published(self, works: list[Work], error: BaseException | None) -> None:
        if error is None:
            self._to_keep.extend(works)
            return
        for work in works:
            self._leave_running(work)
            self._fail(work.record, _words(error))

    def _record(self, works: list[Work]) -> None:
        finished = []
        for work in works:
            assert work.outcome is not None
            work.record = replace(
                work.record,
                status=StepStatus.SUCCEEDED,
                exit_code=work.outcome.exit_code,
                ended_at=time.time(),
            )
            finished.append((self._trace_of(work), work.parts, work.record))
            self._changed.pop(work.step.name, None)
        self._records.traces.keep(finished)
        for work in works:
            self._leave_running(work)
            self._planner.settle(work.step.name, work.record.outputs)
            self._deliver(work.step, work.record)
            self._settle(work.record, saved=True)

    def _trace_of(self, work: Work) -> Trace:
        assert work.outcome is not None
        return Trace(
            fingerprint=work.record.fingerprint,
            outputs=work.record.outputs,
            artifacts=work.record.artifacts,
            pipeline=self._pipeline,
            step=work.step.name,
            run=self._run,
            attempt=work.record.attempt,
            duration=work.outcome.duration_s,
            created_at=work.record.ended_at,
        )

    def _reuse(self, step: Step, trace: Trace) -> None:
        self._planner.settle(step.name, trace.outputs)
        record = reused(self._steps[step.name], trace)
        self._reused[step.name] = trace.fingerprint
        self._deliver(step, record)
        self._settle(record)

    def _deliver(self, step: Step, record: StepRunRecord) -> None:
        """Copy and register outputs that ask for it; a failure there is told, the result stays."""
        try:
            deliver(self._store, self._records, self._graph, step, record)
        except (MlpwError, OSError) as error:
            self._steps[step.name] = replace(record, error=f"kept, but not delivered: {error}")

    # Bookkeeping

    def _end_early(self, record: StepRunRecord, error: BaseException | None) -> None:
        """A step that cannot start: because it failed on the way, or because the run was cancelled."""
        if self._cancelling:
            self._settle(replace(record, status=StepStatus.CANCELLED, ended_at=time.time()))
        else:
            self._fail(record, _words(error))

    def _fail(self, record: StepRunRecord, error: str) -> None:
        self._settle(replace(record, status=StepStatus.FAILED, error=error, ended_at=time.time()))

    def _settle(self, record: StepRunRecord, *, saved: bool = False) -> None:
        """A step is final; whatever cannot run because of it is final too."""
        left_out = self._progress.settle(record.step, record.status)
        if saved:
            self._steps[record.step] = record
        else:
            self._update(record)
        for item in left_out:
            self._update(self._not_run(item))

    def _not_run(self, item: NotRun) -> StepRunRecord:
        return replace(
            self._steps[item.step], status=StepStatus.NOT_RUN, reasons=(item.reason,), ended_at=time.time()
        )

    def _update(self, record: StepRunRecord) -> None:
        self._steps[record.step] = record
        self._changed[record.step] = record

    def _save(self) -> None:
        if self._changed:
            self._records.runs.save_steps(list(self._changed.values()))
            self._changed.clear()
        if self._reused:
            self._records.traces.point_latest(self._pipeline, self._reused)
            self._reused = {}

    def _leave_running(self, work: Work) -> None:
        self._running.pop(work.step.name, None)
        self._admission.give_back(work.step.name)
        if work.lock is not None:
            work.lock.release()
            work.lock = None

    def _notice_cancel(self) -> None:
        version = self._records.database.data_version()
        if self._cancelling or version == self._seen_version:
            return
        self._seen_version = version
        if self._records.runs.cancel_requested(self._run):
            self._cancelling = True
            self.cancel_all()
            waiting = [*self._progress.cancel_waiting(), *self._queue]
            for name in waiting:
                record = replace(self._steps[name], status=StepStatus.CANCELLED, ended_at=time.time())
                if name in self._queue:
                    self._settle(record)
                else:
                    self._update(record)
            self._queue.clear()

    def _attempt(self, work: Work) -> AttemptFolder:
        return self._layout.attempt(self._run, work.step.name, work.record.attempt)


#: Reasons for which a kept result is not taken.
_ALWAYS = (ReasonKind.FORCED, ReasonKind.FORCE_RERUN, ReasonKind.NOT_DETERMINISTIC)


def reused(record: StepRunRecord, trace: Trace) -> StepRunRecord:
    """The step as one whose result exists already."""
    return replace(
        record,
        status=StepStatus.REUSED,
        fingerprint=trace.fingerprint,
        source_run=trace.run,
        source_attempt=trace.attempt,
        outputs=trace.outputs,
        artifacts=trace.artifacts,
        ended_at=time.time(),
        reasons=(),
    )


def _needed_ports(graph: Graph) -> dict[str, frozenset[str]]:
    """Ports that something takes: a step through a required input, the pipeline, a place or a name to register."""
    found: dict[str, set[str]] = {}
    for step in graph.steps.values():
        for binding in step.inputs.values():
            if hasattr(binding, "step") and not binding.optional:
                found.setdefault(binding.step, set()).add(binding.port)
        asked = {port for port, out in step.outputs.items() if out.path or out.asset_name}
        found.setdefault(step.name, set()).update(asked)
    for output in graph.outputs.values():
        found.setdefault(output.step, set()).add(output.port)
    return {name: frozenset(ports) for name, ports in found.items()}


def _words(error: BaseException | None) -> str:
    return str(error) if isinstance(error, MlpwError | OSError) else f"{type(error).__name__}: {error}"
