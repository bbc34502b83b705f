"""A log on disk, read by offset: the places of some lines are kept, and the few lines that are looked at."""

import os
import re
import stat
from array import array
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from tui.widgets.log_tail import ENDS_AT_LIMIT

#: A block, whose place is kept, ends after so many lines ...
BLOCK = 64
#: ... or with the line that makes it so large (bytes).
BLOCK_BYTES = 64 << 10
#: What one call of `grow` reads at most, so that a tick stays within a frame (bytes).
PIECE = 2 << 20
#: What is shown of one line (bytes); the file keeps all of it.
LONGEST_LINE = 16 << 10
_KEPT_BLOCKS = 48
_BLOCK_OF_LINES = re.compile(rb"(?:[^\n]*+\n){64}")


@dataclass(frozen=True, slots=True)
class _Block:
    """Some neighbouring lines with the offsets of their first bytes."""

    lines: list[str]
    starts: list[int]


class LogFile:
    """Lines of a file that may still grow, be cut or be replaced; a file that is not there yet has no lines.

    `bytes_read` counts what was read, `generation` how often the file began anew.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.bytes_read = 0
        self.generation = 0
        #: Whether its lines stay known when there is no such file any more.
        self.outlives_its_file = False
        self._is_there = False
        self._identity = (0, 0)
        self._forget()

    def _forget(self) -> None:
        self._starts = array("q", [0])
        self._firsts = array("q", [0])
        self._scanned = 0
        self._lines = 0
        self._ends_with_newline = True
        self._end = b""
        self._size = self._target = 0
        self._blocks: OrderedDict[int, _Block] = OrderedDict()

    def close(self) -> None:
        """Look at it no longer."""
        self._is_there = False

    @property
    def exists(self) -> bool:
        """Whether the file has been found."""
        return self._is_there

    @property
    def line_count(self) -> int:
        """Lines known so far; a last line without newline counts."""
        return self._lines + (0 if self._ends_with_newline else 1)

    @property
    def size(self) -> int:
        """Bytes of the file when it was last looked at."""
        return self._size

    @property
    def scanned(self) -> int:
        """Bytes that have been read and indexed."""
        return self._scanned

    @property
    def is_behind(self) -> bool:
        """Whether there are bytes that `grow` has not read yet."""
        return self._scanned < self._size

    @property
    def is_coming(self) -> bool:
        """Whether what was there when the file was opened has not been read yet."""
        return self._scanned < self._target

    @property
    def ends_at_limit(self) -> bool:
        """Whether the log has outgrown its limit here, so that what came after is elsewhere."""
        return self._end == ENDS_AT_LIMIT

    @property
    def index_entries(self) -> int:
        """Places that are kept in memory, two numbers each."""
        return len(self._starts)

    def grow(self) -> bool:
        """Look at the file once and index at most one piece of what is new; True when anything changed."""
        started_over = self._look()
        if not self._is_there or not self.is_behind:
            return started_over
        piece = self._read(min(PIECE, self._size - self._scanned), self._scanned)
        if not piece:
            self._size = self._target = self._scanned
            return started_over
        self._index(piece)
        return True

    def _read(self, count: int, offset: int) -> bytes:
        """Bytes of the file, which is opened for each reading: a merged view may have a thousand logs."""
        data = read_at(self.path, count, offset)
        self.bytes_read += len(data)
        return data

    def _look(self) -> bool:
        """Open the file when it appears, start over when it was cut or replaced; True when that happened."""
        if self.path is None:
            return False
        try:
            found = self.path.stat()
        except OSError:
            if not self._is_there or self.outlives_its_file:
                return False
            self._start_over()
            return True
        identity = (found.st_dev, found.st_ino)
        started_over = False
        if not self._is_there or identity != self._identity or found.st_size < self._scanned:
            if not stat.S_ISREG(found.st_mode):
                return False
            self._start_over()
            if not os.access(self.path, os.R_OK):
                return False
            self._is_there = True
            self._identity, self._target = identity, found.st_size
            started_over = True
        self._size = found.st_size
        return started_over

    def _start_over(self) -> None:
        self.close()
        self._forget()
        self.generation += 1

    # The index

    def _index(self, piece: bytes) -> None:
        self._blocks.pop(len(self._starts) - 1, None)
        base, position, is_open = self._scanned, 0, False
        while not is_open:
            match = None
            if self._lines == self._firsts[-1] and base + position == self._starts[-1]:
                match = _BLOCK_OF_LINES.match(piece, position, position + BLOCK_BYTES)
            if match is not None:
                position = match.end()
                self._lines += BLOCK
                self._begin_block(base + position)
            else:
                position, is_open = self._line_by_line(piece, base, position)
        self._scanned += len(piece)
        self._ends_with_newline = piece.endswith(b"\n")
        self._end = (self._end + piece[-len(ENDS_AT_LIMIT) :])[-len(ENDS_AT_LIMIT) :]

    def _begin_block(self, start: int) -> None:
        self._starts.append(start)
        self._firsts.append(self._lines)

    def _line_by_line(self, piece: bytes, base: int, position: int) -> tuple[int, bool]:
        """Count lines to the end of the block; where that is in `piece`, and whether the block goes on after it."""
        while (found := piece.find(b"\n", position)) >= 0:
            position = found + 1
            self._lines += 1
            if self._lines - self._firsts[-1] >= BLOCK or base + position - self._starts[-1] >= BLOCK_BYTES:
                self._begin_block(base + position)
                return position, False
        return position, True

    # Lines

    def line(self, number: int) -> str:
        """The line `number`, from 0, without its newline; bytes that are not UTF-8 become visible marks."""
        block, index = self._find(number)
        return block.lines[index] if index < len(block.lines) else ""

    def start_of(self, number: int) -> int:
        """The offset of a line's first byte."""
        block, index = self._find(number)
        return block.starts[index] if index < len(block.starts) else self._scanned

    def line_from(self, offset: int) -> int:
        """The first line that begins at `offset` or later; the count of lines when there is none."""
        at = bisect_right(self._starts, offset) - 1
        return self._firsts[at] + bisect_left(self._block(at).starts, offset)

    def _find(self, number: int) -> tuple[_Block, int]:
        at = bisect_right(self._firsts, number) - 1
        return self._block(at), number - self._firsts[at]

    def _block(self, at: int) -> _Block:
        block = self._blocks.get(at)
        if block is None:
            block = self._blocks[at] = self._read_block(at)
            while len(self._blocks) > _KEPT_BLOCKS:
                self._blocks.popitem(last=False)
        else:
            self._blocks.move_to_end(at)
        return block

    def _read_block(self, at: int) -> _Block:
        """A block's lines; of a long one, which only the last can be, its two ends are read."""
        if not self._is_there:
            return _Block([], [])
        start = self._starts[at]
        end = self._starts[at + 1] if at + 1 < len(self._starts) else self._scanned
        data = self._read(min(end - start, BLOCK_BYTES + LONGEST_LINE), start)
        lines = data.split(b"\n")
        starts = [start + place for place in accumulate((len(line) + 1 for line in lines), initial=0)][:-1]
        if not lines[-1]:
            lines.pop()
            starts.pop()
        if lines and len(data) < end - start:
            lines[-1] += self._read(LONGEST_LINE + 1, max(start + len(data), end - LONGEST_LINE - 1)).rstrip(b"\n")
        return _Block([bounded(line).decode("utf-8", "replace") for line in lines], starts)


def read_at(path: Path | None, count: int, offset: int) -> bytes:
    """Up to `count` bytes of a file from `offset` on; none of one that cannot be read."""
    try:
        descriptor = os.open(path or "", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.pread(descriptor, count, offset)
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def bounded(line: bytes) -> bytes:
    """What of a line can be shown: its beginning, or what a progress bar that rewrites the line wrote last."""
    if len(line) <= LONGEST_LINE:
        return line
    _, rewritten, last = line[-LONGEST_LINE:].rstrip(b"\r").rpartition(b"\r")
    return last if rewritten else line[:LONGEST_LINE]
