"""A pseudo-terminal, and what a program painted on it."""

import fcntl
import pty
import re
import struct
import termios

_COLUMNS, _ROWS = 120, 36
#: Sequences by ECMA-48: control sequences, and operating system commands.
_SEQUENCE = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\].*?(?:\x07|\x1b\\)", re.DOTALL)


def open_screen() -> tuple[int, int]:
    """A terminal of 120 by 36: its own end, and the one for the program."""
    master, slave = pty.openpty()
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
    return master, slave


def painted_text(painted: bytes) -> bytes:
    """What was painted, in the order of painting, without control sequences."""
    return _SEQUENCE.sub(b"", painted)
