"""A step in a container outlives whoever keeps it, the engine's restart and a link that is down: nothing is lost."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from core.computes import attempts, watch
from core.computes.containers.kept import Kept, read_kept
from core.computes.local import LocalCompute
from core.computes.protocol import Ending, State
from core.layout import AttemptFolder
from tests.core.computes.containers.conftest import Desk, log_of
from tests.support.docker_hosts import DockerHost, DockerHosts
from tests.support.waiting import eventually

LINES = 300
#: Both streams, a line at a time, for some seconds.
COUNT = f"i=0; while [ $i -lt {LINES} ]; do i=$((i+1)); echo out $i; echo err $i >&2; usleep 10000; done; exit 5"


#: The same with a rest: what an engine has read of a container and not written yet is lost when it ends, by the engine.
COUNT_WITH_REST = COUNT.replace("do i=", "do [ $i -ne 100 ] || until [ -e go ]; do usleep 10000; done; i=")

#: Lines until there is a file `go`.
TALK = "echo ready; until [ -e go ]; do echo on; usleep 50000; done"


def assert_whole(log: str) -> None:
    """No line is lost, none is doubled, each stream is in order."""
    for stream in ("out", "err"):
        lines = [line for line in log.splitlines() if line.startswith(stream)]
        assert lines == [f"{stream} {number}" for number in range(1, LINES + 1)]


def kill_shim(attempt: AttemptFolder) -> int:
    """End whoever keeps the attempt; its pid."""
    keeper = attempts.owner(attempt)
    assert keeper is not None
    os.kill(keeper.pid, signal.SIGKILL)
    return keeper.pid


def let_nobody_sign(attempt: AttemptFolder) -> Path:
    """As on a disk that is full: no further shim can take up the attempt until what is given is removed."""
    place = Path(f"{attempt.result}.tmp")
    place.unlink()
    place.mkdir()
    return place


def got_on(attempt: AttemptFolder, before: Kept) -> bool:
    kept = read_kept(str(attempt.container))
    return kept is not None and kept.cursor != before.cursor


def is_kept_anew(attempt: AttemptFolder, before: int) -> bool:
    keeper = attempts.owner(attempt)
    return keeper is not None and keeper.pid != before and keeper.is_alive


def is_tidy(desk: Desk, host: DockerHost) -> bool:
    """Whether the desk's containers were removed, which comes after their end is known."""
    with closing(host.engine()) as engine:
        return not desk.containers(engine)


@contextmanager
def waiting(desk: Desk) -> Iterator[list[AttemptFolder]]:
    """A supervisor's loop beside the test; what it heard of."""
    heard: list[AttemptFolder] = []
    stop = threading.Event()

    def loop() -> None:
        while not stop.is_set():
            heard.extend(desk.compute.wait(0.05))

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield heard
    finally:
        stop.set()
        thread.join()


def test_a_killed_shim_is_followed_by_another(desk: Desk) -> None:
    attempt = desk.start_and_see(COUNT, "out 20")
    dice = random.Random(5)
    with waiting(desk) as heard:
        for place in (40, 90, 160, 220):
            eventually(lambda place=place: f"out {place + dice.randint(0, 9)}\n" in log_of(attempt))  # type: ignore[misc]
            before = kill_shim(attempt)
            eventually(lambda before=before: is_kept_anew(attempt, before))  # type: ignore[misc]
        eventually(lambda: heard == [attempt])
    outcome = desk.compute.outcome(attempt)
    assert outcome is not None
    assert (outcome.ending, outcome.exit_code) == (Ending.EXITED, 5)
    assert_whole(log_of(attempt))


def test_shims_that_get_on_are_followed_by_others_however_often(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "MOST_RESUMES", 2)
    attempt = desk.start_and_see(f"{TALK}; exit 5")
    with waiting(desk) as heard:
        for _ in range(5):
            before = read_kept(str(attempt.container))
            assert before is not None
            eventually(lambda before=before: got_on(attempt, before))  # type: ignore[misc]
            killed = kill_shim(attempt)
            eventually(lambda killed=killed: is_kept_anew(attempt, killed))  # type: ignore[misc]
        (attempt.code / "go").touch()
        eventually(lambda: heard == [attempt])
    outcome = desk.compute.outcome(attempt)
    assert outcome is not None
    assert outcome.exit_code == 5


def test_a_container_whose_shims_get_nowhere_is_lost(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "MOST_RESUMES", 2)
    attempt = desk.start_and_see(TALK)
    monkeypatch.setattr(Kept, "got_on_since", lambda *_: False)
    with waiting(desk) as heard:
        for number in range(3):
            killed = kill_shim(attempt)
            eventually(lambda killed=killed: heard or is_kept_anew(attempt, killed))  # type: ignore[misc]
            assert bool(heard) == (number == 2)
    outcome = desk.compute.outcome(attempt)
    assert outcome is not None
    assert outcome.ending is Ending.LOST


def test_a_container_is_kept_again_once_this_machine_can(desk: Desk) -> None:
    attempt = desk.start_and_see(f"{TALK}; exit 5")
    obstacle = let_nobody_sign(attempt)
    with waiting(desk) as heard:
        killed = kill_shim(attempt)
        eventually(lambda: heard or getattr(desk.compute._watches.get(attempt), "tries", 0) > 2)
        assert heard == []
        obstacle.rmdir()
        eventually(lambda: is_kept_anew(attempt, killed))
        (attempt.code / "go").touch()
        eventually(lambda: heard == [attempt])
    outcome = desk.compute.outcome(attempt)
    assert outcome is not None
    assert outcome.exit_code == 5


def test_a_container_that_this_machine_cannot_keep_is_lost(
    desk: Desk, host: DockerHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "MOST_RESUMES", 2)
    attempt = desk.start_and_see(TALK)
    let_nobody_sign(attempt)
    with waiting(desk) as heard:
        kill_shim(attempt)
        eventually(lambda: heard == [attempt])
    outcome = desk.compute.outcome(attempt)
    assert outcome is not None
    assert outcome.ending is Ending.LOST, "it is tried again"
    assert is_tidy(desk, host), "and goes on nowhere meanwhile"


def test_a_step_that_ended_while_nobody_kept_it_is_not_run_again(desk: Desk, host: DockerHost) -> None:
    attempt = desk.start_and_see("echo ready; echo once >> count; until [ -e go ]; do sleep 0.02; done; exit 7")
    desk.compute.close()
    kill_shim(attempt)
    (attempt.code / "go").touch()
    engine = host.engine()
    (container,) = desk.containers(engine)
    eventually(lambda: engine.inspect(container)["State"]["Status"] == "exited")
    engine.close()
    desk.compute = LocalCompute()
    assert desk.compute.find(attempt) is State.RUNNING
    assert desk.compute.adopt(attempt) is State.RUNNING
    outcome = desk.end_of(attempt)
    assert (outcome.ending, outcome.exit_code) == (Ending.EXITED, 7)
    assert (attempt.code / "count").read_text() == "once\n"


def test_a_killed_supervisor_loses_no_container(desk: Desk) -> None:
    program = "tests.core.computes.containers.supervisor_for_tests"
    target = json.dumps({**asdict(desk.target), "location": None})
    victim = subprocess.Popen([sys.executable, "-m", program, str(desk.root), target, COUNT])
    attempt = desk.attempt()
    eventually(lambda: "out 30" in log_of(attempt))
    victim.kill()
    victim.wait()
    kill_shim(attempt)  # both are gone
    desk.compute.adopt(attempt)
    assert desk.end_of(attempt).exit_code == 5
    assert_whole(log_of(attempt))


def test_a_shim_that_is_ending_when_it_is_adopted_is_followed_by_another(desk: Desk) -> None:
    attempt = desk.start_and_see("echo ready; until [ -e go ]; do usleep 10000; done; exit 5")
    desk.compute.close()
    keeper = attempts.owner(attempt)
    assert keeper is not None
    os.kill(keeper.pid, signal.SIGSTOP)
    keeper = replace(keeper, start_ticks=keeper.start_ticks + 1)  # as if this very process were gone already
    desk.compute = LocalCompute()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(attempts, "owner", lambda _: keeper)
        desk.compute.adopt(attempt)
    os.kill(keeper.pid, signal.SIGKILL)
    (attempt.code / "go").touch()
    assert desk.end_of(attempt).exit_code == 5


def test_a_killed_shim_is_found_at_any_moment_of_its_start(desk: Desk) -> None:
    dice = random.Random(9)
    for number in range(6):
        name = f"start{number}"
        attempt = desk.start("echo once >> count; exit 4", name)
        eventually(lambda attempt=attempt: attempts.owner(attempt) is not None)  # type: ignore[misc]
        threading.Event().wait(dice.uniform(0, 0.4))
        if attempts.state(attempt) is State.RUNNING:
            kill_shim(attempt)
        outcome = desk.end_of(attempt)
        assert (outcome.ending, outcome.exit_code) == (Ending.EXITED, 4)
        assert (attempt.code / "count").read_text() == "once\n"


def test_a_cancel_that_nobody_heard_is_heard_by_the_next(desk: Desk) -> None:
    attempt = desk.start_and_see("echo ready; sleep 1000")
    desk.compute.close()
    kill_shim(attempt)
    eventually(lambda: not attempts.is_locked(attempt))
    desk.compute = LocalCompute()
    desk.compute.cancel(attempt, grace_s=0.5)
    desk.compute.adopt(attempt)
    assert desk.end_of(attempt).ending is Ending.CANCELLED


def test_a_container_that_somebody_removed_is_lost(desk: Desk, host: DockerHost) -> None:
    attempt = desk.start_and_see("echo ready; sleep 1000")
    engine = host.engine()
    engine.remove(desk.containers(engine)[0])
    engine.close()
    outcome = desk.end_of(attempt)
    assert str(outcome) == f"lost: its container is gone from {desk.target.name}"


def test_an_engine_that_restarts_and_lets_containers_live_changes_nothing(desk: Desk, host: DockerHost) -> None:
    host.stop_engine()
    host.live_restore = True
    host.start_engine()
    attempt = desk.start_and_see(COUNT_WITH_REST, "err 100")
    host.stop_engine()
    eventually(lambda: desk.compute.find(attempt) is State.UNREACHABLE)
    assert desk.compute.away_since(attempt) > 0
    host.start_engine()
    (attempt.code / "go").touch()
    try:
        assert desk.end_of(attempt).exit_code == 5
        assert_whole(log_of(attempt))
        eventually(lambda: is_tidy(desk, host))
    finally:
        host.stop_engine()
        host.live_restore = False
        host.start_engine()


def test_who_is_cancelled_while_the_engine_is_away_may_still_tidy_up(desk: Desk, host: DockerHost) -> None:
    host.stop_engine()
    host.live_restore = True
    host.start_engine()
    try:
        tidies = "trap 'sleep 0.5; echo tidy; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
        attempt = desk.start_and_see(tidies)
        host.stop_engine()
        eventually(lambda: desk.compute.find(attempt) is State.UNREACHABLE)
        desk.compute.cancel(attempt, grace_s=8)
        eventually(lambda: "cancelled" in log_of(attempt))
        host.start_engine()
        assert desk.end_of(attempt).ending is Ending.CANCELLED
        assert "tidy" in log_of(attempt)
        eventually(lambda: is_tidy(desk, host))
    finally:
        host.stop_engine()
        host.live_restore = False
        host.start_engine()


@pytest.mark.parametrize("number", ["TERM", "KILL"])
def test_what_an_engine_ends_at_its_restart_is_lost_and_not_failed(desk: Desk, host: DockerHost, number: str) -> None:
    attempt = desk.start_and_see("echo ready; sleep 1000")
    host.stop_engine(signal=number)
    host.start_engine()
    outcome = desk.end_of(attempt)
    assert outcome.ending is Ending.LOST
    assert outcome.restarted, "no limit counts it"
    assert "the engine of" in str(outcome)


def test_a_power_cut_of_the_host_is_lost_and_not_failed(desk: Desk, host: DockerHost) -> None:
    attempt = desk.start_and_see("echo ready; sleep 1000")
    host.kill()
    host.start_again()
    assert desk.end_of(attempt).ending is Ending.LOST


def test_a_link_that_is_down_changes_nothing(desk: Desk, docker_hosts: DockerHosts) -> None:
    far = docker_hosts.start("distant", tls=True)
    desk.target = far.target()
    attempt = desk.attempt()
    desk.compute.submit(attempt, desk.spec(attempt, COUNT, mounts=()))
    eventually(lambda: "out 20" in log_of(attempt))
    far.cut_link()
    eventually(lambda: desk.compute.find(attempt) is State.UNREACHABLE)
    kill_shim(attempt)
    with waiting(desk) as heard:
        eventually(lambda: is_kept_anew(attempt, 0))
        far.mend_link()
        eventually(lambda: heard == [attempt])
    outcome = desk.compute.outcome(attempt)
    assert outcome is not None
    assert outcome.exit_code == 5
    assert_whole(log_of(attempt))
