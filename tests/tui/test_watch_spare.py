"""While saves are run, or a plan is read, a supervisor waits for the run, and goes with whoever it waits for."""

import pytest

from core.computes import processes
from core.engine.waiting import SPARE_NAME
from tests.support.bench import Bench
from tests.support.screen import until, until_shown
from tests.support.waiting import eventually
from tests.support.watching import StartWatching, Watching, is_
from tui.app import Workbench
from tui.session import Session


def spares(report: Bench) -> list[int]:
    """Processes that wait for a run, ready."""
    return [pid for pid in report.processes() if processes.name(pid) == SPARE_NAME]


@pytest.fixture
def watch(report: Bench, watching: StartWatching) -> Watching:
    return watching("--run", "--json")


def save_and_see_who_runs_it(report: Bench, text: str, run: int) -> int:
    """The supervisor of the run that a save starts."""
    (report.outside / "gate").unlink()
    report.write({"src/r.sh": text})
    eventually(lambda: report.last() == run, "the next run")
    pid = report.until_supervised(run)
    report.open_gate()
    return pid


def test_each_save_is_run_by_one_that_waited(report: Bench, watch: Watching) -> None:
    for run in (2, 3):
        eventually(lambda: spares(report), "a supervisor that waits")
        (waited,) = spares(report)
        assert save_and_see_who_runs_it(report, f"echo {run}{run}", run) == waited
        watch.until(is_("ended", run=str(run)))
        assert report.text(run, "report") == f"{run}{run}\n"
    eventually(lambda: spares(report), "the next one")

    watch.press()
    assert watch.end() == 0
    report.until_quiet()


def test_it_goes_with_a_watch_that_is_killed(report: Bench, watch: Watching) -> None:
    eventually(lambda: spares(report), "a supervisor that waits")
    watch.process.kill()
    watch.end()

    report.until_quiet()


def test_a_watch_that_runs_nothing_has_none(report: Bench, watching: StartWatching) -> None:
    watch = watching("--json")
    watch.until_planned(report="up_to_date")
    report.write({"src/r.sh": "echo 22"})
    watch.until_planned(report="stale")

    assert report.processes() == [watch.process.pid]


async def test_the_workbench_has_one_while_it_runs_saves(report: Bench) -> None:
    session = Session(report.root)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "up to date")
        assert not spares(report)
        await pilot.press("w")
        await until(pilot, lambda: bool(spares(report)), "a supervisor that waits")
        (waited,) = spares(report)

        (report.outside / "gate").unlink()
        report.write({"src/r.sh": "echo 22"})
        await until(pilot, lambda: report.last() == 2 and report.supervisor(2) > 0, "the second run")
        assert report.supervisor(2) == waited
        report.open_gate()
        await until(pilot, lambda: bool(spares(report)), "the next one")

        await pilot.press("w")
        await until(pilot, lambda: not spares(report), "the end of the one that waits")
    session.close()
    report.until_quiet()


async def test_one_gets_ready_while_a_person_reads_what_a_run_would_do(report: Bench) -> None:
    report.write({"src/r.sh": "echo 22"})
    session = Session(report.root)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "1 stale")
        await pilot.press("r")
        await until(pilot, lambda: bool(spares(report)), "a supervisor that waits")
        await pilot.press("escape")
        await until(pilot, lambda: not spares(report), "its end, with the question")

        await pilot.press("r")
        await until(pilot, lambda: bool(spares(report)), "a supervisor that waits")
        (waited,) = spares(report)
        (report.outside / "gate").unlink()
        await pilot.press("enter")
        await until(pilot, lambda: report.last() == 2 and report.supervisor(2) > 0, "the run")
        assert report.supervisor(2) == waited
        report.open_gate()
        await until_shown(pilot, "up to date")
    session.close()
    report.until_quiet()
