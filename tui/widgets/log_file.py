"""A log on disk, read by offset: every 64th line's place is kept, and the few lines that are looked at."""

import os
import re
from array import array
from collections import OrderedDict
from pathlib import Path
from typing import BinaryIO

BLOCK = 64
#: What one call of `grow` reads at most, so that a tick stays within a frame (bytes).
PIECE = 2 << 20
#: What is shown of one line (bytes); the file keeps all of it.
LONGEST_LINE = 16 << 10
_KEPT_BLOCKS = 48
_READ = 256 << 10
_BLOCK_OF_LINES = re.compile(rb"(?:[^\n]*+\n){64}")


class LogFile:
    """Lines of a file that may still grow, be cut or be replaced; a file that is not there yet has no lines."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._file: BinaryIO | None = None
        self._identity = (0, 0)
        self._forget()

    def _forget(self) -> None:
        self._starts = array("q", [0])
        self._scanned = 0
        self._lines = 0
        self._in_block = 0
        self._ends_with_newline = True
        self._size = 0
        self._blocks: OrderedDict[int, list[str]] = OrderedDict()

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    @property
    def exists(self) -> bool:
        """Whether the file has been found."""
        return self._file is not None

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

    def grow(self) -> bool:
        """Look at the file once and index at most one piece of what is new; True when anything changed."""
        started_over = self._look()
        if self._file is None or not self.is_behind:
            return started_over
        self._file.seek(self._scanned)
        piece = self._file.read(min(PIECE, self._size - self._scanned))
        if not piece:
            self._size = self._scanned
            return started_over
        self._index(piece)
        return True

    def _look(self) -> bool:
        """Open the file when it appears, start over when it was cut or replaced; True when that happened."""
        if self.path is None:
            return False
        try:
            found = self.path.stat()
        except OSError:
            if self._file is None:
                return False
            self.close()
            self._forget()
            return True
        identity = (found.st_dev, found.st_ino)
        started_over = False
        if self._file is None or identity != self._identity or found.st_size < self._scanned:
            self.close()
            self._forget()
            try:
                self._file = self.path.open("rb", buffering=0)
            except OSError:
                return False
            self._identity = identity
            started_over = True
        self._size = found.st_size
        return started_over

    def _index(self, piece: bytes) -> None:
        self._blocks.pop(len(self._starts) - 1, None)
        position = self._finish_block(piece) if self._in_block else 0
        if not self._in_block:
            position = self._whole_blocks(piece, position)
        rest = piece.count(b"\n", position)
        self._lines += rest
        self._in_block += rest
        self._scanned += len(piece)
        self._ends_with_newline = piece.endswith(b"\n")

    def _finish_block(self, piece: bytes) -> int:
        """Count newlines up to the end of the block that was begun; where counting stopped in `piece`."""
        position = 0
        while self._in_block < BLOCK:
            found = piece.find(b"\n", position)
            if found < 0:
                return position
            position = found + 1
            self._in_block += 1
            self._lines += 1
        self._in_block = 0
        self._starts.append(self._scanned + position)
        return position

    def _whole_blocks(self, piece: bytes, position: int) -> int:
        match = _BLOCK_OF_LINES.match(piece, position)
        while match is not None:
            position = match.end()
            self._starts.append(self._scanned + position)
            self._lines += BLOCK
            match = _BLOCK_OF_LINES.match(piece, position)
        return position

    def line(self, number: int) -> str:
        """The line `number`, from 0, without its newline; bytes that are not UTF-8 become visible marks."""
        block = number // BLOCK
        lines = self._blocks.get(block)
        if lines is None:
            lines = self._blocks[block] = self._read_block(block)
            while len(self._blocks) > _KEPT_BLOCKS:
                self._blocks.popitem(last=False)
        else:
            self._blocks.move_to_end(block)
        index = number % BLOCK
        return lines[index] if index < len(lines) else ""

    def _read_block(self, block: int) -> list[str]:
        """Up to 64 lines; of a line longer than what is shown only the beginning is kept in memory."""
        if self._file is None or block >= len(self._starts):
            return []
        start = self._starts[block]
        end = self._starts[block + 1] if block + 1 < len(self._starts) else self._scanned
        lines: list[bytes] = []
        current = bytearray()
        while start < end:
            piece = os.pread(self._file.fileno(), min(_READ, end - start), start)
            if not piece:
                break
            start += len(piece)
            first, *more = piece.split(b"\n")
            current += first[: LONGEST_LINE - len(current)]
            for part in more:
                lines.append(bytes(current))
                current = bytearray(part[:LONGEST_LINE])
        if current:
            lines.append(bytes(current))
        return [line.decode("utf-8", "replace") for line in lines]
