"""A two-way stream to a container's program: its terminal, or its standard files."""

import socket
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Attachment:
    """What is sent is its input; what comes is its output, in frames of `Frames(timestamps=False)` unless a terminal.

    `held` keeps the connection open.
    """

    stream: socket.socket
    held: Any

    def fileno(self) -> int:
        """For select; what was received may wait inside where the connection is encrypted, so ask `pending` too."""
        return self.stream.fileno()

    def pending(self) -> bool:
        """Whether something came that select does not show."""
        count = getattr(self.stream, "pending", None)
        return bool(count and count())

    def end_input(self) -> None:
        """No more is sent. An encrypted connection has no half to close: it is left open."""
        if not hasattr(self.stream, "pending"):
            self.stream.shutdown(socket.SHUT_WR)
