"""What each screen may ask and paint: when it is opened, when the selection moves, while a run goes on; counted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

import core.records.database
import tui.session
from core.workspace import Workspace
from tests.support.bench import Bench
from tests.support.screen import is_at_work, until, until_shown
from tests.support.steps import ENVIRONMENT
from tui.app import Workbench
from tui.session import Session
from tui.views import Subject
from tui.widgets.frame import FramedWidget

#: A question of SQLite's own counter in shared memory; it reads no page.
CHANGED = "PRAGMA data_version"


@dataclass
class Meter:
    """What was asked of the records, how often somebody planned, and how many lines were painted."""

    statements: list[str] = field(default_factory=list)
    plans: int = 0
    lines: int = 0

    @property
    def questions(self) -> list[str]:
        """What was asked beside looks."""
        return [text for text in self.statements if text != CHANGED]

    @property
    def looks(self) -> int:
        """How often the workbench asked whether records changed."""
        return self.statements.count(CHANGED)

    def reset(self) -> None:
        self.statements.clear()
        self.plans = self.lines = 0


@pytest.fixture
def meter(monkeypatch: pytest.MonkeyPatch) -> Meter:
    made = Meter()
    connect, plan, render_line = core.records.database._connect, Workspace.plan, FramedWidget.render_line

    def listening(path: Path) -> Any:
        connection = connect(path)
        connection.set_trace_callback(made.statements.append)
        return connection

    def planning(self: Workspace, *asked: Any, **more: Any) -> Any:
        made.plans += 1
        return plan(self, *asked, **more)

    def painting(self: FramedWidget, y: int) -> Any:
        made.lines += 1
        return render_line(self, y)

    monkeypatch.setattr(core.records.database, "_connect", listening)
    monkeypatch.setattr(tui.session, "_RECOVER_EVERY", 10**9)  # every ten seconds, two questions of its own
    monkeypatch.setattr(Workspace, "plan", planning)
    monkeypatch.setattr(FramedWidget, "render_line", painting)
    return made


@asynccontextmanager
async def opened(bench: Bench) -> AsyncIterator[Pilot[Any]]:
    """The workbench on a bench, on the largest terminal that is promised."""
    session = Session(bench.root)
    app = Workbench(session, session.view_file)
    try:
        async with app.run_test(size=(160, 45)) as pilot:
            yield pilot
    finally:
        session.close()


async def rest(pilot: Pilot[Any], meter: Meter) -> None:
    """Until nothing was asked, and no more than a running step's time was painted, for two looks."""
    quiet = 0
    while quiet < 2:
        before, painted, looks = (len(meter.questions), meter.plans), meter.lines, meter.looks
        await until(pilot, lambda looks=looks: meter.looks > looks, "another look")  # type: ignore[misc]
        asked = (len(meter.questions), meter.plans) != before
        calm = not asked and not is_at_work(pilot.app) and meter.lines - painted <= _OF_A_TIME
        quiet = quiet + 1 if calm else 0


async def go(pilot: Pilot[Any], meter: Meter, way: "Way") -> None:
    await pilot.press(*way.keys.split())
    await until(pilot, lambda: type(pilot.app.screen).__name__ == way.screen, way.screen)
    await rest(pilot, meter)


@dataclass(frozen=True)
class Way:
    """Keys that lead to a screen from the one before, and what that may cost: questions, painted lines, plans.

    `moved` is how many lines ten moves of the selection may paint there; they ask nothing and plan nothing.
    """

    keys: str
    screen: str
    questions: int
    lines: int
    moved: int = 30
    plans: int = 0


#: Lines of the largest pane, and those that a running step's time takes in all panes.
_FRAME, _OF_A_TIME = 43, 8
_WAYS = (
    Way("2", "RunsScreen", 6, 3 * _FRAME),
    Way("5", "DataScreen", 40, 7 * _FRAME),
    Way("6", "ModelsScreen", 30, 7 * _FRAME),
    Way("7", "EnvironmentsScreen", 30, 7 * _FRAME),
    Way("8", "ComponentsScreen", 40, 7 * _FRAME),
    Way("enter", "AssetScreen", 40, 7 * _FRAME),
    Way("escape", "ComponentsScreen", 0, 0),
    Way("2 d", "CompareScreen", 20, 7 * _FRAME),
    Way("escape", "RunsScreen", 0, 0),
    Way("1", "RunScreen", 0, 0),
    Way("question_mark", "HelpDialog", 0, 3 * _FRAME, moved=10 * _FRAME),
    Way("escape", "RunScreen", 0, 0),
    Way("at", "TextDialog", 0, _FRAME),
    Way("escape T", "ThemeDialog", 0, _FRAME, moved=100 * _FRAME),
    Way("escape r", "RunPlanDialog", 12, 4 * _FRAME, plans=1),
    Way("escape b", "DesignScreen", 30, 9 * _FRAME, plans=1),
    Way("escape l", "LogScreen", 2, 4 * _FRAME, moved=10 * _FRAME),
    Way("escape o", "FilesScreen", 6, 6 * _FRAME, moved=3 * _FRAME),
    Way("escape", "RunScreen", 0, 0),
)


async def test_opening_a_screen_and_moving_there_cost_little(words: Bench, meter: Meter) -> None:
    words.end_of(words.start())
    words.end_of(words.start(set={"inputs.word": "delta"}))
    async with opened(words) as pilot:
        await until_shown(pilot, "up to date")
        assert isinstance(pilot.app, Workbench)
        assert pilot.app.run_screen is not None
        pilot.app.run_screen.show_subject(Subject(words.name))
        pilot.app.run_screen.steps.focus_shown()
        await rest(pilot, meter)
        for way in _WAYS:
            meter.reset()
            await go(pilot, meter, way)
            asked, painted = len(meter.questions), meter.lines
            assert (asked <= way.questions, painted <= way.lines, meter.plans <= way.plans) == (True, True, True), (
                f"{way.keys} to {way.screen}: {asked} questions, {painted} lines, {meter.plans} plans"
            )
            meter.reset()
            await pilot.press(*["j"] * 10)
            await rest(pilot, meter)
            assert (meter.questions, meter.plans) == ([], 0), f"moving in {way.screen}"
            assert meter.lines <= way.moved, f"moving in {way.screen} painted {meter.lines} lines"


async def test_while_a_run_goes_on_nothing_is_asked_until_it_moves(words: Bench, meter: Meter) -> None:
    words.end_of(words.start())
    door = words.outside / "door"
    words.pipeline(
        {
            "say": {"command": f"while [ ! -e {door} ]; do sleep 0.05; done", "environment": ENVIRONMENT},
            "other": {"command": "true", "environment": ENVIRONMENT},
        }
    )
    number = words.start()
    async with opened(words) as pilot:
        await until_shown(pilot, "▶ say", "✓ other")
        for keys in ("tab", "l", "escape o", "escape b", "escape 2", "5", "enter", "6", "7", "8", "1"):
            await pilot.press(*keys.split())
            await rest(pilot, meter)
            meter.reset()
            await until(pilot, lambda: meter.looks >= 3, "three looks")
            assert (meter.questions, meter.plans) == ([], 0), keys
            measures = keys in ("tab", "1")  # there the pane tells what the step takes of the machine
            assert meter.lines <= (2 * _FRAME if measures else 3 * _OF_A_TIME), keys
    door.touch()
    words.end_of(number)
