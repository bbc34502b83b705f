"""Answers the requests of one session, which come on standard input and are answered on standard output."""

import fcntl
import os
import select
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from core.errors import MlpwError
from core.hosts.agent.arriving import Arrivals
from core.hosts.agent.leaving import give, read_links, show
from core.hosts.agent.passing import InterruptedPassingError
from core.hosts.agent.tidying import trim, usage
from core.hosts.agent.volume import Plain, Volume
from core.hosts.agent.wire import ALIVE, HEAD, TOLD, Bytes, Line, understood
from core.hosts.agent.working import collect, forget, lay_out
from core.layout import Layout
from core.store.objects import Store

#: Whoever asks needs us no longer when nothing has come for so long; amid a transfer they may be out of reach.
_IDLE_SECONDS, _STALLED_SECONDS = 30.0, 120.0
#: While a request is worked on, it is said so often that it is.
_ALIVE_SECONDS = 2.0
_PIPE_BYTES = 1 << 20


def main() -> None:
    """`agent VOLUME SOCKETS`: answer what is asked about the folder VOLUME, until nobody asks any more.

    Whoever shares the folder SOCKETS may ask there, once that was asked for on standard input.
    """
    os.umask(0)
    folder, sockets = map(Path, sys.argv[1:])
    store = Store(Layout(folder))
    line = _Standard()
    try:
        _serve(Volume(folder, store), sockets, line)
    except (EOFError, BrokenPipeError, InterruptedPassingError):
        return
    finally:
        store.close()


def _serve(volume: Volume, sockets: Path, line: "_Standard") -> None:
    arrivals = Arrivals(volume)
    operations: Mapping[str, Callable[[Plain], Plain]] = {
        "lay_out": lambda asked: lay_out(volume, asked),
        "lacking": arrivals.lacking,
        "wait": arrivals.wait,
        "take": lambda asked: arrivals.take(asked, line),
        "make": arrivals.make,
        "show": lambda asked: show(volume, asked),
        "read_links": lambda asked: read_links(volume, asked),
        "give": lambda asked: give(volume, asked, line),
        "collect": lambda asked: collect(volume, asked),
        "forget": lambda asked: forget(volume, asked),
        "usage": lambda asked: usage(volume, asked),
        "trim": lambda asked: trim(volume, asked),
    }
    while True:
        kind, data = line.read()
        if kind != TOLD:  # the last words about data that we sent
            continue
        asked = understood(data)
        if asked["do"] == "listen":
            _listen(sockets, line)
            continue
        with line.alive():
            answer = _answer(operations[asked["do"]], asked)
        line.tell(answer)
        if "error" in answer:
            line.drain()  # there may be more of what nobody takes now
            return


def _listen(sockets: Path, line: "_Standard") -> None:
    """Tell of a socket that nobody can guess the name of, and go on there once somebody comes; else as before."""
    name = os.urandom(16).hex()
    with socket.socket(socket.AF_UNIX) as listener:
        try:
            sockets.chmod(0o711)
            listener.bind(str(sockets / name))
            listener.listen(1)
        except OSError:  # it is not there, or not ours to write in
            line.tell({"socket": ""})
            return
        try:
            line.tell({"socket": name})
            line.join(listener)
        finally:
            (sockets / name).unlink(missing_ok=True)


def _answer(operation: Callable[[Plain], Plain], asked: Plain) -> Plain:
    try:
        return operation(asked)
    except MlpwError as error:
        return {"error": error.message}
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        return {"error": f"{error.strerror}: {error.filename}" if error.filename else str(error.strerror)}


class _Standard(Line):
    """Standard input and output."""

    def __init__(self) -> None:
        self._in, self._out = 0, 1
        self._writing = threading.Lock()
        self._busy = threading.Event()
        self._patience = _IDLE_SECONDS
        self._data = bytearray(1 << 16)
        os.set_blocking(1, False)
        _widen(0)
        threading.Thread(target=self._say_alive, daemon=True).start()

    def read(self) -> tuple[int, Bytes]:
        head = bytearray(HEAD.size)
        self._fill(memoryview(head))
        kind, size = HEAD.unpack(head)
        if size > len(self._data):
            self._data = bytearray(size)
        data = memoryview(self._data)[:size]
        self._fill(data)
        return kind, data

    def write(self, kind: int, data: Bytes = b"") -> None:
        with self._writing:
            for part in (HEAD.pack(kind, len(data)), data):
                self._put(memoryview(part))

    def join(self, listener: socket.socket) -> None:
        """Wait for whoever comes to the listener, and greet them; or for more on standard input."""
        if listener.fileno() not in select.select([self._in, listener.fileno()], [], [], self._patience)[0]:
            return
        with self._writing:
            self._in = self._out = listener.accept()[0].detach()
            os.set_blocking(self._out, False)
        self.tell({"joined": True})

    def drain(self) -> None:
        """Take what still comes until they hang up: a socket that is closed on unread data takes the answer with it."""
        while select.select([self._in], [], [], self._patience)[0] and os.read(self._in, len(self._data)):
            pass

    def alive(self) -> "_Standard":
        """As a context: a request is worked on."""
        return self

    def __enter__(self) -> None:
        self._patience = _STALLED_SECONDS
        self._busy.set()

    def __exit__(self, *_: object) -> None:
        self._patience = _IDLE_SECONDS
        self._busy.clear()

    def _fill(self, view: memoryview) -> None:
        while view:
            if not select.select([self._in], [], [], self._patience)[0]:
                raise EOFError
            count = os.readv(self._in, [view])
            if not count:
                raise EOFError
            view = view[count:]

    def _put(self, view: memoryview) -> None:
        while view:
            if not select.select([], [self._out], [], _STALLED_SECONDS)[1]:
                raise BrokenPipeError
            view = view[os.write(self._out, view) :]

    def _say_alive(self) -> None:
        pause = threading.Event()
        while self._busy.wait():
            pause.wait(_ALIVE_SECONDS)
            if self._busy.is_set():
                self.write(ALIVE)


def _widen(fd: int) -> None:
    """A pipe of the usual 64 kB would be emptied sixteen times a megabyte."""
    try:
        fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    except OSError:
        return
