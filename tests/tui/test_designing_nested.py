"""Building inside a nested pipeline: its own file, with the breadcrumb and the states of the one around it."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.support.bench import SCHEMA, Bench
from tests.support.screen import screen_lines, screen_text, until, until_gone, until_shown
from tests.support.steps import ENVIRONMENT
from tui.app import Workbench
from tui.screens.designing import DesignScreen
from tui.session import Session

_IMAGE = f"environment: {{image: {ENVIRONMENT['image']}}}"
_INNER = f"""\
# What the two steps in here are for.
$schema: {SCHEMA.replace("pipelineJob", "pipelineComponent")}
type: pipeline
name: shouting
inputs:
  word: {{type: string}}
outputs:
  loud: {{type: uri_file}}
jobs:
  say:
    type: command
    command: echo ${{{{inputs.word}}}} > ${{{{outputs.said}}}}
    inputs: {{word: "${{{{parent.inputs.word}}}}"}}
    outputs: {{said: {{type: uri_file}}}}
    {_IMAGE}
  shout:  # in capitals
    type: command
    command: test ! -e wait; tr a-z A-Z < ${{{{inputs.said}}}} > ${{{{outputs.loud}}}}
    inputs: {{said: "${{{{parent.jobs.say.outputs.said}}}}"}}
    outputs: {{loud: "${{{{parent.outputs.loud}}}}"}}
    {_IMAGE}
"""
_OUTER = f"""\
$schema: {SCHEMA}
type: pipeline
display_name: Loud
inputs: {{word: hello}}
jobs:
  voice:
    type: pipeline
    component: ./components/shouting.yml
    inputs: {{word: "${{{{parent.inputs.word}}}}"}}
  hear:
    type: command
    command: cat ${{{{inputs.loud}}}}
    inputs: {{loud: "${{{{parent.jobs.voice.outputs.loud}}}}"}}
    {_IMAGE}
"""


class Desk:
    def __init__(self, bench: Bench) -> None:
        bench.write({"pipeline.yml": _OUTER, "components/shouting.yml": _INNER})
        self.bench = bench
        self.inner = bench.root / "components/shouting.yml"
        self.outer = bench.root / "pipeline.yml"
        self.session = Session(bench.root)
        self.app = Workbench(self.session, self.session.view_file)


@pytest.fixture
async def desk(bench: Bench, plain_terminal: None) -> AsyncIterator[Desk]:
    made = Desk(bench)
    yield made
    made.session.close()


async def build(pilot: Pilot[Any]) -> DesignScreen:
    """The Build screen on the outer pipeline."""
    await until_shown(pilot, "Loud", "stale")
    await pilot.press("b")
    await until_shown(pilot, "Build Loud", "given, taken by")
    screen = pilot.app.screen
    assert isinstance(screen, DesignScreen)
    return screen


async def enter(pilot: Pilot[Any], step: str) -> DesignScreen:
    screen = await build(pilot)
    screen.steps.select(step)
    await pilot.press("enter")
    await until_shown(pilot, "Build shouting", "components/shouting.yml")
    inner = pilot.app.screen
    assert isinstance(inner, DesignScreen)
    return inner


async def test_enter_opens_the_file_of_a_nested_pipeline_and_escape_leaves_it(desk: Desk) -> None:
    before = desk.inner.read_text()
    async with desk.app.run_test(size=(120, 40)) as pilot:
        inner = await enter(pilot, "voice.shout")
        text = await until_shown(pilot, "voice: components/shouting.yml", "say.said", "outputs.loud")
        assert "build" in text.splitlines()[0]
        assert inner.step.name == "shout"
        await pilot.press("e")
        await until_shown(pilot, "Rename shout")
        await pilot.press("2", "enter")
        await until_shown(pilot, "rename step shout to shout2", "+  shout2:  # in capitals")
        assert desk.inner.read_text() == before.replace("shout:  #", "shout2:  #")
        await pilot.press("escape")
        await until_shown(pilot, "Build Loud", "shout2")
        assert desk.outer.read_text() == _OUTER
        await pilot.press("enter")
        await until_shown(pilot, "Build shouting")
        await pilot.press("u")
        await until_shown(pilot, "undo: rename step shout to shout2")
        assert desk.inner.read_text() == before
    assert "mlpw edit rename-step components/shouting.yml shout shout2" in desk.app.commands
    assert "mlpw edit undo components/shouting.yml" in desk.app.commands


async def test_a_group_is_entered_and_tab_goes_to_its_ports(desk: Desk) -> None:
    async with desk.app.run_test(size=(80, 24)) as pilot:
        screen = await build(pilot)
        await pilot.press("minus")
        screen.steps.select("voice")
        await pilot.press("tab")
        await until(pilot, lambda: screen.focused is screen.ports, "the ports")
        await until_shown(pilot, "voice  ./components/shouting.yml", "hear.loud")
        await pilot.press("escape", "enter")
        await until_shown(pilot, "Build shouting", "say", "shout")
        assert all(len(line) <= 80 for line in screen_lines(desk.app))


async def test_an_edit_says_which_pipelines_it_breaks(desk: Desk) -> None:
    async with desk.app.run_test(size=(120, 40)) as pilot:
        await enter(pilot, "voice.shout")
        await pilot.press("d")
        await until_shown(pilot, "Remove shout", "pipeline.yml cannot run until it is changed too")
        await pilot.press("enter")
        await until_shown(pilot, "remove step shout")
        await until_gone(pilot, "Remove shout")
        await pilot.press("u")
        await until_shown(pilot, "undo: remove step shout")
    assert desk.inner.read_text() == _INNER


async def test_a_run_from_a_nested_pipeline_is_one_of_the_pipeline_around_it(desk: Desk) -> None:
    async with desk.app.run_test(size=(120, 40)) as pilot:
        await enter(pilot, "voice.say")
        await until_shown(pilot, "● say", "◌ shout")
        await pilot.press("r")
        await until_shown(pilot, "1 step will run", "2 steps may run")
        await pilot.press("enter")
        await until_shown(pilot, "✓ hear", "up to date")
    assert "mlpw run pipeline.yml" in desk.app.commands


async def test_steps_are_recoloured_while_a_run_goes_on(desk: Desk) -> None:
    text = _INNER.replace("test ! -e wait;", f"while [ -e {desk.outer.parent}/wait ]; do sleep 0.05; done;")
    desk.inner.write_text(text)
    wait = desk.outer.parent / "wait"
    wait.touch()
    async with desk.app.run_test(size=(120, 40)) as pilot:
        inner = await enter(pilot, "voice.say")
        await until_shown(pilot, "● say")
        with desk.bench.workspace() as workspace:
            workspace.submit(workspace.graph(desk.outer))
        await until_shown(pilot, "✓ say", "▶ shout", "running")
        asked = inner.design
        wait.unlink()
        await until_shown(pilot, "up to date")
        assert inner.design is asked, "ports are read when files change, not when a run moves on"
        await pilot.press("escape")
        await until_shown(pilot, "Build Loud", "✓ hear")


async def test_a_nested_pipeline_written_in_place_shows_its_ports(bench: Bench, plain_terminal: None) -> None:
    inside = "".join(f"      {line}\n" for line in _INNER.splitlines() if not line.startswith(("#", "$")))
    bench.write({"pipeline.yml": _OUTER.replace(" ./components/shouting.yml", f"\n{inside}".rstrip())})
    session = Session(bench.root)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        screen = await build(pilot)
        screen.steps.select("voice.say")
        await pilot.press("enter")
        await until_shown(pilot, "is written inside")
        await until(pilot, lambda: screen.focused is screen.ports, "the ports")
        assert "Build Loud" in screen_text(app)
    session.close()


async def test_the_trainings_of_the_sample_are_built_in_their_own_file(tmp_path: Path, plain_terminal: None) -> None:
    root = tmp_path / "flights"
    shutil.copytree(Path(__file__).parents[2] / "sample_workspace", root, ignore=shutil.ignore_patterns(".mlpw"))
    session = Session(root)
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(160, 45)) as pilot:
        await until_shown(pilot, "forest", "stale")
        await pilot.press("b")
        await until_shown(pilot, "Build flight_delays", "given, taken by")
        screen = app.screen
        assert isinstance(screen, DesignScreen)
        screen.steps.select("train.forest")
        await pilot.press("enter")
        await until_shown(pilot, "Build Train three kinds of model", "./train_forest.yml", "inputs.train")
    session.close()
