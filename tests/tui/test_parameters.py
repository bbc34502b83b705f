"""The form of a pipeline's inputs: written, chosen, checked while one types, then planned and run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual import events

from tests.core.workspace.test_inputs import PIPELINE, TRAIN
from tests.support.bench import Bench
from tests.support.screen import screen_text, until, until_gone, until_logged, until_shown
from tui.app import Workbench
from tui.dialogs.parameters import ParametersDialog
from tui.reading.parameters import Form, completed
from tui.session import Session


@pytest.fixture
def train(new_bench: Callable[[str], Bench], monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A pipeline of five inputs, two of them bounded by the component behind them."""
    for name in ("NO_COLOR", "SSH_CONNECTION", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLPW_ASCII", "0")
    bench = new_bench("words")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(bench.outside))
    bench.write({"train.yml": TRAIN, "pipeline.yml": PIPELINE, "data/a": "a", "other/b": "b"})
    return bench


def opened(bench: Bench) -> tuple[Session, Workbench]:
    session = Session(bench.root)
    return session, Workbench(session, session.view_file)


async def write(pilot: Any, name: str, text: str) -> None:
    """Write into the line of an input as a person does."""
    dialog = pilot.app.screen
    row = next(row for row in dialog._lines if row.field.name == name)
    row.editor.focus()
    await pilot.pause()
    await pilot.press("ctrl+u", *text)


async def test_values_are_changed_checked_planned_and_run(train: Bench) -> None:
    session, app = opened(train)
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "2 stale")
        await pilot.press("p")
        text = await until_shown(pilot, "Parameters of pipeline", "rate", "note", "hello")
        assert "./data" in text
        await pilot.press("down")
        await until_shown(pilot, "how fast it learns", "number, 0.0 to 1.0")
        await write(pilot, "rate", "7")
        await until_shown(pilot, "✗ rate")
        await pilot.press("enter")
        await until_shown(pilot, "Parameters of pipeline", "1.0")
        await write(pilot, "rate", "0.5")
        await until_gone(pilot, "✗ rate")
        await pilot.press("down", "right")
        await until_shown(pilot, "forest", "one of")
        await pilot.press("down", "down", "f")
        await until_shown(pilot, "2 of 2")
        await pilot.press("enter")
        await until_shown(pilot, "inputs.rate = 0.5", "inputs.kind = forest", "inputs.fast = false", "2 steps will run")
        await pilot.press("enter")
        await until_shown(pilot, "Runs 1")
        await until_logged(
            pilot, "mlpw run pipeline.yml --set inputs.rate=0.5 --set inputs.kind=forest --set inputs.fast=false"
        )
    session.close()
    train.end_of(1)
    assert "0.5 forest 3" in train.log(1, "train")


async def test_the_values_of_last_time_are_offered(train: Bench) -> None:
    train.end_of(train.start(set={"inputs.rate": "0.25", "inputs.note": "moon"}))
    session, app = opened(train)
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "Runs 1", "stale")
        await pilot.press("p")
        await until_shown(pilot, "Parameters of pipeline", "as last time")
        await pilot.press("down")
        await until_shown(pilot, "last time", "0.25")
        await pilot.press("ctrl+l")
        await until_shown(pilot, "moon")
        await pilot.press("enter")
        await until_shown(pilot, "inputs.rate = 0.25", "inputs.note = moon", "a run would start nothing")
        await pilot.press("escape")
    session.close()


async def test_a_value_that_is_needed_keeps_the_form_open(train: Bench) -> None:
    train.write({"pipeline.yml": PIPELINE.replace("  note: hello\n", "  note: {type: string}\n")})
    session, app = opened(train)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "stale")
        await pilot.press("p")
        await until_shown(pilot, "✗ note")
        await pilot.press("enter")
        await until_shown(pilot, "it needs a value")
        assert isinstance(app.screen, ParametersDialog)
        await pilot.press(*"sun", "enter")
        await until_shown(pilot, "inputs.note = sun")
        await pilot.press("escape")
    session.close()


async def test_a_path_is_completed_and_a_wrong_one_refused(train: Bench) -> None:
    session, app = opened(train)
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "2 stale")
        await pilot.press("p")
        await until_shown(pilot, "Parameters of pipeline")
        await write(pilot, "data", "./nowh")
        await until_shown(pilot, "✗ data")
        await write(pilot, "data", "./ot")
        await until_shown(pilot, "./other/")
        await pilot.press("right")
        await until(pilot, lambda: app.screen.values()["data"] == "./other/")  # type: ignore[attr-defined]
        await until_gone(pilot, "✗ data")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: app.screen.values()["data"] == "./data")  # type: ignore[attr-defined]
        await pilot.press("escape")
        await until_gone(pilot, "Parameters")
        assert app.commands == []
    session.close()


async def test_keys_that_come_quickly_go_where_they_should(train: Bench) -> None:
    session, app = opened(train)
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "2 stale")
        await pilot.press("p")
        await until_shown(pilot, "Parameters of pipeline")
        for key, letter in (("down", None), ("down", None), ("down", None), ("x", "x")):
            app.post_message(events.Key(key, letter))
        await until(pilot, lambda: app.screen.values()["note"] == "hellox")  # type: ignore[attr-defined]
    session.close()


async def test_the_form_fits_the_smallest_terminal(train: Bench) -> None:
    session, app = opened(train)
    async with app.run_test(size=(60, 20)) as pilot:
        await until_shown(pilot, "stale")
        await pilot.press("p")
        await until_shown(pilot, "Parameters of pipeline", "data", "fast", "plan")
        assert "true" in screen_text(app)
    session.close()


def test_text_for_data_goes_on_as_an_asset_or_a_path(tmp_path: Path) -> None:
    (tmp_path / "data" / "inner").mkdir(parents=True)
    (tmp_path / "data" / "a.csv").touch()
    form = Form("p.yml", (), ("azureml:taxi@latest",), tmp_path)

    assert completed(form, "azureml:t") == "azureml:taxi@latest"
    assert completed(form, "azureml:x") == ""
    assert completed(form, "da") == "data/"
    assert completed(form, "./data/a") == "./data/a.csv"
    assert completed(form, f"{tmp_path}/data/i") == f"{tmp_path}/data/inner/"
    assert completed(form, "nowhere/x") == ""
    assert completed(form, "") == ""
