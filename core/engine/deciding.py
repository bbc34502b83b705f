"""Steps whose producers are settled: capture code, look at data, decide, have the environment made."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from core.computes.protocol import Outcome
from core.engine.builds import Builds
from core.engine.crashes import crash_at
from core.engine.facts import WorldFacts
from core.engine.harvest import Harvest
from core.engine.ledger import Ledger
from core.engine.work import Workers
from core.environments.kept import PythonEnvironment
from core.planning.graph import DataInput, Step
from core.planning.plan import NotSelected, Stale, UpToDate
from core.planning.reasons import ReasonKind
from core.planning.trace import Parts
from core.records.model import StepRunRecord, StepStatus
from core.store.locks import Lock

#: Reasons for which a kept result is not taken.
_ALWAYS = (ReasonKind.FORCED, ReasonKind.FORCE_RERUN, ReasonKind.NOT_DETERMINISTIC)


@dataclass(slots=True)
class Work:
    """A step on its way from stale to final; digests of `code` by place, of `data` by input; `lost` counts tries."""

    step: Step
    record: StepRunRecord
    parts: Parts = field(default_factory=dict)
    code: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)
    forced: bool = False
    lost: int = 0
    environment: PythonEnvironment | None = None
    lock: Lock | None = None
    outcome: Outcome | None = None
    harvest: Harvest | None = None


class Deciding:
    """From waiting to reused, failed, or `enqueue`d for starting."""

    def __init__(
        self, ledger: Ledger, facts: WorldFacts, workers: Workers, builds: Builds, enqueue: Callable[[Work], None]
    ) -> None:
        self._ledger, self._facts, self._workers, self._builds = ledger, facts, workers, builds
        self._enqueue = enqueue
        self._planner = ledger.planner
        self._preparing: dict[str, Work] = {}

    def decide_ready(self) -> None:
        """Take up every step that became decidable."""
        for name in self._ledger.progress.take_ready():
            step = self._planner.graph.steps[name]
            if name in self._planner.selected:
                self.take_up(step)
            else:
                self._leave_out(step)

    def take_up(self, step: Step, lost: int = 0) -> None:
        """Capture the step's code and hash its data on a thread, then decide it."""
        self._ledger.progress.move(step.name, StepStatus.PREPARING)
        data = [binding for binding in step.inputs.values() if isinstance(binding, DataInput) and not binding.digest]
        if step.code or step.code_includes or data:
            self._workers.submit(partial(self._look, step, data), lambda _, error: self._decide(step, lost, error))
        else:
            self._decide(step, lost, None)

    def tell_builds(self) -> None:
        """Put what environments' builds say into the records of the steps that wait for them."""
        for name, work in self._preparing.items():
            line = self._builds.line(work.step.environment)
            if line != self._ledger.steps[name].detail:
                self._ledger.update(replace(self._ledger.steps[name], detail=line))

    def _look(self, step: Step, data: list[DataInput]) -> None:
        for path in ([step.code] if step.code else []) + list(step.code_includes):
            self._facts.capture_code(path)
            crash_at("code_captured")
        for binding in data:
            self._facts.look_at_data(binding)

    def _leave_out(self, step: Step) -> None:
        """A step that was not selected lends its newest result to those that were."""
        decision = self._planner.decide(step, ())
        assert isinstance(decision, NotSelected)
        is_used = not self._planner.selected.isdisjoint(self._planner.graph.descendants(step.name))
        if decision.trace is not None and is_used:
            self._ledger.reuse(step, decision.trace)
            return
        record = replace(self._ledger.steps[step.name], status=StepStatus.NOT_RUN, reasons=("not selected",))
        self._ledger.settle(replace(record, ended_at=time.time()))

    def _decide(self, step: Step, lost: int, error: BaseException | None) -> None:
        record = self._ledger.steps[step.name]
        if error is not None or self._ledger.cancelling:
            self._ledger.end_early(record, error)
            return
        decision = self._planner.decide(step, ())
        if isinstance(decision, UpToDate):
            self._ledger.reuse(step, decision.trace)
            return
        assert isinstance(decision, Stale)
        if not decision.fingerprint:
            self._ledger.fail(record, "; ".join(map(str, decision.reasons)))
            return
        fingerprint, parts = self._planner.fingerprint(step)
        reasons = record.reasons if lost else tuple(map(str, decision.reasons))
        work = Work(
            step,
            replace(record, status=StepStatus.PREPARING, reasons=reasons, fingerprint=fingerprint),
            parts,
            code=parts["code"],
            data={name: digest.split(" ")[0] for name, digest in parts["inputs"].items()},
            forced=any(reason.kind in _ALWAYS for reason in decision.reasons),
            lost=lost,
        )
        self._prepare(work)

    def _prepare(self, work: Work) -> None:
        self._ledger.steps[work.step.name] = work.record
        if not self._builds.is_ready(work.step.environment):
            self._ledger.update(work.record)
            self._preparing[work.step.name] = work
        self._builds.want(work.step.environment, partial(self._prepared, work))

    def _prepared(self, work: Work, environment: PythonEnvironment | None, error: BaseException | None) -> None:
        self._preparing.pop(work.step.name, None)
        if environment is None or self._ledger.cancelling:
            self._ledger.end_early(work.record, error)
            return
        if environment.notices:
            self._ledger.notice(*map(str, environment.notices))
        work.environment = environment
        self._enqueue(work)
