"""A supervisor that is started before its run is there, for those who will soon want one: starting Python takes longer
than all the rest between a save and its step.

It holds no lock, no record and no folder of the workspace while it waits. It is asked for one run, once; whoever asks
hands over the lock of the run's start, which dies with it as with any other supervisor.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import core
from core.layout import Layout

_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); from core.engine.waiting import main; main()"
#: A run's number, big endian; with it come the descriptors of its start's lock and of its log.
ORDER_BYTES = 8


class Spare:
    """At most one process that waits to be the supervisor of a workspace's next run; for one thread.

    It ends with this process, however that ends.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None
        self._program: tuple[int, ...] = ()

    @property
    def pid(self) -> int:
        """The waiting process, 0 when there is none."""
        return self._process.pid if self._process is not None and self._process.poll() is None else 0

    def prepare(self, like: int = 0) -> None:
        """Have one wait from now on; does not wait for it. The graph of the run `like` it keeps at hand."""
        if self.pid:
            return
        self.close()
        with suppress(OSError):  # the run will say so if there still is no process for it
            self._line, its = socket.socketpair()
            self._program = _program()
            with its:
                self._process = self._start(its, like)

    def take(self, run: int, files: Sequence[int]) -> bool:
        """Let the one that waits be the run's supervisor, with these descriptors; False when there is none."""
        try:
            if self._line is None or not self.pid or self._program != _program():
                return False
            socket.send_fds(self._line, [run.to_bytes(ORDER_BYTES, "big")], list(files))
        except OSError:
            return False
        else:
            return True
        finally:
            self.close()

    def close(self) -> None:
        """Let go of it: one that was not asked for a run ends."""
        if self._line is not None:
            self._line.close()
        if self._process is not None:
            self._process.poll()
        self._line = self._process = None

    def _start(self, line: socket.socket, like: int) -> subprocess.Popen[bytes]:
        home = str(Path(core.__file__).resolve().parents[1])
        return subprocess.Popen(
            [sys.executable, "-P", "-c", _START, home, str(self._layout.root), str(like)],
            stdin=line.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )


def _program() -> tuple[int, ...]:
    """Differs when another version of mlpw was installed: what waits is of the old one."""
    try:
        found = Path(core.__file__).stat()
    except OSError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns
