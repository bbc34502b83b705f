"""What is said beside a pipeline is said whole: why a step waits, and why a file does not load."""

from tests.support.bench import Bench
from tests.support.screen import screen_lines, until, until_gone, until_shown
from tests.support.steps import step
from tui.app import Workbench
from tui.session import Session


async def test_a_step_of_a_live_run_says_what_it_waits_for(bench: Bench) -> None:
    bench.pipeline({"slow": step(bench.gate(), makes=["out"]), "late": step("true", takes={"x": "slow.out"})})
    run = bench.start()
    session = Session(bench.root)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("v")
        await until_shown(pilot, "waits for slow")
        bench.open_gate()
        await until_gone(pilot, "waits for slow")
    session.close()
    bench.end_of(run)


async def test_an_error_that_is_longer_than_a_row_is_told_whole(bench: Bench) -> None:
    bench.pipeline({"one": step("true")})
    session = Session(bench.root)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(60, 20)) as pilot:
        await until_shown(pilot, "1 stale")
        bench.write({"pipeline.yml": "type: pipeline\njbos:\n  one: {command: 'true'}\n"})
        await until(pilot, lambda: "did you mean 'jobs'?" in _joined(app), "the whole hint")
        assert "2 │ jbos:" in "\n".join(screen_lines(app)), "the line itself is there, too"
        await pilot.resize_terminal(140, 30)
        await until(pilot, lambda: any("jbos" in row and "'jobs'?" in row for row in screen_lines(app)), "one row")
    session.close()


def _joined(app: Workbench) -> str:
    """The screen's rows as one line, so that it does not matter where words break."""
    return " ".join(" ".join(screen_lines(app)).split())
