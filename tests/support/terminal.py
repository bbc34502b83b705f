"""The workbench in a process of its own on a real pseudo-terminal: what it sends is what a terminal would get."""

import fcntl
import math
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from tests.support.waiting import PATIENCE_SECONDS

#: Sequences by ECMA-48 and ECMA-35: operating system commands and other strings, control sequences, two-character ones.
SEQUENCE = re.compile(r"\x1b[\]PX^_].*?(?:\x07|\x1b\\)|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]", re.DOTALL)
_LONE_ESC = re.compile(r"\x1b(?!\[)")
#: Of a workbench that does nothing: it looks at its log and its terminal more often.
_RESTS_A_SECOND = 4
#: The share of its time for which it works meanwhile, at most.
_IDLE = 0.35
_OWNING = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
_LEFT_OUT = ("NO_COLOR", "SSH_CONNECTION", "TMUX", "MLPW_ASCII", "COLUMNS", "LINES")


@dataclass
class Terminal:
    """A pseudo-terminal with `python -m tui FOLDER` on it; nothing is read unless a method waits.

    A process that does not own its terminal gets no signal when it closes.
    """

    folder: Path
    size: tuple[int, int] = (120, 36)
    environment: Mapping[str, str] = field(default_factory=dict)
    owned: bool = True

    def __post_init__(self) -> None:
        self._master, slave = pty.openpty()
        columns, rows = self.size
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        kept = {name: value for name, value in os.environ.items() if name not in _LEFT_OUT}
        kept |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "PYTHONUTF8": "1"}
        command = [sys.executable, "-m", "tui", str(self.folder)]
        command = [sys.executable, "-c", _OWNING, *command] if self.owned else command
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=kept | dict(self.environment),
            start_new_session=True,
        )
        os.close(slave)
        self._bytes = bytearray()
        self._is_open = True

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    @property
    def sent(self) -> str:
        """Everything that came so far."""
        return self._bytes.decode("utf-8", "replace")

    @property
    def text(self) -> str:
        """What came so far without control sequences: everything that was ever painted, in the order of painting."""
        return SEQUENCE.sub("", self.sent)

    def press(self, keys: str) -> None:
        """Type; Esc as kitty's protocol has it, which nothing that is typed behind it makes another key."""
        os.write(self._master, _LONE_ESC.sub("\x1b[27u", keys).encode())

    def move_mouse(self, cells: int) -> int:
        """Move the mouse over so many cells, as a terminal tells it: not at all unless asked; how many it told."""
        asked = re.findall("\x1b\\[\\?1003([hl])", self.sent)
        if asked[-1:] != ["h"]:
            return 0
        columns, rows = self.size
        for cell in range(cells):
            self.press(f"\x1b[<35;{cell % columns + 1};{cell // columns % rows + 5}M")
        return cells

    def mark(self) -> int:
        """A place in what came, for `since`."""
        return len(self._bytes)

    def since(self, mark: int) -> str:
        """What came after `mark`."""
        return self._bytes[mark:].decode("utf-8", "replace")

    def close(self) -> None:
        """The terminal goes away, as when its window is closed."""
        if self._is_open:
            self._is_open = False
            os.close(self._master)

    def take(self, patience: float) -> bool:
        """Read what comes within `patience` seconds; whether anything came."""
        ready, _, _ = select.select([self._master], [], [], patience)
        if not ready:
            return False
        try:
            self._bytes += os.read(self._master, 1 << 16)
        except OSError:  # Linux says so when the other end has closed
            return False
        return True

    def until(self, met: Callable[[], bool], what: str) -> None:
        """Read on until `met`; fails with what was painted last when that takes too long."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not met():
            assert time.monotonic() < deadline, f"never came: {what}\n{self.text[-3000:]}"
            # Asked first: a process that ends after `met` was false must be met once more
            has_ended = self.process.poll() is not None
            came = self.take(0.1)
            assert came or not has_ended or met(), f"ended before: {what}\n{self.text[-3000:]}"

    def until_painted(self, *texts: str) -> None:
        """Read on until every one of `texts` was painted."""
        self.until(lambda: all(text in self.text for text in texts), str(texts))

    def until_quiet(self, window: float = 1.5) -> None:
        """Read on until nothing comes for `window` seconds in which the process was given its turns."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        begun, rests, worked = time.monotonic(), self._rests(), self._worked()
        while (now := time.monotonic()) < begun + window or self._rests() < rests + window * _RESTS_A_SECOND:
            assert now < deadline, f"never quiet: {self.sent[-300:]!r}"
            came = self.take(window / 4)
            if self.process.poll() is not None:
                return
            if came or self._worked() - worked > _IDLE * window:
                begun, rests, worked = time.monotonic(), self._rests(), self._worked()

    def _worked(self) -> float:
        """The seconds that the process has worked: who works has something to tell that was not sent yet."""
        try:
            words = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def _rests(self) -> float:
        """How often the process had nothing left to do; one that does not get its turns does not come to rest."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return math.inf
        counted = re.search(r"^voluntary_ctxt_switches:\s*([1-9]\d*)", status, re.MULTILINE)
        return int(counted[1]) if counted else math.inf  # not every system counts them

    def sequences(self) -> set[str]:
        """The kinds of control sequences that came: colours and cursor places without their numbers, others whole."""
        return set(map(_kind, SEQUENCE.findall(self.sent)))

    def memory(self) -> int:
        """Resident memory of the process in bytes."""
        (line,) = (
            line for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines() if "VmRSS" in line
        )
        return int(line.split()[1]) * 1024


def _kind(sequence: str) -> str:
    if re.fullmatch(r"\x1b\[[0-9;]*[mH]", sequence):
        return f"\x1b[{sequence[-1]}"
    return sequence


@contextmanager
def terminal(
    folder: Path, size: tuple[int, int] = (120, 36), *, owned: bool = True, **environment: str
) -> Iterator[Terminal]:
    """The workbench on `folder` until the test leaves."""
    state = folder.parent / "state"
    (state / "mlpw").mkdir(parents=True, exist_ok=True)
    (state / "mlpw" / "state.json").write_text('{"greeted": true}')
    own = {"XDG_CONFIG_HOME": str(folder.parent / "config"), "XDG_STATE_HOME": str(state), **environment}
    with Terminal(folder, size, own, owned) as opened:
        yield opened
