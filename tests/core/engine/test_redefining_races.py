"""What is saved in the moment in which a step begins, or its supervisor dies, is taken or left as a whole."""

import random
import time
from pathlib import Path
from typing import Any

import pytest

from core.engine.crashes import REDEFINING_POINTS
from core.engine.identity import read_identity
from core.records.model import RunStatus, StepStatus
from tests.support.bench import Bench
from tests.support.redefining import OUT, after, ask, begin, defined, end, save, slow, until_heeded
from tests.support.steps import step
from tests.support.waiting import eventually


@pytest.mark.parametrize("saved", ["removed", "changed"])
def test_a_step_whose_code_is_being_looked_at_is_looked_at_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, saved: str
) -> None:
    held = bench.hold_at("code_captured", monkeypatch)
    bench.write({"src/s.sh": "echo code"})
    bench.pipeline({"slow": slow(bench), "next": step(f"sh s.sh > {OUT}", code="src/", makes=["out"])})
    run = bench.start()
    eventually(held.exists, "the look at next's code")
    again = {"next": step(f"sh s.sh > {OUT}; echo 2 >> {OUT}", code="src/", makes=["out"])}
    save(bench, run, slow=slow(bench), **(again if saved == "changed" else {}))
    bench.open_gate()
    let_go(bench, run, held)
    end(bench, run)
    if saved == "changed":
        assert bench.text(run, "next") == "code\n2\n"
    assert bench.started().count("next") == (1 if saved == "changed" else 0)


def test_a_step_that_starts_at_that_very_moment_keeps_what_it_has(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = bench.hold_at("attempt_opened", monkeypatch)
    bench.pipeline({"one": after(), "two": after("one")})
    run = bench.start()
    eventually(held.exists, "the start of one")
    ask(bench, run, one=after(say="2"), two=after("one", say="2"))
    let_go(bench, run, held)
    assert bench.end_of(run).status is RunStatus.SUCCEEDED
    assert bench.text(run, "two") == "1\n2\n"
    assert "echo 1" in defined(bench, run, "one")


@pytest.mark.parametrize("point", REDEFINING_POINTS)
def test_a_supervisor_killed_while_it_takes_it_is_followed_by_one_that_has_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    once = bench.crash_at(point, monkeypatch)
    run = begin(bench, next=after("slow"), gone=after("slow"))
    ask(bench, run, slow=slow(bench), next=after("slow", say="2"), new=after("next", say="new"))
    eventually(once.exists, "the crash")
    bench.recover()
    until_heeded(bench, run)
    end(bench, run)
    assert bench.text(run, "new") == "slow 1\n2\nnew\n"
    assert bench.statuses(run)["gone"] == "not_run"
    assert bench.started() == ["slow", "next", "new"]


@pytest.mark.parametrize("last", ["3", "1"])
def test_what_is_saved_while_nobody_supervises_is_taken_by_the_next(bench: Bench, last: str) -> None:
    """Of two requests the last one counts, also when it goes back to what the run has."""
    run = begin(bench, next=after("slow"))
    bench.kill_supervisor(run)
    for say in ("2", last):
        ask(bench, run, slow=slow(bench), next=after("slow", say=say))
    end(bench, run)
    assert bench.text(run, "next") == f"slow 1\n{last}\n"


def test_a_run_that_is_cancelled_takes_nothing(bench: Bench) -> None:
    run = begin(bench, next=after("slow"))
    bench.kill_supervisor(run)
    ask(bench, run, slow=slow(bench), next=after("slow", say="2"), new=after("slow"))
    bench.cancel(run)
    assert bench.end_of(run).status is RunStatus.CANCELLED
    assert bench.statuses(run) == {"slow": "cancelled", "next": "cancelled"}


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_saved_meanwhile_each_step_ran_as_the_run_says(bench: Bench, seed: int) -> None:
    """Saves at random moments, supervisors killed among them; the records name what each step really ran from."""
    chance = random.Random(seed)
    names = [f"s{number}" for number in range(8)]

    def some() -> dict[str, Any]:
        chosen = [name for name in names if chance.random() < 0.8] or names[:1]
        return {
            name: after(*chance.sample(chosen[:place], min(place, chance.randint(0, 2))), say=str(chance.randint(0, 9)))
            for place, name in enumerate(chosen)
        }

    bench.write({"mlpw.yml": "local: {cpus: 2}\n"})
    bench.pipeline(some())
    run = bench.start()
    deadline, kills = time.monotonic() + 60, 2  # a run whose supervisors die one after the other is given up
    while not bench.status(run).is_final and time.monotonic() < deadline:
        bench.pipeline(some())
        with bench.workspace() as workspace:
            workspace.redefine(run)
        if kills and chance.random() < 0.2 and bench.supervisor(run):
            kills -= 1
            bench.kill_supervisor(run)
            bench.recover()
    bench.end_of(run)
    with bench.workspace() as workspace:
        graph, records = workspace.run_graph(run), {record.step: record for record in workspace.steps(run)}
    assert list(graph.steps) == list(records)
    for name, record in records.items():
        if record.status is StepStatus.SUCCEEDED:
            identity = read_identity(bench.attempt(run, name))
            assert identity is not None
            assert identity.parts["command"][""] == graph.steps[name].command
        else:
            assert record.status in (StepStatus.REUSED, StepStatus.NOT_RUN)
            assert (name in graph.left) is (record.status is StepStatus.NOT_RUN)


def let_go(bench: Bench, run: int, held: Path) -> None:
    """Let the supervisor go on as often as it comes to where it is held."""

    def is_over() -> bool:
        held.unlink(missing_ok=True)
        return bench.status(run).is_final

    eventually(is_over, "the end of the run")
