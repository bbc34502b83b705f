"""Runs that are cancelled: nothing of them is left, and a rerun goes on."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from core.computes import attempts
from core.layout import Layout
from core.records.model import RunStatus, StepStatus
from tests.support.bench import Bench
from tests.support.steps import step
from tests.support.waiting import eventually
from tests.support.wheels import make_gated_source


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
    attempt = bench.attempt(run, "deaf")
    eventually(attempt.cancel.exists)
    attempts.cancel(attempt, 0.2)  # the time it is given, ten seconds, is cut short for the test

    assert bench.end_of(run).status is RunStatus.CANCELLED
    assert bench.steps(run)["deaf"].status is StepStatus.CANCELLED
    bench.until_quiet()


@pytest.mark.parametrize("point", ["code_captured", "laid_out"])
def test_a_step_is_cancelled_while_it_is_made_ready(bench: Bench, point: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """While its code is captured, and while its folder is filled."""
    held = bench.hold_at(point, monkeypatch)
    bench.write({"src/say.sh": "echo said\n"})
    say = step("sh say.sh > ${{outputs.out}}/f", code="src/", makes=["out"])
    bench.pipeline({"say": say, "after": step("true", takes={"x": "say.out"})})
    run = bench.start()
    eventually(held.exists)

    bench.cancel(run)
    bench.until(run, after=StepStatus.CANCELLED)
    held.unlink()

    assert bench.end_of(run).status is RunStatus.CANCELLED
    assert bench.statuses(run) == {"say": "cancelled", "after": "cancelled"}
    bench.until_quiet()
    assert bench.started() == []
    monkeypatch.delenv("MLPW_HOLD_AT")
    assert bench.run() == ["say", "after"]


def test_a_step_that_was_about_to_start_when_its_supervisor_died_is_cancelled(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = bench.crash_at("attempt_opened", monkeypatch)
    bench.pipeline({"a": step("true")})
    run = bench.start()
    eventually(once.exists)

    bench.cancel(run)

    assert bench.end_of(run).status is RunStatus.CANCELLED
    assert (bench.statuses(run), bench.started()) == ({"a": "cancelled"}, [])


@pytest.fixture
def building(tmp_path: Path, new_bench: Callable[[str], Bench], monkeypatch: pytest.MonkeyPatch) -> tuple[Bench, int]:
    """A run that is in the middle of building its step's environment, and goes on once the bench's gate is open."""
    for name in os.environ:
        if name.startswith(("PIP_", "UV_")):
            monkeypatch.delenv(name)
    bench = Bench(tmp_path / "building", mark=new_bench("elsewhere").mark)  # without the environments others share
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(bench.outside / "uv"))
    make_gated_source(bench.root / "gated", bench.outside / "building", bench.outside / "gate")
    environment = {"image": "python", "conda_file": {"dependencies": [{"pip": ["./gated"]}]}}
    bench.pipeline({"use": step("python -c 'import gated'", environment=environment)})
    run = bench.start()
    eventually((bench.outside / "building").exists)
    return bench, run


def kept_environments(bench: Bench) -> list[Path]:
    layout = Layout(bench.root)
    left = layout.temporary.glob("env-*") if layout.temporary.exists() else ()
    return [*(path for path in layout.environments.iterdir() if path.is_dir()), *left]


def test_an_environment_that_is_being_built_is_dropped_and_built_by_the_next_run(building: tuple[Bench, int]) -> None:
    bench, run = building

    bench.cancel(run)

    assert bench.end_of(run).status is RunStatus.CANCELLED
    assert bench.statuses(run) == {"use": "cancelled"}
    bench.until_quiet()
    assert kept_environments(bench) == []
    bench.open_gate()
    assert bench.run() == ["use"]
    assert bench.statuses(bench.last()) == {"use": "succeeded"}


def test_a_step_that_was_preparing_when_its_supervisor_died_goes_on(building: tuple[Bench, int]) -> None:
    bench, run = building
    bench.until(run, use=StepStatus.PREPARING)
    bench.kill_supervisor(run)

    assert bench.recover() == [run]
    bench.until_supervised(run)
    bench.open_gate()

    assert bench.end_of(run).status is RunStatus.SUCCEEDED
    assert bench.started() == ["use"]
    bench.until_quiet()
    assert len(kept_environments(bench)) == 1
