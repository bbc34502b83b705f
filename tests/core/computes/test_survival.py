"""Steps survive whoever asked for them: kill -9 of supervisor, nursery and shim at random moments."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from core.computes import attempts, processes
from core.computes.local import LocalCompute
from core.computes.protocol import Ending, State
from core.layout import AttemptFolder
from core.store.locks import is_held
from tests.core.computes.conftest import Bench
from tests.support.waiting import PATIENCE_SECONDS, eventually

LONG = bool(os.environ.get("MLPW_LONG"))
KILLS = 1000 if LONG else 30
STEPS = 3
#: Closing a watched inotify instance takes the kernel milliseconds; locks that are closed before and after them.
SLOW_TO_END = """
import ctypes, fcntl, os, time
libc = ctypes.CDLL(None)
first = open("first", "w")
fcntl.flock(first, fcntl.LOCK_EX)
for _ in range(60):
    libc.inotify_add_watch(libc.inotify_init1(0), b".", 2)
last = open("last", "w")
fcntl.flock(last, fcntl.LOCK_EX)
print("ready", flush=True)
time.sleep(1000)
"""
COMMAND = "echo begin; sleep 0.0$((RANDOM % 10)); echo end; exit 7"


@pytest.mark.timeout(3600)
def test_a_killed_supervisor_loses_no_step(tmp_path: Path) -> None:
    dice = random.Random(20)
    for round_ in range(KILLS):
        root = tmp_path / str(round_)
        root.mkdir()
        victim = subprocess.Popen(
            [sys.executable, "-m", "tests.core.computes.supervisor_for_tests", root, "3", COMMAND]
        )
        eventually(lambda root=root, victim=victim: (root / "0" / "spec.json").exists() or victim.poll() is not None)  # type: ignore[misc]
        with suppress(subprocess.TimeoutExpired):
            victim.wait(dice.uniform(0, 0.15))
        victim.kill()
        victim.wait()
        _finish(root, STEPS)


@pytest.mark.timeout(3600)
def test_a_killed_nursery_loses_no_step_and_starts_none_twice(bench: Bench) -> None:
    dice = random.Random(21)
    for round_ in range(KILLS):
        with _killing_the_nursery(bench.compute, dice.uniform(0, 0.08)):
            started = [bench.start(COMMAND, f"{round_}-{number}") for number in range(STEPS)]
        heard: set[AttemptFolder] = set()
        while len(heard) < STEPS:
            heard |= set(bench.compute.wait(PATIENCE_SECONDS))
        assert heard == set(started)
        for attempt in started:
            _is_whole(attempt)


def test_a_shim_killed_at_any_moment_is_lost_or_done_never_half(bench: Bench) -> None:
    dice = random.Random(22)
    for round_ in range(KILLS):
        attempt = bench.start(COMMAND, str(round_))
        eventually(attempt.owner.exists)
        keeper = attempts.owner(attempt)
        assert keeper is not None
        threading.Event().wait(dice.uniform(0, 0.08))
        processes.send(keeper.pid, keeper.start_ticks, keeper.boot_id, signal.SIGKILL)
        outcome = bench.end_of(attempt)
        assert outcome.ending in (Ending.LOST, Ending.EXITED)
        assert (attempts.state(attempt) is State.ENDED) == (outcome.ending is Ending.EXITED)


def test_a_lost_attempt_is_over_only_when_its_processes_have_closed_their_files(bench: Bench) -> None:
    attempt = bench.start_and_see([sys.executable, "-c", SLOW_TO_END])
    keeper = attempts.owner(attempt)
    assert keeper is not None
    os.kill(keeper.pid, signal.SIGKILL)
    assert bench.end_of(attempt).ending is Ending.LOST
    assert not [name for name in ("first", "last") if is_held(bench.root / name)]


def test_a_result_is_never_seen_torn(bench: Bench) -> None:
    torn = []
    over = threading.Event()

    def read_all_the_time() -> None:
        while not over.is_set():
            for path in bench.root.glob("*/result.json"):
                try:
                    json.loads(path.read_bytes())
                except ValueError:
                    torn.append(path)

    reader = threading.Thread(target=read_all_the_time)
    reader.start()
    started = [bench.start("true", str(number)) for number in range(40)]
    heard = 0
    while heard < len(started):
        heard += len(bench.compute.wait(PATIENCE_SECONDS))
    over.set()
    reader.join()
    assert torn == []


def test_a_supervisor_that_closes_leaves_its_steps_alone(bench: Bench) -> None:
    first = LocalCompute()
    attempt = bench.attempt()
    os.mkfifo(bench.root / "fifo")
    first.submit(attempt, bench.spec("read -t 60 < fifo; exit 7"))
    eventually(attempt.owner.exists)
    first.close()
    assert bench.compute.adopt(attempt) is State.RUNNING
    (bench.root / "fifo").write_text("go\n")
    assert bench.end_of(attempt).exit_code == 7


def test_the_nursery_ends_with_its_supervisor(bench: Bench) -> None:
    other = LocalCompute()
    other.prepare()
    nursery = other._link.pid
    assert nursery is not None
    other.close()
    assert processes.start_ticks(nursery) is None


def test_the_shim_loads_nothing_but_the_standard_library_and_itself(bench: Bench) -> None:
    code = (
        "import sys; sys.path.append(sys.argv[1]); import core.computes.shim.nursery;"
        "print(*[name for name in sys.modules if name.split('.')[0] not in sys.stdlib_module_names | {'__main__'}])"
    )
    home = str(Path(attempts.__file__).parents[2])
    seen = subprocess.run([sys.executable, "-I", "-S", "-c", code, home], capture_output=True, text=True, check=True)
    beyond = [name for name in seen.stdout.split() if not name.startswith("core.computes.shim")]
    assert beyond == ["core", "core.computes", "core.computes.processes"]


@contextmanager
def _killing_the_nursery(compute: LocalCompute, delay: float) -> Iterator[None]:
    """Kill it `delay` seconds from now, whatever goes on in between."""
    compute.prepare()
    pid = compute._link.pid
    assert pid is not None
    timer = threading.Timer(delay, processes.signal_pid, (pid, signal.SIGKILL))
    timer.start()
    yield
    timer.join()


def _finish(root: Path, count: int) -> None:
    """Recover as a later supervisor does: adopt what runs, start what never did, until all is done."""
    compute = LocalCompute()
    for number in range(count):
        attempt = AttemptFolder(root / str(number))
        attempt.root.mkdir(exist_ok=True)
        if compute.adopt(attempt) is State.NEVER_STARTED:
            _resubmit(compute, attempt, root)
    heard: set[AttemptFolder] = set()
    while len(heard) < count:
        heard |= set(compute.wait(PATIENCE_SECONDS))
    compute.close()
    for attempt in heard:
        _is_whole(attempt)


def _resubmit(compute: LocalCompute, attempt: AttemptFolder, root: Path) -> None:
    bench = Bench(root, compute)
    compute.submit(attempt, bench.spec(COMMAND))


def _is_whole(attempt: AttemptFolder) -> None:
    outcome = attempts.outcome(attempt)
    assert outcome is not None
    assert (outcome.ending, outcome.exit_code) == (Ending.EXITED, 7)
    assert attempt.log.read_text() == "begin\nend\n"
    assert not attempt.fault.exists()
