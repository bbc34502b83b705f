"""Where each step of a run stands and what may come next: values only, no processes and no clock."""

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from core.planning.graph import Graph
from core.records.model import RunStatus, StepStatus

_PRODUCED = (StepStatus.SUCCEEDED, StepStatus.REUSED)


@dataclass(frozen=True, slots=True)
class NotRun:
    """A step that will not run, and why."""

    step: str
    reason: str


@dataclass(slots=True)
class Progress:
    """A run's steps from waiting to final; every step and edge is looked at once."""

    graph: Graph
    statuses: dict[str, StepStatus] = field(init=False)
    stopped_by: str = ""
    _consumers: Mapping[str, tuple[str, ...]] = field(init=False)
    _unsettled: dict[str, int] = field(init=False)
    _ready: deque[str] = field(init=False)
    _open: int = field(init=False)

    def __post_init__(self) -> None:
        self.statuses = dict.fromkeys(self.graph.steps, StepStatus.WAITING)
        self._count()

    @property
    def is_done(self) -> bool:
        """Whether every step is final."""
        return self._open == 0

    @property
    def finished(self) -> int:
        """How many steps are final."""
        return len(self.statuses) - self._open

    def take_ready(self, most: int) -> list[str]:
        """Steps that are decidable, at most so many, each once: all their producers are final."""
        taken: dict[str, None] = {}
        while self._ready and len(taken) < most:
            name = self._ready.popleft()
            if self.statuses[name] is StepStatus.WAITING and self._unsettled[name] == 0:
                taken[name] = None
        return list(taken)

    def move(self, step: str, status: StepStatus) -> None:
        """A step goes on to a status that is not final."""
        assert not status.is_final
        self.statuses[step] = status

    def reopen(self, step: str) -> None:
        """What a step made is gone: it is to be decided again, and what has not been decided waits for it again."""
        assert self.statuses[step] in _PRODUCED
        self.statuses[step] = StepStatus.WAITING
        self._open += 1
        for consumer in self._consumers[step]:
            self._unsettled[consumer] += 1
        self._ready.append(step)

    def wait_again(self, step: str) -> None:
        """A step on its way is to be decided again, when its producers are final."""
        self.move(step, StepStatus.WAITING)
        if self._unsettled[step] == 0:
            self._ready.append(step)

    def redefine(self, graph: Graph, anew: Collection[str]) -> list[NotRun]:
        """Go on with another graph, which has every step of this one.

        The steps `anew` wait, whatever they did; those that `left` are final. Gives the steps that will not run because
        of what they need now.
        """
        self.graph = graph
        anew = {*anew, *(name for name in graph.steps if name not in self.statuses)}
        waiting = dict.fromkeys(anew, StepStatus.WAITING)
        self.statuses = {**self.statuses, **waiting, **dict.fromkeys(graph.left, StepStatus.NOT_RUN)}
        left_out: list[NotRun] = []
        for name, step in graph.steps.items():
            if self.statuses[name] is StepStatus.WAITING:
                ended = {one: self.statuses[one] for one in sorted(step.required_producers())}
                lacks = next((one for one, status in ended.items() if _makes_nothing(status)), "")
                if lacks:
                    self.statuses[name] = StepStatus.NOT_RUN
                    left_out.append(_lacking(name, lacks, ended[lacks]))
        self._count()
        return left_out

    def _count(self) -> None:
        """Who waits for how many, and who for none."""
        is_open = {name: not status.is_final for name, status in self.statuses.items()}
        self._consumers = self.graph.consumers()
        self._unsettled = {
            step.name: sum(is_open[producer] for producer in step.producers()) for step in self.graph.steps.values()
        }
        waiting = [name for name in self.graph.steps if self.statuses[name] is StepStatus.WAITING]
        self._ready = deque(name for name in waiting if self._unsettled[name] == 0)
        self._open = sum(is_open.values())

    def settle(self, step: str, status: StepStatus, *, is_news: bool = True) -> list[NotRun]:
        """A step reached its end; gives the steps that therefore will not run. A failure that is no news stops none."""
        assert status.is_final
        left_out: list[NotRun] = []
        self._close(step, status)
        if is_news and status is StepStatus.FAILED and not self.graph.settings.continue_on_step_failure:
            left_out.extend(self.stop(step))
        pending = deque([step])
        while pending:
            name = pending.popleft()
            for consumer in self._consumers[name]:
                self._unsettled[consumer] -= 1
                if self.statuses[consumer] is not StepStatus.WAITING:
                    continue
                needs = self.graph.steps[consumer].required_producers()
                if _makes_nothing(self.statuses[name]) and name in needs:
                    self._close(consumer, StepStatus.NOT_RUN)
                    left_out.append(_lacking(consumer, name, self.statuses[name]))
                    pending.append(consumer)
                elif self._unsettled[consumer] == 0:
                    self._ready.append(consumer)
        return left_out

    def stop(self, failed: str) -> list[NotRun]:
        """Nothing new starts because a step failed; steps on their way go on."""
        self.stopped_by = failed
        left_out = [name for name, status in self.statuses.items() if status is StepStatus.WAITING]
        for name in left_out:
            self._close(name, StepStatus.NOT_RUN)
        return [NotRun(name, f"not started after {failed} failed") for name in left_out]

    def cancel_waiting(self) -> list[str]:
        """The run was cancelled: whatever has not started will not."""
        names = [name for name, status in self.statuses.items() if status is StepStatus.WAITING]
        for name in names:
            self._close(name, StepStatus.CANCELLED)
        return names

    def outcome(self) -> RunStatus:
        """What the statuses of the steps make of the run."""
        found = set(self.statuses.values())
        if StepStatus.FAILED in found:
            return RunStatus.FAILED
        return RunStatus.CANCELLED if StepStatus.CANCELLED in found else RunStatus.SUCCEEDED

    def _close(self, step: str, status: StepStatus) -> None:
        self.statuses[step] = status
        self._open -= 1


def _makes_nothing(status: StepStatus) -> bool:
    return status.is_final and status not in _PRODUCED


def _lacking(step: str, producer: str, status: StepStatus) -> NotRun:
    return NotRun(step, f"needs {producer}, which {_WORDS[status]}")


_WORDS = {
    StepStatus.FAILED: "failed",
    StepStatus.NOT_RUN: "was not run",
    StepStatus.CANCELLED: "was cancelled",
}
