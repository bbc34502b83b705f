"""A step whose data are gone from the host that they were left on: what makes them runs again, in the same run.

So does then, at the end, what had read them before, if they are not the same as they were.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

from core.engine.deciding import Work
from core.engine.ledger import Ledger
from core.planning.graph import StepOutput
from core.records.model import StepStatus

_PRODUCED = (StepStatus.SUCCEEDED, StepStatus.REUSED)
#: So often a step waits again for its data in one run; a host that loses them each time is not to be waited for.
_MOST = 3


class Again(NamedTuple):
    """How a step begins again: `anew`, from what is there now; `with_data`, when its lost data are there, if it can.

    `restarted` is for one that somebody ended to have it begin anew: it is defined then as it was saved last.
    """

    anew: Callable[[Work], None]
    with_data: Callable[[Work], bool]
    restarted: Callable[[Work], None]


class Reopening:
    """Takes back that a producer is final."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._times: Counter[str] = Counter()
        self._reopened: dict[str, float] = {}

    def wait_again(self, work: Work) -> bool:
        """Whether a step that failed waits for its data again, which were lost.

        It does not when a producer was not selected, when the run is to end, or when that happened too often.
        """
        ledger, name = self._ledger, work.step.name
        lost = dict(self._lost(work))
        is_ending = ledger.cancelling or ledger.progress.stopped_by
        if not lost or is_ending or self._times[name] >= _MOST or not ledger.planner.selected.issuperset(lost):
            return False
        self._times[name] += 1
        for producer, digest in lost.items():
            if ledger.progress.statuses[producer].is_final and ledger.store.missing([digest]):
                self._reopen(producer)
        ledger.progress.wait_again(name)
        ledger.update(replace(work.record, status=StepStatus.WAITING, detail=""))
        return True

    def read_again(self) -> bool:
        """When every step is final: whether some begin again, which read what was made again with other content."""
        ledger = self._ledger
        if not self._reopened or ledger.cancelling or ledger.progress.stopped_by:
            return False
        outdated = {name: read for name in ledger.planner.selected if (read := self._outdated(name))}
        for name, producer in outdated.items():
            self._times[name] += 1
            self._begin_again(name, f"{name}: what it read of {producer} was made again and is not the same")
        return bool(outdated)

    def _outdated(self, name: str) -> str:
        """The producer whose content is another than the step's result was made from, "" for none."""
        ledger, step = self._ledger, self._ledger.planner.graph.steps[name]
        again = {port: each for port, each in step.inputs.items() if isinstance(each, StepOutput)}
        again = {port: each for port, each in again.items() if each.step in self._reopened}
        record = ledger.steps[name]
        if not again or record.status not in _PRODUCED or self._times[name] >= _MOST:
            return ""
        known = (ledger.records.traces.parts(record.fingerprint) or {}).get("inputs", {})
        for port, binding in again.items():
            read = known.get(port, "").split(" ")[0]
            if read and read != ledger.steps[binding.step].outputs.get(binding.port):
                return binding.step
        return ""

    def _lost(self, work: Work) -> Iterator[tuple[str, str]]:
        """Producers with the digest that was asked of them and is gone, or was gone when another step asked too."""
        given = work.parts.get("inputs", {})
        for port, binding in work.step.inputs.items():
            digest = given.get(port, "").split(" ")[0]
            if not isinstance(binding, StepOutput) or not digest:
                continue
            if self._ledger.store.missing([digest]) or work.decided_at < self._reopened.get(binding.step, 0.0):
                yield binding.step, digest

    def _reopen(self, producer: str) -> None:
        self._begin_again(producer, f"{producer}: what it made is gone from its host, so that it is made again")

    def _begin_again(self, step: str, why: str) -> None:
        self._ledger.notice(why)
        self._reopened[step] = time.monotonic()
        self._ledger.progress.reopen(step)
        record = self._ledger.steps[step]
        self._ledger.update(
            replace(
                record,
                status=StepStatus.WAITING,
                source_run=0,
                source_attempt=0,
                exit_code=None,
                ended_at=0.0,
                outputs={},
                artifacts="",
            )
        )
