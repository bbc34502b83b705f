"""What the workbench tells by itself: the hint of the first start, and the end of a run while nobody looks."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot

from tests.support.screen import screen_text, until, until_gone, until_shown
from tests.tui.fake_bridge import FakeBridge, stale_world
from tui.app import Workbench
from tui.terminal import desktop_notice
from tui.widgets.status import Status


@pytest.fixture
def bells(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    rung: list[str] = []
    monkeypatch.setattr(Workbench, "bell", lambda self: rung.append("bell"))
    return rung


def running(root: Path) -> FakeBridge:
    bridge = stale_world(root)
    bridge.begin_run()
    (root / "train_a.txt").write_text("epoch 1\n")
    return bridge


def end(bridge: FakeBridge) -> None:
    bridge.fail("train_a", "RuntimeError", bridge.root / "train_a.txt")


async def look_away(pilot: Pilot[Any], app: Workbench) -> None:
    app.post_message(events.AppBlur())
    await until(pilot, lambda: not app.app_focus and bool(app._live_at_blur))


async def test_the_first_start_says_where_help_is_and_the_second_does_not(tmp_path: Path, own_person: Path) -> None:
    (own_person / "state" / "mlpw" / "state.json").unlink()
    app = Workbench(stale_world(tmp_path), tmp_path / "view.json")
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until_shown(pilot, "Welcome", "? shows every key")
    app = Workbench(stale_world(tmp_path), tmp_path / "view.json")
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until_shown(pilot, "1 stale")
        await pilot.pause(0.2)
        assert "? shows every key" not in screen_text(app)


async def test_a_run_that_ends_while_nobody_looks_rings_and_is_told_until_they_return(
    tmp_path: Path, bells: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.comfort._AFTER_RETURN", 0.2)
    bridge = running(tmp_path)
    app = Workbench(bridge, tmp_path / "view.json")
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until_shown(pilot, "running run 7")
        await look_away(pilot, app)
        end(bridge)
        await until_shown(pilot, "A run ended", "run 7 of", "failed")
        assert bells == ["bell"]
        app.post_message(events.AppFocus())
        await until(pilot, lambda: app.app_focus and not app._is_told)
        await until_gone(pilot, "A run ended")
        assert bells == ["bell"]


async def test_who_looks_is_not_told(tmp_path: Path, bells: list[str]) -> None:
    bridge = running(tmp_path)
    app = Workbench(bridge, tmp_path / "view.json")
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until_shown(pilot, "running run 7")
        end(bridge)
        await until_shown(pilot, "1 failed")
        await pilot.pause(0.3)
        assert "A run ended" not in screen_text(app)
        assert not bells


async def test_a_run_that_goes_on_is_not_told(tmp_path: Path, bells: list[str]) -> None:
    bridge = running(tmp_path)
    app = Workbench(bridge, tmp_path / "view.json")
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until_shown(pilot, "running run 7")
        await look_away(pilot, app)
        assert bridge.run is not None
        bridge.run = replace(bridge.run, counts={Status.RUNNING: 5})
        bridge.records_changed = True
        await until_shown(pilot, "0/5")
        assert not bells


async def test_settings_keep_the_bell_quiet(tmp_path: Path, own_person: Path, bells: list[str]) -> None:
    (own_person / "config" / "mlpw").mkdir(parents=True)
    (own_person / "config" / "mlpw" / "settings.toml").write_text("bell = false\n")
    bridge = running(tmp_path)
    app = Workbench(bridge, tmp_path / "view.json")
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until_shown(pilot, "running run 7")
        await look_away(pilot, app)
        end(bridge)
        await until_shown(pilot, "A run ended")
        assert not bells


@pytest.mark.parametrize(
    ("way", "sent"),
    [
        ("osc9", "\x1b]9;mlpw: run ␛␇, done\x07"),
        ("osc777", "\x1b]777;notify;mlpw;run ␛␇, done\x07"),
        ("off", ""),
    ],
)
def test_a_notice_holds_no_control_character_of_a_name(way: str, sent: str) -> None:
    assert desktop_notice(way, "mlpw", "run \x1b\x07; done") == sent


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("bel = false", "settings.toml:1: the file has no 'bel'"),
        ('bell = "no"', "settings.toml:1: bell must be true or false"),
        ('\nnotice = "osc8"', "settings.toml:2: notice must be one of off, osc9, osc777"),
    ],
)
async def test_broken_settings_are_said_with_their_line(tmp_path: Path, own_person: Path, text: str, said: str) -> None:
    (own_person / "config" / "mlpw").mkdir(parents=True)
    (own_person / "config" / "mlpw" / "settings.toml").write_text(text)
    app = Workbench(stale_world(tmp_path), tmp_path / "view.json")
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await until_shown(pilot, said[:30])
        assert app._settings.bell


@pytest.mark.parametrize("text", ["", "[]", "{", '{"recent": 3, "greeted": "x", "theme": 1}', "[" * 100_000])
def test_a_memory_that_cannot_be_read_is_as_if_nothing_was(tmp_path: Path, text: str) -> None:
    from tui.settings import Memory, recall

    (tmp_path / "state.json").write_text(text)
    assert recall(tmp_path / "state.json") == Memory()
    assert json.dumps(recall(tmp_path / "none.json").recent) == "[]"
