"""A thread that owns a workspace, since a workspace is for one thread; calls to it are awaited."""

import asyncio
import itertools
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from core.errors import Location, MlpwError
from core.records.database import DatabaseError
from core.workspace import Workspace
from tui.views import Place, SessionError, Trouble

Result = TypeVar("Result")
_LONGEST_LINE = 2000
_VERIFY = "mlpw verify examines them"
_Call = tuple[Callable[[Workspace], Any], Future[Any]]


class WorkerThread:
    """Runs calls one after the other; a call whose waiter has gone is not begun. It never holds up the exit."""

    def __init__(self, root: Path, name: str) -> None:
        self._root = root
        self._was_kept = False
        #: How often the workspace was opened: tokens of one opening say nothing about those of another.
        self.openings = 0
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    async def call(self, wanted: Callable[[Workspace], Result]) -> Result:
        """What `wanted` gives, run on the thread.

        Raises SessionError for everything that goes wrong there.
        """
        future: Future[Result] = Future()
        self._calls.put((wanted, future))
        try:
            return await asyncio.wrap_future(future)
        except MlpwError as error:
            raise SessionError(trouble_of(error, self._root)) from error
        except OSError as error:
            where = Place(Path(error.filename)) if isinstance(error.filename, str) else None
            raise SessionError(Trouble(error.strerror or str(error), where)) from error
        except DatabaseError as error:
            raise SessionError(Trouble(f"the records cannot be used: {error}", hint=_VERIFY)) from error

    def close(self, timeout: float = 2.0) -> None:
        """End after the call that is going on; one that takes longer is left behind."""
        self._calls.put(None)
        self._thread.join(timeout)

    def _work(self) -> None:
        workspace: Workspace | None = None
        while (call := self._calls.get()) is not None:
            wanted, future = call
            if not future.set_running_or_notify_cancel():
                continue
            try:
                workspace = self._current(workspace)
                future.set_result(wanted(workspace))
            except Exception as error:  # the waiter is told; this thread must live on
                future.set_exception(error)
        if workspace is not None:
            workspace.close()

    def _current(self, workspace: Workspace | None) -> Workspace:
        """The workspace; opened again when another process has begun to keep things since."""
        if workspace is not None and not (workspace.is_kept and not self._was_kept):
            return workspace
        if workspace is not None:
            workspace.close()
        opened = Workspace(self._root)
        self._was_kept = opened.is_kept
        self.openings += 1
        return opened


def trouble_of(error: MlpwError, root: Path) -> Trouble:
    """An error of the engine as the panes show it."""
    place = place_of(error.location, root)
    return Trouble(error.message, place, error.hint, _line_at(root, place) if place is not None else "")


def place_of(location: Location | None, root: Path) -> Place | None:
    """A location with its file relative to the workspace, where it lies inside."""
    if location is None:
        return None
    file = Path(location.file)
    inside = file.relative_to(root) if file.is_relative_to(root) else file
    return Place(inside, location.line, location.column)


def _line_at(root: Path, place: Place) -> str:
    """The line of a file that a place means."""
    try:
        with (root / place.file).open(encoding="utf-8", errors="replace") as file:
            found = next(itertools.islice(file, place.line - 1, place.line), "") if place.line else ""
    except OSError:
        return ""
    return found.rstrip("\n")[:_LONGEST_LINE]
