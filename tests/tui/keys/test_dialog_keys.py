"""What dialogs say of their keys: a person's own keys, in words that the terminal can show."""

import re
from pathlib import Path

import pytest

import tui.dialogs
from tests.support.screen import until_gone, until_shown
from tests.tui.fake_bridge import stale_world
from tests.tui.keys.test_keymap import keys_file
from tui.app import Workbench
from tui.keys import chosen
from tui.keys.action import shown_key
from tui.keys.hints import hint
from tui.keys.moves import LIST_KEYS, PAN_KEYS, moves


async def test_dialogs_show_the_keys_of_the_keymap(tmp_path: Path, own_person: Path) -> None:
    keys_file(
        own_person, 'preset = "emacs"\n[keys]\n"plan.force" = "f6"\n"app.help" = "f1"\n"palette.complete" = "f2"\n'
    )
    app = Workbench(stale_world(tmp_path), tmp_path / "view.json")
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "1 stale")
        await pilot.press("f1")
        await until_shown(pilot, "ctrl-g close", "↓ ↑ scroll")
        await pilot.press("ctrl+g")
        await until_gone(pilot, "ctrl-g close")
        await pilot.press("r")
        await until_shown(pilot, "Enter run", "F6 forced", "ctrl-g leave it")
        await pilot.press("f6")
        await until_shown(pilot, "F6 unforced")
        await pilot.press("ctrl+g")
        await until_gone(pilot, "ctrl-g leave it")
        await pilot.press("colon")
        await until_shown(pilot, "F2 completes")


async def test_the_first_greeting_names_the_keys_of_the_keymap(tmp_path: Path, own_person: Path) -> None:
    (own_person / "state" / "mlpw" / "state.json").unlink()
    keys_file(own_person, '[keys]\n"app.help" = "f1"\n')
    app = Workbench(stale_world(tmp_path), tmp_path / "view.json")
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await until_shown(pilot, "Welcome", "F1 shows every key")


async def test_in_ascii_arrows_are_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLPW_ASCII", "1")
    app = Workbench(stale_world(tmp_path), tmp_path / "view.json")
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "1 stale")
        await pilot.press("question_mark")
        text = await until_shown(pilot, "Up Down Left Right", "Down Up scroll", "shift-Left ")
        assert text.isascii()


@pytest.mark.parametrize("ascii_only", [False, True])
def test_keys_that_move_fit_into_the_column_of_the_help(ascii_only: bool) -> None:
    chosen.use({}, ascii_only=ascii_only)
    try:
        assert [keys for keys, _ in moves() if len(keys) > 18] == []
        assert shown_key("alt+left") == ("alt-Left" if ascii_only else "alt-←")
    finally:
        chosen.use({})


def test_a_hint_of_several_keys_does_what_the_first_does() -> None:
    made = hint([*LIST_KEYS, *PAN_KEYS], "list.down list.up", "scroll")
    assert (made.key, made.label, made.action) == ("↓ ↑", "scroll", "move(1)")
    assert hint(LIST_KEYS, "list.enter", "open", "take").action == "take"


def test_no_dialog_writes_a_key_of_its_footer_by_hand() -> None:
    """Enter in a line to write in is the line's own key, and no binding of ours."""
    folder = Path(tui.dialogs.__file__).parent
    written = {hit for file in folder.glob("*.py") for hit in re.findall(r'Hint\("([^"]*)"', file.read_text())}
    assert written == {"Enter"}
