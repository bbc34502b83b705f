"""Data over a line, either way: sent no faster than it arrives, and acknowledged."""

import time
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from core.hosts.agent.pace import Pace
from core.hosts.agent.wire import ALIVE, GOT, PACKED, PLAIN, TOLD, WANTED, Bytes, Line

#: An acknowledgement is asked for after this share of the window.
_ASKED_SHARE = 8


class InterruptedPassingError(Exception):
    """The other end said something before all was sent: `said`, as it came."""

    def __init__(self, said: Bytes) -> None:
        super().__init__("the other end does not want the rest")
        self.said = said


class Sender:
    """Sends blocks; `heard` is told how many bytes (before packing) have come so far, and often enough to stop it."""

    def __init__(self, line: Line, pace: Pace, heard: Callable[[int], None] = lambda count: None) -> None:
        self._line, self._pace, self._heard = line, pace, heard
        self._under_way: deque[tuple[int, int]] = deque()  # bytes as sent, and before packing, by what is acknowledged
        self._flying = self._unasked = self._plain = 0
        self.came = 0

    def send(self, blocks: Iterable[Bytes]) -> None:
        """All of it; it has not all come yet. Raises InterruptedPassingError."""
        self._pace.begin()
        for block in blocks:
            kind, data = self._pace.packed(block)
            while self._under_way and self._flying + len(data) > self._pace.window:
                self._wait()
            self._unasked += len(data)
            self._plain += len(block)
            if self._unasked * _ASKED_SHARE >= self._pace.window:
                kind |= WANTED
                self._under_way.append((self._unasked, self._plain))
                self._unasked = self._plain = 0
            self._flying += len(data)
            self._line.write(kind, data)

    def answer(self) -> Bytes:
        """What the other end says when all has come."""
        while True:
            try:
                self._wait()
            except InterruptedPassingError as answer:
                while self._under_way:
                    self._land()
                self.came += self._plain
                self._heard(self.came)
                return answer.said

    def _wait(self) -> None:
        began = time.monotonic()
        kind, said = self._line.read()
        if kind == TOLD:
            raise InterruptedPassingError(said)
        if kind == GOT and self._under_way:
            self._pace.note(self._land(), time.monotonic() - began)
        self._heard(self.came)

    def _land(self) -> int:
        size, plain = self._under_way.popleft()
        self._flying -= size
        self.came += plain
        return size


def received(line: Line, size: int) -> Iterator[Bytes]:
    """Pieces of so many bytes that come, each acknowledged when the next is asked for.

    Raises InterruptedPassingError when the other end says that there is no more.
    """
    left = size
    while left > 0:
        kind, data = line.read()
        if kind == TOLD:
            raise InterruptedPassingError(data)
        if kind in (ALIVE, GOT):
            continue
        plain = zlib.decompress(data) if kind & ~WANTED == PACKED else data
        assert kind & ~WANTED in (PLAIN, PACKED)
        left -= len(plain)
        yield plain
        if kind & WANTED:
            line.write(GOT)


class Reader:
    """Pieces cut anew."""

    def __init__(self, pieces: Iterator[Bytes]) -> None:
        self._pieces, self._left = pieces, memoryview(b"")

    def take(self, size: int) -> Iterator[memoryview]:
        """The next `size` bytes, as they come."""
        while size > 0:
            if not self._left:
                self._left = memoryview(next(self._pieces))
            piece, self._left = self._left[:size], self._left[size:]
            size -= len(piece)
            yield piece

    def end(self) -> None:
        """Nothing may be left over; the last piece is acknowledged."""
        assert not self._left
        for _ in self._pieces:
            raise AssertionError("more came than was announced")
