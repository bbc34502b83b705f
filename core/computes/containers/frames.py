"""The frames of a container's log, cut out of the raw stream.

A frame is eight bytes (the stream's number, three zeros, the length, big endian) and what was said, in a log with a
timestamp of nanoseconds before it (docs.docker.com/reference/api/engine/version/v1.41, ContainerAttach and
ContainerLogs). A line over 16 KiB comes in several frames, each with a timestamp.
"""

import calendar
import time
from collections.abc import Iterator
from dataclasses import dataclass

HEAD_BYTES = 8
#: No frame of a log is longer: 16 KiB of a line, its timestamp and its end.
MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Frame:
    """What one stream (1: output, 2: errors) said at a time; `at` compares as text: its length is always the same."""

    stream: int
    at: str
    text: bytes


class BrokenStreamError(Exception):
    """What came is no stream of frames."""


class Frames:
    """Takes pieces of the stream as they come, and gives the frames that are whole."""

    __slots__ = ("_held", "_timestamps")

    def __init__(self, *, timestamps: bool = True) -> None:
        self._held = bytearray()
        self._timestamps = timestamps

    def feed(self, piece: bytes) -> Iterator[Frame]:
        """The frames that this piece completes. Raises BrokenStreamError."""
        held = self._held
        held += piece
        at = 0
        while len(held) - at >= HEAD_BYTES:
            length = int.from_bytes(held[at + 4 : at + HEAD_BYTES], "big")
            if held[at] not in (0, 1, 2) or length > MOST_BYTES:
                raise BrokenStreamError(bytes(held[at : at + HEAD_BYTES]))
            end = at + HEAD_BYTES + length
            if len(held) < end:
                break
            said = bytes(held[at + HEAD_BYTES : end])
            moment, _, text = said.partition(b" ") if self._timestamps else (b"", b"", said)
            yield Frame(held[at], moment.decode("ascii", "replace"), text)
            at = end
        del held[:at]


def seconds_of(moment: str) -> tuple[int, int]:
    """'2026-11-21T18:00:00.5Z' -> seconds since the epoch and nanoseconds; raises ValueError for anything else."""
    whole, _, fraction = moment.removesuffix("Z").partition(".")
    seconds = calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S"))
    return seconds, int((fraction or "0")[:9].ljust(9, "0"))
