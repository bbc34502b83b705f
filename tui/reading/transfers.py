"""Content that lies on a host, brought here on a thread of its own, which a person can leave at any time."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from core.errors import MlpwError
from core.hosts.fetching import Fetching
from core.workspace import Workspace
from tui.views import SessionError, Trouble
from tui.worker_thread import trouble_of


class _LeftError(MlpwError):
    """Nobody wants it any more."""


class Transfer:
    """One fetch; `words` say how it goes."""

    def __init__(self, fetching: Fetching) -> None:
        self._fetching = fetching
        self._is_left = threading.Event()
        self._done: Future[Path] = Future()
        self.words = "reaching the host"

    def start(self) -> None:
        """Begin; a program that ends does not wait for it."""
        self._done.set_running_or_notify_cancel()
        threading.Thread(target=self._work, name="mlpw-fetch", daemon=True).start()

    def leave(self) -> None:
        """End it soon; the next one goes on where it was."""
        self._is_left.set()

    async def wait(self, seconds: float) -> bool:
        """Whether it has ended, after so long at most."""
        waited = asyncio.wrap_future(self._done)
        await asyncio.wait([waited], timeout=seconds)
        return waited.done()

    def path(self) -> Path:
        """Where the content lies now, once it has ended. Raises SessionError."""
        try:
            return self._done.result()
        except MlpwError as error:
            raise SessionError(trouble_of(error, self._fetching.layout.root)) from error
        except OSError as error:
            raise SessionError(Trouble(error.strerror or str(error))) from error

    def _work(self) -> None:
        try:
            self._fetching.run(self._hear)
            self._done.set_result(self._fetching.path)
        except Exception as error:  # whoever waits is told
            self._done.set_exception(error)

    def _hear(self, words: str) -> None:
        if self._is_left.is_set():
            raise _LeftError("left")
        self.words = words


def transfer(digest: str) -> Callable[[Workspace], Transfer]:
    """Prepares bringing content here."""

    def prepare(workspace: Workspace) -> Transfer:
        return Transfer(Fetching(workspace.layout, digest))

    return prepare
