"""What a container says, on its way into the log here: nothing twice, and what it reports taken out of it."""

from core.computes.containers.cursor import Cursor, Reading
from core.computes.containers.frames import Frames
from core.computes.containers.kept import Kept
from core.computes.containers.reported import Reported
from core.computes.shim.output import Output


class Hearing:
    """Several readings one after the other, each from where the last one ended."""

    def __init__(self, output: Output, cursor: Cursor, reported: Reported) -> None:
        self.output, self.cursor, self.reported = output, cursor, reported

    @property
    def since(self) -> str:
        """From when on the next reading asks."""
        return self.cursor.since()

    def listen(self) -> "Listening":
        """Begin a reading."""
        return Listening(self)

    def mark(self, kept: Kept) -> None:
        """Note how far it is, when nothing of it is only in memory."""
        if self.output.place >= 0 and not self.reported.holds:
            kept.place, kept.cursor = self.output.place, self.cursor.as_json()

    def finish(self) -> None:
        """Write what was kept back: no more comes."""
        self.output.feed(self.reported.rest())
        self.output.flush()


class Listening:
    """One reading of the log, a piece at a time."""

    def __init__(self, hearing: Hearing) -> None:
        self._hearing, self._frames, self._reading = hearing, Frames(), Reading(hearing.cursor)

    @property
    def is_whole(self) -> bool:
        """Whether it saw where the last one ended, and nothing after it."""
        return self._reading.found and not self._reading.news

    def take(self, piece: bytes) -> None:
        """Carry what is new into the log. Raises BrokenStreamError."""
        own: list[bytes] = []
        try:
            new = (frame for frame in self._frames.feed(piece) if self._reading.is_new(frame))
            own.extend(map(self._hearing.reported.own, new))
        finally:  # what came before a break counts as taken
            self._hearing.output.feed(b"".join(own))
