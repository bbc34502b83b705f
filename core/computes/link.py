"""The supervisor's side of the nursery: start it, ask it, start it again when it died."""

import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from core.errors import EngineError

SEND_SECONDS = 30.0
END_SECONDS = 5.0
TRIES = 3
_HERE = Path(__file__).parent
#: How Python is started for a nursery: of steps as processes, with the standard library alone; of containers.
PROCESSES = ("-I", "-S", str(_HERE / "shim" / "__main__.py"))
CONTAINERS = ("-I", str(_HERE / "containers" / "__main__.py"))


class NurseryLink:
    """Sends requests; see `core.computes.shim.nursery` for what they look like."""

    def __init__(self, program: Sequence[str] = PROCESSES) -> None:
        self._program = program
        self._socket: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The nursery's, None while there is none."""
        return self._process.pid if self._process is not None else None

    def start(self) -> socket.socket:
        """Start the nursery unless it runs; requests can be sent at once, they wait for it."""
        if self._socket is not None and self._process is not None and self._process.poll() is None:
            return self._socket
        self.close()
        mine, its = socket.socketpair()
        mine.settimeout(SEND_SECONDS)
        try:
            self._process = subprocess.Popen(
                [sys.executable, *self._program],
                stdin=its.fileno(), stdout=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            mine.close()
            raise EngineError(f"cannot start the process that starts steps: {error.strerror}") from error
        finally:
            its.close()
        self._socket = mine
        return mine

    def send(self, request: bytes, files: Sequence[int]) -> None:
        """Hand over a request with its file descriptors; a nursery that died is started again."""
        for _ in range(TRIES):
            connection = self.start()
            try:
                message = len(request).to_bytes(4, "big") + request
                sent = socket.send_fds(connection, [message], list(files))
                connection.sendall(message[sent:])
            except TimeoutError as error:
                raise EngineError(f"the process that starts steps (pid {self.pid}) does not answer") from error
            except OSError:
                self.close()
            else:
                return
        raise EngineError("the process that starts steps died several times", hint="the machine may be out of memory")

    def close(self) -> None:
        """Let the nursery end, which it does when it is not needed any more."""
        if self._socket is not None:
            self._socket.close()
        if self._process is not None:
            try:
                self._process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:  # somebody stopped it; its shims do not need it
                self._process.kill()
                self._process.wait()
        self._socket = self._process = None
