"""Keys that come before the Run screen has read a pipeline: what acts on it waits, moving in the tree does not."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from core.workspace import Workspace
from tests.support.screen import until, until_shown
from tests.tui.fake_bridge import FakeBridge
from tui import type_ahead
from tui.app import Workbench
from tui.dialogs.design_choose import ChooseDialog
from tui.dialogs.run_plan import RunPlanDialog
from tui.views import Entry, Kind, RunView, Scene, StepState, Subject
from tui.widgets.status import Status
from tui.worker_thread import Result

SPAM = Entry(Kind.PIPELINE, "spam", Path("pipelines/spam.yml"))


@dataclass
class HeldBridge(FakeBridge):
    """What it is asked for waits until `entries_may_come` and `scenes_may_come`."""

    entries_may_come: asyncio.Event = field(default_factory=asyncio.Event)
    scenes_may_come: asyncio.Event = field(default_factory=asyncio.Event)
    work_may_go: asyncio.Event = field(default_factory=asyncio.Event)

    async def runs(self) -> list[RunView]:
        await self.entries_may_come.wait()
        return await super().runs()

    async def scene(self, subject: Subject) -> Scene:
        await self.scenes_may_come.wait()
        return await super().scene(subject)

    async def work(self, wanted: Callable[[Workspace], Result]) -> Result:
        await self.work_may_go.wait()
        return await self.read(wanted)


@pytest.fixture
def bridge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HeldBridge:
    monkeypatch.setattr(type_ahead, "_PATIENCE", 10**9)  # however busy the machine is
    made = HeldBridge(tmp_path, more_entries=[SPAM], states={"ingest": StepState(Status.STALE, ("never run",))})
    made.scenes_may_come.set()
    made.work_may_go.set()
    return made


async def test_a_run_that_is_asked_for_at_once_is_proposed_once_the_workspace_is_read(bridge: HeldBridge) -> None:
    app = Workbench(bridge, bridge.root / "cache" / "view.json")
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "reading the workspace")
        await pilot.press("r")
        await until(pilot, lambda: bool(app._waiting_keys()), "the key to wait")
        bridge.entries_may_come.set()
        await until(pilot, lambda: isinstance(app.screen, RunPlanDialog), "what would run")


async def test_moving_in_the_tree_waits_for_no_pipeline_but_what_acts_on_it_does(bridge: HeldBridge) -> None:
    bridge.entries_may_come.set()
    app = Workbench(bridge, bridge.root / "cache" / "view.json")
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "1 stale")
        bridge.scenes_may_come.clear()
        await pilot.press("j")
        run_screen = app.run_screen
        assert run_screen is not None
        await until(pilot, lambda: run_screen.subject.pipeline == str(SPAM.path), "the second pipeline")
        await pilot.press("k", "j", "r")
        await until(pilot, lambda: [key.key for key in app._waiting_keys()] == ["r"], "only r to wait")
        bridge.scenes_may_come.set()
        await until(pilot, lambda: bridge.asked[-1:] == [f"preview {SPAM.path}"], "what would run of it")


async def test_what_is_typed_behind_a_key_that_asks_something_goes_to_its_dialog(bridge: HeldBridge) -> None:
    bridge.entries_may_come.set()
    app = Workbench(bridge, bridge.root / "cache" / "view.json")
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "1 stale")
        bridge.work_may_go.clear()
        await pilot.press("I", "escape", "question_mark")
        waiting = ["escape", "question_mark"]
        await until(pilot, lambda: [key.key for key in app._waiting_keys()] == waiting, "both keys to wait")
        bridge.work_may_go.set()
        await until_shown(pilot, "Keys", "Move")
        assert not any(isinstance(screen, ChooseDialog) for screen in app.screen_stack)
