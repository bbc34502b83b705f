"""Many processes on one database: nobody is refused, nothing is lost."""

import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.records.model import RunStatus, StepRunRecord, StepStatus
from core.records.records import Records
from tests.support.waiting import PATIENCE_SECONDS

WRITERS, READERS, WRITES = 8, 4, 25


def write(path: Path, worker: int, failures: "multiprocessing.Queue[str]") -> None:
    try:
        with Records(path) as records:
            for i in range(WRITES):
                step = StepRunRecord(0, f"s{worker}", StepStatus.WAITING)
                run = records.runs.create("p", "p", [step], status=RunStatus.QUEUED, request={}, graph="")
                records.runs.save_steps([StepRunRecord(run, f"s{worker}", StepStatus.RUNNING, detail=str(i))])
                records.runs.finish(run, RunStatus.SUCCEEDED)
    except BaseException as error:
        failures.put(repr(error))


def read(path: Path, until: float, failures: "multiprocessing.Queue[str]") -> None:
    try:
        with Records(path) as records:
            while time.monotonic() < until and not _is_done(records):
                records.database.data_version()
                records.runs.unfinished()
    except BaseException as error:
        failures.put(repr(error))


def _is_done(records: Records) -> bool:
    made, finished = records.database.rows("SELECT count(*), sum(ended_at > 0) FROM runs")[0]
    return bool(made == finished == WRITERS * WRITES)


def test_eight_writers_and_four_readers_are_never_refused(tmp_path: Path) -> None:
    """They all open a database that is not there yet, at once."""
    context = multiprocessing.get_context("spawn")
    failures: multiprocessing.Queue[str] = context.Queue()
    path, until = tmp_path / "mlpw.db", time.monotonic() + PATIENCE_SECONDS
    workers = [context.Process(target=write, args=(path, i, failures)) for i in range(WRITERS)]
    workers += [context.Process(target=read, args=(path, until, failures)) for _ in range(READERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert failures.empty(), failures.get()
    with Records(path) as records:
        runs = records.runs.find(10_000)
        assert len(runs) == WRITERS * WRITES
        assert sorted(run.number for run in runs) == list(range(1, WRITERS * WRITES + 1))
        assert all(run.status is RunStatus.SUCCEEDED for run in runs)
        assert records.database.problems() == []


@pytest.mark.parametrize("starters", [100])
def test_of_many_supervisors_for_one_run_one_owns_it(tmp_path: Path, starters: int) -> None:
    """Each tries for the lock at once and says whether it got it; the owner keeps it until all have tried."""
    script = (
        "import sys, os; sys.path.insert(0, sys.argv[1]);"
        "from core.store.locks import Lock; lock = Lock(sys.argv[2]); got = lock.try_acquire();"
        "print('mine' if got else 'not mine', flush=True); sys.stdin.read()"
    )
    home = str(Path(__file__).resolve().parents[3])
    path = str(tmp_path / "supervisor.lock")
    counts = []
    for _ in range(starters // 20):
        children = [
            subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", script, home, path],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ,
            )
            for _ in range(20)
        ]  # fmt: skip
        said = [child.stdout.readline() for child in children if child.stdout]
        for child in children:
            child.communicate()
        counts.append(said.count(b"mine\n"))
    assert counts == [1] * (starters // 20)
