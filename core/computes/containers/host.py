"""The host of a container, asked until it answers."""

import time
from collections.abc import Callable
from typing import TypeVar

from core.definitions.compute_target import ComputeTarget
from core.hosts.connection import connect
from core.hosts.engine import Engine
from core.hosts.errors import HostError, HostUnreachableError

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 3.0
#: What an engine answers while it ends: it is asked again.
_LEAVING = ("shutting down", "context canceled", "is shutdown", "transport is closing")

_T = TypeVar("_T")


class Host:
    """`engine` is None while it cannot be reached; `rest` waits so many seconds, `tell` hears since when it is away.

    `tell` gets seconds since the epoch, and 0 when it answers again; `is_away`: somebody was told already.
    """

    def __init__(
        self,
        target: ComputeTarget,
        rest: Callable[[float], None],
        tell: Callable[[float], None],
        *,
        is_away: bool = False,
    ) -> None:
        self._target, self._rest, self._tell = target, rest, tell
        self._is_away = is_away
        self.engine: Engine | None = None

    def ask(self, call: Callable[[Engine], _T], *, insists: bool) -> _T:
        """The answer. Raises HostError for a refusal, unless one `insists`: then it is asked again."""
        pause = _FIRST_PAUSE
        while True:
            try:
                if self.engine is None:
                    self.engine = connect(self._target)
                answer = call(self.engine)
            except HostUnreachableError:
                self._lose()
            except HostError as error:
                if not insists and not any(words in error.message for words in _LEAVING):
                    raise
                self._lose()
            else:
                self._find()
                return answer
            self._rest(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _lose(self) -> None:
        """The next try makes its connection anew."""
        if self.engine is not None:
            self.engine.close()
        self.engine = None
        if not self._is_away:
            self._is_away = True
            self._tell(time.time())

    def _find(self) -> None:
        if self._is_away:
            self._is_away = False
            self._tell(0.0)
