"""Says what the journal holds, as it grows, among the step's output, for whoever shares no files with the step."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from base64 import b64encode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

OUTPUT = 4  # beside a step in a container this file is the step's output
PAUSE_SECONDS = 0.2
PIECE_BYTES = 2700  # with the rest of the line less than a pipe takes at once, 4096


def echo(journal: Path, mark: str) -> None:
    """Say it until the process ends, on a thread: that waits for a reader as the step does, but no report waits."""
    threading.Thread(target=_say_on, args=(Echo(journal, mark),), name="echo", daemon=True).start()


class Echo:
    """A piece is one line and one write that a pipe takes whole: the mark, the offset, a space, the bytes in base64."""

    def __init__(self, journal: Path, mark: str, descriptor: int = OUTPUT) -> None:
        self._journal, self._mark, self._descriptor = journal, mark.encode(), descriptor
        self._offset = 0

    def say(self) -> None:
        """What is new since the last call."""
        if not self._journal.is_file():
            return
        with self._journal.open("rb") as file:
            file.seek(self._offset)
            while True:
                piece = file.read(PIECE_BYTES)
                if not piece:
                    return
                os.write(self._descriptor, b"%s%d %s\n" % (self._mark, self._offset, b64encode(piece)))
                self._offset += len(piece)


def _say_on(said: Echo) -> None:
    with contextlib.suppress(OSError):  # nobody reads any more
        while True:
            said.say()
            time.sleep(PAUSE_SECONDS)
