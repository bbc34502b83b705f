"""Logs in the workbench, over real runs: attempts, several steps at once, marking, saving."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.bench import Bench
from tests.support.screen import screen_text, until, until_gone, until_logged, until_shown
from tests.support.steps import step
from tests.tui.keys.test_keymap import keys_file
from tui.app import Workbench
from tui.screens.log import LogScreen, MergedLogScreen
from tui.session import Session


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("NO_COLOR", "SSH_CONNECTION", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLPW_ASCII", "0")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def opened(bench: Bench) -> Workbench:
    session = Session(bench.root)
    return Workbench(session, session.view_file)


def copied(bench: Bench) -> str:
    """What was copied last, as the file says that every copy goes to."""
    file = bench.root / ".mlpw" / "cache" / "copied.txt"
    return file.read_text() if file.exists() else ""


@pytest.fixture
def failed_twice(bench: Bench) -> Bench:
    """Two runs of a step that failed, saying something else each time."""
    for word in ("alpha", "beta"):
        traceback = "echo 'Traceback (most recent call last):'; echo '  RuntimeError: no luck'"
        bench.pipeline({"train": step(f"for i in $(seq 50); do echo {word} $i; done; {traceback}; exit 3")})
        bench.run()
    return bench


async def test_the_log_goes_through_the_attempts_of_all_runs(failed_twice: Bench) -> None:
    app = opened(failed_twice)
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "train log", "beta 50")
        await pilot.press("enter", "left_square_bracket")
        await until_shown(pilot, "alpha 50", "train, run 1, attempt")
        await pilot.press("left_square_bracket")
        await until_shown(pilot, "no earlier attempt")
        await pilot.press("l")
        await until(pilot, lambda: isinstance(app.screen, LogScreen))
        await until_shown(pilot, "alpha 50", "run 1, attempt 1, exit code 3")
        await pilot.press("right_square_bracket")
        await until_shown(pilot, "beta 50", "run 2, attempt 1, exit code 3")
        await pilot.press("right_square_bracket")
        await until_shown(pilot, "no later attempt")
        await until_logged(pilot, "mlpw logs 1/train --attempt 1")


async def test_lines_are_kept_found_timed_marked_and_copied(failed_twice: Bench) -> None:
    app = opened(failed_twice)
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "train log", "beta 50")
        await pilot.press("enter", "l")
        await until(pilot, lambda: isinstance(app.screen, LogScreen))
        await pilot.press("ampersand", *"beta", "space", "4", "enter")
        await until_shown(pilot, "& beta 4", "11 of 52 lines", "49  beta 49")
        await until_logged(pilot, "mlpw logs 2/train --grep 'beta 4'")
        await pilot.press("slash", *"49", "enter")
        await until_shown(pilot, "1/1")
        await pilot.press("V", "k", "y")
        await until(pilot, lambda: copied(failed_twice) == "beta 48\nbeta 49", "the copy")
        await pilot.press("escape", "escape")
        await until_shown(pilot, "52 lines")
        await pilot.press("E")
        await until_shown(pilot, "1/1", "Traceback")
        await pilot.press("t")
        await until(pilot, lambda: app.screen.query_one("#log").lines.has_times)  # type: ignore[attr-defined]
        await until_shown(pilot, ":")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: not isinstance(app.screen, LogScreen))


async def test_hints_of_a_log_name_a_persons_own_keys(failed_twice: Bench, tmp_path: Path) -> None:
    keys_file(tmp_path, '[keys]\n"app.copy" = "f8"\n"log.keep" = "f9"\n')
    app = opened(failed_twice)
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "train log", "beta 50")
        await pilot.press("l", "f9", *"nowhere", "enter")
        await until_shown(pilot, "no line is kept; F9 changes what is")
        await pilot.press("f9", *(["backspace"] * 7), "enter")
        await until_shown(pilot, "beta 50")
        await pilot.press("V")
        await until_shown(pilot, "1 line marked: F8 copies")


async def test_a_log_is_saved_whole_under_a_name_that_is_free(
    failed_twice: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train-2.log").write_text("mine")
    app = opened(failed_twice)
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "train log", "beta 50")
        await pilot.press("enter", "l", "S")
        await until_shown(pilot, "Save the log", "train-2-2.log")
        await pilot.press("enter")
        await until(pilot, lambda: len(app.commands) == 2)
        assert (tmp_path / "train-2-2.log").read_bytes() == failed_twice.attempt(2, "train").log.read_bytes()
        await until_logged(pilot, f"mlpw logs 2/train > {tmp_path / 'train-2-2.log'}")
        await pilot.press("S")
        await until_shown(pilot, "Save the log")
        for _ in range(20):
            await pilot.press("backspace")
        await pilot.press(*"train-2.log", "enter")
        await until_shown(pilot, "there already")
        assert (tmp_path / "train-2.log").read_text() == "mine"
        await pilot.press("enter")
        await until(pilot, lambda: (tmp_path / "train-2.log").read_text() != "mine")


async def test_the_mouse_marks_what_it_is_drawn_over(failed_twice: Bench) -> None:
    app = opened(failed_twice)
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "train log", "beta 50")
        await pilot.press("enter", "l")
        await until(pilot, lambda: isinstance(app.screen, LogScreen))
        await pilot.press("g")
        await until_shown(pilot, "beta 1 ")
        await pilot.mouse_down("#log", offset=(2, 1))
        await pilot.hover("#log", offset=(4, 2))
        await pilot.mouse_up("#log", offset=(4, 2))
        await until_shown(pilot, "2 lines marked")
        await pilot.press("y")
        await until(pilot, lambda: copied(failed_twice) == "eta 1\nbeta", "the copy")


async def test_steps_are_merged_by_time_and_those_that_begin_join(new_bench: Callable[[str], Bench]) -> None:
    bench = new_bench("merged")
    wait = bench.gate("first")
    bench.pipeline(
        {
            "one": step(f"echo one begins; {wait}; echo one ends", makes=["out"]),
            "two": step(f"echo two begins; {bench.gate('second')}; echo two ends"),
            "after": step("echo after all; sleep 0.2", takes={"x": "one.out"}),
        }
    )
    run = bench.start()
    bench.until_started("one", "two")
    app = opened(bench)
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "one begins", "▶ two")
        await pilot.press("a")
        await until_shown(pilot, "Logs of run 1, by time", "2 marked")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, MergedLogScreen))
        await until_shown(pilot, "one │ one begins", "two │ two begins", "2 steps, 2 running, by time")
        bench.open_gate("first")
        await until_shown(pilot, "one   │ one ends", "after │ after all", "3 steps")
        bench.open_gate("second")
        await until_shown(pilot, "two   │ two ends")
        bench.end_of(run)
        await pilot.press("ampersand", *"two", "enter")
        await until_gone(pilot, "one   │ one ends")
        assert "two   │ two ends" in screen_text(app)
        await pilot.press("a")
        await until_shown(pilot, "Logs of run 1", "3 marked")
        await pilot.press("g", "space", "enter")
        await until_shown(pilot, "2 steps, by time")
        await until_logged(pilot, "mlpw logs 1/two 1/after")


async def test_only_a_log_that_somebody_writes_is_followed(new_bench: Callable[[str], Bench]) -> None:
    bench = new_bench("followed")
    bench.pipeline({"one": step(f"seq 100; {bench.gate('first')}; echo one ends")})
    run = bench.start()
    bench.until_started("one")
    app = opened(bench)
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "FOLLOW", "100 lines")
        await pilot.press("enter", "l")
        await until(pilot, lambda: isinstance(app.screen, LogScreen))
        await until_shown(pilot, "FOLLOW", "100 lines")
        await pilot.press("f")
        await until_gone(pilot, "FOLLOW")
        await pilot.press("f")
        await until_shown(pilot, "FOLLOW")
        bench.open_gate("first")
        await until_shown(pilot, "one ends")
        bench.end_of(run)
        await until_gone(pilot, "FOLLOW")
        await pilot.press("g", "f")
        await until_shown(pilot, "one ends", "nobody writes it any more")
        await pilot.press("escape")
        await until_shown(pilot, "one log", "101 lines")
        await until_gone(pilot, "FOLLOW")
