"""Steps in containers of a real engine: what they may, what they say, how they end."""

import contextlib
import json
import os

import pytest

from core.computes.protocol import Ending, Mount
from tests.core.computes.containers.conftest import Desk, log_of
from tests.support.docker_hosts import DockerHost
from tests.support.waiting import eventually

MIB = 1 << 20
PLAIN_USER = "4321:4321"


def test_a_step_says_what_it_says_and_ends_as_it_ends(desk: Desk) -> None:
    outcome, log = desk.run("echo out; echo err >&2; exit 3")
    assert (outcome.ending, outcome.exit_code) == (Ending.EXITED, 3)
    assert sorted(log.splitlines()) == ["err", "out"]


def test_files_that_a_step_makes_are_the_users(desk: Desk) -> None:
    attempt = desk.attempt()
    os.chown(attempt.code, 4321, 4321)
    outcome, _ = desk.run("echo made > made; id -u > user", user=PLAIN_USER)
    assert outcome.succeeded
    assert (attempt.code / "made").stat().st_uid == 4321
    assert (attempt.code / "user").read_text() == "4321\n"


def test_inputs_cannot_be_written(desk: Desk) -> None:
    attempt = desk.attempt()
    data = desk.root / "data"
    data.mkdir()
    (data / "x").write_text("kept")
    mounts = (Mount(str(attempt.code), str(attempt.code), writable=True), Mount(str(data), str(data)))
    outcome, log = desk.run(f"cat {data}/x; echo changed > {data}/x", mounts=mounts)
    assert not outcome.succeeded
    assert "kept" in log
    assert "Read-only file system" in log
    assert (data / "x").read_text() == "kept"


def test_a_step_has_no_privileges_to_use_or_to_gain(desk: Desk) -> None:
    _, log = desk.run("grep -E 'Cap(Prm|Eff|Bnd)|NoNewPrivs' /proc/self/status")
    said = dict(line.split(":\t") for line in log.splitlines())
    assert said == {"CapPrm": "0" * 16, "CapEff": "0" * 16, "CapBnd": "0" * 16, "NoNewPrivs": "1"}


def test_only_its_own_variables_reach_a_step(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_THE_MACHINE", "x")
    outcome, log = desk.run("env; pwd", env={"OWN": "a b"})
    assert outcome.succeeded
    assert "OWN=a b" in log.splitlines()
    assert "SECRET_OF_THE_MACHINE" not in log
    assert str(desk.attempt().code) in log.splitlines()


def test_secrets_are_given_and_masked_and_stand_in_no_label(desk: Desk, host: DockerHost) -> None:
    attempt = desk.attempt()
    spec = desk.spec(attempt, "echo $TOKEN; echo ready; until [ -e go ]; do sleep 0.05; done")
    desk.compute.submit(attempt, spec, secrets={"TOKEN": "hush-hush"})
    eventually(lambda: "ready" in log_of(attempt))
    with contextlib.closing(host.engine()) as engine:
        (container,) = desk.containers(engine)
        assert "hush" not in json.dumps(engine.inspect(container)["Config"]["Labels"])
    assert "hush" not in attempt.spec.read_text()
    (attempt.code / "go").touch()
    assert desk.end_of(attempt).succeeded
    assert log_of(attempt) == "***\nready\n"


def test_out_of_memory_is_named(desk: Desk) -> None:
    outcome, _ = desk.run("exec tail /dev/zero", memory=20 * MIB)
    assert str(outcome) == "exit code 137 (killed by SIGKILL: out of memory, its docker_args say --memory 20m)"


def test_a_step_that_lives_through_a_lack_of_memory_is_only_warned_of_it(desk: Desk) -> None:
    outcome, _ = desk.run("tail /dev/zero || true", memory=20 * MIB)
    assert outcome.succeeded
    assert outcome.oom_kills == 1


def test_limits_hold(desk: Desk) -> None:
    _, log = desk.run("df -k /dev/shm | tail -1; cat /sys/fs/cgroup/*/memory.limit_in_bytes /sys/fs/cgroup/memory.max",
                      memory=64 * MIB, shm_size=32 * MIB, cpus=0.5)  # fmt: skip
    assert "32768" in log
    assert str(64 * MIB) in log


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"image": "nothing:1"}, "No such image: nothing:1"),
        ({"gpus": 1}, "install nvidia-container-toolkit on the host, or ask for no gpus"),
        ({"cpus": 4096.0}, "ask for fewer cpus"),
        ({"mounts": (Mount("/not/there", "/x"),)}, "bind source path does not exist: /not/there"),
    ],
)
def test_what_an_engine_refuses_is_said_in_words(desk: Desk, changes: dict[str, object], words: str) -> None:
    outcome, _ = desk.run("true", **changes)
    assert outcome.ending is Ending.NOT_STARTED
    assert words in str(outcome)


def test_a_command_that_is_not_there(desk: Desk) -> None:
    outcome, log = desk.run("nonesuch")
    assert str(outcome) == "exit code 127 (command not found)"
    assert "nonesuch" in log


def test_a_timeout_ends_it(desk: Desk) -> None:
    outcome, log = desk.run("echo begun; sleep 1000; echo never", timeout_s=1, grace_s=5)
    assert outcome.ending is Ending.TIMED_OUT
    assert "begun" in log
    assert "never" not in log


def test_who_is_cancelled_may_tidy_up(desk: Desk) -> None:
    attempt = desk.start_and_see("trap 'echo tidy; exit 0' TERM; echo ready; while :; do sleep 0.05; done")
    desk.compute.cancel(attempt)
    assert desk.end_of(attempt).ending is Ending.CANCELLED
    assert "tidy" in log_of(attempt)


def test_a_program_below_the_shell_may_tidy_up_too(desk: Desk) -> None:
    program = "trap 'sleep 0.5; echo tidy; exit' TERM; echo ready; while :; do sleep 0.05; done"
    attempt = desk.start_and_see(f'sh -c "{program}"; echo not the last command')
    desk.compute.cancel(attempt)
    assert desk.end_of(attempt).ending is Ending.CANCELLED
    assert "tidy" in log_of(attempt)


def test_who_does_not_listen_is_killed(desk: Desk) -> None:
    attempt = desk.start_and_see("trap '' TERM; echo ready; while :; do sleep 0.05; done")
    desk.compute.cancel(attempt, grace_s=0.2)
    assert desk.end_of(attempt).ending is Ending.CANCELLED


def test_what_the_command_leaves_running_may_finish_for_a_while(desk: Desk) -> None:
    outcome, log = desk.run("(sleep 0.5; echo late) & sleep 1000 & echo first")
    assert outcome.succeeded
    assert log == "first\nlate\n"


def test_long_lines_and_bytes_come_as_they_are(desk: Desk) -> None:
    outcome, log = desk.run("head -c 100000 /dev/zero | tr '\\0' x; echo; printf 'no end'")
    assert outcome.succeeded
    assert log == "x" * 100000 + "\nno end"


def test_a_flood_is_bounded_as_that_of_a_process_is(desk: Desk) -> None:
    outcome, log = desk.run("seq 200000", log_limit_bytes=200_000)
    assert outcome.succeeded
    assert outcome.log_left_out > 0
    assert log.startswith("1\n2\n3\n")
    assert log.endswith("199999\n200000\n")


def test_every_line_of_a_fast_step_is_there(desk: Desk) -> None:
    outcome, log = desk.run("seq 20000; seq 20000 >&2")
    assert outcome.succeeded
    assert sorted(map(int, log.split())) == sorted([*range(1, 20001)] * 2)
