"""`mlpw keys`."""

import sys
from collections.abc import Collection, Sequence

import click

from tui.commands.options import json_option
from tui.console import note, say, say_json, table


@click.command()
@click.argument("screen", required=False)
@click.option("--check", is_flag=True, help="Only say what is wrong with your keys.toml; exit 2 when something is.")
@json_option
def keys(*, screen: str | None, check: bool, as_json: bool) -> None:
    """List the keys of the workbench (of SCREEN), with the ids by which keys.toml changes them.

    Your own keys are in ~/.config/mlpw/keys.toml: a preset (default, vim, emacs), and keys by id on top.

    \b
        preset = "vim"
        [keys]
        "run.start" = "ctrl-r"
        "app.help" = "?, f1"

    \b
    Examples:
      mlpw keys
      mlpw keys runs              the Runs screen's
      mlpw keys --check           does my keys.toml work, and does any key do two things?
      mlpw keys --json            {"preset", "trouble", "clashes", "keys": [{"id", "keys", "does", "screens", "own"}]}

    Exit codes: 0 all is well, 2 keys.toml is wrong or a key does two things on one screen.
    """
    from tui import settings
    from tui.keys import keymap as keymaps  # the keys are read from the screens, which import Textual
    from tui.keys.action import shown_keys
    from tui.keys.table import clashes, every_key, known_ids

    keymap = keymaps.load(settings.config_folder() / "keys.toml", known_ids())
    meeting = clashes(keymap.keys)
    wrong = [keymap.trouble] if keymap.trouble else [f"keys.toml: {clash}" for clash in meeting]
    shown = [key for key in every_key() if screen is None or screen in key.places]
    if screen is not None and not shown:
        places = sorted({place for key in every_key() for place in key.places})
        raise click.UsageError(f"no screen '{screen}'; there are {', '.join(places)}")
    if as_json:
        entries = [
            {
                "id": key.id,
                "keys": keymap.keys.get(key.id, key.keys).split(","),
                "does": key.label,
                "screens": list(key.places),
                "own": key.id in keymap.keys,
            }
            for key in shown
        ]
        found = [{"screen": clash.place, "key": clash.key, "ids": [clash.one, clash.other]} for clash in meeting]
        say_json({"preset": keymap.preset, "trouble": keymap.trouble, "clashes": found, "keys": entries})
    elif not check:
        everywhere = {place for key in every_key() for place in key.places} - {"dialogs"}
        rows = [
            (key.id, shown_keys(keymap.keys.get(key.id, key.keys)), _where(key.places, everywhere), key.label)
            for key in shown
        ]
        table(rows, ("id", "keys", "where", "does"))
    for trouble in wrong:
        note(f"mlpw: {trouble}")
    if check and not wrong and not as_json:
        say("every key does one thing")
    sys.exit(2 if wrong else 0)


def _where(places: Sequence[str], everywhere: Collection[str]) -> str:
    """The screens of a key in few words."""
    return "everywhere" if set(everywhere) <= set(places) else ", ".join(places)
