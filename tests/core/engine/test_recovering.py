"""Supervisors, shims and machines that die: the next command takes the run up, and nothing is done twice."""

import json
import signal

import pytest

from core.computes import processes
from core.engine.patience import MOST_LIVES
from core.layout import Layout
from core.records.model import RunStatus, StepStatus
from tests.support.bench import Bench, kill
from tests.support.steps import step
from tests.support.waiting import eventually


def two_steps(bench: Bench) -> int:
    """A run whose first step waits at the gate."""
    bench.pipeline(
        {
            "slow": step(
                f"echo $RANDOM > ${{{{outputs.out}}}}/f; echo before; {bench.gate()}; echo after", makes=["out"]
            ),
            "next": step("cat ${{inputs.x}}/f", takes={"x": "slow.out"}),
        }
    )
    run = bench.start()
    bench.until_started("slow")
    return run


def test_a_new_supervisor_adopts_the_living_step(bench: Bench) -> None:
    run = two_steps(bench)
    first = bench.kill_supervisor(run)

    assert bench.recover() == [run]
    assert bench.until_supervised(run) != first
    bench.open_gate()

    assert bench.end_of(run).status is RunStatus.SUCCEEDED
    assert bench.started() == ["slow", "next"]
    assert bench.log(run, "slow") == "before\nafter\n"


def test_a_step_that_ended_without_its_supervisor_is_taken_over(bench: Bench) -> None:
    run = two_steps(bench)
    bench.kill_supervisor(run)
    bench.open_gate()
    eventually(bench.attempt(run, "slow").result.exists)

    assert bench.end_of(run).status is RunStatus.SUCCEEDED
    assert bench.started() == ["slow", "next"]


def test_a_run_goes_on_when_its_viewer_is_killed(bench: Bench) -> None:
    """The test's own workspace object is closed by then; the run needs nobody."""
    run = two_steps(bench)

    bench.open_gate()

    eventually(lambda: bench.status(run).is_final)
    assert bench.status(run) is RunStatus.SUCCEEDED


def test_a_run_survives_the_end_of_its_terminal(bench: Bench) -> None:
    run = two_steps(bench)
    pid = bench.until_supervised(run)
    for victim in [pid, *(child for child in processes.descendants(pid) if processes.name(child).startswith("mlpw-"))]:
        processes.signal_pid(victim, signal.SIGHUP)
    bench.open_gate()

    assert bench.end_of(run).status is RunStatus.SUCCEEDED
    assert bench.started() == ["slow", "next"]


def test_one_look_is_enough_right_after_the_supervisor_was_killed(bench: Bench) -> None:
    """A process that was killed keeps its locks until the kernel has taken it down."""
    run = two_steps(bench)
    for _ in range(MOST_LIVES - 2):
        pid = bench.until_supervised(run)
        processes.signal_pid(pid, signal.SIGKILL)

        assert bench.recover() == [run]
        eventually(lambda pid=pid: bench.supervisor(run) not in (0, pid))  # type: ignore[misc]
    bench.open_gate()

    assert bench.end_of(run).status is RunStatus.SUCCEEDED
    assert bench.started() == ["slow", "next"]


def test_a_step_that_lives_on_outlives_any_number_of_supervisors(bench: Bench) -> None:
    run = two_steps(bench)
    for _ in range(MOST_LIVES + 2):
        bench.kill_supervisor(run)
        bench.recover()
        bench.until_supervised(run)
        eventually(lambda: not (Layout(bench.root).run(run) / "lives").read_bytes(), "the adoption of the step")
    bench.open_gate()

    assert bench.end_of(run).status is RunStatus.SUCCEEDED
    assert bench.started() == ["slow", "next"]
    assert bench.log(run, "slow") == "before\nafter\n"


def test_tries_that_were_lost_under_earlier_supervisors_count(bench: Bench) -> None:
    """Even while another step lives on, for which every new supervisor is welcome."""
    killing = "kill -9 $(sed -n 1p $ROOT/.mlpw/runs/*/supervisor.lock | head -n 1) $PPID; sleep 1000"
    deadly = step(killing, environment_variables={"ROOT": str(bench.root)})
    bench.pipeline({"long": step(bench.gate()), "deadly": deadly}, settings={"continue_on_step_failure": True})
    run = bench.start()

    def has_failed() -> bool:
        bench.recover()
        return bench.statuses(run)["deadly"] == "failed"

    eventually(has_failed)
    bench.open_gate()

    assert bench.end_of(run).status is RunStatus.FAILED
    assert bench.statuses(run)["long"] == "succeeded"
    assert sorted(bench.started()) == ["deadly"] * 3 + ["long"]
    assert bench.steps(run)["deadly"].error == "lost 3 times without a result; not tried again"


def test_recovering_twice_changes_nothing(bench: Bench) -> None:
    run = two_steps(bench)
    bench.kill_supervisor(run)
    bench.recover()
    pid = bench.until_supervised(run)

    assert bench.recover() == []
    assert bench.supervisor(run) == pid
    bench.open_gate()
    bench.end_of(run)
    before = bench.steps(run)

    assert bench.recover() == []
    assert bench.steps(run) == before


def test_a_killed_shim_is_a_lost_try_and_the_next_one_has_its_own_folder(bench: Bench) -> None:
    run = two_steps(bench)
    first = bench.attempt(run, "slow")
    eventually(first.owner.exists)
    kill(json.loads(first.owner.read_text())["pid"])
    bench.until_started("slow", times=2)
    bench.open_gate()

    assert bench.end_of(run).status is RunStatus.SUCCEEDED
    assert bench.attempt(run, "slow").root != first.root
    assert bench.started() == ["slow", "slow", "next"]
    bench.until_quiet()


def test_a_step_that_kills_its_keeper_is_not_tried_for_ever(bench: Bench) -> None:
    bench.pipeline({"deadly": step("kill -9 $PPID; sleep 1000")})

    assert bench.run() == ["deadly"] * 3
    assert bench.steps(1)["deadly"].error == "lost 3 times without a result; not tried again"
    bench.until_quiet()


def test_a_step_is_tried_again_however_often_the_machine_is_started_anew(bench: Bench) -> None:
    """Told by the boot id that its keeper signed with."""
    restarts = """
echo x >> $OUTSIDE/tries
[ $(wc -l < $OUTSIDE/tries) -gt 4 ] && exit 0
sed -i 's/"boot_id": "[^"]*"/"boot_id": "before"/' ../shim.json
kill -9 $PPID
"""
    bench.pipeline({"long": step(restarts, environment_variables={"OUTSIDE": str(bench.outside)})})

    assert bench.run() == ["long"] * 5
    assert bench.statuses(1) == {"long": "succeeded"}


def test_a_step_that_kills_keeper_and_supervisor_is_not_tried_for_ever(bench: Bench) -> None:
    killing = "kill -9 $(sed -n 1p $ROOT/.mlpw/runs/*/supervisor.lock | head -n 1) $PPID; sleep 1000"
    bench.pipeline({"deadly": step(killing, environment_variables={"ROOT": str(bench.root)})})

    run = bench.start()

    assert bench.end_of(run).status is RunStatus.FAILED
    assert bench.started() == ["deadly"] * 3
    bench.until_quiet()


def test_after_a_restart_of_the_machine_a_step_that_was_running_is_tried_again(bench: Bench) -> None:
    run = two_steps(bench)
    attempt = bench.attempt(run, "slow")
    eventually(attempt.owner.exists)
    bench.end()  # power off
    signed = json.loads(attempt.owner.read_text())
    attempt.owner.write_text(json.dumps({**signed, "boot_id": "before", "pid": 1}))
    bench.open_gate()

    assert bench.end_of(run).status is RunStatus.SUCCEEDED
    assert bench.started() == ["slow", "slow", "next"]


@pytest.mark.parametrize(
    ("point", "starts"), [("ended", 2), ("harvested", 2), ("noted", 2), ("published", 1), ("recorded", 1)]
)
def test_after_a_restart_of_the_machine_only_what_is_in_the_store_is_believed(
    bench: Bench, point: str, starts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a step wrote need not have reached the disk when the power went, though its result says it ended well."""
    bench.crash_at(point, monkeypatch)
    bench.pipeline({"make": step("echo $RANDOM > ${{outputs.out}}/f", makes=["out"])})
    run = bench.start()
    eventually((bench.outside / "crashed").exists, "the supervisor's end")
    attempt = bench.attempt(run, "make")
    signed = json.loads(attempt.owner.read_text())
    attempt.owner.write_text(json.dumps({**signed, "boot_id": "before"}))

    assert bench.end_of(run).status is RunStatus.SUCCEEDED
    assert bench.started() == ["make"] * starts
    assert bench.run() == []


def test_a_result_that_a_power_cut_tore_is_no_result(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.crash_at("ended", monkeypatch)
    bench.pipeline({"make": step("echo $RANDOM > ${{outputs.out}}/f", makes=["out"])})
    run = bench.start()
    eventually((bench.outside / "crashed").exists, "the supervisor's end")
    bench.attempt(run, "make").result.write_bytes(b"")

    assert bench.end_of(run).status is RunStatus.SUCCEEDED
    assert bench.started() == ["make", "make"]


def test_everything_killed_at_once_is_tried_again(bench: Bench) -> None:
    run = two_steps(bench)
    bench.end()
    bench.open_gate()

    assert bench.end_of(run).status is RunStatus.SUCCEEDED
    assert bench.started()[-2:] == ["slow", "next"]
    assert bench.run() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_supervisor_asked_to_end_leaves_the_run_to_the_next(bench: Bench, number: int) -> None:
    """As when a machine shuts down: what runs is not cancelled for it, and nothing is lost."""
    run = two_steps(bench)
    bench.kill_supervisor(run, number)

    assert not bench.status(run).is_final
    assert bench.steps(run)["slow"].status is StepStatus.RUNNING
    bench.open_gate()
    assert bench.end_of(run).status is RunStatus.SUCCEEDED
    assert bench.started() == ["slow", "next"]
    assert bench.supervisor_log(run) == ""
