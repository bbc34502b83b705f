"""What an engine says while it works on a long request, heard on a thread so that nobody waits in vain."""

import contextlib
import json
import queue
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, TypeVar, cast

from requests import Response

from core.hosts.errors import HostUnreachableError, StoppedError

_WAKE_SECONDS = 0.2
#: Seconds of silence after which the engine is asked whether it is still there.
_SILENCE_SECONDS = 20.0
_END = object()
_HEADER = 8

#: Asks, and gives the answer while it is read.
Ask = Callable[[], AbstractContextManager[Response]]
_T = TypeVar("_T")


def heard(
    ask: Ask,
    read: Callable[[Response], Iterator[_T]],
    cancelled: Callable[[], bool],
    still_there: Callable[[], None],
) -> Iterator[_T]:
    """What `read` finds in an answer, as it comes; closing the iterator hangs up, which ends the engine's work.

    `cancelled` is asked a few times a second, also while the request is on its way; `still_there` after silence.
    Raises StoppedError when cancelled, what `still_there` raises, and what asking and reading raise.
    """
    listener = _Listener(ask, read)
    threading.Thread(target=listener.listen, daemon=True, name="docker-messages").start()
    silent = 0.0
    try:
        while True:
            try:
                said = listener.said.get(timeout=_WAKE_SECONDS)
            except queue.Empty:
                silent += _WAKE_SECONDS
                if silent >= _SILENCE_SECONDS:
                    still_there()
                    silent = 0.0
            else:
                silent = 0.0
                if said is _END:
                    return
                if isinstance(said, BaseException):
                    raise said
                yield cast(_T, said)
            if cancelled():
                raise StoppedError("cancelled")
    finally:
        listener.hang_up()


def objects(answer: Response) -> Iterator[Mapping[str, Any]]:
    """The JSON objects of an answer, one a line."""
    pending = b""
    while piece := answer.raw.read1(1 << 16) if hasattr(answer.raw, "read1") else answer.raw.read(1 << 10):
        *whole, pending = (pending + piece).split(b"\n")
        yield from (json.loads(line) for line in whole if line.strip())
    if pending.strip():
        yield json.loads(pending)


def frames(answer: Response) -> Iterator[bytes]:
    """What a container without terminal wrote: https://docs.docker.com/reference/api/engine/version/v1.41 (attach)."""
    while len(header := answer.raw.read(_HEADER)) == _HEADER:
        yield answer.raw.read(int.from_bytes(header[4:], "big"))


class _Listener:
    """Reads an answer on a thread of its own."""

    def __init__(self, ask: Ask, read: Callable[[Response], Iterator[object]]) -> None:
        self.said: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._ask, self._read = ask, read
        self._lock = threading.Lock()
        self._answer: Response | None = None
        self._unwanted = False

    def listen(self) -> None:
        """Put all that is said into the queue, and how it ended."""
        try:
            with self._ask() as answer:
                with self._lock:
                    if self._unwanted:
                        return
                    self._answer = answer
                for each in self._read(answer):
                    self.said.put(each)
            self.said.put(_END)
        except json.JSONDecodeError:
            self.said.put(HostUnreachableError("the engine's answer broke off"))
        except BaseException as error:
            self.said.put(error)

    def hang_up(self) -> None:
        """Wake the thread wherever it reads; closing alone would wait for it."""
        with self._lock, contextlib.suppress(AttributeError, OSError):
            self._unwanted = True
            if self._answer is not None:
                response: Any = self._answer.raw  # the way that docker-py itself takes to an answer's socket
                raw = response._fp.fp.raw
                getattr(raw, "_sock", raw).shutdown(socket.SHUT_RDWR)
