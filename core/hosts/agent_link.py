"""The way to the agent on a host: one container, in which it answers any number of requests."""

import io
import json
import os
import tarfile
import time
from collections.abc import Iterator, Mapping
from typing import Any

from core.hosts import agent_image
from core.hosts.engine import Engine
from core.hosts.errors import HostError, NotThereError

#: The volume's name on every host.
VOLUME = "mlpw-cas"
_PAUSES = (0.01, 0.1)
#: An agent that has not answered for so long is looked at.
_LOOK_SECONDS = 1.0


class AgentLink:
    """Asks, and lends its container for transfers; it starts with the first request, and goes with `close`.

    `labels` are more of the container's.
    """

    def __init__(self, engine: Engine, labels: Mapping[str, str] | None = None) -> None:
        self._engine, self._labels = engine, dict(labels or {})
        self._session = os.urandom(8).hex()
        self._container, self._runs, self._asked = "", False, 0

    @property
    def container(self) -> str:
        """A container with the volume, running or not."""
        if not self._container:
            config = {
                "Image": agent_image.ensure(self._engine),
                "Cmd": agent_image.command(self._session),
                "Env": agent_image.environment(),
                "Labels": {agent_image.HELPER_LABEL: "1", **self._labels},
                "NetworkDisabled": True,
                "HostConfig": {
                    "Mounts": [{"Type": "volume", "Source": VOLUME, "Target": agent_image.VOLUME}],
                    "LogConfig": {"Type": "json-file", "Config": {}},
                },
            }
            name = f"mlpw-helper-{self._session}"
            try:
                self._container = self._engine.create(name, config)
            except NotThereError:  # somebody removed the image that was there a moment ago
                self._container = self._engine.create(name, {**config, "Image": agent_image.ensure(self._engine)})
        return self._container

    def ask(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The agent's answer. Raises HostError with its words when it cannot.

        One that answered before and has ended is begun anew: it does not wait for the end of a long transfer.
        """
        if not self._asked:
            return self._ask(asked)
        try:
            return self._ask(asked)
        except _EndedError:
            self.close()
            self._session, self._asked = os.urandom(8).hex(), 0
            return self._ask(asked)

    def _ask(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        self._asked += 1
        name = f"requests/{self._session}/{self._asked}"
        whole = _archive({f"{name}.json": json.dumps(asked).encode(), f"{name}.go": b""})  # in this order
        self._engine.put(self.container, agent_image.VOLUME, [whole])
        if not self._runs:
            self._engine.start(self.container)
            self._runs = True
        answer: dict[str, Any] = json.loads(self._answer(f"{agent_image.VOLUME}/{name}.answer"))
        if "error" in answer:
            raise HostError(f"{self._engine.name}: {answer['error']}")
        return answer

    def close(self) -> None:
        """Be rid of the container."""
        if self._container:
            self._engine.remove(self._container)
            self._container, self._runs = "", False

    def _answer(self, path: str) -> bytes:
        pause, looked_at = _PAUSES[0], time.monotonic()
        while True:
            try:
                with self._engine.get(self._container, path) as pieces:
                    return only_file(pieces)
            except NotThereError:
                if time.monotonic() - looked_at > _LOOK_SECONDS:
                    looked_at = time.monotonic()
                    self._check()
            time.sleep(pause)
            pause = min(pause * 1.5, _PAUSES[1])

    def _check(self) -> None:
        state = self._engine.inspect(self._container)["State"]
        if not state["Running"]:
            with self._engine.log(self._container, follow=False) as pieces:
                said = b"".join(pieces).decode("utf-8", "replace").strip()[-300:]
            raise _EndedError(f"{self._engine.name}: the agent ended with code {state['ExitCode']}", hint=said)


class _EndedError(HostError):
    """The agent's container does not run."""


class PieceReader(io.RawIOBase):
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


def only_file(pieces: Iterator[bytes]) -> bytes:
    """The content of the one file of a tar stream."""
    with tarfile.open(fileobj=PieceReader(pieces), mode="r|") as tar:
        for member in tar:
            file = tar.extractfile(member)
            if file is not None:
                return file.read()
    raise HostError("the agent left no answer")


def _archive(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return out.getvalue()
