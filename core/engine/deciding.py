"""Steps whose producers are settled: capture code, look at data, decide, have the environment made."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from core.computes.protocol import Outcome
from core.definitions.compute_target import ComputeTarget
from core.definitions.environment import EnvironmentSpec
from core.engine.builds import Builds, Environment
from core.engine.crashes import crash_at
from core.engine.facts import WorldFacts
from core.engine.harvest import Harvest
from core.engine.images import ImageThere
from core.engine.ledger import Ledger
from core.engine.looking import Look, is_slow, look
from core.engine.placement import Choice
from core.engine.placing import Placing
from core.engine.publishing import Publishing
from core.engine.sight import Sight
from core.engine.work import Workers
from core.layout import AttemptFolder
from core.planning.graph import Step
from core.planning.plan import NotSelected, Stale, UpToDate
from core.planning.reasons import ReasonKind
from core.planning.trace import Parts
from core.records.model import StepRunRecord, StepStatus
from core.store.locks import Lock

#: So many steps have their code captured with one flush; more would hold up the first of them.
_TOGETHER = 16
#: So many steps are looked at or wait to be started before more are taken up: code is captured when its time has come.
_AHEAD = 32
#: Reasons for which a kept result is not taken.
_ALWAYS = (ReasonKind.FORCED, ReasonKind.FORCE_RERUN, ReasonKind.NOT_DETERMINISTIC)


@dataclass(slots=True)
class Work:
    """A step on its way from stale to final; digests of `code` by place, of `data` by input; `lost` counts tries.

    `folder` is the current attempt's; `given` holds path and digest of every data input it was handed. `decided_at` is
    in monotonic seconds, `sight` how its data lay there by then; `defined` is the step as it was taken up, perhaps
    without a place. `choice` is the place that was chosen of several, None when there was none to choose.
    """

    step: Step
    record: StepRunRecord
    parts: Parts = field(default_factory=dict)
    code: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)
    forced: bool = False
    lost: int = 0
    environment: Environment | None = None
    lock: Lock | None = None
    folder: AttemptFolder | None = None
    given: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    decided_at: float = field(default_factory=time.monotonic)
    choice: Choice | None = None
    outcome: Outcome | None = None
    harvest: Harvest | None = None
    sight: Sight = ()
    defined: Step = field(init=False)

    def __post_init__(self) -> None:
        self.defined = self.step


class Queue(Protocol):
    """Where steps wait to be started."""

    @property
    def queued(self) -> int:
        """How many do."""

    def enqueue(self, work: Work) -> None:
        """A step is ready to start."""

    def take_back(self, names: Collection[str]) -> None:
        """These steps are not, if they were."""


class Deciding:
    """From waiting to reused, failed, or `enqueue`d for starting."""

    def __init__(
        self,
        ledger: Ledger,
        facts: WorldFacts,
        workers: Workers,
        builds: Builds,
        placing: Placing,
        publishing: Publishing,
        queue: Queue,
    ) -> None:
        self._ledger, self._facts, self._workers, self._builds, self._placing = ledger, facts, workers, builds, placing
        self._publishing, self._queue = publishing, queue
        self._planner = ledger.planner
        self._preparing: dict[str, Work] = {}
        self._taken: dict[str, Step] = {}
        self._looking = 0

    def decide_ready(self) -> None:
        """Take up the steps that are decidable, not many more than can start soon."""
        while names := self._ledger.progress.take_ready(_AHEAD - self._looking - self._queue.queued):
            taken = [self._planner.graph.steps[name] for name in names]
            for step in taken:
                if step.name not in self._planner.selected:
                    self._leave_out(step)
            self._take_up_all([step for step in taken if step.name in self._planner.selected])

    def _take_up_all(self, taken: list[Step]) -> None:
        small = [step for step in taken if not is_slow(step)]
        for several in (small[i : i + _TOGETHER] for i in range(0, len(small), _TOGETHER)):
            self._take_up(several, 0)
        for step in taken:
            if is_slow(step):
                self._take_up([step], 0)

    def take_up(self, step: Step, lost: int) -> None:
        """Take up a step again of which `lost` tries went away."""
        self._take_up([step], lost)

    def _take_up(self, steps: Sequence[Step], lost: int) -> None:
        """Capture the steps' code and hash their data on a thread, then decide them."""
        for step in steps:
            self._ledger.progress.move(step.name, StepStatus.PREPARING)
            self._taken[step.name] = step
        if not any(step.code or step.code_includes or is_slow(step) for step in steps):
            for step in steps:
                self._decide(step, lost, None)
            return
        self._looking += len(steps)
        submit = self._workers.submit if any(map(is_slow, steps)) else self._workers.submit_brief
        submit(partial(look, self._facts, steps), partial(self._looked, steps, lost))

    def take_back(self, names: Collection[str]) -> None:
        """Steps that have not begun are to be decided again; what is under way for them comes to nothing."""
        for name in names:
            self._taken.pop(name, None)
            self._preparing.pop(name, None)
        self._queue.take_back(names)

    def _is_taken(self, step: Step) -> bool:
        """Whether this, and not what it is defined as by now, is on its way."""
        return self._taken.get(step.name) is step

    def tell_builds(self) -> None:
        """Put what environments' builds say into the records of the steps that wait for them."""
        self._builds.retry()
        self._placing.retry()
        for name, work in self._preparing.items():
            waits = self._placing.line(name)
            line = waits or self._builds.line(*self._build_of(work.step))
            if line != self._ledger.steps[name].detail:
                self._ledger.update(replace(self._ledger.steps[name], detail=line))

    def _looked(self, steps: Sequence[Step], lost: int, look: Look | None, error: BaseException | None) -> None:
        """What was captured must be in the store before a step runs from it."""
        if look is not None and look.captured.new:
            self._publishing.want(look.captured.new, partial(self._published, steps, lost, look))
        else:
            self._published(steps, lost, look, error)

    def _published(self, steps: Sequence[Step], lost: int, look: Look | None, error: BaseException | None) -> None:
        self._looking -= len(steps)
        wrong: Mapping[str, BaseException] = {}
        sights: Mapping[str, Sight] = {}
        if look is not None and error is None:
            self._facts.take_captured(look.captured)
            crash_at("code_published")
            wrong, sights = look.wrong, look.sights
        for step in filter(self._is_taken, steps):
            self._decide(step, lost, error or wrong.get(step.name), sights.get(step.name, ()))

    def _leave_out(self, step: Step) -> None:
        """A step that was not selected lends its newest result to those that were."""
        decision = self._planner.decide(step, ())
        assert isinstance(decision, NotSelected)
        is_used = not self._planner.selected.isdisjoint(self._planner.graph.descendants(step.name))
        if decision.trace is not None and is_used:
            self._ledger.reuse(step, decision.trace)
            return
        record = self._ledger.steps[step.name]
        self._ledger.settle(record.ended(StepStatus.NOT_RUN, reasons=("not selected",)))

    def _decide(self, step: Step, lost: int, error: BaseException | None, sight: Sight = ()) -> None:
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
        before = self._to_spare(step, decision)
        if before is not None:
            self._ledger.spare(record, before)
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
            sight=sight,
        )
        self._prepare(work)

    def _to_spare(self, step: Step, decision: Stale) -> StepRunRecord | None:
        """The failure that a step would only repeat, where such steps are to be spared."""
        failed = next((reason for reason in decision.reasons if reason.kind is ReasonKind.FAILED_BEFORE), None)
        if failed is None or not self._planner.selection.spares_failed:
            return None
        before = self._ledger.records.runs.steps(int(failed.name))
        named = [record for record in before if record.step == step.name]
        return named[0] if named and named[0].status is StepStatus.FAILED else None

    def _prepare(self, work: Work) -> None:
        self._ledger.steps[work.step.name] = work.record
        if work.step.computes:
            self._ledger.update(work.record)
            self._preparing[work.step.name] = work
            self._placing.want(work.step, list(work.data.values()), partial(self._placed, work))
            return
        spec, target, gpus = self._build_of(work.step)
        if not self._builds.is_ready(spec, target, gpus):
            self._ledger.update(work.record)
            self._preparing[work.step.name] = work
        self._builds.want(spec, partial(self._prepared, work), target, gpus)

    def _placed(self, work: Work, step: Step | None, error: BaseException | None) -> None:
        if not self._is_taken(work.defined):
            return
        self._preparing.pop(work.step.name, None)
        if step is None or self._ledger.cancelling:
            self._ledger.end_early(work.record, error)
            return
        work.step, work.choice = step, self._placing.choices[step.name]
        self._prepare(work)

    def _build_of(self, step: Step) -> tuple[EnvironmentSpec, ComputeTarget | None, int]:
        """What must be there for a step, where, and with how many GPUs."""
        target = self._planner.graph.targets.get(step.compute)
        return step.environment, target, step.resources.gpus if target is not None else 0

    def _prepared(self, work: Work, environment: Environment | None, error: BaseException | None) -> None:
        if not self._is_taken(work.defined):
            return
        self._preparing.pop(work.step.name, None)
        if environment is None or self._ledger.cancelling:
            self._ledger.end_early(work.record, error)
            return
        notices = environment.image.notices if isinstance(environment, ImageThere) else environment.notices
        if notices:
            self._ledger.notice(*map(str, notices))
        work.environment = environment
        self._queue.enqueue(work)
