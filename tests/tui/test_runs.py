"""The table of runs: filter, sort, mark, compare, delete."""

from typing import Any

from textual.pilot import Pilot

from tests.support.bench import Bench
from tests.support.screen import screen_lines, screen_text, until, until_gone, until_logged, until_shown
from tui.app import Workbench
from tui.screens.runs import RunsScreen


def run(bench: Bench, **asked: Any) -> int:
    number = bench.start(**asked)
    bench.end_of(number)
    return number


async def opened(pilot: Pilot[Any], count: int) -> RunsScreen:
    """The Runs screen with so many runs."""
    await pilot.press("2")
    await until_shown(pilot, f"Runs {count}")
    screen = pilot.app.screen
    assert isinstance(screen, RunsScreen)
    return screen


def shown_runs(app: Workbench) -> list[str]:
    """The numbers of the runs that are shown, from the top."""
    rows = [line.strip("│ ").split() for line in screen_lines(app) if "pipeline.yml" in line]
    return [row[1] if row[0] == "◆" else row[0] for row in rows]


async def test_a_run_says_how_it_stands_and_what_was_changed_for_it(app: Workbench, words: Bench) -> None:
    run(words)
    run(words, set={"inputs.word": "delta"})
    async with app.run_test(size=(160, 30)) as pilot:
        await opened(pilot, 2)
        await until_shown(pilot, "✓ ok", "✓1", "word=delta", "Words team=letters", "pipeline.yml")


async def test_filters_take_fields_and_negations(app: Workbench, words: Bench) -> None:
    run(words)
    run(words, set={"inputs.word": "delta"})
    async with app.run_test(size=(160, 30)) as pilot:
        await opened(pilot, 2)
        await pilot.press("slash", *"changed:delta")
        await until_shown(pilot, "Runs 1")
        assert shown_runs(app) == ["2"]
        await pilot.press("enter", "escape")
        await until_shown(pilot, "Runs 2")
        await pilot.press("slash", *"!delta status:ok")
        await until_shown(pilot, "Runs 1")
        assert shown_runs(app) == ["1"]
        await pilot.press("escape")
        await until_shown(pilot, "Runs 2")


async def test_the_table_sorts_by_column_and_back(app: Workbench, words: Bench) -> None:
    run(words)
    run(words)
    async with app.run_test(size=(120, 30)) as pilot:
        await opened(pilot, 2)
        assert shown_runs(app) == ["2", "1"]
        await pilot.press("s")
        await until(pilot, lambda: shown_runs(app) == ["1", "2"])
        assert "run ▴" in screen_text(app)
        await pilot.press("S")
        await until(pilot, lambda: shown_runs(app) == ["2", "1"])
        await pilot.click("#runs", offset=(8, 1))
        await until(pilot, lambda: shown_runs(app) == ["1", "2"])


async def test_two_marked_runs_are_compared(app: Workbench, words: Bench) -> None:
    run(words)
    run(words)
    run(words, set={"inputs.word": "delta"})
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot, 3)
        await pilot.press("j", "j", "space", "g", "space")
        await until_shown(pilot, "2 runs marked")
        await pilot.press("d")
        await until_shown(pilot, "compare 1, 3", "parameters", "say.word", "gamma", "delta", "only what differs")
        assert "command" not in screen_text(app)
        await pilot.press("a")
        await until_shown(pilot, "command", "everything")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        assert screen.table.marked == ("1", "3")
        assert app.commands[-2:] == ["mlpw compare 1 3", "mlpw compare 1 3 --all"]


async def test_one_run_is_compared_with_the_one_before_it(app: Workbench, words: Bench) -> None:
    run(words)
    run(words, set={"inputs.word": "delta"})
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, 2)
        await pilot.press("d")
        await until_shown(pilot, "compare 1, 2", "say.word")
        await pilot.press("slash", *"about:inputs", "enter")
        await until_gone(pilot, "say.word")


async def test_changed_code_is_shown_line_by_line(app: Workbench, words: Bench) -> None:
    for text in ("print(1)\n", "print(1)\nprint('\x1b]52;c;AAAA\x07')\n"):
        words.write({"src/work.py": text})
        words.pipeline({"work": {"command": "cat work.py", "code": "./src", "environment": {"image": "ubuntu:22.04"}}})
        run(words)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, 2)
        await pilot.press("d")
        text = await until_shown(pilot, "work.py · changed in run 2", "+print('␛]52;c;AAAA␇')")
        assert "Code 1 file" in text
        assert all(line.isprintable() for line in screen_lines(app))


async def test_the_palette_compares_runs_by_number(app: Workbench, words: Bench) -> None:
    run(words)
    run(words, set={"inputs.word": "delta"})
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "Words")
        await pilot.press("colon", *"compare 1 2", "enter")
        await until_shown(pilot, "compare 1, 2", "say.word")


async def test_deleting_asks_and_takes_the_marked_runs(app: Workbench, words: Bench) -> None:
    for _ in range(3):
        run(words)
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(pilot, 3)
        await pilot.press("space", "space", "D")
        await until_shown(pilot, "Delete runs 3, 2", "no step runs again")
        await pilot.press("escape")
        await until_gone(pilot, "Delete runs")
        await pilot.press("D")
        await until_shown(pilot, "Delete runs 3, 2")
        await pilot.press("enter")
        await until_shown(pilot, "Runs 1")
        assert shown_runs(app) == ["1"]
        await until_logged(pilot, "mlpw rm 3 2 --yes")


async def test_a_live_run_is_not_deleted(app: Workbench, words: Bench) -> None:
    words.pipeline({"slow": {"command": words.gate(), "environment": {"image": "ubuntu:22.04"}}})
    number = words.start()
    words.until_started("slow")
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(pilot, 1)
        await pilot.press("D")
        await until(pilot, lambda: any("going on" in each.message for each in app._notifications))
        assert "Delete" not in screen_text(app)
    words.open_gate()
    words.end_of(number)
