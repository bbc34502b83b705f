"""The observer of a step's code beside the step: what it saw goes into the attempt's folder, now and at the end."""

import contextlib
import os
import select

from core.computes.shim.observer import Observer


class Observing:
    """Looks at `folder`, "" for none, and has `poll` wake for what it sees."""

    __slots__ = ("_observer", "_paths", "_poll")

    def __init__(self, folder: str, paths: "dict[str, str]", poll: select.poll) -> None:
        self._paths, self._poll = paths, poll
        self._observer = Observer(folder) if folder else None
        if self.fileno() >= 0:
            poll.register(self.fileno(), select.POLLIN)

    def fileno(self) -> int:
        """Readable when something was opened; -1 when nobody looks."""
        return self._observer.fileno() if self._observer is not None else -1

    def look(self) -> None:
        """Take what the step opened; an observer that gives up closes its file."""
        if self._observer is None:
            return
        file = self._observer.fileno()
        self._observer.look()
        if file >= 0 and self._observer.fileno() < 0:
            self._poll.unregister(file)

    def due(self, now: float) -> float:
        """When `tell` has something to tell, in monotonic seconds."""
        return self._observer.due(now) if self._observer is not None else float("inf")

    def tell(self, now: float) -> None:
        """Say what was opened so far, when it is time."""
        if self._observer is not None and now >= self._observer.due(now):
            self.look()
            with contextlib.suppress(OSError):  # whoever does not know takes all of the code for used
                self._observer.tell(self._paths["opened_so_far"], now)

    def end(self) -> None:
        """Leave what was seen."""
        if self._observer is not None:
            with contextlib.suppress(OSError):  # without it all of the code counts
                self._observer.write(self._paths["opened"])
            with contextlib.suppress(OSError):
                os.unlink(self._paths["opened_so_far"])
