"""`w` in the workbench: each save runs what it made stale, until it is pressed again."""

from tests.support.bench import Bench
from tests.support.screen import screen_text, until, until_gone, until_shown
from tui.app import Workbench
from tui.session import Session


async def test_a_save_runs_what_it_makes_stale(report: Bench) -> None:
    session = Session(report.root)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "up to date")
        assert "runs at save" not in screen_text(app)
        await pilot.press("w")
        await until_shown(pilot, "runs at save", "up to date")

        report.write({"src/r.sh": "echo 22"})
        await until(pilot, lambda: report.started() == ["report", "report"], "the second run")
        await until_shown(pilot, "runs at save", "up to date")
        assert report.text(2, "report") == "22\n"

        await pilot.press("w")
        await until_gone(pilot, "runs at save")
        report.write({"src/r.sh": "echo 333"})
        await until_shown(pilot, "1 stale")
        assert report.last() == 2
    session.close()


async def test_what_is_stale_already_runs_at_once(report: Bench) -> None:
    report.write({"src/r.sh": "echo 22"})
    session = Session(report.root)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "1 stale")
        await pilot.press("w")
        await until(pilot, lambda: report.started() == ["report", "report"], "the second run")
        await until_shown(pilot, "runs at save", "up to date")
    session.close()


async def test_a_failure_waits_for_the_next_save(report: Bench) -> None:
    session = Session(report.root)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "up to date")
        await pilot.press("w")
        report.write({"src/r.sh": "exit 3"})
        await until_shown(pilot, "runs at save", "1 failed")
        report.write({"src/r.sh": "echo good"})
        await until(pilot, lambda: report.started().count("report") == 3, "the third run")
        await until_shown(pilot, "runs at save", "up to date")
        assert report.last() == 3
    session.close()
