"""Threads for what would hold the engine's loop up: hashing, copying, building. Results come back to the loop."""

import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

#: What the loop does with a result: called with the value, or with the exception that ended the work.
Then = Callable[[Any, BaseException | None], None]
Job = tuple[Callable[[], Any], Then]

#: Work that waits so long is behind something slow: it gets a thread more. What is brief may wait for a busy machine.
STUCK_SECONDS, _BRIEF_STUCK_SECONDS = 0.02, 0.2
#: So long the loop lets brief work have Python for itself.
_REST_SECONDS = 0.05


class _Lane:
    """Work of one kind, in order; `few` threads are enough for it as long as none waits for `patience` seconds."""

    __slots__ = ("few", "jobs", "patience", "taken_at", "threads")

    def __init__(self, few: int, patience: float) -> None:
        self.few, self.patience = few, patience
        self.jobs: SimpleQueue[Job | None] = SimpleQueue()
        self.threads: list[threading.Thread] = []
        self.taken_at = 0.0

    def is_behind(self, most: int) -> bool:
        """Whether work waits, and a thread more may be had."""
        return not self.jobs.empty() and len(self.threads) < most


class Workers:
    """A few threads; `fileno` becomes readable when work is done, `finish` hands results on in the loop's thread.

    Python runs one thread at a time, and two that both call the system hand its lock to and fro at every call, which
    costs more than a step's files do. So brief work has one thread, and the loop `rest`s while that is at it.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._slow, self._brief = _Lane(2, STUCK_SECONDS), _Lane(1, _BRIEF_STUCK_SECONDS)
        self._brief_left = 0
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
        return self._slow.is_behind(self._most) or self._brief.is_behind(self._most)

    def submit(self, work: Callable[[], Any], then: Then) -> None:
        """Do `work` on a thread, later `then` in the loop."""
        self._put(self._slow, work, then)

    def submit_brief(self, work: Callable[[], Any], then: Then) -> None:
        """Do `work` that hardly ever takes long, later `then` in the loop."""

        def after(value: Any, error: BaseException | None) -> None:
            self._brief_left -= 1
            then(value, error)

        self._brief_left += 1
        self._put(self._brief, work, after)

    def rest(self) -> None:
        """Let brief work have Python for itself until it is done, or turns out not to be brief."""
        left = self._brief.taken_at + _REST_SECONDS - time.monotonic()
        if self._brief_left and left > 0:
            select.select([self._reader], [], [], left)

    def relieve(self) -> None:
        """Add a thread where those that there are have taken up nothing for a while though work waits."""
        for lane in (self._slow, self._brief):
            if lane.is_behind(self._most) and time.monotonic() - lane.taken_at > lane.patience:
                self._add_thread(lane)

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
        for lane in (self._slow, self._brief):
            with suppress(Empty):
                while True:
                    lane.jobs.get_nowait()
            for _ in lane.threads:
                lane.jobs.put(None)
        for thread in (*self._slow.threads, *self._brief.threads):
            thread.join()
        os.close(self._reader)
        os.close(self._writer)

    def _put(self, lane: _Lane, work: Callable[[], Any], then: Then) -> None:
        if lane.jobs.empty():
            lane.taken_at = time.monotonic()  # it waits only from now on
        lane.jobs.put((work, then))
        if len(lane.threads) < lane.few:
            self._add_thread(lane)

    def _add_thread(self, lane: _Lane) -> None:
        lane.taken_at = time.monotonic()
        thread = threading.Thread(target=self._serve, args=(lane,), name=f"mlpw-{len(lane.threads)}")
        lane.threads.append(thread)
        thread.start()

    def _serve(self, lane: _Lane) -> None:
        while (job := lane.jobs.get()) is not None:
            lane.taken_at = time.monotonic()
            work, then = job
            value, problem = None, None
            try:
                value = work()
            except BaseException as error:
                problem = error
            self._done.append((then, value, problem))
            del job, work, then, value, problem  # what it holds must not live until there is other work
            if not self._rung and (lane is self._slow or lane.jobs.empty()):
                self._rung = True
                with suppress(BlockingIOError):
                    os.write(self._writer, b"!")
