"""A step runs as a process: it gets what it was promised, and its end is told truly."""

import fcntl
import json
import os
import select
import signal
from pathlib import Path

import pytest

from core.computes import attempts
from core.computes.local import LocalCompute
from core.computes.protocol import Ending, State
from core.layout import AttemptFolder
from tests.core.computes.conftest import Bench
from tests.support.waiting import PATIENCE_SECONDS, eventually


def test_a_command_that_exits_0_succeeds_and_its_output_is_the_log(bench: Bench) -> None:
    outcome, log = bench.run("echo out; echo err >&2")
    assert outcome.succeeded
    assert log == "out\nerr\n"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("exit 2", "exit code 2"),
        ("pyhton train.py", "exit code 127 (command not found)"),
        ("kill -KILL $$", "killed by SIGKILL"),
        ("kill -SEGV $$", "killed by SIGSEGV"),
        ("bash -c 'kill -TERM $$'; exit $?", "exit code 143 (killed by SIGTERM)"),
    ],
)
def test_a_failure_is_told_in_words(bench: Bench, command: str, words: str) -> None:
    outcome, _ = bench.run(command)
    assert str(outcome) == words


def test_a_missing_program_is_named(bench: Bench) -> None:
    outcome, _ = bench.run(["pyhton", "train.py"])
    assert outcome.ending is Ending.NOT_STARTED
    assert str(outcome) == "cannot start: command not found: pyhton"


def test_a_file_that_is_not_executable_is_named(bench: Bench) -> None:
    program = bench.root / "train.sh"
    program.write_text("#!/bin/sh\n")
    outcome, _ = bench.run([str(program)])
    assert str(outcome) == f"cannot start: not executable: {program}"


def test_a_missing_interpreter_is_not_called_a_missing_command(bench: Bench) -> None:
    program = bench.root / "train.sh"
    program.write_text("#!/no/such/shell\n")
    program.chmod(0o755)
    outcome, _ = bench.run([str(program)])
    assert str(outcome) == f"cannot start: the program named in the first line of {program} does not exist"


def test_a_missing_working_folder_is_named(bench: Bench) -> None:
    outcome, _ = bench.run("true", cwd="/no/such/folder")
    assert str(outcome) == "cannot start: the working folder does not exist: /no/such/folder"


def test_a_command_longer_than_the_system_takes_is_told(bench: Bench) -> None:
    outcome, _ = bench.run(f"true {'x' * 3_000_000}")
    assert "longer than the system takes" in str(outcome)


def test_a_step_sees_its_environment_and_nothing_of_ours(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OF_THE_SUPERVISOR", "1")
    _, log = bench.run(["/usr/bin/env"], env={"A": "1", "PATH": "/bin"})
    assert sorted(line.split("=")[0] for line in log.splitlines()) == ["A", "MLPW_ATTEMPT", "PATH"]


def test_a_step_reads_nothing_from_standard_input(bench: Bench) -> None:
    _, log = bench.run("wc -c")
    assert log.strip() == "0"


def test_a_step_inherits_no_descriptor(bench: Bench) -> None:
    with (bench.root / "lock").open("w") as lock:
        attempt = bench.attempt()
        bench.compute.submit(attempt, bench.spec("ls /proc/self/fd"), locks=[lock.fileno()])
        bench.end_of(attempt)
    assert attempt.log.read_text().split() == ["0", "1", "2", "3"]  # 3 is ls reading the folder


def test_a_step_has_the_usual_signal_handling(bench: Bench) -> None:
    _, log = bench.run("grep -E 'Sig(Blk|Ign)' /proc/self/status")
    of_the_c_library = 0b11 << 31  # 32 and 33, which glibc's posix_spawn turns off
    assert [int(line.split()[1], 16) & ~of_the_c_library for line in log.splitlines()] == [0, 0]


def test_figures_come_with_the_outcome(bench: Bench) -> None:
    outcome, _ = bench.run(["python3", "-c", "x = bytearray(80_000_000); sum(range(3_000_000)); print(len(x))"])
    assert outcome.max_rss_bytes > 80_000_000
    assert outcome.cpu_s > 0
    assert outcome.ended_at - outcome.started_at == pytest.approx(outcome.duration_s, abs=0.5)
    assert outcome.log_bytes == len("80000000\n")


def test_secrets_reach_the_step_but_neither_disk_nor_log(bench: Bench) -> None:
    _, log = bench.run("echo token=$TOKEN", secrets={"TOKEN": "s3cr3t-value"})
    assert log == "token=***\n"
    written = [path.read_bytes() for path in bench.root.rglob("*") if path.is_file()]
    assert not any(b"s3cr3t-value" in data for data in written)


def test_asking_twice_starts_once(bench: Bench) -> None:
    attempt = bench.start("echo started")
    bench.compute.submit(attempt, bench.spec("echo started"))
    bench.end_of(attempt)
    bench.compute.submit(attempt, bench.spec("echo started"))
    assert bench.end_of(attempt).succeeded
    assert attempt.log.read_text() == "started\n"


def test_two_supervisors_asking_at_once_start_one_process_and_both_learn_its_end(bench: Bench) -> None:
    other = LocalCompute()
    folders = [bench.attempt(str(number)) for number in range(20)]
    for attempt in folders:
        for compute in (bench.compute, other):
            compute.submit(attempt, bench.spec("echo started; sleep 0.1"))
    for compute in (bench.compute, other):
        heard: set[AttemptFolder] = set()
        while len(heard) < len(folders):
            heard |= set(compute.wait(PATIENCE_SECONDS))
        assert heard == set(folders)
    other.close()
    assert {attempt.log.read_text() for attempt in folders} == {"started\n"}


def test_an_attempt_of_another_supervisor_is_adopted(bench: Bench) -> None:
    attempt = bench.start_and_see("echo ready; read -t 60 < fifo; exit 3", cwd=_with_fifo(bench.root))
    other = LocalCompute()
    assert other.adopt(attempt) is State.RUNNING
    assert other.wait(0) == []
    (bench.root / "fifo").write_text("go\n")
    assert other.wait(PATIENCE_SECONDS) == [attempt]
    ended = other.outcome(attempt)
    assert ended is not None
    assert ended.exit_code == 3
    other.close()


def test_the_file_number_wakes_a_select_loop_for_the_end_of_a_step(bench: Bench) -> None:
    attempt = bench.start("true")
    assert select.select([bench.compute], [], [], PATIENCE_SECONDS)[0]
    eventually(lambda: bench.compute.wait(0) == [attempt])
    assert not select.select([bench.compute], [], [], 0)[0]


def test_an_ended_attempt_wakes_a_select_loop_when_adopted(bench: Bench) -> None:
    attempt = bench.start("true")
    bench.end_of(attempt)
    other = LocalCompute()
    assert other.adopt(attempt) is State.ENDED
    assert select.select([other], [], [], 0)[0]
    assert other.wait(0) == [attempt]
    other.close()


def test_an_attempt_that_was_given_up_never_starts(bench: Bench) -> None:
    attempt = bench.attempt()
    assert bench.compute.give_up(attempt) is State.ENDED
    bench.compute.submit(attempt, bench.spec("touch ran"))
    assert str(bench.end_of(attempt)) == "lost: given up"
    assert not (bench.root / "ran").exists()


def test_an_attempt_given_up_while_its_shim_is_on_the_way_starts_or_is_given_up_never_both(bench: Bench) -> None:
    for number in range(30):
        attempt = bench.start("touch ran", str(number), cwd=str(bench.attempt(str(number)).root))
        bench.compute.give_up(attempt)
        started = bench.end_of(attempt).ending is Ending.EXITED
        assert (attempt.root / "ran").exists() == started


def test_what_runs_cannot_be_given_up(bench: Bench) -> None:
    attempt = bench.start_and_see("echo ready; read -t 60 < fifo", cwd=_with_fifo(bench.root))
    assert bench.compute.give_up(attempt) is State.RUNNING
    (bench.root / "fifo").write_text("go\n")
    assert bench.end_of(attempt).succeeded


def test_states_are_told_by_the_files_alone(bench: Bench) -> None:
    attempt = bench.attempt()
    assert attempts.state(attempt) is State.NEVER_STARTED
    bench.start_and_see("echo ready; read -t 60 < fifo", cwd=_with_fifo(bench.root))
    assert attempts.state(attempt) is State.RUNNING
    (bench.root / "fifo").write_text("go\n")
    bench.end_of(attempt)
    assert attempts.state(attempt) is State.ENDED


def test_a_lock_handed_over_is_held_until_the_step_ends(bench: Bench) -> None:
    path = bench.root / "fingerprint.lock"
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        attempt = bench.attempt()
        bench.compute.submit(
            attempt, bench.spec("echo ready; read -t 60 < fifo", cwd=_with_fifo(bench.root)), locks=[lock.fileno()]
        )
    eventually(lambda: attempt.log.exists() and "ready" in attempt.log.read_text())
    assert not _can_lock(path)
    (bench.root / "fifo").write_text("go\n")
    bench.end_of(attempt)
    eventually(lambda: _can_lock(path))


def test_what_a_step_leaves_in_the_background_ends_with_it(bench: Bench) -> None:
    outcome, log = bench.run("sleep 1000 & echo $! > pid; echo done")
    assert outcome.succeeded
    assert outcome.leftovers == 1
    assert log.startswith("done\n")
    assert not Path(f"/proc/{(bench.root / 'pid').read_text().strip()}").exists()


def test_what_finishes_just_after_the_main_process_is_let_finish(bench: Bench) -> None:
    outcome, log = bench.run("(sleep 0.3; echo late) & echo early")
    assert outcome.leftovers == 0
    assert log == "early\nlate\n"


def test_a_step_out_of_time_is_ended_and_says_so(bench: Bench) -> None:
    outcome, log = bench.run("sleep 1000", timeout_s=0.3)
    assert str(outcome) == "timed out after 0.3 s"
    assert outcome.signal == signal.SIGTERM
    assert "timed out after 0.3 s" in log


def test_a_spec_is_readable_json_of_what_was_asked(bench: Bench) -> None:
    attempt = bench.start("true", timeout_s=5.0)
    bench.end_of(attempt)
    assert json.loads(attempt.spec.read_bytes()) == bench.spec("true", timeout_s=5.0).as_json()


def _with_fifo(root: Path) -> str:
    os.mkfifo(root / "fifo")
    return str(root)


def _can_lock(path: Path) -> bool:
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
