"""How fast a link is, and what follows from it: whether packing pays, and how much may be under way."""

import time
import zlib
from collections.abc import Callable

from core.hosts.agent.wire import PACKED, PLAIN, Bytes

#: A link that carries less is worth packing for, in bytes a second.
SLOW_LINK = 30e6
#: A measurement takes so many seconds at least.
_PERIOD = 0.25
#: The link bounds a transfer that waits for it for so much of the time.
_BOUND = 0.5
#: Bytes under way: before anything is known of the link, at most, and for how many seconds of a slow one.
_FIRST_WINDOW, _LARGEST_WINDOW, _WINDOW_SECONDS = 1 << 19, 8 << 20, 1.0
#: What is known of a link that does not bound the transfer is forgotten after so many bytes: it may be faster now.
_LONGEST_BELIEF = 64 << 20
#: Data whose beginning gets no smaller than this share is sent as it is.
_WORTH_PACKING, _SAMPLE = 0.8, 1 << 14


class Pace:
    """Learns from what was acknowledged; `slow` is the speed (bytes a second) below which data is packed."""

    def __init__(self, slow: float = SLOW_LINK, clock: Callable[[], float] = time.monotonic) -> None:
        self.slow, self._clock = slow, clock
        self._speed: float | None = None
        self._since, self._waited, self._bytes, self._unbound = clock(), 0.0, 0, 0

    @property
    def is_slow(self) -> bool:
        """Whether fewer bytes arrive sooner."""
        return self._speed is not None and self._speed < self.slow

    @property
    def window(self) -> int:
        """How many bytes may be under way."""
        if self._speed is None:
            return _FIRST_WINDOW
        return int(min(_LARGEST_WINDOW, max(_FIRST_WINDOW, self._speed * _WINDOW_SECONDS)))

    def begin(self) -> None:
        """A transfer begins: the time since the last one says nothing about the link."""
        self._since, self._waited, self._bytes = self._clock(), 0.0, 0

    def note(self, size: int, waited: float) -> None:
        """So many bytes came, after so many seconds of waiting for nothing else."""
        self._bytes += size
        self._waited += waited
        took = self._clock() - self._since
        if took < _PERIOD:
            return
        if self._waited >= _BOUND * took:
            self._speed, self._unbound = self._bytes / took, 0
        else:
            self._unbound += self._bytes
        if self._unbound > _LONGEST_BELIEF:
            self._speed, self._unbound = None if self.is_slow else self._speed, 0
        self.begin()

    def packed(self, block: Bytes) -> tuple[int, Bytes]:
        """A block as it is to travel: its kind, and its bytes."""
        if not self.is_slow or not is_worth_packing(block):
            return PLAIN, block
        return PACKED, zlib.compress(block, 1)


def is_worth_packing(block: Bytes) -> bool:
    """Whether a block becomes much smaller, by its beginning."""
    sample = memoryview(block)[:_SAMPLE]
    return len(zlib.compress(sample, 1)) < _WORTH_PACKING * len(sample)
