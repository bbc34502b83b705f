"""Panes as large as a person wants them, by keys and by the mouse; and what is remembered of them."""

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widget import Widget

from tests.support.screen import screen_lines, until, until_shown
from tests.tui.fake_bridge import stale_world
from tui import view_state
from tui.app import Workbench
from tui.screens.run import RunScreen


def workbench(root: Path) -> Workbench:
    return Workbench(stale_world(root), root / "cache" / "view.json")


async def opened(pilot: Pilot[Any]) -> RunScreen:
    await until_shown(pilot, "1 stale")
    screen = pilot.app.screen
    assert isinstance(screen, RunScreen)
    return screen


async def until_size(pilot: Pilot[Any], pane: Widget, width: int = 0, height: int = 0) -> None:
    await until(
        pilot,
        lambda: (not width or pane.outer_size.width == width) and (not height or pane.outer_size.height == height),
        f"{pane.id} at {width or ''}x{height or ''}, it is {pane.outer_size}",
    )


async def test_keys_give_room_to_the_pane_in_use_and_take_it(tmp_path: Path) -> None:
    app = workbench(tmp_path)
    async with app.run_test(size=(160, 45)) as pilot:
        screen = await opened(pilot)
        before = screen.tree_pane.outer_size.width
        await pilot.press(">", ">", "<")
        await until_size(pilot, screen.tree_pane, before + 2)
        screen.steps.focus_shown()
        await pilot.pause()
        height = screen.steps.size.height
        await pilot.press(">", ">")
        await until_size(pilot, screen.steps, height=height + 2)
        screen.log_pane.focus()
        await pilot.pause()
        detail = screen.detail.outer_size.width
        await pilot.press(">")
        await until_size(pilot, screen.detail, detail - 2)


async def test_no_pane_takes_all_the_room(tmp_path: Path) -> None:
    app = workbench(tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        await pilot.press(*[">"] * 40)
        await until_size(pilot, screen.tree_pane, 40)
        await pilot.press(*["<"] * 40)
        await until_size(pilot, screen.tree_pane, 14)


@pytest.mark.parametrize("tells_movement", [True, False])
async def test_borders_are_dragged(tmp_path: Path, tells_movement: bool) -> None:
    app = workbench(tmp_path)
    async with app.run_test(size=(160, 45)) as pilot:
        screen = await opened(pilot)
        edge = screen.tree_pane.region.right - 1
        await pilot.mouse_down(offset=(edge, 10))
        if tells_movement:
            await pilot.hover(offset=(edge + 5, 10))
            await until_size(pilot, screen.tree_pane, edge + 6)
        await pilot.mouse_up(offset=(edge + 9, 12))
        await until_size(pilot, screen.tree_pane, edge + 10)
        row = screen.steps.region.bottom
        await pilot.mouse_down(offset=(100, row))
        await pilot.mouse_up(offset=(100, row + 3))
        await until_size(pilot, screen.steps, height=row + 3 - screen.steps.region.y)
        await pilot.hover(offset=(20, 20))
        assert screen.tree_pane.outer_size.width == edge + 10


async def test_sizes_zoom_and_place_are_as_they_were_left(tmp_path: Path) -> None:
    app = workbench(tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        await pilot.press(">", "enter", "plus")
        await until(pilot, lambda: screen.zoomed_pane == "steps")
        await pilot.press("q")
    again = workbench(tmp_path)
    async with again.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        await until(pilot, lambda: screen.zoomed_pane == "steps")
        await until(pilot, lambda: screen.steps.outer_size.width == 120)
        assert screen.steps.selected == "train_b"
        await pilot.press("underscore")
        await until_size(pilot, screen.tree_pane, 32)
        assert all(len(line) <= 120 for line in screen_lines(again))


async def test_a_small_window_shows_one_pane_whatever_was_remembered(tmp_path: Path) -> None:
    view_state.save(tmp_path / "cache" / "view.json", view_state.ViewState(sizes={"tree": 50, "steps": 30}))
    app = workbench(tmp_path)
    async with app.run_test(size=(60, 20)) as pilot:
        screen = await opened(pilot)
        await until_size(pilot, screen.tree_pane, 60)
        await pilot.press("enter")
        await until(pilot, lambda: screen.steps.outer_size.height in range(4, 14))


@pytest.mark.parametrize(
    "sizes", ['{"tree": "wide"}', '{"tree": -3}', "[1]", '"x"', '{"nothing": 3}', '{"tree": 1e99}', '{"tree": true}']
)
def test_what_was_not_written_by_the_workbench_is_as_if_nothing_was(tmp_path: Path, sizes: str) -> None:
    (tmp_path / "view.json").write_text(f'{{"pipeline": "a.yml", "sizes": {sizes}}}')
    found = view_state.load(tmp_path / "view.json")
    assert found.pipeline == "a.yml"
    assert not {name for name in found.sizes if name != "nothing"}
