"""Keys are a person's own: presets, a file on top, and a check that no key does two things."""

from pathlib import Path

import pytest

from tests.support.screen import screen_text, until, until_shown
from tests.tui.fake_bridge import stale_world
from tui.app import Workbench
from tui.keys.actions import ACTIONS
from tui.keys.keymap import load, normal_keys
from tui.keys.presets import PRESETS
from tui.keys.table import Clash, clashes, every_key, known_ids
from tui.screens.run import RunScreen


def keys_file(home: Path, text: str) -> Path:
    path = home / "config" / "mlpw" / "keys.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_every_action_and_every_movement_has_an_id_of_the_table() -> None:
    assert {found.id for found in ACTIONS} <= known_ids()
    assert {"list.up", "list.down", "list.enter", "pane.next", "run.out", "dialog.yes", "filter.drop"} <= known_ids()


def test_a_key_is_listed_with_the_screens_where_it_works() -> None:
    (cancel,) = (key for key in every_key() if key.id == "run.cancel")
    assert (cancel.keys, set(cancel.places)) == ("c", {"run", "runs"})


@pytest.mark.parametrize("name", PRESETS)
def test_no_preset_has_unknown_ids_or_clashes(name: str) -> None:
    assert set(PRESETS[name]) <= known_ids()
    assert clashes(PRESETS[name]) == []
    assert all(normal_keys(keys) == keys for keys in PRESETS[name].values())


def test_a_key_for_two_things_is_said_with_both_names() -> None:
    found = clashes({"run.cancel": "x"})
    assert found == [Clash("run", "x", "run.cancel", "step.explain")]
    assert str(found[0]) == "run: x is both run.cancel and step.explain"


def test_a_movement_on_an_actions_key_is_a_clash_too() -> None:
    assert Clash("run", "r", "list.down", "run.start") in clashes({"list.down": "r"})


def test_two_that_change_places_do_not_clash() -> None:
    assert clashes({"run.cancel": "x", "step.explain": "c"}) == []


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ("ctrl-r", "ctrl+r"),
        ("Ctrl+R", "ctrl+R"),
        ("?, f1", "question_mark,f1"),
        ("<", "less_than_sign"),
        ("alt-<", "alt+less_than_sign"),
        ("-", "minus"),
        ("X", "X"),
        ("PageUp", "pageup"),
    ],
)
def test_keys_are_written_as_people_do(written: str, named: str) -> None:
    assert normal_keys(written) == named


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('preset = "vmi"', "keys.toml:1: there is no preset 'vmi'; there are default, vim, emacs; did you mean 'vim'?"),
        ('[keys]\n"run.strat" = "x"', "keys.toml:2: [keys] has no 'run.strat'; mlpw keys lists all; did you mean"),
        ('[keys]\n"run.start" = "ctr+x"', "keys.toml:2: run.start: 'ctr+x' is no key"),
        ('[keys]\n"run.start" = ""', "keys.toml:2: run.start: no key is given"),
        ('[keys]\n"run.start" = 3', "keys.toml:2: [keys] run.start must be a text"),
        ("[keys]\nrun.start = ", "keys.toml:2: not TOML"),
        ('presets = "vim"', "keys.toml:1: the file has no 'presets'"),
        ("\x00", "keys.toml:1: not TOML"),
    ],
)
def test_a_broken_file_is_said_with_its_line_and_changes_nothing(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "keys.toml").write_text(text)
    found = load(tmp_path / "keys.toml", known_ids())
    assert found.trouble.startswith(said)
    assert not found.keys


def test_own_keys_lie_on_top_of_a_preset_with_or_without_quotes(tmp_path: Path) -> None:
    (tmp_path / "keys.toml").write_text('preset = "emacs"\n[keys]\nrun.start = "f9"\n"list.up" = "ctrl-k"\n')
    found = load(tmp_path / "keys.toml", known_ids())
    assert (found.keys["run.start"], found.keys["list.up"]) == ("f9", "ctrl+k")
    assert found.keys["list.down"] == PRESETS["emacs"]["list.down"]


async def test_changed_keys_work_and_are_what_footer_and_help_show(tmp_path: Path, own_person: Path) -> None:
    keys_file(own_person, '[keys]\n"app.help" = "f1"\n"run.start" = "ctrl-y"\n"list.down" = "J"\n')
    app = Workbench(stale_world(tmp_path), tmp_path / "view.json")
    async with app.run_test(size=(120, 50), notifications=True) as pilot:
        text = await until_shown(pilot, "1 stale", "ctrl-y run", "F1 help")
        assert "? help" not in text
        await pilot.press("question_mark")
        await pilot.press("f1")
        await until_shown(pilot, "ctrl-y", "first shows what would run", "J  ")
        await pilot.press("escape", "ctrl+y")
        await until_shown(pilot, "1 step will run")


async def test_the_emacs_preset_moves_through_lists(tmp_path: Path, own_person: Path) -> None:
    keys_file(own_person, 'preset = "emacs"\n')
    app = Workbench(stale_world(tmp_path), tmp_path / "view.json")
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until_shown(pilot, "1 stale")
        await pilot.press("enter")
        screen = app.screen
        assert isinstance(screen, RunScreen)
        await until(pilot, lambda: screen.steps.selected == "train_b")
        await pilot.press("ctrl+p")
        await until(pilot, lambda: screen.steps.selected == "train_a")
        await pilot.press("ctrl+g")
        await until(pilot, lambda: type(app.focused).__name__ == "TreePane")


async def test_clashes_are_said_at_start(tmp_path: Path, own_person: Path) -> None:
    keys_file(own_person, '[keys]\n"run.cancel" = "x"\n')
    app = Workbench(stale_world(tmp_path), tmp_path / "view.json")
    async with app.run_test(size=(120, 50), notifications=True) as pilot:
        await until_shown(pilot, "keys.toml: run: x is both", "step.explain")
        assert "1 stale" in screen_text(app)
