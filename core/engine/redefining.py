"""A run's pipeline is saved while it goes on: steps that have not begun take the new definition, the others stay."""

from collections.abc import Collection

from core.computes.machine import capacity
from core.engine.admission import bounded
from core.engine.crashes import crash_at
from core.engine.deciding import Deciding, Work
from core.engine.finishing import Finishing
from core.engine.ledger import Ledger
from core.engine.places import Places
from core.engine.placing import Placing
from core.errors import UsageError
from core.planning.graph_json import graph_from_json, graph_to_json
from core.planning.merging import Merged, Refused, is_same, merge
from core.records.model import StepRunRecord, StepStatus
from core.records.redefinitions import Redefinition

_GONE = "no longer part of the pipeline"


class Redefining:
    """Has one run go on with another graph, as it was asked through the records."""

    def __init__(
        self, ledger: Ledger, deciding: Deciding, finishing: Finishing, placing: Placing, places: Places
    ) -> None:
        self._ledger, self._deciding, self._finishing = ledger, deciding, finishing
        self._placing, self._places = placing, places

    def heed(self) -> None:
        """Take what the run was asked to take since the last look, if it was."""
        ledger = self._ledger
        if not ledger.records.redefinitions.is_asked(ledger.run):
            return
        asked = ledger.records.redefinitions.newest(ledger.run)
        assert asked is not None
        found = self._take(asked)
        if isinstance(found, Refused):
            ledger.records.redefinitions.decline(asked.number)
            ledger.notice(f"the next run takes what was saved meanwhile: {found.why}")

    def begin_anew(self, work: Work) -> Merged | Refused | None:
        """Define a step that was ended for it as it was saved last; None when it is as it was."""
        name = work.step.name
        asked = self._ledger.records.redefinitions.newest(self._ledger.run)
        saved = graph_from_json(asked.graph).steps.get(name) if asked is not None else None
        if asked is None or saved is None or is_same(self._ledger.planner.graph.steps[name], saved):
            return None
        return self._take(asked, name)

    def _take(self, asked: Redefinition, freed: str = "") -> Merged | Refused:
        ledger = self._ledger
        if ledger.cancelling or ledger.progress.stopped_by:
            return Refused("this run is about to end")
        begun = {name for name, status in ledger.progress.statuses.items() if status.has_begun}
        merged = merge(ledger.planner.graph, graph_from_json(asked.graph), begun - {freed})
        if isinstance(merged, Refused):
            return merged
        try:
            ledger.planner.selection.steps(merged.graph)
        except UsageError as error:
            return Refused(str(error))
        self._record(asked, merged)
        self._go_on(merged)
        return merged

    def _record(self, asked: Redefinition, merged: Merged) -> None:
        """All that another supervisor must know, in one transaction."""
        ledger, graph = self._ledger, merged.graph
        ledger.save()
        rows = [self._fresh(name) for name in (*merged.changed, *merged.added)]
        rows += [self._fresh(name).ended(StepStatus.NOT_RUN, reasons=(_GONE,)) for name in merged.removed]
        crash_at("redefining")
        ledger.records.redefinitions.take(asked.number, ledger.run, graph_to_json(graph), list(graph.steps), rows)
        crash_at("redefined")
        ledger.steps.update({row.step: row for row in rows})

    def _fresh(self, name: str) -> StepRunRecord:
        """A step that waits, whatever it did; its attempts keep their numbers."""
        before = self._ledger.steps.get(name)
        attempt = before.attempt if before else 0
        return StepRunRecord(self._ledger.run, name, StepStatus.WAITING, attempt=attempt)

    def _go_on(self, merged: Merged) -> None:
        ledger, graph = self._ledger, merged.graph
        anew: Collection[str] = (*merged.changed, *merged.added)
        self._deciding.take_back((*anew, *merged.removed))
        self._placing.redefine(graph, (*anew, *merged.removed))
        self._finishing.redefine(graph)
        self._places.redefine(bounded(capacity(), graph.machine), graph.targets)
        ledger.planner.redefine(graph)
        for item in ledger.progress.redefine(graph, anew):
            ledger.leave_out(item)
        if merged.is_news:
            ledger.notice(f"defined anew while the run went on: {merged}")
