"""Several runs of one workspace at once: results are shared, and nothing runs twice."""

from core.records.model import StepStatus
from tests.support.bench import Bench
from tests.support.steps import step
from tests.support.waiting import eventually


def test_runs_at_once_share_what_one_of_them_makes(bench: Bench) -> None:
    bench.pipeline(
        {
            "slow": step(f"{bench.gate()}; echo $RANDOM > ${{{{outputs.out}}}}/f", makes=["out"]),
            "next": step("cat ${{inputs.x}}/f", takes={"x": "slow.out"}),
        }
    )
    runs = [bench.start() for _ in range(4)]
    for run in runs:
        bench.until_supervised(run)
    bench.until_started("slow")
    bench.open_gate()

    assert {str(bench.end_of(run).status) for run in runs} == {"succeeded"}
    assert bench.started() == ["slow", "next"]
    made = {bench.steps(run)["slow"].outputs["out"] for run in runs}
    assert len(made) == 1


def test_a_run_does_not_wait_behind_a_step_that_another_run_makes(bench: Bench) -> None:
    """Other steps of the waiting run go on meanwhile."""
    shared = step(bench.gate(), makes=["out"])
    bench.pipeline({"shared": shared})
    first = bench.start()
    bench.until_started("shared")
    bench.pipeline({"shared": shared, "own": step("true"), "own2": step("echo 2")})
    second = bench.start()

    bench.until_started("own", "own2")

    bench.open_gate()
    assert {str(bench.end_of(run).status) for run in (first, second)} == {"succeeded"}
    assert bench.started().count("shared") == 1


def test_a_step_says_whose_result_it_waits_for(bench: Bench) -> None:
    bench.pipeline({"slow": step(f"{bench.gate()}; echo 1 > ${{{{outputs.out}}}}/f", makes=["out"])})
    first = bench.start()
    bench.until(first, slow=StepStatus.RUNNING)
    second = bench.start()

    said = f"run {first} makes exactly this; its result is taken"
    eventually(lambda: bench.steps(second)["slow"].detail == said, "what the second run says")
    bench.open_gate()
    bench.end_of(second)
    assert (bench.statuses(second), bench.steps(second)["slow"].detail) == ({"slow": "reused"}, "")


def test_when_the_run_that_makes_it_is_cancelled_the_other_makes_it(bench: Bench) -> None:
    bench.pipeline({"slow": step(f"{bench.gate()}; echo 1 > ${{{{outputs.out}}}}/f", makes=["out"])})
    first = bench.start()
    bench.until_started("slow")
    second = bench.start()
    bench.until_supervised(second)

    bench.cancel(first)
    bench.end_of(first)
    bench.until_started("slow", times=2)
    bench.open_gate()

    assert str(bench.end_of(second).status) == "succeeded"
    assert bench.statuses(first) == {"slow": "cancelled"}


def test_a_forced_run_beside_another_makes_its_own_result_after_it(bench: Bench) -> None:
    bench.pipeline({"slow": step(f"{bench.gate()}; echo 1 > ${{{{outputs.out}}}}/f", makes=["out"])})
    first = bench.start()
    bench.until_started("slow")
    second = bench.start(force=True)
    bench.until_supervised(second)
    bench.open_gate()

    assert {str(bench.end_of(run).status) for run in (first, second)} == {"succeeded"}
    assert bench.started() == ["slow", "slow"]
