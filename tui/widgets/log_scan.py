"""Looking through logs: piece by piece, on a thread of its own, as far as they have been written."""

import os
import threading
from collections.abc import Sequence
from pathlib import Path

from tui.widgets.line_set import LineSet
from tui.widgets.log_file import LONGEST_LINE, bounded, read_at
from tui.widgets.log_pattern import Pattern, PatternError, shown_text

_PIECE = 256 << 10


class Scan:
    """The lines of one file that have a pattern; `advance` reads on from where it stopped."""

    def __init__(self, path: Path | None, pattern: Pattern) -> None:
        self.path, self.pattern = path, pattern
        self.lines = LineSet(inverted=pattern.is_inverted)
        self.trouble = ""
        self.bytes_read = 0
        self._identity = (0, 0)
        self._offset = 0
        self._rest = b""
        self._target = _size(path)

    @property
    def is_coming(self) -> bool:
        """Whether what was there at first has not been looked through yet."""
        return self._offset < self._target and not self.trouble

    @property
    def is_behind(self) -> bool:
        """Whether the file has more than was read; it is asked, so this costs a system call."""
        if self.path is None or self.trouble:
            return False
        try:
            found = self.path.stat()
        except OSError:
            return False
        return found.st_size != self._offset or (found.st_dev, found.st_ino) != self._identity

    @property
    def offset(self) -> int:
        """Bytes that were looked through."""
        return self._offset

    def advance(self) -> bool:
        """Look through one piece; False when there is none."""
        if self.trouble or not self._open():
            self._target = 0
            return False
        piece = read_at(self.path, _PIECE, self._offset)
        self.bytes_read += len(piece)
        if not piece:
            self._target = self._offset
            return False
        try:
            self._look_through(piece)
        except PatternError as error:
            self.trouble = str(error)
        return not self.trouble

    def _open(self) -> bool:
        """Look at the file that stands at the path now, from its beginning if it is another one or was cut."""
        try:
            found = os.stat(self.path or "")  # noqa: PTH116
        except OSError:
            return False
        identity = (found.st_dev, found.st_ino)
        if identity == self._identity and found.st_size >= self._offset:
            return True
        self.lines.clear()
        self._offset, self._rest, self._identity, self._target = 0, b"", identity, found.st_size
        return True

    def _look_through(self, piece: bytes) -> None:
        whole, newline, rest = piece.rpartition(b"\n")
        if newline:
            text = shown_text(_decoded(self._rest + whole + newline))
            self.lines.say(self.pattern.lines_with(text), text.count("\n"))
            self._rest = rest
        else:
            self._rest += rest
        if len(self._rest) > 4 * LONGEST_LINE:
            self._rest = self._rest[:LONGEST_LINE] + self._rest[-LONGEST_LINE:]
        self._offset += len(piece)
        if len(piece) < _PIECE:
            line = shown_text(_decoded(bounded(self._rest)))
            self.lines.say_open(self.pattern.matches(line) if self._rest else None)


def _size(path: Path | None) -> int:
    try:
        return path.stat().st_size if path is not None else 0
    except OSError:
        return 0


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "replace")


class Scanner:
    """A thread that advances scans while any of them is behind; asleep until `wake` otherwise."""

    def __init__(self) -> None:
        self._scans: tuple[Scan, ...] = ()
        self._thread: threading.Thread | None = None
        self._stopped = False
        self._wanted = threading.Event()

    def look_through(self, scans: Sequence[Scan]) -> None:
        """Advance these from now on, and no others; a scan that was advanced already goes on."""
        self._scans = tuple(scans)
        self._wanted.set()
        if self._thread is None and scans:
            self._stopped = False
            self._thread = threading.Thread(target=self._work, name="mlpw-log-scan", daemon=True)
            self._thread.start()

    def wake(self) -> None:
        """There may be more to read."""
        self._wanted.set()

    def stop(self) -> None:
        """End after the piece that is looked through."""
        self._stopped = True
        self._wanted.set()

    def _work(self) -> None:
        while not self._stopped:
            self._wanted.wait()
            self._wanted.clear()
            scans = self._scans
            for scan in scans:
                while self._is_to_go_on(scans) and scan.advance():
                    pass

    def _is_to_go_on(self, scans: tuple[Scan, ...]) -> bool:
        return not self._stopped and self._scans is scans
