"""Which saves are still to be run: each of those that a step depends on, once, and no failure a second time."""

from core.planning.plan import Decision, Plan, Stale, Waiting
from core.planning.reasons import ReasonKind


class Saves:
    """What was saved since the last run began, of a pipeline that is run at each save.

    A run is due when a save has changed what a step would do. Whoever starts it selects with `spares_failed`.
    """

    def __init__(self, *, is_due: bool = False) -> None:
        self.is_due = is_due
        self._known = Plan({})

    def take(self, now: Plan | None) -> None:
        """A save was planned; what it changed may have been planned before it was heard of, as when a run had ended."""
        if now is None:
            return
        old, self._known = self._known.decisions, now
        self.is_due = self.is_due or any(
            isinstance(decision, Stale | Waiting) and old.get(name) != decision
            for name, decision in now.decisions.items()
        )

    def want_run(self, plan: Plan) -> bool:
        """Whether to start a run now, where none goes on; a save that leaves nothing to do is done with."""
        self.is_due = self.is_due and is_to_run(plan)
        return self.is_due

    def run_begins(self, plan: Plan) -> None:
        """What was saved until this plan is in it."""
        self.is_due, self._known = False, plan


def is_to_run(plan: Plan) -> bool:
    """Whether a step is stale for another reason than that exactly this failed before."""
    return any(isinstance(decision, Stale) and not has_failed(decision) for decision in plan.decisions.values())


def has_failed(decision: Decision) -> bool:
    """Whether a step would only fail again: it is as it was when it failed."""
    reasons = decision.reasons if isinstance(decision, Stale) else ()
    return any(reason.kind is ReasonKind.FAILED_BEFORE for reason in reasons)
