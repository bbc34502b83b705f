"""Keys that come before the Build screen has read its pipeline: they wait for it, but for the one that leaves."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from core.workspace import Workspace
from tests.support.bench import Bench
from tests.support.screen import until, until_shown
from tui import type_ahead
from tui.app import Workbench
from tui.screens.designing import DesignScreen
from tui.session import Session
from tui.worker_thread import Result


class HeldSession(Session):
    """What is asked of the planning thread waits until `may_go`."""

    may_go: asyncio.Event | None = None

    async def work(self, wanted: Callable[[Workspace], Result]) -> Result:
        if self.may_go is not None:
            await self.may_go.wait()
        return await super().work(wanted)


@pytest.fixture
def session(words: Bench) -> Iterator[HeldSession]:
    made = HeldSession(words.root)
    yield made
    made.close()


async def test_enter_goes_to_the_ports_once_the_pipeline_is_read(session: HeldSession) -> None:
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "1 stale")
        session.may_go = asyncio.Event()
        await pilot.press("b", "enter", "j")
        await until(pilot, lambda: isinstance(app.screen, DesignScreen), "the Build screen")
        session.may_go.set()
        await until_shown(pilot, "count", "words")
        screen = app.screen
        assert isinstance(screen, DesignScreen)
        await until(pilot, lambda: screen.ports.has_focus, "the ports")
        await until(pilot, lambda: screen.ports.selected == "in:least", "the second port")


async def test_escape_leaves_a_screen_that_has_not_read_anything_yet(session: HeldSession) -> None:
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "1 stale")
        session.may_go = asyncio.Event()
        await pilot.press("b")
        await until(pilot, lambda: isinstance(app.screen, DesignScreen), "the Build screen")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.run_screen, "the Run screen")
        session.may_go.set()


async def test_a_key_that_comes_while_somebody_elses_edit_is_read_waits_for_it(
    session: HeldSession, words: Bench
) -> None:
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "1 stale")
        await pilot.press("b")
        await until_shown(pilot, "given, taken by")
        screen = app.screen
        assert isinstance(screen, DesignScreen)
        await until(pilot, lambda: not screen.is_opening, "rest")
        session.may_go = asyncio.Event()
        words.file.write_text(words.file.read_text().replace("least", "most"))
        screen.files_changed()
        await pilot.press("n")
        await until(pilot, lambda: bool(app._waiting_keys()), "the key to wait")
        assert app.screen is screen
        session.may_go.set()
        await until_shown(pilot, "Add a command")


async def test_a_screen_that_never_has_anything_holds_keys_up_once(
    session: HeldSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Workbench(session, session.view_file)
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "1 stale")
        session.may_go = asyncio.Event()
        await pilot.press("b")
        await until(pilot, lambda: isinstance(app.screen, DesignScreen), "the Build screen")
        monkeypatch.setattr(type_ahead, "_PATIENCE", 0.1)
        await pilot.press("question_mark")
        await until_shown(pilot, "Keys", "Move")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, DesignScreen), "the Build screen")
        monkeypatch.setattr(type_ahead, "_PATIENCE", 10**9)
        await pilot.press("question_mark")
        await until_shown(pilot, "Keys", "Move")
        session.may_go.set()
