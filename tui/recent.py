"""The commands that were given in the palette, newest first, remembered beside the view."""

import contextlib
import json
import os
from pathlib import Path

_MOST = 40


def load(file: Path) -> list[str]:
    """What was remembered; what cannot be read is as if nothing was."""
    try:
        found = json.loads(file.read_bytes()[: 64 << 10])
    except (OSError, ValueError):
        return []
    return [text for text in found if isinstance(text, str)][:_MOST] if isinstance(found, list) else []


def add(file: Path, recent: list[str], text: str) -> list[str]:
    """`recent` with `text` in front; remembered, where the folder can be written."""
    made = [text, *(each for each in recent if each != text)][:_MOST]
    with contextlib.suppress(OSError):
        file.parent.mkdir(exist_ok=True)
        half = file.with_name(f"{file.name}.{os.getpid()}.tmp")
        half.write_text(json.dumps(made))
        half.replace(file)
    return made
