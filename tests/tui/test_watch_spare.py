"""While saves are run, or a plan is read, a supervisor waits for the run, and goes with whoever it waits for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.computes import processes
from core.engine.waiting import SPARE_NAME
from tests.support.bench import Bench
from tests.support.screen import until, until_shown
from tests.support.steps import step
from tests.support.waiting import eventually
from tests.support.watching import Watching, is_
from tui.app import Workbench
from tui.session import Session


@pytest.fixture
def bench(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """One step, which ran."""
    for name in ("NO_COLOR", "SSH_CONNECTION", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    bench.write({"src/r.sh": "echo 1"})
    bench.pipeline({"report": step(f"sh r.sh > ${{{{outputs.out}}}}/f; {bench.gate()}", code="src/", makes=["out"])})
    bench.open_gate()
    bench.run()
    yield bench
    bench.end()


def spares(bench: Bench) -> list[int]:
    """Processes that wait for a run, ready."""
    return [pid for pid in bench.processes() if processes.name(pid) == SPARE_NAME]


@pytest.fixture
def watch(bench: Bench) -> Iterator[Watching]:
    watching = Watching(bench, "--run", "--json")
    yield watching
    watching.close()


def save_and_see_who_runs_it(bench: Bench, text: str, run: int) -> int:
    """The supervisor of the run that a save starts."""
    (bench.outside / "gate").unlink()
    bench.write({"src/r.sh": text})
    eventually(lambda: bench.last() == run, "the next run")
    pid = bench.until_supervised(run)
    bench.open_gate()
    return pid


def test_each_save_is_run_by_one_that_waited(bench: Bench, watch: Watching) -> None:
    for run in (2, 3):
        eventually(lambda: spares(bench), "a supervisor that waits")
        (waited,) = spares(bench)
        assert save_and_see_who_runs_it(bench, f"echo {run}{run}", run) == waited
        watch.until(is_("ended", run=str(run)))
        assert bench.text(run, "report") == f"{run}{run}\n"
    eventually(lambda: spares(bench), "the next one")

    watch.press()
    assert watch.end() == 0
    bench.until_quiet()


def test_it_goes_with_a_watch_that_is_killed(bench: Bench, watch: Watching) -> None:
    eventually(lambda: spares(bench), "a supervisor that waits")
    watch.process.kill()
    watch.end()

    bench.until_quiet()


def test_a_watch_that_runs_nothing_has_none(bench: Bench) -> None:
    watch = Watching(bench, "--json")
    watch.until_planned(report="up_to_date")
    bench.write({"src/r.sh": "echo 22"})
    watch.until_planned(report="stale")

    assert bench.processes() == [watch.process.pid]
    watch.close()


async def test_the_workbench_has_one_while_it_runs_saves(bench: Bench) -> None:
    session = Session(bench.root)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "up to date")
        assert not spares(bench)
        await pilot.press("w")
        await until(pilot, lambda: bool(spares(bench)), "a supervisor that waits")
        (waited,) = spares(bench)

        (bench.outside / "gate").unlink()
        bench.write({"src/r.sh": "echo 22"})
        await until(pilot, lambda: bench.last() == 2 and bench.supervisor(2) > 0, "the second run")
        assert bench.supervisor(2) == waited
        bench.open_gate()
        await until(pilot, lambda: bool(spares(bench)), "the next one")

        await pilot.press("w")
        await until(pilot, lambda: not spares(bench), "the end of the one that waits")
    session.close()
    bench.until_quiet()


async def test_one_gets_ready_while_a_person_reads_what_a_run_would_do(bench: Bench) -> None:
    bench.write({"src/r.sh": "echo 22"})
    session = Session(bench.root)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "1 stale")
        await pilot.press("r")
        await until(pilot, lambda: bool(spares(bench)), "a supervisor that waits")
        await pilot.press("escape")
        await until(pilot, lambda: not spares(bench), "its end, with the question")

        await pilot.press("r")
        await until(pilot, lambda: bool(spares(bench)), "a supervisor that waits")
        (waited,) = spares(bench)
        (bench.outside / "gate").unlink()
        await pilot.press("enter")
        await until(pilot, lambda: bench.last() == 2 and bench.supervisor(2) > 0, "the run")
        assert bench.supervisor(2) == waited
        bench.open_gate()
        await until_shown(pilot, "up to date")
    session.close()
    bench.until_quiet()
