"""The file that tells mlpw all that a step reported."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .values import Json


class Journal:
    """Appends events to a file, each in one write; the only writer of that file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1
        self._torn = False

    def read(self) -> Iterator[Json]:
        """The events so far; lines that are no event are passed over."""
        if not self._path.is_file():
            return
        with self._path.open("rb") as lines:
            for line in lines:
                try:
                    event = json.loads(line)
                except ValueError:
                    continue
                if isinstance(event, dict):
                    yield event

    def append(self, event: Json) -> None:
        """Write one event; raises OSError, with nothing of it readable, when the disk takes no more."""
        if self._descriptor < 0:
            self._open()
        line = json.dumps(event, separators=(",", ":")).encode() + b"\n"
        line = b"\n" + line if self._torn else line
        if os.write(self._descriptor, line) != len(line):
            self._torn = True
            raise OSError(28, "no space left for the journal")
        self._torn = False

    def _open(self) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._descriptor = os.open(str(self._path), flags, 0o600)
        size = os.fstat(self._descriptor).st_size
        self._torn = size > 0 and os.pread(self._descriptor, 1, size - 1) != b"\n"
