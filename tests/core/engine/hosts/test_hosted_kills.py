"""Kill whoever drives or keeps hosted steps at random moments: every step runs once, every line is there once."""

import os
import random
import signal
import time

import pytest

from core.computes import attempts, processes
from core.engine import patience
from core.engine.launch import has_supervisor
from core.engine.patience import note_progress
from core.layout import AttemptFolder
from core.records.model import RunStatus
from tests.core.engine.hosts.conftest import contained, pipeline
from tests.support.bench import Bench
from tests.support.steps import file
from tests.support.waiting import PATIENCE_SECONDS

LONG = bool(os.environ.get("MLPW_LONG"))
ROUNDS = 50 if LONG else 2
LINES = 200
COUNT = f"i=0; while [ $i -lt {LINES} ]; do i=$((i+1)); echo out $i; echo err $i >&2; usleep 10000; done"


@pytest.mark.timeout(3600)
def test_killed_supervisors_and_shims_lose_and_double_nothing(hosted: Bench) -> None:
    dice = random.Random(int(os.environ.get("MLPW_SEED", "11")))
    kills = round_ = 0
    while round_ < ROUNDS or not kills:
        _write(hosted, round_)
        round_ += 1
        number = hosted.start()
        kills += _kill_until_over(hosted, number, dice)
        assert hosted.end_of(number).status is RunStatus.SUCCEEDED
        for name in hosted.steps(number):
            assert _began(hosted, number, name) == 1, "no try was lost"
            lines = hosted.log(number, name).splitlines()
            assert lines.count("begun") == 1
            for stream in ("out", "err"):
                said = [line for line in lines if line.startswith(stream)]
                assert said == [f"{stream} {line}" for line in range(1, LINES + 1)]


def _began(bench: Bench, number: int, name: str) -> int:
    """How many tries of a step came to be: one whose supervisor died before asking for it is given up, and did not."""
    folders = bench.attempt(number, name).root.parent.iterdir()
    return sum(AttemptFolder(folder).owner.exists() for folder in folders)


def _write(bench: Bench, round_: int) -> None:
    """Two chains of two steps."""
    small = {"docker_args": "--cpus 0.2"}
    command = f"echo begun; {COUNT}; echo made > ${{{{outputs.out}}}}"
    steps = {
        f"s{number}": contained(
            f"{command}; echo {round_} {number}",
            resources=small,
            makes={"out": file()},
            takes={"before": f"s{number - 2}.out"} if number >= 2 else {},
        )
        for number in range(4)
    }
    pipeline(bench, steps)


def _kill_until_over(bench: Bench, number: int, dice: random.Random) -> int:
    """How many were killed before the run was over."""
    kills = 0
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not bench.status(number).is_final:
        assert time.monotonic() < deadline, bench.steps(number)
        time.sleep(dice.uniform(0.05, 0.4))  # at random moments is what this is about
        kills += _kill_one(bench, number, dice)
        with bench.workspace() as workspace:
            note_progress(workspace.layout, number)  # deaths that are our doing don't count against the run
            if not has_supervisor(workspace.layout, number):
                workspace.recover()
    return kills


def _kill_one(bench: Bench, number: int, dice: random.Random) -> int:
    """End the supervisor, or a living shim.

    A run whose supervisors come to nothing several times is given up, so that on a busy machine the next is let live.
    """
    with bench.workspace() as workspace:
        vain = patience._read(workspace.layout, number)
    is_spared = len(vain) >= patience.MOST_LIVES - 1
    victims = [bench.supervisor(number)] if dice.random() < 0.3 and not is_spared else []
    if not victims:
        with bench.workspace() as workspace:
            folders = [workspace.attempt(row) for row in workspace.steps(number) if row.attempt]
        keepers = [attempts.owner(folder) for folder in folders if not folder.result.exists()]
        victims = [keeper.pid for keeper in keepers if keeper is not None and keeper.is_alive]
    victims = [pid for pid in victims if pid]
    return int(bool(victims) and processes.signal_pid(dice.choice(victims), signal.SIGKILL))
