"""`d` on a step, or on the plan before a run: what changed since the last result, line by line."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.bench import Bench
from tests.support.screen import screen_text, until, until_gone, until_logged, until_shown
from tests.support.steps import step
from tui.app import Workbench
from tui.session import Session

OUT = "${{outputs.out}}/f"


@pytest.fixture
def bench(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """train -> report, which ran from one folder of code; then train's code and words that nobody opens are saved."""
    for name in ("NO_COLOR", "SSH_CONNECTION", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLPW_ASCII", "0")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    bench.write({"src/t.sh": "echo 1\n", "src/r.sh": "cat $1/f\n", "src/README.md": "words\n"})
    bench.pipeline(
        {
            "train": step(f"sh t.sh > {OUT}", code="src/", makes=["out"]),
            "report": step(f"sh r.sh ${{{{inputs.x}}}} > {OUT}", code="src/", takes={"x": "train.out"}, makes=["out"]),
        }
    )
    bench.run()
    yield bench
    bench.end()


def app_of(bench: Bench) -> Workbench:
    session = Session(bench.root)
    return Workbench(session, session.view_file)


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (160, 45)])
async def test_a_stale_step_shows_its_diff(bench: Bench, size: tuple[int, int]) -> None:
    bench.write({"src/t.sh": "echo 2\n"})
    app = app_of(bench)
    async with app.run_test(size=size) as pilot:
        await until_shown(pilot, "1 stale")
        await pilot.press("d")
        shown = await until_shown(pilot, "What changed: train", "t.sh changed", "-echo 1", "+echo 2")
        assert "since its last result, of run 1" in shown
        await until_logged(pilot, "mlpw plan pipeline.yml --diff train")
        await pilot.press("escape")
        await until_gone(pilot, "What changed")
    app.bridge.close()


async def test_the_plan_before_a_run_shows_the_diff_of_all(bench: Bench) -> None:
    bench.write({"src/t.sh": "echo 2\n", "src/README.md": "other\n"})
    app = app_of(bench)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "1 stale")
        await pilot.press("r")
        await until_shown(pilot, "1 step will run", "d diff")
        await pilot.press("d")
        shown = await until_shown(pilot, "What changed: all that would run", "+echo 2")
        assert "t.sh changed  ·  train; not opened by report" in shown
        assert "README.md changed  ·  not opened by train, report" in shown
        assert "+other" not in shown
        await pilot.press("n", "n", "N", "escape")
        await until_shown(pilot, "1 step will run")
    app.bridge.close()


async def test_a_step_that_stays_says_what_it_did_not_open(bench: Bench) -> None:
    bench.write({"src/README.md": "other\n"})
    app = app_of(bench)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "up to date")
        await pilot.press("x")
        shown = await until_shown(pilot, "not opened by this step: README.md")
        assert "d shows what changed, line by line" in shown
        await pilot.press("escape", "d")
        await until_shown(pilot, "README.md changed  ·  not opened by this step", "+other")
    app.bridge.close()


async def test_where_no_step_is_chosen_that_is_said(bench: Bench) -> None:
    app = app_of(bench)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "up to date")
        await pilot.press("down", "down", "down", "enter")
        await until_shown(pilot, "ok run 1")
        await pilot.press("d")
        await until(pilot, lambda: any("of a pipeline first" in each.message for each in app._notifications), "why not")
        assert "What changed" not in screen_text(app)
    app.bridge.close()
