"""Pictures: what the terminal shows as plain text, kept in files and compared; MLPW_PICTURES=1 takes them anew."""

import os
import re
from pathlib import Path
from typing import Any

from textual.app import App
from textual.pilot import Pilot

from tests.support.screen import screen_text, until

#: Seconds after which a screen is taken to be complete.
_REST = 0.5
FOLDER = Path(__file__).parents[1] / "tui" / "pictures"
#: What differs from day to day and keeps its width.
_CHANGING = (
    (re.compile(r"\d{4}-\d\d-\d\d"), "2026-01-02"),
    (re.compile(r"\d\d:\d\d:\d\d"), "03:04:05"),
    (re.compile(r"\d\d [A-Z][a-z]{2} \d\d:\d\d"), "02 Jan 03:04"),
)
#: What differs from machine to machine: a place with so much room is filled with a text of ours.
_OF_THE_MACHINE = (
    (re.compile(r"[\d.]+ MB at most *"), "12 MB at most"),
    (re.compile(r"Python 3\.\d+\.\d+ in *"), "Python 3.11.7 in"),
)
#: The digest of an environment, perhaps on two lines.
_DIGEST = re.compile(r"(?<=\.mlpw/envs/)[0-9a-f]+|(?<=│ )[0-9a-f]+(?= +[┃│])")


async def check_picture(pilot: Pilot[Any], name: str) -> None:
    """Wait until the screen is as the picture of its size, for as long as a screen may take to come to rest."""
    width, height = pilot.app.size
    file = FOLDER / f"{width}x{height}" / f"{name}.txt"
    if os.environ.get("MLPW_PICTURES"):
        await pilot.pause(_REST)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{_steady(pilot.app)}\n")
    kept = file.read_text().removesuffix("\n") if file.exists() else "(no picture yet: MLPW_PICTURES=1 takes it)"
    said = f"{file.name} of {width}x{height}; if it is meant to differ: MLPW_PICTURES=1"
    await until(pilot, lambda: _steady(pilot.app) == kept, said)


def _steady(app: App[Any]) -> str:
    """What the screen shows, but for what differs from day to day and from machine to machine."""
    shown = screen_text(app)
    for pattern, text in _CHANGING:
        shown = pattern.sub(text, shown)
    for pattern, text in _OF_THE_MACHINE:
        shown = pattern.sub(lambda found, text=text: text.ljust(len(found[0])), shown)  # type: ignore[misc]
    return _DIGEST.sub(lambda found: "0" * len(found[0]), shown)
