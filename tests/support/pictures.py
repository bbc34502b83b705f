"""Pictures: what the terminal shows as plain text, kept in files and compared; MLPW_PICTURES=1 takes them anew."""

import os
import re
from pathlib import Path
from typing import Any

from textual.app import App

from tests.support.screen import screen_text

FOLDER = Path(__file__).parents[1] / "tui" / "pictures"
#: What differs from day to day and keeps its width.
_CHANGING = (
    (re.compile(r"\d{4}-\d\d-\d\d"), "2026-01-02"),
    (re.compile(r"\d\d:\d\d:\d\d"), "03:04:05"),
    (re.compile(r"\d\d [A-Z][a-z]{2} \d\d:\d\d"), "02 Jan 03:04"),
)


def check_picture(app: App[Any], name: str) -> None:
    """Compare the screen with the picture of its size."""
    width, height = app.size
    shown = screen_text(app)
    for pattern, text in _CHANGING:
        shown = pattern.sub(text, shown)
    file = FOLDER / f"{width}x{height}" / f"{name}.txt"
    if os.environ.get("MLPW_PICTURES"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{shown}\n")
    kept = file.read_text().removesuffix("\n") if file.exists() else "(no picture yet: MLPW_PICTURES=1 takes it)"
    assert shown == kept, f"{file.name} of {width}x{height} differs; if it is meant so: MLPW_PICTURES=1\n{shown}"
