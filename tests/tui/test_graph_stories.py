"""What a person does with the picture of a pipeline that has pipelines inside; on a real workspace."""

import re
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.events import Key
from textual.pilot import Pilot

from tests.support.bench import Bench
from tests.support.screen import PATIENCE, screen_lines, screen_text, until, until_gone, until_shown
from tests.tui.widgets.test_graph_decoding import random_graph
from tui import themes
from tui.app import Workbench
from tui.screens.run import RunScreen
from tui.session import Session
from tui.views import Subject
from tui.widgets import box_fitting, graph_layout
from tui.widgets.box_graph import BoxGraph
from tui.widgets.nesting import Shown, nest

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


BOXES = """
                        ╭╌ ◌ train 0/2 ╌╌╌╌╌╌╌╌╌╌╮
                        ┆  ╭──────────────────╮  ┆
                        ┆┏━┤ ◌ linear         ├─╮┆
╭───────────────────╮   ┆┃ ╰──────────────────╯ │┆   ╭──────────────────╮
│ ● prepare         ├━━━━┫ ╭──────────────────╮ ├────┤ ◌ report         │
╰───────────────────╯   ┆┗━┤ ◌ forest         ├─╯┆   ╰──────────────────╯
                        ┆  ╰──────────────────╯  ┆
                        ╰╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╯
"""
FOLDED_BOXES = """
╭───────────────────╮   ╒═════════════════════╕   ╭──────────────────╮
│ ● prepare         ├━━━┤ ◌ train 0/2         ├───┤ ◌ report         │
╰───────────────────╯   ╘═════════════════════╛   ╰──────────────────╯
"""
RAILS = """
●   ● prepare   stale            never run
│   ◌ ▾ train   0/2              2 waiting
├─● ◌   linear  waiting          waits for prepare; nev…
● │ ◌   forest  waiting          waits for prepare; nev…
●─╯ ◌ report    waiting          waits for train.forest…
"""
FOLDED_RAILS = """
● ● prepare  stale            never run
● ◌ ▸ train  0/2              2 waiting
● ◌ report   waiting          waits for train.forest, t…
"""
PICTURES = {
    (60, 20): (RAILS, FOLDED_RAILS),
    (80, 24): (RAILS.replace("nev…", "never run").replace("forest…", "forest, train.linear; neve…"),
               FOLDED_RAILS.replace("t…", "train.linear; never r…")),
    (120, 40): (BOXES, FOLDED_BOXES),
    (160, 45): (BOXES, FOLDED_BOXES),
}  # fmt: skip


@pytest.mark.parametrize("size", list(PICTURES))
async def test_a_nested_pipeline_is_drawn_open_and_folded_at_every_size(nested: Bench, size: tuple[int, int]) -> None:
    unfolded, folded = (picture.strip("\n") for picture in PICTURES[size])
    async with opened(nested, size) as (pilot, _):
        assert graph_of(pilot.app) == unfolded
        await pilot.press("minus")
        await until_gone(pilot, "forest ")
        assert graph_of(pilot.app) == folded
        await pilot.press("equals_sign")
        await until_shown(pilot, "forest ")
        assert graph_of(pilot.app) == unfolded


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_space_folds_the_pipeline_around_a_step_and_unfolds_it_again(
    nested: Bench, size: tuple[int, int]
) -> None:
    async with opened(nested, size) as (pilot, screen):
        await pilot.press("right")
        assert screen.steps.selected.startswith("train.")
        await pilot.press("space")
        await until(pilot, lambda: screen.steps.folded == {"train"})
        assert (screen.steps.selected, screen.steps.selected_group) == ("", "train")
        await pilot.press("enter")
        await until(pilot, lambda: not screen.steps.folded)
        assert screen.steps.selected_group == "train"
        await pilot.press("down")
        assert screen.steps.selected.startswith("train.")


async def test_a_step_in_no_nested_pipeline_says_so_when_it_should_fold(nested: Bench) -> None:
    async with opened(nested, (120, 40)) as (pilot, _):
        await pilot.press("space")
        await until_shown(pilot, "in no nested pipeline")


async def test_arrows_follow_edges_and_lead_back_the_same_way(nested: Bench) -> None:
    async with opened(nested, (160, 45)) as (pilot, screen):
        visited = [screen.steps.selected]
        for key in ("right", "right", "left", "left", "right", "up", "down", "down", "right", "right", "left"):
            await pilot.press(key)
            visited.append(screen.steps.chosen)
        assert visited == [
            "prepare",
            *("train.forest", "report", "train.forest", "prepare"),
            *("train.forest", "train.linear", "train.forest", "train.forest"),
            *("report", "report", "train.forest"),
        ]


async def test_left_of_the_first_step_goes_to_the_tree(nested: Bench) -> None:
    async with opened(nested, (160, 45)) as (pilot, screen):
        await pilot.press("left")
        await until(pilot, lambda: screen.focused is screen.tree_pane)


async def test_folds_are_remembered_while_the_workbench_is_open(nested: Bench) -> None:
    nested.write({"other.yml": PIPELINE.replace("train", "learn").replace("./learn.yml", "./train.yml")})
    async with opened(nested, (160, 45)) as (pilot, screen):
        first = Subject("other.yml")
        screen.show_subject(first)
        await until(pilot, lambda: "learn.linear" in screen.scene.states)
        await pilot.press("minus")
        screen.show_subject(Subject("pipeline.yml"))
        await until(pilot, lambda: "train.linear" in screen.scene.states)
        screen.show_subject(first)
        await until(pilot, lambda: screen.subject == first and screen.scene.is_planned)
        assert screen.steps.folded == {"learn"}


async def test_a_folded_pipeline_adds_up_its_steps_and_tells_about_the_failed_one(nested: Bench) -> None:
    nested.write({"train.yml": TRAIN.replace("command: cat ${{inputs.data}}", "command: echo broken; exit 3", 1)})
    nested.run()
    async with opened(nested, (160, 45)) as (pilot, _):
        await pilot.press("minus")
        text = await until_shown(pilot, "nested pipeline", "train.linear  exit 3", "train.linear log", "broken")
        assert "1/2 done" in text


async def test_the_next_failure_unfolds_what_hides_it(nested: Bench) -> None:
    nested.write({"train.yml": TRAIN.replace("command: cat ${{inputs.data}}", "command: exit 3", 1)})
    nested.run()
    async with opened(nested, (160, 45)) as (pilot, screen):
        await pilot.press("minus")
        await pilot.press("n")
        await until(pilot, lambda: screen.steps.selected == "train.linear")
        assert not screen.steps.folded


async def test_what_would_run_is_seen_before_it_does(nested: Bench) -> None:
    nested.run()
    nested.write(
        {"train.yml": TRAIN.replace("cat ${{inputs.data}} > ${{outputs.model}}", "echo new > ${{outputs.model}}", 1)}
    )
    async with opened(nested, (160, 45)) as (pilot, _):
        graph = graph_of(pilot.app)
        assert "✓ prepare" in graph
        assert "● linear" in graph
        assert "✓ forest" in graph
        assert "◌ report" in graph
        assert "● train 1/2" in graph


async def test_a_running_step_shows_its_time_and_a_folded_one_the_time_since_its_start(nested: Bench) -> None:
    nested.write({"train.yml": TRAIN.replace("command: cat", f"command: {nested.gate()}; cat")})
    session = Session(nested.root)
    app = Workbench(session, nested.outside / "view.json")
    try:
        async with app.run_test(size=(160, 45)) as pilot:
            await until_shown(pilot, "1 stale")
            run = nested.start()
            text = await until_shown(pilot, "▶ linear", "▶ train 0/2 1s")
            assert "✓ prepare" in text
            screen = app.screen
            assert isinstance(screen, RunScreen)
            await pilot.press("minus")
            await until(pilot, lambda: re.search("▶ train 0/2 +[2-9]s", screen_text(app)) is not None)
            nested.open_gate()
            await until_shown(pilot, "✓ train 2/2")
            nested.end_of(run)
    finally:
        nested.open_gate()
        session.close()


async def test_statuses_and_moves_need_no_new_layout(nested: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    laid_out = 0
    lay_out = graph_layout.lay_out

    def counted(shown: Shown, box_height: int = 3, *, is_loose: bool = False) -> graph_layout.Layout:
        nonlocal laid_out
        laid_out += 1
        return lay_out(shown, box_height, is_loose=is_loose)

    monkeypatch.setattr(box_fitting, "lay_out", counted)
    async with opened(nested, (160, 45)) as (pilot, _):
        assert laid_out == 1
        run = nested.start()
        await until_shown(pilot, "✓ report")
        nested.end_of(run)
        await pilot.press("left", "right", "down", "slash", *"for", "enter")
        assert laid_out == 1
        await pilot.press("minus")
        await pilot.pause()
        assert laid_out == 2


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


async def test_looking_elsewhere_keeps_the_selection(nested: Bench) -> None:
    steps = {f"independent_{n:02d}": {"command": "true", "environment": {"image": "python"}} for n in range(20)}
    nested.pipeline(steps)
    session = Session(nested.root)
    app = Workbench(session, nested.outside / "view.json")
    try:
        async with app.run_test(size=(120, 40)) as pilot:
            await until_shown(pilot, "20 stale")
            screen = app.screen
            assert isinstance(screen, RunScreen)
            screen.steps.focus_shown()
            assert "independent_00" in graph_of(app)
            await pilot.press("shift+down", "shift+down")
            await until(pilot, lambda: "independent_00" not in graph_of(app))
            await pilot.press("shift+up", "shift+up")
            await until(pilot, lambda: "independent_00" in graph_of(app))
            await drag(pilot, rows=-6)
            await until(pilot, lambda: "independent_00" not in graph_of(app))
            assert screen.steps.selected == "independent_00"
    finally:
        session.close()


async def test_the_graph_alone_has_every_row(nested: Bench) -> None:
    async with opened(nested, (120, 40)) as (pilot, screen):
        before = screen.steps.size.height
        await pilot.press("plus")
        await until(pilot, lambda: screen.steps.size.height == 38)
        await pilot.press("underscore")
        await until(pilot, lambda: screen.steps.size.height == before)


async def test_a_click_selects_a_box_and_a_double_click_on_a_border_folds(nested: Bench) -> None:
    async with opened(nested, (160, 45)) as (pilot, screen):
        boxes = screen.query_one(BoxGraph)
        row, column = place_of(pilot.app, "report")
        await pilot.click(BoxGraph, offset=(column - boxes.region.x, row - boxes.region.y))
        assert screen.steps.selected == "report"
        row, column = place_of(pilot.app, "train 0/2")
        await pilot.click(BoxGraph, offset=(column - boxes.region.x, row - boxes.region.y), times=2)
        await until(pilot, lambda: screen.steps.folded == {"train"})


def place_of(app: Any, text: str) -> tuple[int, int]:
    """The row and column at which a text stands on the screen."""
    return next((row, line.index(text)) for row, line in enumerate(screen_lines(app)) if text in line)


async def test_a_nested_pipeline_is_rerun_as_a_whole(nested: Bench) -> None:
    nested.run()
    async with opened(nested, (160, 45)) as (pilot, screen):
        await pilot.press("minus", "right")
        await until(pilot, lambda: screen.steps.selected_group == "train")
        await pilot.press("R")
        await until_shown(pilot, "from train")


async def test_detail_goes_from_a_step_to_its_pipeline_and_back(nested: Bench) -> None:
    async with opened(nested, (160, 45)) as (pilot, _):
        await until_shown(pilot, "─ prepare ─", "echo data")
        await pilot.press("minus", "right")
        text = await until_shown(pilot, "nested pipeline", "◌ train.linear  waiting")
        assert "echo data" not in text
        await pilot.press("left")
        await until_shown(pilot, "─ prepare ─", "echo data")


async def test_a_narrow_screen_tells_about_a_pipeline_by_a_key(nested: Bench) -> None:
    async with opened(nested, (80, 24)) as (pilot, _):
        await pilot.press("minus", "right", "x")
        await until_shown(pilot, "0/2 done", "◌ train.linear  waiting")


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


async def drag(pilot: Pilot[Any], rows: int) -> None:
    """Press the button in the middle of the graph, move, and let go."""
    region = pilot.app.screen.query_one(BoxGraph).region
    x, y = region.width // 2, region.height // 2
    await pilot.mouse_down(BoxGraph, offset=(x, y))
    await pilot.hover(BoxGraph, offset=(x, y + rows))
    await pilot.mouse_up(BoxGraph, offset=(x, y + rows))
    await pilot.pause()


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
        assert may_go_on.wait(PATIENCE)
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
