"""Which saves are still to be run."""

from core.planning.plan import Plan, Stale, UpToDate
from core.planning.reasons import Reason, ReasonKind
from core.planning.trace import Trace
from core.workspace.saves import Saves

FRESH = UpToDate(Trace("f", {}, "p", "a", 1, 1))
CHANGED = Stale((Reason(ReasonKind.COMMAND_CHANGED),), "g")
FAILED = Stale((Reason(ReasonKind.FAILED_BEFORE, "1"),), "g")


def plan(**steps: Stale | UpToDate) -> Plan:
    return Plan(dict(steps))


def test_a_save_that_makes_something_stale_is_run_once() -> None:
    saves = Saves()
    saves.run_begins(plan(a=FRESH))
    assert not saves.want_run(plan(a=FRESH))
    saves.take(plan(a=CHANGED))
    assert saves.want_run(plan(a=CHANGED))
    saves.run_begins(plan(a=CHANGED))
    assert not saves.want_run(plan(a=CHANGED))


def test_a_save_that_was_planned_before_it_was_heard_of_is_run() -> None:
    """As when its run had just ended: everything was planned, and the save is told of afterwards."""
    saves = Saves(is_due=True)
    saves.run_begins(plan(a=FRESH, b=CHANGED))
    seen = plan(a=CHANGED, b=FRESH)
    assert not saves.want_run(seen)
    saves.take(seen)
    assert saves.want_run(seen)


def test_a_save_that_changes_nothing_runs_no_failure_again() -> None:
    saves = Saves()
    saves.run_begins(plan(a=CHANGED))
    saves.take(plan(a=FAILED))
    assert not saves.want_run(plan(a=FAILED))


def test_what_does_not_load_changes_nothing() -> None:
    saves = Saves()
    saves.take(None)
    assert not saves.want_run(plan(a=CHANGED))
