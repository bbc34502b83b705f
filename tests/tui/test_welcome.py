"""Where there is nothing yet: begin with a template, open a workspace of before, or this folder as it is."""

import json
from pathlib import Path

import pytest

from tests.support.screen import screen_lines, screen_text, until, until_shown
from tests.support.terminal import terminal
from tests.tui.fake_bridge import stale_world
from tui import settings
from tui.app import Workbench
from tui.welcome import Welcome, is_bare

SIZES = [(60, 20), (80, 24), (120, 40), (160, 45)]


def known(home: Path) -> list[str]:
    """The workspaces that are remembered."""
    return list(json.loads((home / "state" / "mlpw" / "state.json").read_text()).get("recent", []))


def remember(home: Path, *folders: Path) -> None:
    (home / "state" / "mlpw" / "state.json").write_text(
        json.dumps({"greeted": True, "recent": [str(folder) for folder in folders]})
    )


def workspace(folder: Path) -> Path:
    (folder / ".mlpw").mkdir(parents=True)
    return folder


def test_a_folder_is_bare_until_it_holds_a_definition_or_lies_in_a_workspace(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "notes.txt").write_text("x")
    assert is_bare(tmp_path / "a")
    (tmp_path / "a" / "p.yml").write_text("type: pipeline\njobs: {a: {type: command, command: 'true'}}\n")
    assert not is_bare(tmp_path / "a")
    (tmp_path / "b" / "inside").mkdir(parents=True)
    (tmp_path / "b" / "mlpw.yml").write_text("name: b\n")
    assert not is_bare(tmp_path / "b" / "inside")


@pytest.mark.parametrize("size", SIZES)
async def test_the_ways_on_are_offered_at_every_size(tmp_path: Path, own_person: Path, size: tuple[int, int]) -> None:
    remember(own_person, workspace(tmp_path / "taxi"), tmp_path / "gone")
    app = Welcome(tmp_path / "new")
    async with app.run_test(size=size) as pilot:
        text = await until_shown(pilot, "has no pipeline yet", "begin: train-evaluate", "open it as it is", "taxi")
        assert "gone" not in text
        assert all(len(line) <= size[0] for line in screen_lines(app))


async def test_a_template_is_put_into_the_folder_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not empty")
    app = Welcome(tmp_path)
    async with app.run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "begin: blank")
        await pilot.press("enter")
        await until_shown(pilot, str(tmp_path / "blank")[-40:], "make it in this folder")
        await pilot.press("2", "enter")
        await until(pilot, lambda: app.chosen is not None)
    assert app.chosen == tmp_path / "blank2"
    assert (tmp_path / "blank2" / "pipelines" / "pipeline.yml").is_file()


async def test_a_folder_that_cannot_be_used_is_said_and_another_way_is_offered(tmp_path: Path) -> None:
    (tmp_path / "blank").write_text("a file")
    app = Welcome(tmp_path)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await until_shown(pilot, "begin: blank")
        await pilot.press("enter", "enter")
        await until_shown(pilot, "is not a folder", "begin: blank")
        assert app.chosen is None


async def test_leaving_opens_nothing_and_makes_nothing(tmp_path: Path) -> None:
    app = Welcome(tmp_path)
    async with app.run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "begin: blank")
        await pilot.press("enter")
        await until_shown(pilot, "make it in this folder")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: app._exit)
    assert app.chosen is None
    assert not list(tmp_path.iterdir())


async def test_an_opened_workspace_is_remembered_newest_first(tmp_path: Path, own_person: Path) -> None:
    older = workspace(tmp_path / "older")
    remember(own_person, older)
    world = workspace(tmp_path / "taxi")
    app = Workbench(stale_world(world), world / "view.json")
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "1 stale")
        await pilot.press("W")
        await until_shown(pilot, "Workspaces", "older", "begin: blank")
        await pilot.press("enter")
        await until(pilot, lambda: app.next_workspace == older)
    assert known(own_person) == [str(world), str(older)]
    assert settings.recall(own_person / "state" / "mlpw" / "state.json").greeted


def test_an_empty_folder_becomes_a_workspace_and_opens(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with terminal(tmp_path / "empty") as opened:
        opened.until_painted("has no pipeline yet", "begin: blank")
        opened.press("\r")
        opened.until_painted("make it in this folder")
        opened.press("\r")
        opened.until_painted("Workspace", "never run")
        opened.press("q")
        opened.until(lambda: opened.process.poll() is not None, "the end")
        assert opened.process.returncode == 0
    assert (tmp_path / "empty" / "mlpw.yml").is_file()


async def test_names_of_recent_workspaces_are_only_text(tmp_path: Path, own_person: Path) -> None:
    remember(own_person, workspace(tmp_path / "\x1b]0;owned\x07[bold]x"))
    app = Welcome(tmp_path)
    async with app.run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "␛]0;owned␇[bold]x")
        assert "\x1b" not in screen_text(app)
