"""Keys that arrive faster than screens open, as over a slow line."""

from pathlib import Path

import pytest
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.keys import _character_to_key
from textual.screen import Screen
from textual.widgets import Input

from tests.support.screen import screen_text, until, until_shown
from tests.tui.fake_bridge import stale_world
from tui.app import Workbench
from tui.dialogs.palette import PaletteDialog
from tui.screens.runs import RunsScreen
from tui.type_ahead import TypeAhead


@pytest.fixture
def app(tmp_path: Path) -> Workbench:
    return Workbench(stale_world(tmp_path), tmp_path / "cache" / "view.json")


def burst(app: Workbench, text: str) -> None:
    """All at once; a line end is Enter, ^ is Esc."""
    for character in text:
        name = {"\n": "enter", "^": "escape"}.get(character)
        app.post_message(
            events.Key(name, "\r" if name == "enter" else None)
            if name
            else events.Key(_character_to_key(character), character)
        )


async def test_a_command_that_comes_at_once_is_written_into_the_palette(app: Workbench) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "1 stale")
        burst(app, ":train")
        await until(pilot, lambda: isinstance(app.screen, PaletteDialog))
        await until(pilot, lambda: app.screen.query_one(Input).value == "train", "all letters")


async def test_with_enter_behind_it_the_command_is_done(app: Workbench) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "1 stale")
        burst(app, ":runs failed\n")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
        await until_shown(pilot, "/failed")


async def test_a_filter_that_comes_at_once_is_written_into_its_line(app: Workbench) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "1 stale")
        burst(app, "2/failed\n")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
        await until_shown(pilot, "/failed")


async def test_many_keys_are_handled_in_their_order(app: Workbench) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "1 stale")
        burst(app, "?^2^:theme^?")
        await until_shown(pilot, "Keys", "Move")
        burst(app, "^")
        await until(pilot, lambda: "Move" not in screen_text(app))


class Lower(Screen[None]):
    """What lies beneath."""


class Upper(Screen[None]):
    """Its key leaves it and opens a dialog over what lies beneath, after some turns of the app."""

    BINDINGS = [Binding("r", "leave")]

    def __init__(self, turns: int) -> None:
        super().__init__()
        self._turns = turns

    def action_leave(self) -> None:
        self.app.pop_screen()
        self._open_after(self._turns)

    def _open_after(self, turns: int) -> None:
        if turns:
            self.app.call_later(self._open_after, turns - 1)
        else:
            self.app.push_screen(Asking())


class Asking(Screen[None]):
    """A dialog with a line to write into."""

    def compose(self) -> ComposeResult:
        yield Input()


@pytest.mark.parametrize("turns", [0, 2, 4, 8, 16])
async def test_a_screen_that_is_covered_at_once_holds_no_key_back(turns: int) -> None:
    app = TypeAhead()
    async with app.run_test() as pilot:
        await app.push_screen(Lower())
        await app.push_screen(Upper(turns))
        for letter in "rabc":
            app.post_message(events.Key(letter, letter))
        await until(pilot, lambda: isinstance(app.screen, Asking))
        await until(pilot, lambda: app.screen.query_one(Input).value == "abc", "all letters")
