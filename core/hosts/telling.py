"""How a transfer goes, in words now and then."""

import time
from collections.abc import Callable

_PAUSE_SECONDS = 0.25


class Telling:
    """Tells `heard`, which may end the transfer by raising."""

    def __init__(self, heard: Callable[[str], None]) -> None:
        self._heard = heard
        self._told_at = 0.0

    def tell(self, words: str, came: int, total: int) -> None:
        """`words` with how much came in the place of {}, unless it was told a moment ago."""
        if time.monotonic() - self._told_at >= _PAUSE_SECONDS:
            self.end(words, came, total)

    def end(self, words: str, came: int, total: int) -> None:
        """The same at once."""
        self._told_at = time.monotonic()
        self._heard(words.format(f"{_amount(came)} of {_amount(total)}"))


def _amount(size: int) -> str:
    return f"{size / 1e6:,.0f} MB" if size >= 1_000_000 else f"{-(-size // 1000)} kB"
