"""Logs as steps leave them, with the times of their lines, made at once."""

import struct
from collections.abc import Sequence
from pathlib import Path

SECOND = 1_000_000_000
#: 2026-01-01 12:00:00 UTC in nanoseconds.
NOON = 1_767_268_800 * SECOND


def timed_log(folder: Path, lines: Sequence[tuple[float, str]]) -> Path:
    """A log whose lines came so many seconds after noon each, and its times beside it; written again, it grows."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "log.txt"
    with log.open("ab") as file, (folder / "log.times").open("ab") as times:
        for second, text in lines:
            times.write(struct.pack("<QQ", file.tell(), NOON + round(second * SECOND)))
            file.write(f"{text}\n".encode())
    return log
