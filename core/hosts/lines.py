"""The ways to an agent: its standard files, through the engine; or a socket of its host, beside the engine."""

import contextlib
import select
import socket
from abc import abstractmethod
from typing import BinaryIO, cast

from core.hosts.agent.wire import ALIVE, HEAD, Bytes, Line
from core.hosts.attachment import Attachment
from core.hosts.engine import ANSWER_SECONDS

_KEPT = 1 << 20
_MUX_HEAD = 8
_ERRORS = 2


class CutError(Exception):
    """Nothing comes from the agent, or nothing goes there."""


class _Framed(Line):
    """Frames out of bytes, wherever those come from."""

    def read(self) -> tuple[int, Bytes]:
        """The next frame that says something. Raises CutError."""
        while True:
            kind, size = HEAD.unpack(self._take(HEAD.size))
            data = self._take(size)
            if kind != ALIVE:
                return kind, data

    @abstractmethod
    def _take(self, size: int) -> bytes:
        """The next bytes, so many. Raises CutError."""


class Attached(_Framed):
    """The agent's standard files, through the engine."""

    def __init__(self, attachment: Attachment) -> None:
        self._attachment = attachment
        self._mixed, self._out, self._errors = bytearray(), bytearray(), bytearray()
        self._at = 0

    def write(self, kind: int, data: Bytes = b"") -> None:
        """Send a frame. Raises CutError."""
        try:
            self._attachment.send(HEAD.pack(kind, len(data)) + data)
            while self._attachment.is_sending:
                if not select.select([], [self._attachment], [], ANSWER_SECONDS)[1]:
                    raise TimeoutError
                self._attachment.push()
        except OSError as error:
            raise CutError from error

    def said(self) -> str:
        """What came on standard error."""
        with contextlib.suppress(OSError):
            while piece := self._attachment.receive():  # nobody reads here while all goes beside the engine
                self._mixed += piece
        self._sort()
        return self._errors.decode("utf-8", "replace").strip()[-300:]

    def close(self) -> None:
        """Hang up, at once."""
        with contextlib.suppress(OSError):
            self._attachment.close()

    def _take(self, size: int) -> bytes:
        while len(self._out) - self._at < size:
            self._mixed += self._receive()
            self._sort()
        taken = bytes(memoryview(self._out)[self._at : self._at + size])
        self._at += size
        if self._at == len(self._out) or self._at > _KEPT:
            del self._out[: self._at]
            self._at = 0
        return taken

    def _receive(self) -> bytes:
        try:
            while (piece := self._attachment.receive()) is None:
                if not select.select([self._attachment], [], [], ANSWER_SECONDS)[0]:
                    raise TimeoutError
        except OSError as error:
            raise CutError from error
        if not piece:
            raise CutError
        return piece

    def _sort(self) -> None:
        """Tell output from errors: https://docs.docker.com/reference/api/engine/version/v1.41 (attach)."""
        mixed, at = self._mixed, 0
        while len(mixed) - at >= _MUX_HEAD:
            end = at + _MUX_HEAD + int.from_bytes(mixed[at + 4 : at + _MUX_HEAD], "big")
            if end > len(mixed):
                break
            (self._errors if mixed[at] == _ERRORS else self._out).extend(memoryview(mixed)[at + _MUX_HEAD : end])
            at = end
        del mixed[:at]


class Beside(_Framed):
    """A socket that the agent listens on: the engine would copy every byte twice."""

    def __init__(self, plain: socket.socket) -> None:
        plain.settimeout(ANSWER_SECONDS)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KEPT)
        self._plain = plain
        self._file = cast("BinaryIO", plain.makefile("rb", buffering=_KEPT))

    def write(self, kind: int, data: Bytes = b"") -> None:
        """Send a frame. Raises CutError."""
        try:
            self._plain.sendall(HEAD.pack(kind, len(data)))
            self._plain.sendall(data)
        except OSError as error:
            raise CutError from error

    def close(self) -> None:
        """Hang up, at once."""
        self._file.close()
        self._plain.close()

    def _take(self, size: int) -> bytes:
        try:
            data = self._file.read(size)
        except OSError as error:
            raise CutError from error
        if len(data) < size:
            raise CutError
        return data
