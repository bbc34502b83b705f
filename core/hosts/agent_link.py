"""The way to the agent on a host: one container, whose standard input and output any number of requests go through."""

import contextlib
import os
import select
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import RawIOBase
from typing import Any

from core.hosts import agent_image
from core.hosts.agent.pace import Pace
from core.hosts.agent.passing import InterruptedPassingError, Sender, received
from core.hosts.agent.wire import ALIVE, HEAD, TOLD, Bytes, Line, understood
from core.hosts.attachment import Attachment
from core.hosts.engine import ANSWER_SECONDS, Engine
from core.hosts.errors import ConflictError, HostError, HostUnreachableError, NotThereError

#: The volume's name on every host.
VOLUME = "mlpw-cas"
_KEPT = 1 << 20
_MUX_HEAD = 8
_ERRORS = 2
_END_SECONDS, _LOOK_SECONDS = 2.0, 0.02


class EndedError(HostError):
    """The agent's container does not run any more."""


class _CutError(Exception):
    """Nothing comes from the agent, or nothing goes there."""


class AgentLink:
    """Asks the agent, which starts with the first request and ends with `close`, or when it was not asked for a while.

    One thread at a time: whoever uses it holds `lock`.
    """

    def __init__(self, engine: Engine) -> None:
        self.lock = threading.RLock()
        self.pace = Pace()
        self._engine = engine
        self._container = ""
        self._line: _Attached | None = None

    @property
    def container(self) -> str:
        """A container with the volume, whose agent runs."""
        self._ready()
        return self._container

    def ask(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The agent's answer. Raises HostError with its words when it cannot.

        One that has ended since it was last asked is begun anew.
        """
        is_new = self._line is None
        try:
            return self._ask(asked)
        except EndedError:
            if is_new:
                raise
        return self._ask(asked)

    def send(self, asked: Mapping[str, Any], blocks: Iterable[Bytes], heard: Callable[[int], None]) -> dict[str, Any]:
        """The answer to a request that data follows; `heard` is told how many bytes have come, and may end it.

        Raises EndedError when the agent has ended since it was last asked, and HostError.
        """
        with self._whole() as line:
            line.tell(asked)
            sender = Sender(line, self.pace, heard)
            try:
                sender.send(blocks)
                answer = sender.answer()
            except InterruptedPassingError as interrupted:
                answer = interrupted.said
            return self._good(understood(answer))

    def receive(self, asked: Mapping[str, Any], size: int) -> Iterator[Bytes]:
        """The data, `size` bytes, that answer a request. Raises HostError."""
        with self._whole() as line:
            line.tell({**asked, "slow": self.pace.slow})
            try:
                yield from received(line, size)
            except InterruptedPassingError as interrupted:
                self._good(understood(interrupted.said))
                raise HostError(f"{self._engine.name}: the agent sent less than it said") from None
            self._good(self._answer(line))

    def close(self) -> None:
        """Have it end; the engine removes its container then."""
        if self._line is not None:
            self._line.close()
        self._line, self._container = None, ""

    # How it is done

    def _ask(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        with self._whole() as line:
            line.tell(asked)
            return self._good(self._answer(line))

    def _answer(self, line: "_Attached") -> dict[str, Any]:
        while True:
            kind, said = line.read()
            if kind == TOLD:
                return understood(said)

    def _good(self, answer: dict[str, Any]) -> dict[str, Any]:
        if "error" in answer:
            raise HostError(f"{self._engine.name}: {answer['error']}")
        return answer

    @contextlib.contextmanager
    def _whole(self) -> Iterator["_Attached"]:
        """The line, which is closed when what is done with it is left half done."""
        line = self._ready()
        try:
            yield line
        except BaseException as error:
            container, said = self._container, line.said()
            self.close()
            if isinstance(error, _CutError):
                raise self._cut(error, container, said) from error
            raise

    def _cut(self, error: _CutError, container: str, said: str) -> HostError:
        """Why nothing comes any more: the agent has ended, or it cannot be reached."""
        is_silent = isinstance(error.__cause__, TimeoutError)
        if not is_silent:
            until = time.monotonic() + _END_SECONDS
            while time.monotonic() < until:  # an end is known a moment after it is heard
                try:
                    if not self._engine.inspect(container)["State"]["Running"]:
                        return EndedError(f"{self._engine.name}: the agent ended", hint=said)
                except NotThereError:
                    return EndedError(f"{self._engine.name}: the agent ended", hint=said)
                except HostUnreachableError as unreachable:
                    return unreachable
                time.sleep(_LOOK_SECONDS)
        words = "it says nothing" if is_silent else "the connection was cut"
        return HostUnreachableError(f"{self._engine.name} cannot be reached: {words}")

    def _ready(self) -> "_Attached":
        if self._line is None:
            self._container = self._create()
            try:
                self._line = _Attached(self._engine.attach(self._container))
                self._engine.start(self._container)
            except BaseException:
                with contextlib.suppress(ConflictError):
                    self._engine.remove(self._container)
                self.close()
                raise
        return self._line

    def _create(self) -> str:
        name = f"mlpw-helper-{os.urandom(8).hex()}"
        try:
            return self._engine.create(name, _config(agent_image.ensure(self._engine)))
        except NotThereError:  # somebody removed the image that was there a moment ago
            return self._engine.create(name, _config(agent_image.ensure(self._engine)))


def shared_link(engine: Engine) -> AgentLink:
    """The one that all who use this engine share, closed with it."""
    with engine.lock:
        if not isinstance(engine.helper, AgentLink):
            engine.helper = AgentLink(engine)
        return engine.helper


class _Attached(Line):
    """The agent's standard files, through the engine."""

    def __init__(self, attachment: Attachment) -> None:
        self._attachment = attachment
        self._mixed, self._out, self._errors = bytearray(), bytearray(), bytearray()
        self._at = 0

    def write(self, kind: int, data: Bytes = b"") -> None:
        try:
            self._attachment.send(HEAD.pack(kind, len(data)) + data)
            while self._attachment.is_sending:
                if not select.select([], [self._attachment], [], ANSWER_SECONDS)[1]:
                    raise TimeoutError
                self._attachment.push()
        except OSError as error:
            raise _CutError from error

    def read(self) -> tuple[int, Bytes]:
        while True:
            kind, size = HEAD.unpack(self._take(HEAD.size))
            data = self._take(size)
            if kind != ALIVE:
                return kind, data

    def said(self) -> str:
        """What came on standard error."""
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
            raise _CutError from error
        if not piece:
            raise _CutError
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


def _config(image: str) -> Mapping[str, Any]:
    return {
        "Image": image,
        "Cmd": agent_image.command(),
        "Env": agent_image.environment(),
        "Labels": {agent_image.HELPER_LABEL: "1"},
        "NetworkDisabled": True,
        **dict.fromkeys(("OpenStdin", "StdinOnce", "AttachStdin", "AttachStdout", "AttachStderr"), True),
        "HostConfig": {
            "Mounts": [{"Type": "volume", "Source": VOLUME, "Target": agent_image.VOLUME}],
            "LogConfig": {"Type": "none", "Config": {}},
            "AutoRemove": True,  # it ends when whoever made it is gone, and must leave nothing then
        },
    }


class PieceReader(RawIOBase):
    """Pieces as a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._left = pieces, b""

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; fewer only at the end."""
        got = [self._left]
        length = len(self._left)
        while size < 0 or length < size:
            piece = next(self._pieces, b"")
            if not piece:
                break
            got.append(piece)
            length += len(piece)
        data = b"".join(got)
        self._left = data[size:] if size >= 0 else b""
        return data[:size] if size >= 0 else data
