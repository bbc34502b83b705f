"""Deleting runs: they are forgotten with their folders, and no step runs again because of it."""

from pathlib import Path

import pytest

from core.errors import EngineError, NotFoundError
from core.workspace.deletion import Deleted
from core.workspace.housekeeping import Wishes, collect
from core.workspace.verification import verify
from tests.support.bench import Bench
from tests.support.steps import step


def words(bench: Bench, *, fails: bool = False) -> None:
    bench.pipeline(
        {
            "say": step("echo hello; echo x > ${{outputs.out}}/x", makes=["out"]),
            "shout": step("cat ${{inputs.out}}/x" + ("; exit 1" if fails else ""), takes={"out": "say.out"}),
        }
    )


def run(bench: Bench) -> int:
    number = bench.start()
    bench.end_of(number)
    return number


def delete(bench: Bench, *runs: int) -> Deleted:
    with bench.workspace() as workspace:
        return workspace.delete_runs(runs)


def folder(bench: Bench, number: int) -> Path:
    with bench.workspace() as workspace:
        return workspace.layout.run(number)


def test_a_deleted_run_is_forgotten_and_nothing_runs_again(bench: Bench) -> None:
    words(bench)
    number = run(bench)
    delete(bench, number)
    with bench.workspace() as workspace:
        assert workspace.runs() == []
    assert set(bench.plan().values()) == {"up to date"}
    assert bench.run() == []


def test_a_kept_result_keeps_its_log_and_loses_its_working_folder(bench: Bench) -> None:
    words(bench)
    number = run(bench)
    log = bench.attempt(number, "say").log
    deleted = delete(bench, number)
    assert deleted.kept_logs == 2
    assert log.read_text() == "hello\n"
    assert not (log.parent / "code").exists()
    later = run(bench)
    assert bench.log(later, "say") == "hello\n"


def test_a_run_whose_results_are_needed_by_nothing_goes_whole(bench: Bench) -> None:
    words(bench, fails=True)
    first = run(bench)
    second = run(bench)
    assert folder(bench, second).exists()
    assert delete(bench, second).kept_logs == 0
    assert not folder(bench, second).exists()
    assert folder(bench, first).exists()


def test_the_results_that_another_run_took_stay(bench: Bench) -> None:
    words(bench)
    first, second = run(bench), run(bench)
    before = bench.steps(second)["say"].outputs
    delete(bench, first)
    assert bench.steps(second)["say"].outputs == before
    assert bench.text(second, "say") == "x\n"


def test_after_a_deletion_the_records_are_sound_and_gc_removes_only_what_nobody_needs(bench: Bench) -> None:
    words(bench)
    number = run(bench)
    delete(bench, number)
    with bench.workspace() as workspace:
        assert verify(workspace, repair=False).is_well
        collect(workspace, Wishes())
    assert set(bench.plan().values()) == {"up to date"}


def test_a_live_run_is_refused_and_nothing_is_deleted(bench: Bench) -> None:
    words(bench)
    ended = run(bench)
    bench.pipeline({"slow": step(bench.gate())})
    live = bench.start()
    bench.until_started("slow")
    with pytest.raises(EngineError, match="going on") as refused:
        delete(bench, ended, live)
    assert refused.value.hint == f"wait for the end, or stop it: mlpw cancel {live}"
    with bench.workspace() as workspace:
        assert {each.number for each in workspace.runs()} == {ended, live}
    bench.open_gate()
    bench.end_of(live)


def test_a_run_that_is_not_there_is_refused_before_anything_goes(bench: Bench) -> None:
    words(bench)
    number = run(bench)
    with pytest.raises(NotFoundError):
        delete(bench, number, number + 7)
    assert bench.last() == number


def test_the_number_of_a_deleted_run_never_comes_back(bench: Bench) -> None:
    words(bench)
    number = run(bench)
    delete(bench, number)
    assert run(bench) == number + 1
