"""Runs that are cancelled: nothing of them is left, and a rerun goes on."""

from core.records.model import RunStatus, StepStatus
from tests.support.bench import Bench
from tests.support.steps import step
from tests.support.waiting import eventually


def test_cancel_ends_whole_process_trees(bench: Bench) -> None:
    tree = f"(setsid sleep 1000 &) ; sleep 1000 & touch {bench.outside}/up; sleep 1000"
    bench.pipeline({"deep": step(tree, makes=["out"]), "after": step("true", takes={"x": "deep.out"})})
    run = bench.start()
    eventually((bench.outside / "up").exists)

    bench.cancel(run)

    assert bench.end_of(run).status is RunStatus.CANCELLED
    assert bench.statuses(run) == {"deep": "cancelled", "after": "cancelled"}
    bench.until_quiet()
    assert bench.started() == ["deep"]


def test_cancelled_steps_run_when_asked_again(bench: Bench) -> None:
    bench.pipeline(
        {
            "quick": step("echo 1 > ${{outputs.out}}/f", makes=["out"]),
            "slow": step(bench.gate(), takes={"x": "quick.out"}),
        }
    )
    run = bench.start()
    bench.until_started("slow")
    bench.cancel(run)
    bench.end_of(run)
    bench.open_gate()

    assert bench.plan()["slow"] == "never run"
    assert bench.run() == ["slow"]


def test_a_run_cancelled_before_its_first_step_starts_none(bench: Bench) -> None:
    bench.pipeline({"a": step("true")})
    with bench.workspace() as workspace:
        graph = workspace.graph(bench.file)
        workspace.keep()
        run = workspace.submit(graph)
        workspace.cancel(run)

    status = bench.end_of(run).status

    assert (status, bench.started()) in (
        (RunStatus.CANCELLED, []),
        (RunStatus.SUCCEEDED, ["a"]),
        (RunStatus.CANCELLED, ["a"]),
    )
    assert all(step.status.is_final for step in bench.steps(run).values())
    bench.until_quiet()


def test_a_run_whose_supervisor_is_dead_can_be_cancelled(bench: Bench) -> None:
    bench.pipeline({"slow": step("sleep 1000")})
    run = bench.start()
    bench.until_started("slow")
    bench.kill_supervisor(run)

    bench.cancel(run)

    assert bench.end_of(run).status is RunStatus.CANCELLED
    assert bench.statuses(run) == {"slow": "cancelled"}
    bench.until_quiet()


def test_a_step_waiting_in_the_queue_is_cancelled(bench: Bench) -> None:
    alone = {"docker_args": "--cpus=1000"}
    bench.pipeline({"first": step("sleep 1000", resources=alone), "queued": step("sleep 999", resources=alone)})
    run = bench.start()
    eventually(bench.started)

    bench.cancel(run)

    assert bench.end_of(run).status is RunStatus.CANCELLED
    assert set(bench.statuses(run).values()) == {"cancelled"}
    assert len(bench.started()) == 1


def test_a_step_that_ignores_the_request_is_killed(bench: Bench) -> None:
    bench.pipeline({"deaf": step(f"trap '' TERM; touch {bench.outside}/up; while true; do sleep 0.1; done")})
    run = bench.start()
    eventually((bench.outside / "up").exists)

    bench.cancel(run)

    assert bench.end_of(run).status is RunStatus.CANCELLED
    assert bench.steps(run)["deaf"].status is StepStatus.CANCELLED
    bench.until_quiet()
