"""Every attempt at a step, over the runs of its pipeline."""

import shutil

import pytest

from core.errors import NotFoundError
from tests.support.bench import Bench
from tests.support.steps import step


def tries(bench: Bench, run: int, name: str) -> list[tuple[int, int, str]]:
    with bench.workspace() as workspace:
        found = workspace.attempts(run, name)
        assert all(attempt.folder.log.exists() for attempt in found)
        return [(a.run, a.number, "running" if a.is_running else str(a.outcome)) for a in found]


def test_attempts_of_all_runs_are_found_oldest_first(bench: Bench) -> None:
    bench.pipeline({"train": step("echo no; exit 3")})
    bench.run()
    bench.pipeline({"train": step("echo yes", makes=["out"])})
    bench.run()
    bench.run()  # reuses the result: no attempt
    bench.pipeline({"train": step(f"echo wait; {bench.gate()}")})
    run = bench.start()
    bench.until_started("train", times=3)
    wanted = [(1, 1, "exit code 3"), (2, 1, "exit code 0"), (4, 1, "running")]
    assert tries(bench, 1, "train") == tries(bench, run, "train") == wanted
    bench.open_gate()
    bench.end_of(run)
    assert tries(bench, run, "train")[-1] == (4, 1, "exit code 0")
    with bench.workspace() as workspace:
        shutil.rmtree(workspace.layout.run(1))
    assert [run for run, _, _ in tries(bench, run, "train")] == [2, 4]


def test_a_step_or_run_that_is_not_there_has_none(bench: Bench) -> None:
    bench.pipeline({"train": step("true")})
    bench.run()
    assert tries(bench, 1, "other") == []
    with pytest.raises(NotFoundError):
        tries(bench, 9, "train")
