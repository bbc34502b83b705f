"""A pipeline that has a pipeline inside, and the workbench on it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.support.bench import Bench
from tests.support.screen import screen_lines, until
from tui.app import Workbench
from tui.screens.run import RunScreen
from tui.session import Session
from tui.widgets.box_graph import BoxGraph

PIPELINE = """
$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json
type: pipeline
jobs:
  prepare:
    type: command
    environment: {image: library/python:3.12}
    outputs: {data: {type: uri_file}}
    command: echo data > ${{outputs.data}}
  train:
    type: pipeline
    component: ./train.yml
    inputs: {data: "${{parent.jobs.prepare.outputs.data}}"}
  report:
    type: command
    environment: {image: library/python:3.12}
    inputs:
      linear: ${{parent.jobs.train.outputs.linear}}
      forest: ${{parent.jobs.train.outputs.forest}}
    command: cat ${{inputs.linear}} ${{inputs.forest}}
"""

TRAIN = """
$schema: https://azuremlschemas.azureedge.net/latest/pipelineComponent.schema.json
type: pipeline
name: train
inputs: {data: {type: uri_file}}
outputs: {linear: {type: uri_file}, forest: {type: uri_file}}
jobs:
  linear:
    type: command
    environment: {image: library/python:3.12}
    inputs: {data: "${{parent.inputs.data}}"}
    outputs: {model: "${{parent.outputs.linear}}"}
    command: cat ${{inputs.data}} > ${{outputs.model}}
  forest:
    type: command
    environment: {image: library/python:3.12}
    inputs: {data: "${{parent.inputs.data}}"}
    outputs: {model: "${{parent.outputs.forest}}"}
    command: cat ${{inputs.data}} > ${{outputs.model}}
"""


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings of whoever runs the tests."""
    for name in ("NO_COLOR", "SSH_CONNECTION", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLPW_ASCII", "0")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def nested(tmp_path: Path) -> Iterator[Bench]:
    """prepare -> train (linear, forest) -> report."""
    bench = Bench(tmp_path / "demo")
    bench.write({"pipeline.yml": PIPELINE, "train.yml": TRAIN})
    yield bench
    bench.end()


@asynccontextmanager
async def opened(bench: Bench, size: tuple[int, int]) -> AsyncIterator[tuple[Pilot[Any], RunScreen]]:
    """The workbench on the bench, planned, with the keys in the graph."""
    session = Session(bench.root)
    app = Workbench(session, bench.outside / "view.json")
    try:
        async with app.run_test(size=size, notifications=True) as pilot:
            await until(pilot, lambda: isinstance(app.screen, RunScreen) and app.screen.scene.is_planned)
            screen = app.screen
            assert isinstance(screen, RunScreen)
            screen.steps.focus_shown()
            await pilot.pause()
            yield pilot, screen
    finally:
        session.close()


def graph_of(app: Any) -> str:
    """The rows of the graph's pane, without frame and neighbours, cut to what is drawn."""
    lines = screen_lines(app)
    pane = app.screen.steps.region
    shown = [line.ljust(app.size.width)[pane.x + 1 : pane.right - 1] for line in lines[pane.y + 1 : pane.bottom - 1]]
    kept = [line for line in shown if line.strip()]
    left = min(len(line) - len(line.lstrip()) for line in kept)
    return "\n".join(line[left:].rstrip() for line in kept)


async def drag(pilot: Pilot[Any], rows: int) -> None:
    """Press the button in the middle of the graph, move, and let go."""
    region = pilot.app.screen.query_one(BoxGraph).region
    x, y = region.width // 2, region.height // 2
    await pilot.mouse_down(BoxGraph, offset=(x, y))
    await pilot.hover(BoxGraph, offset=(x, y + rows))
    await pilot.mouse_up(BoxGraph, offset=(x, y + rows))
    await pilot.pause()
