"""The prepared process that forks one shim a request: starting Python for each step would cost ten times as much.

A request is four bytes of length (big endian), then JSON: {paths, secrets, masks}. With it come file descriptors: the
end pipe, then locks the shim holds for its life. There is no answer: the attempt's files and the end pipe tell all. The
nursery ends when its supervisor does; its shims do not.
"""

import contextlib
import gc
import json
import os
import signal
import socket
import time
from array import array

from core.computes import processes
from core.computes.shim import step
from core.computes.shim.keeping import Machine, tell
from core.computes.shim.result import oom_counter
from core.computes.shim.system import name_process

FORK_TRIES = 20
FORK_PAUSE_SECONDS = 0.05
MOST_FILES = 64

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs the nursery its start
    from collections.abc import Callable
    from typing import Any


def main(run: "Callable[[dict[str, Any], int, Machine], None]" = step.run) -> None:
    """Serve the socket on standard input until its other side closes; each request goes to `run` in a fork."""
    connection = socket.socket(fileno=os.dup(0))
    _leave_terminal()
    name_process("mlpw-nursery")
    machine = Machine(oom_counter(), processes.boot_id())
    gc.disable()
    gc.freeze()  # pages of objects that are never collected stay shared with the shims
    while (got := _receive(connection)) is not None:
        request, files = got
        pid = _fork(files[0])
        if pid == 0:
            connection.close()
            _be_shim(run, request, files[0], machine)
        for file in files:
            os.close(file)


def _leave_terminal() -> None:
    """Keep nothing of the supervisor's standard files; handlers and not SIG_IGN, because steps would inherit that."""
    null = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(null, standard)
    os.close(null)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, lambda *_: None)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel forgets ended shims; each shim sets its own handler


def _receive(connection: socket.socket) -> "tuple[dict[str, Any], list[int]] | None":
    """The next request and its file descriptors, None when the supervisor is gone."""
    files = array("i")
    try:
        room = socket.CMSG_SPACE(files.itemsize * MOST_FILES)
        head, ancillary, _, _ = connection.recvmsg(4, room, getattr(socket, "MSG_CMSG_CLOEXEC", 0))
        for _, _, data in ancillary:
            files.frombytes(data[: len(data) - len(data) % files.itemsize])
        body = _exactly(connection, int.from_bytes(head, "big"))
    except OSError:
        return None
    return (json.loads(body), files.tolist()) if body else None


def _exactly(connection: socket.socket, length: int) -> bytes:
    """So many bytes, or none when the other side closed before."""
    body = bytearray()
    while len(body) < length:
        piece = connection.recv(length - len(body))
        if not piece:
            return b""
        body += piece
    return bytes(body)


def _fork(end: int) -> int:
    """Fork, with patience; -1 and a word through the end pipe when the system has no process left."""
    for _ in range(FORK_TRIES):
        try:
            return os.fork()
        except OSError as error:
            reason = error.strerror
            time.sleep(FORK_PAUSE_SECONDS)
    tell(end, {"status": "not_started", "error": f"out of processes: {reason}"})
    return -1


def _be_shim(
    run: "Callable[[dict[str, Any], int, Machine], None]", request: "dict[str, Any]", end: int, machine: Machine
) -> None:
    """Never returns; a fault of the shim's own is written into the attempt's folder."""
    try:
        run(request, end, machine)
    except BaseException:
        import traceback  # most shims never need it

        with contextlib.suppress(OSError), open(request["paths"]["fault"], "w", encoding="utf-8") as file:
            file.write(traceback.format_exc())
    finally:
        os._exit(0)
