"""`w` in the workbench: each save runs what it made stale, until it is pressed again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.bench import Bench
from tests.support.screen import screen_text, until, until_gone, until_shown
from tests.support.steps import step
from tui.app import Workbench
from tui.session import Session

OUT = "${{outputs.out}}/f"


@pytest.fixture
def bench(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """report, which ran, from code that it shares with nobody."""
    for name in ("NO_COLOR", "SSH_CONNECTION", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLPW_ASCII", "0")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    bench.write({"src/r.sh": "echo 1", "src/README.md": "words"})
    bench.pipeline({"report": step(f"sh r.sh > {OUT}", code="src/", makes=["out"])})
    bench.run()
    yield bench
    bench.end()


async def test_a_save_runs_what_it_makes_stale(bench: Bench) -> None:
    session = Session(bench.root)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "up to date")
        assert "runs at save" not in screen_text(app)
        await pilot.press("w")
        await until_shown(pilot, "runs at save", "up to date")

        bench.write({"src/r.sh": "echo 22"})
        await until(pilot, lambda: bench.started() == ["report", "report"], "the second run")
        await until_shown(pilot, "runs at save", "up to date")
        assert bench.text(2, "report") == "22\n"

        await pilot.press("w")
        await until_gone(pilot, "runs at save")
        bench.write({"src/r.sh": "echo 333"})
        await until_shown(pilot, "1 stale")
        assert bench.last() == 2
    session.close()


async def test_what_is_stale_already_runs_at_once(bench: Bench) -> None:
    bench.write({"src/r.sh": "echo 22"})
    session = Session(bench.root)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "1 stale")
        await pilot.press("w")
        await until(pilot, lambda: bench.started() == ["report", "report"], "the second run")
        await until_shown(pilot, "runs at save", "up to date")
    session.close()


async def test_a_failure_waits_for_the_next_save(bench: Bench) -> None:
    session = Session(bench.root)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "up to date")
        await pilot.press("w")
        bench.write({"src/r.sh": "exit 3"})
        await until_shown(pilot, "runs at save", "1 failed")
        bench.write({"src/r.sh": "echo good"})
        await until(pilot, lambda: bench.started().count("report") == 3, "the third run")
        await until_shown(pilot, "runs at save", "up to date")
        assert bench.last() == 3
    session.close()
