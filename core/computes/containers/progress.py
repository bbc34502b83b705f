"""How a transfer of a step's data goes: each word for who looks now, few of them for the log."""

import time
from collections.abc import Callable

#: Between two lines of the log about one transfer.
_NOTE_SECONDS = 10.0


class Progress:
    """`show` gets every word, "" when the transfer is over; `note` the first, some, and the last."""

    def __init__(self, show: Callable[[str], None], note: Callable[[str], None]) -> None:
        self._show, self._note = show, note
        self._noted_at = 0.0
        self._unnoted = self._shown = ""

    def hear(self, words: str) -> None:
        """The transfer goes on."""
        self._shown = self._unnoted = words
        self._show(words)
        if time.monotonic() - self._noted_at >= _NOTE_SECONDS:
            self._noted_at = time.monotonic()
            self._note(words)
            self._unnoted = ""

    def end(self) -> None:
        """It is over, or it was cut; nothing when there was none."""
        if self._unnoted:
            self._note(self._unnoted)
        if self._shown:
            self._show("")
        self._shown = self._unnoted = ""
        self._noted_at = 0.0
