"""Going about: screens by number, in and out, back and forward, and the palette."""

from typing import Any

import pytest
from textual.pilot import Pilot

from tests.support.bench import Bench
from tests.support.screen import screen_lines, screen_text, until, until_gone, until_shown
from tui.app import Workbench
from tui.dialogs.suggestions import Suggestion, suggest
from tui.history import History, Spot
from tui.keys.actions import ACTIONS
from tui.panes.log import PANE_ACTIONS
from tui.screens.run import RunScreen
from tui.views import Subject

ARROW = "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"


def crumbs(app: Workbench) -> str:
    return screen_lines(app)[0].removeprefix(" mlpw ").strip()


async def until_at(pilot: Pilot[Any], *where: str) -> None:
    """Wait for the breadcrumb."""
    wanted = f" {ARROW} ".join(("words", *where))
    await until(pilot, lambda: crumbs(pilot.app).startswith(wanted), wanted)  # type: ignore[arg-type]


async def test_numbers_go_to_screens_and_escape_comes_back(app: Workbench) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "stale")
        for key, name in (
            ("5", "data"),
            ("6", "models"),
            ("7", "environments"),
            ("8", "components"),
            ("9", "computes"),
            ("2", "runs"),
        ):
            await pilot.press(key)
            await until_at(pilot, name)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))


async def test_back_and_forward_go_where_one_was(app: Workbench) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "stale")
        await pilot.press("5")
        await until_shown(pilot, "Greek letters")
        await pilot.press("enter")
        await until_at(pilot, "data", "words")
        await pilot.press("8")
        await until_at(pilot, "components")
        await pilot.press("alt+left")
        await until_at(pilot, "data", "words")
        await pilot.press("ctrl+o")
        await until_at(pilot, "data")
        await until_gone(pilot, f"data {ARROW} words")
        await pilot.press("alt+right", "alt+right")
        await until_at(pilot, "components")
        await pilot.press("alt+right")
        await until(pilot, lambda: "nothing lies ahead" in [each.message for each in app._notifications])


async def test_a_run_entered_from_the_runs_goes_back_to_them(app: Workbench, words: Bench) -> None:
    words.run()
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("2")
        await until_shown(pilot, "Runs 1")
        await pilot.press("enter")
        await until_shown(pilot, f"{ARROW} run 1")
        await pilot.press("escape")
        await until_at(pilot, "runs")


async def test_the_palette_takes_commands_with_arguments(app: Workbench, words: Bench) -> None:
    words.run()
    async with app.run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "Words")
        await pilot.press("colon", *"component count", "enter")
        await until_at(pilot, "components", "count_words")
        await pilot.press("colon", *"runs failed", "enter")
        await until_at(pilot, "runs")
        await until_shown(pilot, "Runs 0", "/failed")
        await pilot.press("colon", *"run 1", "enter")
        await until_shown(pilot, f"{ARROW} run 1")
        await pilot.press("colon", *"theme mlpw-light", "enter")
        await until(pilot, lambda: app.theme == "mlpw-light")
        await pilot.press("colon", *"data alph", "enter")
        await until_shown(pilot, "Data 0", "/alph")


async def test_the_palette_completes_and_offers_what_was_done_last_first(app: Workbench) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "stale")
        await pilot.press("colon")
        await until_shown(pilot, "run  (r)", "Run what changed")
        await pilot.press(*"env")
        await until_shown(pilot, "environments plain")
        await pilot.press("tab")
        await until_shown(pilot, " environments")
        await pilot.press("enter")
        await until_at(pilot, "environments")
        await pilot.press("colon")
        await until_shown(pilot, "Palette")
        first = next(line for line in screen_lines(app) if "what it does" in line)
        below = screen_lines(app)[screen_lines(app).index(first) + 1]
        assert "environments" in below
        await pilot.press("escape")
        await until_gone(pilot, "Palette")


async def test_the_palette_selects_a_step(app: Workbench) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "stale")
        await pilot.press("8")
        await until_at(pilot, "components")
        await pilot.press("colon", *"step ", "enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen))


async def test_the_next_start_opens_the_screen_that_was_left(app: Workbench, words: Bench) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "stale")
        await pilot.press("5")
        await until_at(pilot, "data")
        await pilot.press("q")
    again = Workbench(app.bridge, words.root / ".mlpw/cache/view.json")
    async with again.run_test(size=(100, 30)) as pilot:
        await until_at(pilot, "data")


def test_history_forgets_what_lay_ahead_when_one_goes_elsewhere() -> None:
    history = History()
    first, second, third = (Spot("run", Subject(name)) for name in ("a", "b", "c"))
    history.leave(first)
    assert history.back(second) == first
    history.leave(first)
    assert history.forward(third) is None
    assert history.back(third) == first
    assert history.back(first) is None


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("run 12", "run 12"),
        ("component tr", "components train"),
        ("comp train", "components train"),
        ("tr", "components train"),
        ("runs slow", "runs slow"),
        ("", "data taxi"),
        ("nothing of that kind", ""),
    ],
)
def test_suggestions_put_the_best_first(typed: str, first: str) -> None:
    offered = [Suggestion(text) for text in ("runs", "components train", "run 1", "run 12", "data taxi", "cancel")]
    found = suggest(typed, offered, ["data taxi"])
    assert (found[0].text if found else "") == first


def test_no_key_does_two_things_on_one_screen() -> None:
    for where in {where for action in ACTIONS for where in action.where}:
        screens = [action for action in ACTIONS if where in action.where and action.id not in PANE_ACTIONS]
        keys = [key for action in screens for key in action.keys.split(",")]
        assert sorted(keys) == sorted(set(keys)), where


async def test_every_screen_says_where_one_is(app: Workbench) -> None:
    async with app.run_test(size=(60, 20)) as pilot:
        await until_shown(pilot, "words")
        await pilot.press("5")
        await until_shown(pilot, f"words {ARROW} data", "Data 1")
        assert all(len(line) <= 60 for line in screen_text(app).splitlines())
