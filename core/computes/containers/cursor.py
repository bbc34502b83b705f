"""How far a container's log was read, so that reading can go on from there: no gap, no repetition.

Timestamps run backward between the two streams, never within one while its clock is not set back. So each stream has
a place of its own, and a new reading begins some time before the furthest, and leaves out what was taken already.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.computes.containers.frames import Frame, seconds_of

#: A new reading begins so much before the furthest place: by so much may one stream's frame be written after a later
#: one of the other stream.
OVERLAP_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Place:
    """The newest timestamp taken of a stream, and how many frames with it."""

    at: str
    count: int


@dataclass(slots=True)
class Cursor:
    """The place in each stream, by its number."""

    places: dict[int, Place] = field(default_factory=dict)

    def since(self) -> str:
        """What a new reading asks for ("seconds.nanoseconds"), "" for all."""
        if not self.places:
            return ""
        seconds, nanoseconds = seconds_of(max(place.at for place in self.places.values()))
        return f"{seconds - OVERLAP_SECONDS}.{nanoseconds:09d}"

    def take(self, frame: Frame) -> None:
        """A frame is taken."""
        place = self.places.get(frame.stream)
        count = place.count + 1 if place is not None and place.at == frame.at else 1
        self.places[frame.stream] = Place(frame.at, count)

    def as_json(self) -> dict[str, list[str | int]]:
        """Plain values."""
        return {str(stream): [place.at, place.count] for stream, place in self.places.items()}

    @staticmethod
    def from_json(plain: Mapping[str, list[str | int]]) -> "Cursor":
        """What `as_json` gave."""
        return Cursor({int(stream): Place(str(at), int(count)) for stream, (at, count) in plain.items()})


class Reading:
    """One reading of the log from a cursor on, which it moves; `found` says whether it saw where the last one ended.

    What comes after the first new frame of a stream is new, whatever its timestamp: a clock may be set back.
    """

    __slots__ = ("_cursor", "_left", "found", "news")

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._left = dict(cursor.places)
        self.found = not cursor.places
        self.news = False

    def is_new(self, frame: Frame) -> bool:
        """Whether the frame was not taken yet; if so it is taken."""
        left = self._left.get(frame.stream)
        if left is not None and frame.at <= left.at:
            if frame.at < left.at:
                return False
            self.found = True
            if left.count > 0:
                self._left[frame.stream] = Place(left.at, left.count - 1)
                return False
        self._left.pop(frame.stream, None)
        self._cursor.take(frame)
        self.news = True
        return True
