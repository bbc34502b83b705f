"""What a step in a container asks of its engine: each call costs what a small step does."""

import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.core.computes.containers.conftest import Desk
from tests.support.docker_hosts import DockerHost
from tests.support.waiting import eventually

_REQUEST = re.compile(rb"(GET|POST|DELETE|HEAD) (?:/v[0-9.]+)?/(\S*) HTTP")
_ID = re.compile("[0-9a-f]{64}")


@dataclass
class Relay:
    """A socket in front of an engine's; `calls` is what was asked through it, in order."""

    path: Path
    engine: Path
    calls: list[str] = field(default_factory=list)
    listener: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen(50)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                asking, _ = self.listener.accept()
            except OSError:
                return
            answering = socket.socket(socket.AF_UNIX)
            answering.connect(str(self.engine))
            for one, other, hears in ((asking, answering, True), (answering, asking, False)):
                threading.Thread(target=self._carry, args=(one, other, hears), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket, hears: bool) -> None:
        try:
            while data := one.recv(1 << 16):
                if hears:
                    self.calls.extend(map(_named, _REQUEST.findall(data)))
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            return


def _named(found: tuple[bytes, bytes]) -> str:
    method, path = (part.decode() for part in found)
    place, _, question = path.partition("?")
    follows = " follow" if "follow=1" in question else ""
    return f"{method} {_ID.sub('ID', place)}{follows}"


@pytest.fixture
def relay(host: DockerHost, tmp_path: Path) -> Iterator[Relay]:
    made = Relay(tmp_path / "relay.sock", host.socket)
    yield made
    made.listener.close()


def test_a_step_asks_for_no_more_than_it_needs(desk: Desk, relay: Relay) -> None:
    desk.target = replace(desk.target, host=f"unix://{relay.path}")
    outcome, log = desk.run("echo said")
    assert outcome.succeeded
    assert log == "said\n"
    eventually(lambda: "DELETE containers/ID" in relay.calls)

    assert relay.calls[:3] == ["GET _ping", "POST containers/create", "POST containers/ID/start"]
    # On a machine with much to do a log ends before its container is over, or is silent for so long that the engine is
    # asked: it is followed anew then
    short = {"GET containers/ID/logs follow": "f", "GET containers/ID/json": "a", "GET containers/ID/logs": "r"}
    assert re.fullmatch("(fa+)+r", "".join(short.get(call, "?") for call in relay.calls[3:-1])), relay.calls
    assert relay.calls[-1] == "DELETE containers/ID"
