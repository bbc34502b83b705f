"""Drawing graphs in the workbench: the layout of boxes and edges, and a frame after the selection has moved."""

import asyncio
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from bench.measuring import Timing, figure
from bench.results import MLPW, Measurement
from bench.rig import Rig

if TYPE_CHECKING:
    from tui.widgets.box_graph import BoxGraph

_SIZES = (50, 200, 1_000)
_SCREEN = (160, 45)
_LAYOUTS = 3
_FRAMES = 20


def measure_drawing(rig: Rig) -> Iterator[Measurement]:
    """Processor time in this process at 160x45, of random graphs in which a step takes from up to three others."""
    for count in _SIZES:
        graph = random_graph(count)
        yield Measurement("graph drawing, layout", count, {MLPW: figure(_layouts(graph, rig.settings.repeats))})
        frames = asyncio.run(_frames(graph))
        yield Measurement("graph drawing, frame", count, {MLPW: figure(frames["frame"])})
        yield Measurement("graph drawing, status", count, {MLPW: figure(frames["status"])})


def random_graph(count: int, seed: int = 1) -> dict[str, list[str]]:
    """Steps, each of which takes from up to three of the twenty-five before it."""
    chance = random.Random(seed)
    graph: dict[str, list[str]] = {}
    for number in range(count):
        before = list(graph)[-25:]
        graph[f"step{number:04d}"] = chance.sample(before, min(len(before), chance.randint(0, 3)))
    return graph


def _layouts(graph: Mapping[str, Sequence[str]], repeats: int) -> list[Timing]:
    """From step -> producers to characters."""
    from tui.widgets.graph_drawing import draw
    from tui.widgets.graph_layout import lay_out
    from tui.widgets.nesting import nest, show

    widths = dict.fromkeys(graph, 24)
    return [_timed(lambda: draw(lay_out(show(nest(graph), ())), widths)) for _ in range(max(repeats, _LAYOUTS))]


async def _frames(graph: Mapping[str, Sequence[str]]) -> dict[str, list[Timing]]:
    """Every line of the pane as the terminal gets it, after a move of the selection; and a step's after its status."""
    from textual.app import App

    from tui import themes
    from tui.widgets.box_graph import BoxGraph
    from tui.widgets.nesting import nest
    from tui.widgets.status import Status
    from tui.widgets.steps import Mark

    class Bare(App[None]):
        def get_theme_variable_defaults(self) -> dict[str, str]:
            return dict(themes.FALLBACK)

    app = Bare()
    found: dict[str, list[Timing]] = {"frame": [], "status": []}
    async with app.run_test(size=_SCREEN) as pilot:
        boxes = BoxGraph()
        await app.mount(boxes)
        boxes.styles.width, boxes.styles.height = _SCREEN
        marks = {name: Mark(Status.SUCCEEDED, time="1:12") for name in graph}
        boxes.load(nest(graph), (), marks, next(iter(graph)))
        await pilot.pause()
        while not boxes.is_drawn:
            await pilot.pause(0.01)
        _paint(boxes, range(_SCREEN[1]))

        def move(name: str) -> None:
            boxes.select(name)
            _paint(boxes, range(_SCREEN[1]))

        def recolour(name: str) -> None:
            boxes.update_marks({**marks, name: Mark(Status.RUNNING, time="2s")})
            _paint(boxes, range(20, 23))

        for name in islice(graph, 1, 1 + _FRAMES):
            found["frame"].append(_timed(partial(move, name)))
            found["status"].append(_timed(partial(recolour, name)))
    return found


def _paint(boxes: "BoxGraph", rows: range) -> int:
    """What Textual asks a widget for, as the bytes that go out."""
    console = boxes.app.console
    return sum(len(boxes.render_line(y).render(console)) for y in rows)


def _timed(work: Callable[[], object]) -> Timing:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Timing(time.perf_counter() - wall, time.process_time() - cpu)
