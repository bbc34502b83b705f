"""Logs as a stream from first to last: for files, pipes and the command line; flat in memory however long they are."""

import heapq
import os
import time
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

from tui.widgets.log_pattern import CODES, Pattern, shown_text
from tui.widgets.log_tail import ENDS_AT_LIMIT, bytes_kept, place_in_joined, tail_files
from tui.widgets.log_times import LogTimes, times_beside
from tui.wording.safe import lines as clean_lines
from tui.wording.safe import one_line

_PIECE = 256 << 10
#: A line that goes on for longer than this (bytes) is handed on in parts.
_PART = 1 << 20
#: Bytes that hold the note at which a log over its limit ends.
_PART_OF_NOTE = 200


@dataclass(frozen=True, slots=True)
class LogSource:
    """A file, and whose log it is where there are several."""

    path: Path
    label: str = ""


class TimedLine(NamedTuple):
    """When a line came (nanoseconds, 0 when nobody knows), which of the logs it is from, and its bytes with newline."""

    moment: int
    log: int
    data: bytes


class LogReader:
    """The lines of one log from where the last reading stopped; a last line without end waits unless `last`.

    Of a log over its limit whose step still writes, the files of its tail are read too.
    """

    def __init__(self, source: LogSource, number: int = 0) -> None:
        self.source, self._number = source, number
        self._times = LogTimes(times_beside(source.path))
        self._offset = self._moment = 0
        self._rest = self._end = b""
        self._tail: LogReader | None = None
        self._tail_number = -1

    @property
    def has_times(self) -> bool:
        """Whether it is known when the lines came."""
        self._times.look()
        return self._times.is_known

    @property
    def start(self) -> int:
        """When the first line came, 0 when nobody knows."""
        self._times.look()
        return self._times.first

    def has_more(self) -> bool:
        """Whether anything came since the last reading."""
        if self._end.endswith(ENDS_AT_LIMIT) and (there := tail_files(self.source.path)):
            return max(there) > self._tail_number or (self._tail is not None and self._tail.has_more())
        try:
            return self.source.path.stat().st_size > self._offset + len(self._rest)
        except OSError:
            return False

    def skip_to_last(self, count: int) -> None:
        """Begin with the last `count` lines; the file is read backward so far only."""
        try:
            descriptor = os.open(self.source.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return
        try:
            at = end = os.fstat(descriptor).st_size
            left = count + 1
            while at > 0 and left > 0:
                start = max(0, at - _PIECE)
                piece = os.pread(descriptor, at - start, start)
                if at == end and not piece.endswith(b"\n"):
                    left -= 1
                place = len(piece)
                while left > 0 and (place := piece.rfind(b"\n", 0, place)) >= 0:
                    left -= 1
                at = start + place + 1 if left == 0 else start
        finally:
            os.close(descriptor)
        self._offset = at

    def read(self, *, last: bool = True) -> Iterator[TimedLine]:
        """What is new; moments never fall, whatever the clock did."""
        if self._tail is None:
            yield from self._read_file(last=last)
        if not self._end.endswith(ENDS_AT_LIMIT):
            return
        there = tail_files(self.source.path)
        for number, path in there.items():
            if number > self._tail_number:
                self._go_on_in(number, path)
            if self._tail is not None and number == self._tail_number:
                yield from self._tail._read_file(last=last and number == max(there))
        if not there and self._tail is not None:
            self._go_on_in_joined(self._tail)
            yield from self._read_file(last=last)

    def _read_file(self, *, last: bool) -> Iterator[TimedLine]:
        self._times.look()
        try:
            descriptor = os.open(self.source.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return
        try:
            while piece := os.pread(descriptor, _PIECE, self._offset + len(self._rest)):
                self._end = (self._end + piece[-_PART_OF_NOTE:])[-_PART_OF_NOTE:]
                whole = (self._rest + piece).split(b"\n")
                self._rest = whole.pop()
                for line in whole:
                    yield self._timed(line + b"\n")
                while len(self._rest) > _PART:
                    part, self._rest = self._rest[:_PART], self._rest[_PART:]
                    yield self._timed(part)
            if last and self._rest:
                part, self._rest = self._rest, b""
                yield self._timed(part)
        finally:
            os.close(descriptor)

    def _go_on_in(self, number: int, path: Path) -> None:
        """Another file of the tail, with the beginning of a line that goes on there, or a word that some was missed."""
        before, rest = self._tail, b""
        self._tail = LogReader(LogSource(path), self._number)
        if before is not None:
            rest, self._tail._moment = before._rest, before._moment
            before.close()
        if number != self._tail_number + 1:
            rest += (b"\n" if rest else b"") + b"[mlpw: some of the log is left out here]\n"
        self._tail._rest, self._tail._offset = rest, -len(rest)
        self._tail_number = number

    def _go_on_in_joined(self, tail: "LogReader") -> None:
        """The tail stands in the log now: behind what was read of it."""
        read = self._tail_number * bytes_kept(self._end) + tail._offset
        self._offset = place_in_joined(self.source.path, self._offset, read)
        self._moment = max(self._moment, tail._moment)
        self._end, self._tail = b"", None
        tail.close()

    def _timed(self, data: bytes) -> TimedLine:
        self._moment = max(self._moment, self._times.at(self._offset))
        self._offset += len(data)
        return TimedLine(self._moment, self._number, data)

    def close(self) -> None:
        """Let go of the file with the times."""
        self._times.close()


def merged(readers: Sequence[LogReader], ended: Container[LogReader] | None = None) -> Iterator[TimedLine]:
    """What is new in several logs, in the order of time; last lines without end only of those that have `ended`."""
    parts = (reader.read(last=ended is None or reader in ended) for reader in readers)
    return heapq.merge(*parts, key=lambda line: line[:2])


def kept(lines: Iterable[TimedLine], pattern: Pattern | None, since: int = 0) -> Iterator[TimedLine]:
    """Those that have a pattern, as they are shown, and came at `since` (nanoseconds) or later."""
    for line in lines:
        if line.moment < since:
            continue
        if pattern is not None:
            text = shown_text(line.data.decode("utf-8", "replace").removesuffix("\n") + "\n")
            if pattern.matches(text[:-1]) == pattern.is_inverted:
                continue
        yield line


def before(
    line: TimedLine, sources: Sequence[LogSource], *, with_times: bool, start: int = 0, colour: int = 0
) -> bytes:
    """What stands before a line: when it came, by the clock or since `start`, and whose it is, in an ANSI colour."""
    words = ""
    if with_times:
        words = (
            f"{_since(line.moment - start) if start else _stamp(line.moment)} "
            if line.moment
            else " " * (13 if start else 24)
        )
    label = sources[line.log].label
    if label:
        width = max(len(one_line(source.label)) for source in sources)
        name = f"{one_line(label):<{width}}"
        words += (f"\x1b[{colour}m{name}\x1b[0m" if colour else name) + " | "
    return words.encode()


def _stamp(moment: int) -> str:
    found = time.localtime(moment / 1e9)
    return f"{time.strftime('%Y-%m-%d %H:%M:%S', found)}.{moment // 1_000_000 % 1000:03d}"


def _since(nanoseconds: int) -> str:
    return f"+{max(0, nanoseconds) / 1e9:.3f}".rjust(12)


def copy_raw(source: Path, target: BinaryIO, told: Callable[[int], bool]) -> None:
    """The bytes of a log as they are, its tail included; `told` hears how many, and says whether to go on."""
    end = b""
    files = [source]
    for path in files:
        with suppress(FileNotFoundError), path.open("rb") as file:
            while piece := file.read(_PART):
                end = (end + piece[-_PART_OF_NOTE:])[-_PART_OF_NOTE:]
                target.write(piece)
                if not told(len(piece)):
                    return
        if path is source and end.endswith(ENDS_AT_LIMIT):
            files += tail_files(source).values()


def for_terminal(data: bytes, *, coloured: bool) -> str:
    """A line for a terminal: with its own colours or none; of a rewritten line the last state; all else is harmless."""
    ends = data.endswith(b"\n")
    text = data.decode("utf-8", "replace").removesuffix("\n").removesuffix("\r")
    text = next((part for part in reversed(text.split("\r")) if part), "")
    pieces: list[str | None] = list(CODES.split(text))
    has_colours = coloured and any(piece is not None for piece in pieces[1::2])
    shown = "".join(
        clean_lines(piece or "") if index % 2 == 0 else f"\x1b[{piece}m" if coloured and piece is not None else ""
        for index, piece in enumerate(pieces)
    )
    return shown + ("\x1b[0m" if has_colours else "") + ("\n" if ends else "")
