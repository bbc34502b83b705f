"""Threads for what would hold the engine's loop up: hashing, copying, building. Results come back to the loop."""

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any

#: What the loop does with a result: called with the value, or with the exception that ended the work.
Then = Callable[[Any, BaseException | None], None]
Job = tuple[Callable[[], Any], Then]

#: So many threads are enough for what is soon done: more would only wait for Python's lock, and for each other.
_FEW = 2
#: Work that waits so long is behind something slow: it gets a thread more.
STUCK_SECONDS = 0.02


class Workers:
    """A few threads; `fileno` becomes readable when work is done, `finish` hands results on in the loop's thread."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._taken_at = 0.0
        self._done: deque[tuple[Then, Any, BaseException | None]] = deque()
        self._rung = False
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)

    def fileno(self) -> int:
        """For select."""
        return self._reader

    @property
    def is_behind(self) -> bool:
        """Whether work waits for a thread: `relieve` wants to be called soon."""
        return not self._jobs.empty() and len(self._threads) < self._most

    def submit(self, work: Callable[[], Any], then: Then) -> None:
        """Do `work` on a thread, later `then` in the loop."""
        self._jobs.put((work, then))
        if len(self._threads) < _FEW:
            self._add_thread()

    def relieve(self) -> None:
        """Add a thread when those that there are have taken up nothing for a while though work waits."""
        if self.is_behind and time.monotonic() - self._taken_at > STUCK_SECONDS:
            self._add_thread()

    def finish(self) -> None:
        """Hand on what is done."""
        with suppress(BlockingIOError):
            os.read(self._reader, 4096)
        self._rung = False  # before looking: whoever is done from here on rings again
        while self._done:
            then, value, error = self._done.popleft()
            then(value, error)

    def close(self) -> None:
        """Wait for the work under way, leave the rest, and end the threads."""
        while not self._jobs.empty():
            self._jobs.get()
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()
        os.close(self._reader)
        os.close(self._writer)

    def _add_thread(self) -> None:
        self._taken_at = time.monotonic()
        thread = threading.Thread(target=self._serve, name=f"mlpw-{len(self._threads)}")
        self._threads.append(thread)
        thread.start()

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._taken_at = time.monotonic()
            work, then = job
            value, problem = None, None
            try:
                value = work()
            except BaseException as error:
                problem = error
            self._done.append((then, value, problem))
            del job, work, then, value, problem  # what it holds must not live until there is other work
            if not self._rung:
                self._rung = True
                with suppress(BlockingIOError):
                    os.write(self._writer, b"!")
