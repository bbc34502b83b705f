"""Cancelling leaves nothing of a step, whatever it does to get away."""

import os
import signal
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from core.computes import attempts, processes
from core.computes.protocol import Ending, State
from core.layout import AttemptFolder
from tests.core.computes.conftest import Bench
from tests.support.waiting import eventually

Marked = Callable[[str], list[int]]

ESCAPES = {
    "its own session": "setsid sleep 1000.{word} & echo ready; wait",
    "a double fork": "(setsid sleep 1000.{word} &) ; (sleep 1000.{word} &) ; echo ready; sleep 1000.{word}",
    "nohup": "nohup sleep 1000.{word} & echo ready; wait",
    "another process group": "set -m; sleep 1000.{word} & echo ready; wait",
    "ignoring the request": "trap '' TERM; sleep 1000.{word} & echo ready; wait; sleep 1000.{word}",
    "being stopped": "sleep 1000.{word} & kill -STOP $!; echo ready; kill -STOP $$",
    "an empty environment": "env -i setsid sleep 1000.{word} & echo ready; wait",
    "a chain of orphans": "sh -c 'sh -c \"setsid sleep 1000.{word} & sleep 1000.{word} &\" & sleep 1000.{word} &' & "
    "echo ready; sleep 1000.{word}",
}

FORKS_WITHOUT_END = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
while True:
    if os.fork():
        os._exit(0)  # the child goes on under a new pid
    os.setsid()
"""

FORK_BOMB = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
for _ in range(8):
    os.fork()
while True:
    time.sleep(1000)
"""


@pytest.fixture
def word() -> str:
    """Digits, so that they can be the fraction of a number of seconds."""
    return str(uuid.uuid4().int)[:12]


@pytest.mark.parametrize("way", ESCAPES)
def test_nothing_gets_away_by(bench: Bench, marked: Marked, word: str, way: str) -> None:
    attempt = bench.start_and_see(ESCAPES[way].format(word=word), grace_s=0.3)
    eventually(lambda: bool(marked(word)))
    bench.compute.cancel(attempt)
    outcome = bench.end_of(attempt)
    assert (outcome.ending, outcome.survivors) == (Ending.CANCELLED, 0)
    assert marked(word) == []


@pytest.mark.parametrize("program", [FORKS_WITHOUT_END, FORK_BOMB], ids=["forking without end", "a fork bomb"])
def test_nothing_gets_away_by_multiplying(bench: Bench, marked: Marked, word: str, program: str) -> None:
    script = bench.root / f"p{word}.py"
    script.write_text(program)
    attempt = bench.start_and_see(f"{sys.executable} {script}; sleep 1000.{word}", grace_s=0.2)
    bench.compute.cancel(attempt)
    outcome = bench.end_of(attempt)
    assert (outcome.ending, outcome.survivors) == (Ending.CANCELLED, 0)
    assert marked(word) == []


def test_a_step_may_tidy_up_within_its_grace(bench: Bench) -> None:
    attempt = bench.start_and_see("trap 'sleep 0.2; echo tidied; exit 5' TERM; echo ready; while :; do sleep 0.1; done")
    bench.compute.cancel(attempt)
    outcome = bench.end_of(attempt)
    assert (outcome.ending, outcome.exit_code) == (Ending.CANCELLED, 5)
    assert "tidied" in attempt.log.read_text()


def test_a_stopped_step_hears_the_request(bench: Bench) -> None:
    attempt = bench.start_and_see("trap 'exit 4' TERM; echo ready; kill -STOP $$; sleep 1000")
    eventually(lambda: "T" in _states(attempt))
    bench.compute.cancel(attempt)
    assert bench.end_of(attempt).exit_code == 4


def test_a_second_request_with_less_grace_ends_the_wait(bench: Bench) -> None:
    attempt = bench.start_and_see("trap 'echo asked' TERM; echo ready; while :; do sleep 0.1; done", grace_s=1000.0)
    bench.compute.cancel(attempt)
    eventually(lambda: "asked" in attempt.log.read_text())
    bench.compute.cancel(attempt, 0.0)
    assert bench.end_of(attempt).signal == signal.SIGKILL


def test_an_attempt_cancelled_before_it_starts_never_runs(bench: Bench) -> None:
    attempt = bench.attempt()
    bench.compute.cancel(attempt)
    bench.compute.submit(attempt, bench.spec("touch ran"))
    assert bench.end_of(attempt).ending is Ending.CANCELLED
    assert not (bench.root / "ran").exists()


def test_cancelling_what_has_ended_changes_nothing(bench: Bench) -> None:
    attempt = bench.start("exit 3")
    before = bench.end_of(attempt)
    bench.compute.cancel(attempt)
    assert attempts.outcome(attempt) == before


def test_a_group_kill_by_the_step_does_not_reach_its_shim(bench: Bench) -> None:
    outcome, _ = bench.run("kill -KILL 0")
    assert (outcome.ending, outcome.signal) == (Ending.EXITED, signal.SIGKILL)


@pytest.mark.parametrize("way", ["its own session", "a double fork", "a chain of orphans"])
def test_what_a_killed_shim_left_is_found_and_ended(bench: Bench, marked: Marked, word: str, way: str) -> None:
    attempt = bench.start_and_see(ESCAPES[way].format(word=word))
    eventually(lambda: bool(marked(word)))
    keeper = attempts.owner(attempt)
    assert keeper is not None
    os.kill(keeper.pid, signal.SIGKILL)
    outcome = bench.end_of(attempt)
    assert outcome.ending is Ending.LOST
    assert attempts.state(attempt) is State.LOST
    assert marked(word) == []
    assert attempts.reap_orphans(attempt) == 0


def test_orphans_are_not_looked_for_while_the_shim_lives(bench: Bench, marked: Marked, word: str) -> None:
    attempt = bench.start_and_see(f"echo ready; sleep 1000.{word}")
    eventually(lambda: bool(marked(word)))
    assert attempts.reap_orphans(attempt) == 0
    assert marked(word)
    bench.compute.cancel(attempt, 0.0)
    bench.end_of(attempt)


def test_a_process_that_only_looks_alike_is_not_ended(bench: Bench, tmp_path: Path) -> None:
    """The pid in the owner's file now belongs to somebody else: this test."""
    attempt = bench.attempt()
    attempt.owner.write_text(
        f'{{"pid": {os.getpid()}, "start_ticks": 1, "boot_id": "{_boot_id()}", "marker": "none-has-this"}}'
    )
    attempts.cancel(attempt, 0.0)
    assert attempts.reap_orphans(attempt) == 0
    assert attempts.state(attempt) is State.LOST


def _states(attempt: AttemptFolder) -> str:
    """One letter for each process of an attempt: T is stopped."""
    keeper = attempts.owner(attempt)
    assert keeper is not None
    below = processes.descendants(keeper.pid)
    return "".join(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] for pid in below)


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
