"""Starting runs: the plan before, what can be chosen in it, and what is known of the time."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.bench import Bench
from tests.support.screen import until_gone, until_logged, until_shown
from tui.app import Workbench
from tui.session import Session
from tui.views import Subject

OUT = {"out": {"type": "uri_folder"}}


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """first -> second, and other beside them; `inputs.word` goes into first."""
    for name in ("NO_COLOR", "SSH_CONNECTION", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLPW_ASCII", "0")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    made = Bench(tmp_path / "words")
    write(made)
    yield made
    made.end()


def write(bench: Bench, *, second: str = "cat ${{inputs.words}}/a > ${{outputs.out}}/b", first: str = "true") -> None:
    bench.pipeline(
        {
            "first": {
                "type": "command",
                "command": first + "; echo ${{inputs.word}} > ${{outputs.out}}/a",
                "inputs": {"word": "${{parent.inputs.word}}"},
                "outputs": OUT,
            },
            "second": {
                "type": "command",
                "command": second,
                "inputs": {"words": "${{parent.jobs.first.outputs.out}}"},
                "outputs": OUT,
            },
            "other": {"type": "command", "command": "echo done"},
        },
        inputs={"word": "hello"},
    )


def opened(bench: Bench) -> tuple[Session, Workbench]:
    session = Session(bench.root)
    return session, Workbench(session, session.view_file)


async def choose(pilot: Any, step: str) -> None:
    """Select a step as a person does."""
    screen = pilot.app.screen
    screen.steps.focus_shown()
    screen.steps.select(step)
    screen._by_hand = True
    await pilot.pause()


async def test_the_plan_says_how_long_it_takes_and_its_keys_choose_other_steps(bench: Bench) -> None:
    bench.run()
    session, app = opened(bench)
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "up to date")
        await choose(pilot, "second")
        await pilot.press("r")
        await until_shown(pilot, "Run pipeline", "a run would start nothing", "3 steps stay")
        await pilot.press("f")
        await until_shown(pilot, "Run pipeline from second, forced", "1 step will run", "second  forced", "takes about")
        await pilot.press("F")
        await until_shown(pilot, "Run pipeline from second ", "a run would start nothing")
        await pilot.press("t", "F")
        text = await until_shown(pilot, "Run pipeline up to second, forced", "2 steps will run", "left as they are")
        assert "first  forced" in text
        await pilot.press("o")
        await until_shown(pilot, "Run pipeline only second, forced", "1 step will run")
        await pilot.press("enter")
        await until_shown(pilot, "✓ second", "Runs 2")
        await until_logged(pilot, "mlpw run pipeline.yml --only second --force")
    session.close()
    assert bench.started()[3:] == ["second"]


async def test_a_long_plan_is_filtered_by_name_and_reason(bench: Bench) -> None:
    session, app = opened(bench)
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "2 stale", "1 waiting")
        await pilot.press("r")
        await until_shown(pilot, "first  never run", "other  never run", "no step has been timed")
        await pilot.press("slash", *"other")
        text = await until_gone(pilot, "first  never run")
        assert "other  never run" in text
        await pilot.press("escape")
        await until_shown(pilot, "first  never run")
        await pilot.press("escape")
        await until_gone(pilot, "will run")
    session.close()
    assert bench.started() == []


async def test_what_failed_is_tried_again_with_the_values_it_had(bench: Bench) -> None:
    write(bench, second=f"test -e {bench.outside}/gate")
    bench.end_of(bench.start(set={"inputs.word": "moon"}))
    session, app = opened(bench)
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "1 stale", "Runs 1")
        bench.open_gate()
        await pilot.press("full_stop")
        await until_shown(pilot, "inputs.word = moon", "1 step will run", "failed in run 1")
        await pilot.press("enter")
        await until_shown(pilot, "Runs 2")
        await until_logged(pilot, "mlpw run pipeline.yml --set inputs.word=moon")
    session.close()
    bench.end_of(2)
    assert bench.statuses(2) == {"first": "reused", "second": "succeeded", "other": "reused"}


async def test_a_run_says_how_long_it_will_still_take(bench: Bench) -> None:
    bench.run()
    with bench.workspace() as workspace:
        workspace.records.database.connection.execute("UPDATE traces SET duration = 400")
    write(bench, second=bench.gate())
    session, app = opened(bench)
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "command changed")
        await pilot.press("r")
        await until_shown(pilot, "1 step will run", "takes about 6:40")
        await pilot.press("enter")
        await until_shown(pilot, "▶ running run 2", " left")
        bench.open_gate()
        await until_shown(pilot, "up to date")
    session.close()


async def test_a_shell_is_opened_where_the_selected_step_runs(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.run()
    session, app = opened(bench)
    asked: list[list[str]] = []
    monkeypatch.setattr(app, "run_outside", asked.append)
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "up to date")
        await choose(pilot, "second")
        await pilot.press("s")
        await until_logged(pilot, "mlpw shell pipeline.yml second")
        app.screen.show_subject(Subject("pipeline.yml", 1), "second")  # type: ignore[attr-defined]
        await until_shown(pilot, "pipeline \u203a run 1")
        await pilot.press("s")
        await until_logged(pilot, "mlpw shell 1/second")
    session.close()
    ended = subprocess.run([*asked[-1], "--", "echo $AZURE_ML_INPUT_words"], capture_output=True, text=True, check=True)
    assert Path(ended.stdout.strip()) == bench.output(1, "first", "out")
