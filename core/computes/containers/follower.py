"""A reading of a container's log that goes on beside the keeper, which must hear signals meanwhile."""

import os
import queue
import threading

from core.hosts.engine import Engine
from core.hosts.errors import HostError

#: So many pieces are read ahead.
_AHEAD = 16
#: A stream that says nothing for so long is opened anew.
_QUIET_SECONDS = 60.0
_LOOK_SECONDS = 0.5


class Follower:
    """Reads the log from `since` on in a thread; a byte into `bell` says that there is something to take."""

    def __init__(self, engine: Engine, container: str, since: str, bell: int) -> None:
        self._pieces: queue.Queue[bytes] = queue.Queue(_AHEAD)
        self._bell = bell
        self._left = False
        self._ended = False
        self._thread = threading.Thread(target=self._read, args=(engine, container, since), daemon=True)
        self._thread.start()

    @property
    def is_over(self) -> bool:
        """Whether the stream has ended, for whatever reason, and all of it was taken."""
        return self._ended and self._pieces.empty()

    def take(self) -> list[bytes]:
        """The pieces that came since the last call."""
        taken: list[bytes] = []
        while len(taken) < _AHEAD:
            try:
                taken.append(self._pieces.get_nowait())
            except queue.Empty:
                break
        return taken

    def leave(self) -> None:
        """No more is wanted."""
        self._left = True

    def _read(self, engine: Engine, container: str, since: str) -> None:
        try:
            with engine.log(container, since=since, timeout=_QUIET_SECONDS) as pieces:
                for piece in pieces:
                    if not self._put(piece):
                        return
        except (HostError, ValueError):  # a response that is closed under its reader is a ValueError
            pass  # an end says as little as an error: whoever follows asks how the container stands
        finally:
            self._ended = True
            self._ring()

    def _put(self, piece: bytes) -> bool:
        while not self._left:
            try:
                self._pieces.put(piece, timeout=_LOOK_SECONDS)
            except queue.Full:
                continue
            self._ring()
            return True
        return False

    def _ring(self) -> None:
        try:
            os.write(self._bell, b"!")
        except BlockingIOError:
            return  # it rings already
