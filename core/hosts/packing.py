"""A long upload that an engine unpacks by itself: gzip, whose members are packed only while the link is slow."""

import time
import zlib
from collections.abc import Iterable, Iterator

from core.hosts.agent.pace import Pace, is_worth_packing

_GZIP = 31  # with gzip's head and tail
_MEMBER = 1 << 20


def packed(pieces: Iterable[bytes], pace: Pace) -> Iterator[bytes]:
    """The pieces as gzip. How long whoever sends them takes for each tells how fast the link is."""
    pace.begin()
    for block in _gathered(pieces):
        level = 1 if pace.is_slow and is_worth_packing(block) else 0
        packer = zlib.compressobj(level, zlib.DEFLATED, _GZIP)
        member = packer.compress(block) + packer.flush()
        began = time.monotonic()
        yield member
        pace.note(len(member), time.monotonic() - began)


def _gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        while len(waiting) >= _MEMBER:
            yield bytes(waiting[:_MEMBER])
            del waiting[:_MEMBER]
    if waiting:
        yield bytes(waiting)
