"""What is saved while a run goes on: a step that has not started takes it, one that runs can begin anew."""

import json
import time

import pytest

from core.records.model import StepStatus
from core.workspace.replanning import Replanner
from tests.support.bench import Bench
from tests.support.steps import step
from tests.support.waiting import eventually

OUT = "${{outputs.out}}/f"


def gated(bench: Bench, **more: object) -> Bench:
    """slow, which opens s.sh at once and more.sh behind a gate; other beside it."""
    bench.write({"one/s.sh": f"echo 1; {bench.gate()} ; . ./more.sh", "one/more.sh": "echo more", "two/o.sh": "echo 1"})
    bench.pipeline(
        {
            "slow": step(f"sh s.sh > {OUT}", code="one/", makes=["out"]),
            "other": step(f"{bench.gate('other')}; sh o.sh > {OUT}", code="two/", makes=["out"]),
        },
        **more,
    )
    return bench


def restart(bench: Bench, run: int, name: str) -> None:
    with bench.workspace() as workspace:
        workspace.restart_step(bench.steps(run)[name])


def test_a_restarted_step_takes_what_was_saved_and_the_run_goes_on(bench: Bench) -> None:
    gated(bench)
    run = bench.start()
    bench.until_started("slow", "other")
    bench.write({"one/s.sh": "echo 22"})
    restart(bench, run, "slow")
    bench.until(run, slow=StepStatus.SUCCEEDED)
    assert bench.steps(run)["other"].status is StepStatus.RUNNING
    bench.open_gate("other")
    bench.end_of(run)
    assert bench.text(run, "slow") == "22\n"
    assert bench.steps(run)["slow"].attempt == 2
    assert bench.started() == ["slow", "other", "slow"] or bench.started() == ["other", "slow", "slow"]


def test_a_restart_is_not_lost_with_its_supervisor(bench: Bench) -> None:
    gated(bench)
    run = bench.start()
    bench.until_started("slow")
    bench.kill_supervisor(run)
    bench.write({"one/s.sh": "echo 22"})
    restart(bench, run, "slow")
    bench.open_gate("other")
    bench.end_of(run)
    assert bench.text(run, "slow") == "22\n"


def test_a_run_that_is_cancelled_restarts_nothing(bench: Bench) -> None:
    gated(bench)
    run = bench.start()
    bench.until_started("slow", "other")
    bench.cancel(run)
    restart(bench, run, "slow")
    bench.end_of(run)
    assert bench.statuses(run) == {"slow": "cancelled", "other": "cancelled"}


def test_a_step_that_waits_for_its_turn_takes_what_is_saved_meanwhile(bench: Bench) -> None:
    bench.write({"mlpw.yml": "local: {cpus: 1}\n"})
    gated(bench)
    run = bench.start()
    eventually(lambda: len(bench.started()) == 1, "one of the two")
    first = bench.started()[0]
    second = {"slow": "other", "other": "slow"}[first]
    bench.until(run, **{second: StepStatus.PREPARING})
    late = time.monotonic() + 1
    eventually(lambda: time.monotonic() > late, "what was seen of its code to be no longer news")
    bench.write({"two/o.sh": "echo 22"} if second == "other" else {"one/s.sh": "echo 22"})
    bench.open_gate()
    bench.open_gate("other")
    bench.end_of(run)
    assert bench.text(run, second) == "22\n"
    assert bench.steps(run)[second].attempt == 1


@pytest.mark.parametrize("data", ["raw/", "raw/rows"])
def test_a_step_that_waits_for_its_turn_takes_data_that_is_saved_meanwhile(bench: Bench, data: str) -> None:
    bench.write({"mlpw.yml": "local: {cpus: 1}\n", "raw/rows": "1\n"})
    reads = step(f"cat $(find ${{{{inputs.raw}}}} -type f) > {OUT}", data={"raw": data}, makes=["out"])
    bench.pipeline({"first": step(bench.gate())})
    run = bench.start()
    bench.until(run, first=StepStatus.RUNNING)
    bench.pipeline({"first": step(bench.gate()), "reads": reads})  # that it has to wait is sure only so
    with bench.workspace() as workspace:
        workspace.redefine(run)
        digest = workspace.store.hash(bench.root / "raw/rows").digest
        eventually(lambda: workspace.store.texts.path(digest), "the look at what reads takes")
    late = time.monotonic() + 1
    eventually(lambda: time.monotonic() > late, "what was seen of its data to be no longer news")
    bench.write({"raw/rows": "22\n"})
    bench.open_gate()
    bench.end_of(run)
    assert bench.text(run, "reads") == "22\n"
    assert bench.steps(run)["reads"].attempt == 1


def test_what_a_running_step_has_opened_so_far_is_told(bench: Bench) -> None:
    gated(bench)
    run = bench.start()
    bench.until_started("slow")
    told = bench.attempt(run, "slow").opened_so_far
    eventually(lambda: told.exists() and json.loads(told.read_text())["opened"] == ["s.sh"], "what it opened")
    bench.open_gate()
    bench.until(run, slow=StepStatus.SUCCEEDED)
    assert not told.exists()
    bench.open_gate("other")
    bench.end_of(run)


@pytest.mark.parametrize(("saved", "is_outdated"), [("one/s.sh", True), ("one/more.sh", False), ("two/o.sh", False)])
def test_a_running_step_is_outdated_by_what_it_has_opened(bench: Bench, saved: str, is_outdated: bool) -> None:
    gated(bench)
    run = bench.start()
    bench.until_started("slow")
    eventually(bench.attempt(run, "slow").opened_so_far.exists, "what it opened")
    with bench.workspace() as workspace:
        replanner = Replanner(workspace, bench.file)
        replanner.plan()
        assert "slow" not in replanner.outdated(run)
        bench.write({saved: "echo 22"})
        replanner.plan([str(bench.root / saved)])
        assert ("slow" in replanner.outdated(run)) is is_outdated
    bench.open_gate()
    bench.open_gate("other")
    bench.end_of(run)


def test_a_step_that_nobody_knows_anything_of_is_outdated_by_all_of_its_code(bench: Bench) -> None:
    gated(bench)
    run = bench.start()
    bench.until_started("slow")
    told = bench.attempt(run, "slow").opened_so_far
    eventually(told.exists, "what it opened")
    told.unlink()
    with bench.workspace() as workspace:
        replanner = Replanner(workspace, bench.file)
        replanner.plan()
        bench.write({"one/more.sh": "echo 22"})
        replanner.plan([str(bench.root / "one/more.sh")])
        assert replanner.outdated(run)["slow"].is_same
    bench.open_gate()
    bench.open_gate("other")
    bench.end_of(run)


@pytest.mark.parametrize("goes_on", [True, False])
def test_a_failure_is_spared_and_stops_nothing(bench: Bench, goes_on: bool) -> None:
    bench.write({"one/a.sh": "exit 3", "two/b.sh": "echo 1"})
    bench.pipeline(
        {
            "bad": step("sh a.sh", code="one/"),
            "good": step(f"sh b.sh > {OUT}", code="two/", makes=["out"]),
        },
        settings={"continue_on_step_failure": goes_on},
    )
    bench.run()
    bench.write({"two/b.sh": "echo 22"})
    assert bench.run(spares_failed=True) == ["good"]
    assert bench.statuses(2) == {"bad": "failed", "good": "succeeded"}
    assert str(bench.run_record(2).status) == "failed"
    assert bench.attempt(2, "bad").root == bench.attempt(1, "bad").root
    bench.write({"one/a.sh": "exit 0"})
    assert bench.run(spares_failed=True) == ["bad"]
    assert str(bench.run_record(3).status) == "succeeded"
