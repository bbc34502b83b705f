"""Esc with another key right behind it, as lines bring them that gather what is typed."""

from pathlib import Path

import pytest

from tests.support.screen import until, until_shown
from tests.tui.fake_bridge import stale_world
from tui.app import Workbench
from tui.dialogs.run_plan import RunPlanDialog
from tui.escape_keys import AltOrEscape, EscapeParser
from tui.screens.runs import RunsScreen


def send(app: Workbench, text: str) -> None:
    """What a terminal sends, read as the driver reads it."""
    for message in EscapeParser().feed(text):
        app.post_message(message)


@pytest.mark.parametrize(
    ("sent", "key", "behind"),
    [
        ("\x1bp", "alt+p", "p"),
        ("\x1bR", "alt+shift+r", "R"),
        ("\x1b2", "alt+2", "2"),
        ("\x1b:", "alt+colon", "colon"),
        ("\x1b<", "alt+less_than_sign", "less_than_sign"),
        ("\x1b\x12", "alt+ctrl+r", "ctrl+r"),
        ("\x1b ", "alt+space", "space"),
        ("\x1bb", "ctrl+left", "b"),
    ],
)
def test_esc_with_a_key_behind_it_leaves_open_what_was_meant(sent: str, key: str, behind: str) -> None:
    (found,) = EscapeParser().feed(sent)
    assert isinstance(found, AltOrEscape)
    assert (found.key, found.behind.key) == (key, behind)
    assert [each.key for each in found.meant(True)] == [key]
    assert [each.key for each in found.meant(False)] == ["escape", behind]


@pytest.mark.parametrize(("sent", "keys"), [("\x1b[D", ["left"]), ("\x1b[1;3D", ["alt+left"]), ("\x1bOP", ["f1"])])
def test_keys_that_begin_with_esc_stay_what_they_are(sent: str, keys: list[str]) -> None:
    assert [getattr(found, "key", "") for found in EscapeParser().feed(sent)] == keys


async def test_esc_and_what_is_typed_behind_it_are_both_heard(tmp_path: Path) -> None:
    app = Workbench(stale_world(tmp_path), tmp_path / "cache" / "view.json")
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "1 stale")
        send(app, "?")
        await until_shown(pilot, "Keys", "Move")
        send(app, "\x1b2")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen), "the Runs screen")
        send(app, "\x1br")
        await until(pilot, lambda: isinstance(app.screen, RunPlanDialog), "what would run")


async def test_a_key_with_alt_that_does_something_does_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "config" / "mlpw").mkdir(parents=True)
    (tmp_path / "config" / "mlpw" / "keys.toml").write_text('preset = "emacs"\n')
    app = Workbench(stale_world(tmp_path), tmp_path / "cache" / "view.json")
    async with app.run_test(size=(120, 36)) as pilot:
        await until_shown(pilot, "1 stale")
        send(app, "\x1bx")
        await until_shown(pilot, "Palette")
