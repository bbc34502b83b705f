"""Threads for what would hold the engine's loop up: hashing, copying, building. Results come back to the loop."""

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

#: What the loop does with a result: called with the value, or with the exception that ended the work.
Then = Callable[[Any, BaseException | None], None]


class Workers:
    """A few threads; `fileno` becomes readable when work is done, `finish` hands results on in the loop's thread."""

    def __init__(self, threads: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="mlpw")
        self._done: deque[tuple[Future[Any], Then]] = deque()
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        os.set_blocking(self._writer, False)

    def fileno(self) -> int:
        """For select."""
        return self._reader

    def submit(self, work: Callable[[], Any], then: Then) -> None:
        """Do `work` on a thread, later `then` in the loop."""
        future = self._pool.submit(work)

        def ended(finished: Future[Any]) -> None:
            self._done.append((finished, then))
            with suppress(BlockingIOError):  # the pipe is full of news already
                os.write(self._writer, b"!")

        future.add_done_callback(ended)

    def finish(self) -> None:
        """Hand on what is done."""
        with suppress(BlockingIOError):
            os.read(self._reader, 4096)
        while self._done:
            future, then = self._done.popleft()
            error = future.exception()
            then(None if error else future.result(), error)

    def close(self) -> None:
        """Wait for the threads and end them."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        os.close(self._reader)
        os.close(self._writer)
