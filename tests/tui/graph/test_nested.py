"""What a person does with the picture of a pipeline that has pipelines inside; on a real workspace."""

import re
from typing import Any

import pytest

from tests.support.bench import Bench
from tests.support.screen import screen_lines, screen_text, until, until_gone, until_shown
from tests.tui.graph.conftest import PIPELINE, TRAIN, drag, graph_of, opened
from tui.app import Workbench
from tui.screens.run import RunScreen
from tui.session import Session
from tui.views import Subject
from tui.widgets import box_fitting, graph_layout
from tui.widgets.box_graph import BoxGraph
from tui.widgets.nesting import Shown

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
        await until(pilot, lambda: laid_out == 2)


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
