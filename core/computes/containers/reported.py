"""What a step far away reports, while it runs: its recorder says its journal among the step's output.

So it comes as the log does, without gap or repetition across a cut, and over the same way. See
`core.tracking.recorder.echo` for the line that is one piece.
"""

import binascii
import os
from contextlib import suppress
from hashlib import blake2b

from core.computes.containers.frames import Frame
from core.computes.protocol import ContainerSpec

#: The stream of a container's log in which pieces are said: its standard output.
_OUTPUT = 1
#: No piece is longer; a mark without an end in so many bytes is the step's own.
_MOST_BYTES = 4096
_END = b"\n"


def mark_of(container: ContainerSpec) -> str:
    """What begins a piece of this attempt's: a character that no program prints, and what only this attempt says."""
    return f"\x1emlpw-{blake2b(container.name.encode('utf-8', 'surrogateescape'), digest_size=12).hexdigest()}:"


class Reported:
    """Takes the pieces out of what a container says, and appends to the journal here what it lacks."""

    def __init__(self, mark: str, journal: str) -> None:
        self._mark, self._journal = mark.encode(), journal
        self._held = b""

    @property
    def holds(self) -> bool:
        """Whether something is kept back that may be the step's."""
        return bool(self._held)

    def own(self, frame: Frame) -> bytes:
        """What of a frame, and of what was kept back before, is the step's own."""
        if frame.stream != _OUTPUT or not (self._held or self._mark[:1] in frame.text):
            return frame.text
        data, self._held = self._held + frame.text, b""
        own = bytearray()
        while data:
            before, mark, rest = data.partition(self._mark)
            own += before
            if not mark:
                break
            piece, end, data = rest.partition(_END)
            if not end and len(piece) < _MOST_BYTES:
                self._held = mark + piece
                return bytes(own)
            if not end or not self._take(piece):
                own += mark + piece + end
        begun = _begun(own, self._mark)
        self._held = bytes(own[len(own) - begun :])
        return bytes(own[: len(own) - begun])

    def rest(self) -> bytes:
        """What is still kept back: no more comes."""
        held, self._held = self._held, b""
        return held

    def _take(self, piece: bytes) -> bool:
        """Whether it was a piece; a disk that refuses it gets the whole journal at the end."""
        offset, _, packed = piece.partition(b" ")
        try:
            at, data = int(offset), binascii.a2b_base64(packed, strict_mode=True)
        except ValueError:
            return False
        with suppress(OSError):
            _append(self._journal, at, data)
        return True


def _begun(own: bytes | bytearray, mark: bytes) -> int:
    """How much of a mark stands at the end."""
    return next((length for length in range(len(mark) - 1, 0, -1) if own.endswith(mark[:length])), 0)


def _append(path: str, at: int, data: bytes) -> None:
    """Add what the file lacks; a piece that does not follow is left for the end, when all of it comes."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        known = os.fstat(file).st_size - at
        if 0 <= known < len(data):
            os.write(file, data[known:])
    finally:
        os.close(file)
