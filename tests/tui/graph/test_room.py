"""The picture of a graph where there is little room for it, or much to draw."""

import threading
from collections import Counter
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.events import Key

from tests.support.bench import Bench
from tests.support.screen import screen_text, until, until_shown
from tests.support.waiting import PATIENCE_SECONDS
from tests.tui.graph.conftest import graph_of, opened
from tests.tui.widgets.test_graph_decoding import random_graph
from tui import themes
from tui.widgets import box_fitting, graph_layout
from tui.widgets.box_graph import BoxGraph
from tui.widgets.nesting import Shown, nest


async def test_rails_lay_out_no_boxes(nested: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(box_fitting, "lay_out")
    async with opened(nested, (80, 24)) as (pilot, _):
        await pilot.press("right", "minus", "equals_sign")
        await until_shown(pilot, "forest")


async def test_a_changed_status_paints_three_rows_of_the_graph(nested: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    painted: list[int] = []
    render_line = BoxGraph.render_line

    def counted(self: BoxGraph, y: int) -> Any:
        painted.append(y)
        return render_line(self, y)

    async with opened(nested, (160, 45)) as (pilot, screen):
        monkeypatch.setattr(BoxGraph, "render_line", counted)
        states = {**screen.scene.states, "report": screen.scene.states["prepare"]}
        screen.steps._states = states
        screen.steps.tick()
        await until_shown(pilot, "● report")
        assert len(painted) == 3


async def test_fit_shows_the_whole_and_then_boxes_to_read(nested: Bench) -> None:
    wide = {f"step_number_{n:02d}": {"command": "true", "environment": {"image": "python"}} for n in range(12)}
    for number in range(1, 12):
        wide[f"step_number_{number:02d}"]["inputs"] = {
            "x": f"${{{{parent.jobs.step_number_{number - 1:02d}.outputs.y}}}}"
        }
    for step in wide.values():
        step["outputs"] = {"y": {"type": "uri_file"}}
    nested.pipeline(wide)
    async with opened(nested, (120, 40)) as (pilot, screen):
        assert "_11" not in graph_of(pilot.app)
        await pilot.press("z")
        await until(pilot, lambda: graph_of(pilot.app).count("◌") == 11)
        await pilot.press("G", "z")
        await until_shown(pilot, "◌ step_number_11")
        assert screen.steps.selected == "step_number_11"


async def test_the_graph_alone_has_every_row(nested: Bench) -> None:
    async with opened(nested, (120, 40)) as (pilot, screen):
        before = screen.steps.size.height
        await pilot.press("plus")
        await until(pilot, lambda: screen.steps.size.height == 38)
        await pilot.press("underscore")
        await until(pilot, lambda: screen.steps.size.height == before)


async def test_rails_that_do_not_fit_end_in_an_ellipsis(nested: Bench) -> None:
    many_sources(nested)
    async with opened(nested, (60, 20)) as (pilot, _):
        await pilot.press("G")
        await until_shown(pilot, "sink")
        assert row_of(pilot.app, "sink").startswith("●─┴─┴─┴─┴─┴─┴─┴─┴…")


async def test_rails_that_do_not_fit_are_looked_at_from_side_to_side(nested: Bench) -> None:
    many_sources(nested)
    async with opened(nested, (60, 20)) as (pilot, screen):
        await pilot.press("G")
        await until_shown(pilot, "sink")
        await pilot.press("shift+right")
        await until(pilot, lambda: row_of(pilot.app, "sink").startswith("…─┴─┴─┴─┴─┴─┴─┴─┴…"))
        await pilot.press("shift+right")
        await until(
            pilot, lambda: row_of(pilot.app, "sink").startswith("…┴") and "─╯ ◌ sink" in row_of(pilot.app, "sink")
        )
        assert screen.steps.selected == "sink"
        await pilot.press("shift+left", "shift+left")
        await until(pilot, lambda: row_of(pilot.app, "sink").startswith("●─┴"))
        await pilot.press("up")
        await until(pilot, lambda: "●" in row_of(pilot.app, "source_13"), "the mark of the selected step")


async def test_fit_gives_rails_all_the_room_that_they_need_and_takes_it_again(nested: Bench) -> None:
    many_sources(nested)
    async with opened(nested, (60, 20)) as (pilot, _):
        await pilot.press("G", "z")
        await until_shown(pilot, "●─┴─┴─┴─┴─┴─┴─┴─┴─┴─┴─┴─┴─╯ ◌ sink")
        await pilot.press("z")
        await until_shown(pilot, "●─┴─┴─┴─┴─┴─┴─┴─┴… ◌ sink")


def many_sources(bench: Bench) -> None:
    """Fourteen steps that one takes from."""
    sources = {f"source_{n:02d}": {"command": "true", "outputs": {"y": {"type": "uri_file"}}} for n in range(14)}
    taken = {f"x{n}": f"${{{{parent.jobs.source_{n:02d}.outputs.y}}}}" for n in range(14)}
    steps: dict[str, dict[str, Any]] = {**sources, "sink": {"command": "true", "inputs": taken}}
    bench.pipeline({name: {**step, "environment": {"image": "python"}} for name, step in steps.items()})


def row_of(app: Any, step: str) -> str:
    """The graph's row of a step."""
    return next(line for line in graph_of(app).splitlines() if step in line)


async def test_a_move_in_a_graph_of_a_thousand_steps_paints_each_row_once(monkeypatch: pytest.MonkeyPatch) -> None:
    painted: Counter[int] = Counter()
    render_line = BoxGraph.render_line

    def counted(self: BoxGraph, y: int) -> Any:
        painted[y] += 1
        return render_line(self, y)

    graph = random_graph(1000, 1)
    app = Alone()
    async with app.run_test(size=(160, 45)) as pilot:
        app.boxes.load(nest(graph), (), {}, "s000")
        await until(pilot, lambda: app.boxes.is_drawn)
        await pilot.pause()
        monkeypatch.setattr(BoxGraph, "render_line", counted)
        app.boxes.select("s500")
        await until(pilot, lambda: bool(painted))
        await pilot.pause()
        assert max(painted.values()) == 1
        assert len(painted) <= 45
        assert "s500" in screen_text(app)


class Alone(App[None]):
    """A graph without a workbench."""

    def __init__(self) -> None:
        super().__init__()
        self.boxes = BoxGraph()
        self.pressed: list[str] = []

    def on_key(self, event: Key) -> None:
        self.pressed.append(event.key)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(themes.FALLBACK)

    def compose(self) -> ComposeResult:
        yield self.boxes


async def test_long_names_end_in_an_ellipsis(nested: Bench) -> None:
    name = "a_step_whose_name_says_everything_that_there_is_to_say"
    nested.pipeline({name: {"command": "true", "environment": {"image": "python"}}})
    for size in ((80, 24), (160, 45)):
        async with opened(nested, size) as (pilot, _):
            graph = graph_of(pilot.app)
            assert "a_step_whose_name" in graph
            assert "…" in graph


async def test_without_unicode_the_graph_is_ascii(nested: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLPW_ASCII", "1")
    for size in ((80, 24), (160, 45)):
        async with opened(nested, size) as (pilot, _):
            assert screen_text(pilot.app).isascii()
            await pilot.press("minus")
            assert screen_text(pilot.app).isascii()


async def test_keys_answer_while_a_dense_graph_of_a_thousand_steps_is_laid_out(monkeypatch: pytest.MonkeyPatch) -> None:
    may_go_on = threading.Event()
    threads: list[threading.Thread] = []
    lay_out = graph_layout.lay_out

    def slow(shown: Shown, box_height: int = 3, *, is_loose: bool = False) -> graph_layout.Layout:
        threads.append(threading.current_thread())
        assert may_go_on.wait(PATIENCE_SECONDS)
        return lay_out(shown, box_height, is_loose=is_loose)

    app = Alone()
    try:
        async with app.run_test(size=(160, 45)) as pilot:
            await pilot.pause()
            monkeypatch.setattr(box_fitting, "lay_out", slow)
            app.boxes.load(nest(random_graph(1000, 1, 6)), (), {}, "s000")
            await until_shown(pilot, "drawing 1,000 steps")
            app.boxes.select("s700")
            app.boxes.set_filter("s7")
            await pilot.press("q")
            assert app.pressed == ["q"]
            may_go_on.set()
            text = await until_shown(pilot, "s700")
            assert "drawing" not in text
            assert app.boxes.is_drawn
            may_go_on.clear()
            app.boxes.toggle_fit()
            await until(pilot, lambda: len(threads) == 2)
            assert "s700" in screen_text(app), "the drawing from before stays until the other is made"
            app.boxes.select("s701")
            assert app.boxes.selected == "s701"
            may_go_on.set()
            await until(pilot, lambda: app.boxes.is_drawn)
            assert threading.main_thread() not in threads
    finally:
        may_go_on.set()
