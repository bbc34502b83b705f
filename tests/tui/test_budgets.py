"""Counted budgets: nothing is painted or sent while nothing happens, and little when little does."""

from pathlib import Path
from typing import Any

import pytest
from textual.drivers.headless_driver import HeadlessDriver

from tests.support.screen import until, until_shown, until_still
from tests.tui.fake_bridge import stale_world
from tui.app import Workbench
from tui.screens.run import RunScreen
from tui.views import StepState
from tui.widgets.status import Status


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Everything the app writes to the terminal."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    monkeypatch.setenv("MLPW_ASCII", "0")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    written: list[str] = []

    def write(self: HeadlessDriver, data: str) -> None:
        del self
        written.append(data)

    monkeypatch.setattr(HeadlessDriver, "write", write)
    monkeypatch.setattr(HeadlessDriver, "is_headless", property(lambda self: False))
    return written


def size_of(written: list[str]) -> int:
    return sum(len(text.encode()) for text in written)


async def planned(pilot: Any, sent: list[str]) -> RunScreen:
    await until_shown(pilot, "1 stale")
    await until_still(pilot, lambda: len(sent))
    screen = pilot.app.screen
    assert isinstance(screen, RunScreen)
    return screen


async def test_an_idle_workbench_sends_nothing(tmp_path: Path, sent: list[str]) -> None:
    bridge = stale_world(tmp_path)
    app = Workbench(bridge, tmp_path / "view.json")
    async with app.run_test(size=(160, 45)) as pilot:
        await planned(pilot, sent)
        assert size_of(sent) > 1000
        sent.clear()
        asked = 0
        poll = bridge.poll

        async def counted() -> Any:
            nonlocal asked
            asked += 1
            return await poll()

        bridge.poll = counted  # type: ignore[method-assign]
        await until(pilot, lambda: asked >= 3)
        assert size_of(sent) == 0


async def test_a_step_that_changes_its_status_costs_little(tmp_path: Path, sent: list[str]) -> None:
    app = Workbench(stale_world(tmp_path), tmp_path / "view.json")
    async with app.run_test(size=(160, 45)) as pilot:
        screen = await planned(pilot, sent)
        sent.clear()
        states = {**screen.scene.states, "evaluate": StepState(Status.FAILED)}
        screen.steps._states = states
        screen.steps.tick()
        await until_shown(pilot, "✗ evaluate")
        await until(pilot, lambda: size_of(sent) > 0)
        assert 0 < size_of(sent) <= 2048


async def test_a_line_in_a_short_log_costs_less_than_a_frame(tmp_path: Path, sent: list[str]) -> None:
    bridge = stale_world(tmp_path)
    bridge.begin_run()
    log = tmp_path / "train_a.txt"
    log.write_text("epoch 1\n")
    app = Workbench(bridge, tmp_path / "view.json")
    async with app.run_test(size=(160, 45)) as pilot:
        await until_shown(pilot, "epoch 1")
        await until_still(pilot, lambda: len(sent))
        sent.clear()
        with log.open("a") as file:
            file.write("epoch 2\n")
        await until_shown(pilot, "epoch 2")
        await until(pilot, lambda: size_of(sent) > 0)
        assert size_of(sent) <= 12_000


async def test_recolouring_does_not_lay_out_again(
    tmp_path: Path, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Workbench(stale_world(tmp_path), tmp_path / "view.json")
    async with app.run_test(size=(160, 45)) as pilot:
        screen = await planned(pilot, sent)
        laid_out: list[object] = []
        monkeypatch.setattr("tui.widgets.box_fitting.lay_out", laid_out.append)
        screen.steps._states = {**screen.scene.states, "clean": StepState(Status.RUNNING)}
        screen.steps.tick()
        await until_shown(pilot, "▶ clean")
        assert not laid_out
