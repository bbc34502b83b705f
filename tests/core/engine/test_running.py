"""Steps in order, side by side, and within what the machine has."""

import pytest

from core.computes.machine import capacity
from core.records.model import RunStatus, StepStatus
from tests.support.bench import Bench
from tests.support.steps import file, step


def test_a_second_run_starts_nothing(bench: Bench) -> None:
    bench.pipeline(
        {
            "train": step("echo weights > ${{outputs.model}}/m", makes=["model"]),
            "report": step("cat ${{inputs.x}}/m > ${{outputs.out}}", takes={"x": "train.model"}, makes={"out": file()}),
        }
    )

    assert bench.run() == ["train", "report"]
    assert bench.text(1, "report") == "weights\n"
    assert bench.run() == []
    assert bench.plan() == {"train": "up to date", "report": "up to date"}
    assert bench.supervisor_log(1) == ""


def test_many_producers_meet_in_one_consumer(bench: Bench) -> None:
    letters = "abcdef"
    takes = {f"from_{name}": f"{name}.out" for name in letters}
    reads = " ".join(f"${{{{inputs.from_{name}}}}}/f" for name in letters)
    bench.pipeline(
        {name: step(f"echo {name} > ${{{{outputs.out}}}}/f", makes=["out"]) for name in letters}
        | {"all": step(f"cat {reads} > ${{{{outputs.out}}}}/f", takes=takes, makes=["out"])}
    )

    started = bench.run()

    assert sorted(started[:-1]) == list(letters)
    assert started[-1] == "all"
    assert bench.text(1, "all").split() == list(letters)


@pytest.mark.skipif(capacity().cores < 2, reason="needs two cores")
def test_independent_steps_run_side_by_side(bench: Bench) -> None:
    meet = f"touch {bench.outside}/$ME; until [ -e {bench.outside}/$OTHER ]; do sleep 0.02; done"
    bench.pipeline(
        {
            "left": step(meet, environment_variables={"ME": "l", "OTHER": "r"}),
            "right": step(meet, environment_variables={"ME": "r", "OTHER": "l"}),
        }
    )

    assert sorted(bench.run()) == ["left", "right"]


def test_no_more_steps_run_than_there_are_cores(bench: Bench) -> None:
    """Each step counts who else is there while it runs."""
    here = bench.outside / "here"
    here.mkdir()
    count = f"touch {here}/$N; ls {here} | wc -l >> {bench.outside}/counts; sleep 0.05; rm {here}/$N"
    bench.pipeline({f"s{i}": step(count, environment_variables={"N": f"s{i}"}) for i in range(8)})

    bench.run()

    counts = [int(line) for line in (bench.outside / "counts").read_text().split()]
    assert len(counts) == 8
    assert max(counts) <= capacity().cores


def test_a_step_that_asks_for_the_whole_machine_runs_alone(bench: Bench) -> None:
    gib = max(1, capacity().memory_bytes // 2**30)
    here = bench.outside / "here"
    here.mkdir()
    count = f"touch {here}/$N; ls {here} | wc -l >> {bench.outside}/counts; sleep 0.05; rm {here}/$N"
    bench.pipeline(
        {
            f"s{i}": step(count, environment_variables={"N": f"s{i}"}, resources={"docker_args": f"-m {gib}g"})
            for i in range(3)
        }
    )

    bench.run()

    assert (bench.outside / "counts").read_text().split() == ["1", "1", "1"]


def test_a_run_is_seen_step_by_step(bench: Bench) -> None:
    bench.pipeline({"slow": step(bench.gate(), makes=["out"]), "next": step("true", takes={"x": "slow.out"})})

    run = bench.start()
    bench.until(run, slow=StepStatus.RUNNING, next=StepStatus.WAITING)

    assert bench.status(run) is RunStatus.RUNNING
    bench.open_gate()
    assert bench.end_of(run).status is RunStatus.SUCCEEDED


def test_the_log_holds_what_a_step_said_on_both_streams(bench: Bench) -> None:
    bench.pipeline({"talk": step("echo out; echo err >&2; printf 'no newline'")})

    bench.run()

    assert bench.log(1, "talk") == "out\nerr\nno newline"


def test_a_step_over_its_time_is_ended_and_said_so(bench: Bench) -> None:
    bench.pipeline({"slow": step("sleep 60", limits={"timeout": 1})})

    bench.run()

    slow = bench.steps(1)["slow"]
    assert (slow.status, slow.error) == (StepStatus.FAILED, "timed out after 1 s")
    assert bench.run_record(1).error == "slow: timed out after 1 s"
    bench.until_quiet()


def test_two_steps_with_the_same_work_share_it(bench: Bench) -> None:
    bench.pipeline(
        {
            "one": step("echo $RANDOM > ${{outputs.out}}/f", makes=["out"]),
            "two": step("echo $RANDOM > ${{outputs.out}}/f", makes=["out"]),
        }
    )
    text = bench.file.read_text().replace("echo two >>", "echo one >>")
    bench.file.write_text(text)

    assert bench.run() == ["one"]
    assert sorted(bench.statuses(1).values()) == ["reused", "succeeded"]
