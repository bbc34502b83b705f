"""The way to the agent on a host: one container, whose standard input and output any number of requests go through."""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import RawIOBase
from typing import Any

from core.hosts import agent_image
from core.hosts.agent.pace import Pace
from core.hosts.agent.passing import InterruptedPassingError, Sender, received
from core.hosts.agent.wire import TOLD, Bytes, Line, understood
from core.hosts.engine import Engine
from core.hosts.errors import ConflictError, HostError, HostUnreachableError, NotThereError
from core.hosts.lines import Attached, Beside, CutError

#: The volume's name on every host.
VOLUME = "mlpw-cas"
#: From so many bytes on another way is worth looking for.
_MUCH = 8 << 20
_END_SECONDS, _LOOK_SECONDS = 2.0, 0.02


class EndedError(HostError):
    """The agent's container does not run any more."""


class AgentLink:
    """Asks the agent, which starts with the first request and ends with `close`, or when it was not asked for a while.

    One thread at a time: whoever uses it holds `lock`.
    """

    def __init__(self, engine: Engine) -> None:
        self.lock = threading.RLock()
        self.pace = Pace()
        self._engine = engine
        self._container = ""
        self._attached: Attached | None = None
        self._beside: Beside | None = None
        self._folder = engine.way.folder if engine.way is not None else ""

    @property
    def container(self) -> str:
        """A container with the volume, whose agent runs."""
        self._ready()
        return self._container

    def ask(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The agent's answer. Raises HostError with its words when it cannot.

        One that has ended since it was last asked is begun anew.
        """
        is_new = self._attached is None
        try:
            return self._ask(asked)
        except EndedError:
            if is_new:
                raise
        return self._ask(asked)

    def send(
        self, asked: Mapping[str, Any], blocks: Iterable[Bytes], size: int, heard: Callable[[int], None]
    ) -> dict[str, Any]:
        """The answer to a request that data follows, `size` bytes; `heard` is told how many have come, and may end it.

        Raises EndedError when the agent has ended since it was last asked, and HostError.
        """
        with self._whole(size) as line:
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
        with self._whole(size) as line:
            line.tell({**asked, "slow": self.pace.slow})
            try:
                yield from received(line, size)
            except InterruptedPassingError as interrupted:
                self._good(understood(interrupted.said))
                raise HostError(f"{self._engine.name}: the agent sent less than it said") from None
            self._good(self._answer(line))

    def close(self) -> None:
        """Have it end; the engine removes its container then."""
        for line in (self._beside, self._attached):
            if line is not None:
                line.close()
        self._beside = self._attached = None
        self._container = ""

    # How it is done

    def _ask(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        with self._whole() as line:
            line.tell(asked)
            return self._good(self._answer(line))

    def _answer(self, line: Line) -> dict[str, Any]:
        while True:
            kind, said = line.read()
            if kind == TOLD:
                return understood(said)

    def _good(self, answer: dict[str, Any]) -> dict[str, Any]:
        if "error" in answer:
            raise HostError(f"{self._engine.name}: {answer['error']}")
        return answer

    @contextlib.contextmanager
    def _whole(self, size: int = 0) -> Iterator[Line]:
        """The line for so many bytes, which is closed when what is done with it is left half done."""
        attached = self._ready()
        try:
            if size >= _MUCH and self._beside is None:
                self._beside = self._find_other_way(attached)
            yield self._beside or attached
        except BaseException as error:
            container, said = self._container, attached.said()
            self.close()
            if isinstance(error, CutError):
                raise self._cut(error, container, said) from error
            raise

    def _cut(self, error: CutError, container: str, said: str) -> HostError:
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

    def _find_other_way(self, attached: Attached) -> Beside | None:
        """The agent's own socket on its host, where that can be reached; all that follows goes there."""
        way = self._engine.way
        if way is None or not self._folder:
            return None
        attached.tell({"do": "listen"})
        name = self._good(self._answer(attached))["socket"]
        found: Beside | None = None
        if name:
            with contextlib.suppress(OSError, CutError), way.reach(f"{self._folder}/{name}") as plain:
                found = Beside(plain)
                found.read()
                return found
        if found is not None:
            found.close()
        self._folder = ""  # what was not to be reached once is not asked for again
        return None

    def _ready(self) -> Attached:
        if self._attached is None:
            try:
                self._begin()
            except HostUnreachableError:
                raise
            except HostError:
                if not self._folder:
                    raise
                self._folder = ""  # the engine may not have one there
                self._begin()
        assert self._attached is not None
        return self._attached

    def _begin(self) -> None:
        self._container = self._create()
        try:
            self._attached = Attached(self._engine.attach(self._container))
            self._engine.start(self._container)
        except BaseException:
            with contextlib.suppress(ConflictError):
                self._engine.remove(self._container)
            self.close()
            raise

    def _create(self) -> str:
        name = f"mlpw-helper-{os.urandom(8).hex()}"
        try:
            return self._engine.create(name, _config(agent_image.ensure(self._engine), self._folder))
        except NotThereError:  # somebody removed the image that was there a moment ago
            return self._engine.create(name, _config(agent_image.ensure(self._engine), self._folder))


def shared_link(engine: Engine) -> AgentLink:
    """The one that all who use this engine share, closed with it."""
    with engine.lock:
        if not isinstance(engine.helper, AgentLink):
            engine.helper = AgentLink(engine)
        return engine.helper


def _config(image: str, folder: str) -> Mapping[str, Any]:
    """`folder` is one of the host for the agent's socket, "" for none; the engine makes it where there is none."""
    return {
        "Image": image,
        "Cmd": agent_image.command(),
        "Env": agent_image.environment(),
        "Labels": {agent_image.HELPER_LABEL: "1"},
        "NetworkDisabled": True,
        **dict.fromkeys(("OpenStdin", "StdinOnce", "AttachStdin", "AttachStdout", "AttachStderr"), True),
        "HostConfig": {
            "Binds": [f"{folder}:{agent_image.SOCKETS}"] if folder else [],
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
