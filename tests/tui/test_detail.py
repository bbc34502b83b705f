"""Everything about a step on one pane: what ran, what went in, what came out, what it uses, how it went before."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.bench import Bench
from tests.support.screen import until, until_shown
from tests.support.steps import step
from tui.app import Workbench
from tui.session import Session
from tui.views import SessionError


@pytest.fixture
def words(new_bench: Callable[[str], Bench], monkeypatch: pytest.MonkeyPatch) -> Bench:
    """first -> second, never run."""
    for name in ("NO_COLOR", "SSH_CONNECTION", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLPW_ASCII", "0")
    bench = new_bench("words")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(bench.outside))
    write(bench)
    return bench


def write(bench: Bench, ending: str = "true") -> None:
    bench.pipeline(
        {
            "first": step("echo alpha > ${{outputs.out}}/w", makes=["out"]),
            "second": step(
                f"cat ${{{{inputs.words}}}}/w; echo loud is ${{{{inputs.loud}}}}; {ending}",
                takes={"words": "first.out"},
                values={"loud": "very"},
                makes=["out"],
                environment_variables={"MODE": "fast"},
            ),
        }
    )


def opened(bench: Bench) -> tuple[Session, Workbench]:
    session = Session(bench.root)
    return session, Workbench(session, session.view_file)


async def choose(pilot: Any, name: str) -> Any:
    screen = pilot.app.screen
    screen.steps.focus_shown()
    screen.steps.select(name)
    screen._by_hand = True
    screen._show_step()
    await pilot.pause()
    return screen


def told(screen: Any) -> str:
    """The pane's text, whatever is in sight."""
    text: str = screen.detail.plain_text
    return text


async def test_a_step_tells_what_it_would_run_and_then_what_ran(words: Bench) -> None:
    session, app = opened(words)
    async with app.run_test(size=(160, 45)) as pilot:
        await until_shown(pilot, "1 stale")
        screen = await choose(pilot, "second")
        await until(pilot, lambda: "command, as it would run" in told(screen))
        assert "echo loud is very" in told(screen)
        assert "<first.out>" in told(screen)
        words.run()
        await until(pilot, lambda: "history" in told(screen), "the run's facts")
        text = told(screen)
        assert str(words.output(1, "first", "out")) in text
        assert "words: first.out · 6 B · " in text
        assert "MODE: fast" in text
        assert "run 1: ok" in text
        assert "Python " in text
    session.close()


async def test_earlier_runs_of_a_step_stand_under_it_with_their_reasons(words: Bench) -> None:
    words.run()
    write(words, "exit 3")
    words.run()
    write(words, "exit 4")
    words.run()
    session, app = opened(words)
    async with app.run_test(size=(160, 45)) as pilot:
        await until_shown(pilot, "1 failed")
        screen = await choose(pilot, "second")
        await until(pilot, lambda: "history" in told(screen))
        lines = [line for line in told(screen).splitlines() if line.startswith(" run ")]
        assert [line.split(" · ")[0] for line in lines] == [" run 3: failed", " run 2: failed", " run 1: ok"]
        assert all("command changed" in line for line in lines[:2])
        assert "never run" in lines[2]
    session.close()


async def test_what_a_running_step_uses_is_told_while_somebody_looks(words: Bench) -> None:
    write(words, f"until [ -e {words.outside}/gate ]; do :; done")
    session, app = opened(words)
    async with app.run_test(size=(160, 45)) as pilot:
        await until_shown(pilot, "1 stale")
        run = words.start()
        words.until_started("second")
        await until_shown(pilot, "second log", "cores")
        screen = pilot.app.screen
        assert isinstance(screen.detail._used, str)  # type: ignore[attr-defined]
        await until_shown(pilot, "process")
        words.open_gate()
        words.end_of(run)
        await until_shown(pilot, "up to date", "at most")
        assert "cores" not in told(screen)
    session.close()


async def test_nothing_is_measured_where_the_pane_is_not_seen(words: Bench) -> None:
    write(words, words.gate())
    session, app = opened(words)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "1 stale")
        words.start()
        words.until_started("second")
        await until_shown(pilot, "running")
        screen: Any = pilot.app.screen
        asked = session._polls
        await until(pilot, lambda: session._polls > asked + 3)
        assert screen.detail._meter is None
        await pilot.press("D")
        await until_shown(pilot, "cores")
        words.open_gate()
        await pilot.press("escape")
        await until_shown(pilot, "up to date")
    session.close()


async def test_records_that_cannot_be_read_are_said_and_end_nothing(words: Bench) -> None:
    words.run()
    session = Session(words.root)
    with pytest.raises(SessionError, match="the records cannot be used: no such table: no_such_table"):
        await session.read(lambda workspace: workspace.records.database.rows("SELECT * FROM no_such_table"))
    assert len(await session.runs()) == 1
    session.close()
