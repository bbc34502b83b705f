"""The lines that a log view shows: those of one log, all or those asked for; several logs are in log_merge."""

from pathlib import Path
from typing import Protocol

from tui.widgets.log_file import LogFile
from tui.widgets.log_pattern import Both, Pattern
from tui.widgets.log_scan import Scan
from tui.widgets.log_times import LogTimes, times_beside


class Lines(Protocol):
    """Lines by number, from 0 on; what is asked costs little however many there are.

    Moments are nanoseconds since the epoch, 0 when nobody knows.
    """

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the logs where there are several, else nothing."""
        ...

    @property
    def exists(self) -> bool:
        """Whether any log has been found."""
        ...

    @property
    def line_count(self) -> int:
        """Lines that can be shown."""
        ...

    @property
    def total(self) -> int:
        """Lines that are known, kept or not."""
        ...

    @property
    def is_behind(self) -> bool:
        """Whether more lines are on disk than are known."""
        ...

    @property
    def is_coming(self) -> bool:
        """Whether lines that were on disk at first are not known yet; what a step adds meanwhile does not count."""
        ...

    @property
    def progress(self) -> float:
        """How much is known and looked through, 0 to 1."""
        ...

    @property
    def scans(self) -> tuple[Scan, ...]:
        """What has to be advanced."""
        ...

    @property
    def generation(self) -> int:
        """Another number when the lines were numbered anew."""
        ...

    @property
    def has_times(self) -> bool:
        """Whether any line's time is known."""
        ...

    @property
    def first_moment(self) -> int:
        """When the first byte came."""
        ...

    @property
    def last_moment(self) -> int:
        """When the last bytes came."""
        ...

    @property
    def hit_count(self) -> int:
        """Lines in which the pattern was found so far."""
        ...

    def grow(self) -> bool:
        """Look at the files once; True when anything changed."""
        ...

    def close(self) -> None:
        """Let go of the files."""
        ...

    def line(self, number: int) -> str:
        """A line as it is in its file."""
        ...

    def number_in_file(self, number: int) -> int:
        """The line's number among all lines of its log."""
        ...

    def label(self, number: int) -> int:
        """Which log the line is from."""
        ...

    def moment(self, number: int) -> int:
        """When the line's first byte came."""
        ...

    def keep(self, pattern: Pattern | None) -> None:
        """Only lines with this pattern from now on; None keeps all."""
        ...

    def find(self, pattern: Pattern | None) -> None:
        """Look for a pattern in the lines that are kept."""
        ...

    def hits_before(self, number: int) -> int:
        """How many of the found lines stand before a line."""
        ...

    def next_hit(self, number: int, direction: int) -> int:
        """The nearest found line at `number` or after it (1), or before it (-1); -1 when there is none so far."""
        ...


class Log(Lines, Protocol):
    """The lines of one log, which can be merged with others."""

    path: Path | None

    @property
    def size(self) -> int:
        """Bytes on disk."""
        ...

    @property
    def index_entries(self) -> int:
        """Places that are kept in memory, two numbers each."""
        ...

    def first_after(self, moment: int) -> int:
        """The first line that came later than `moment`; the count of lines when none did."""
        ...


class LogLines:
    """One file of a log: all its lines, or those that a pattern keeps; and where another pattern is found in them."""

    def __init__(self, path: Path | None, label: str = "") -> None:
        self.path = path
        self.labels: tuple[str, ...] = (label,) if label else ()
        self.file = LogFile(path)
        self.times = LogTimes(times_beside(path))
        self._kept: Scan | None = None
        self._found: Scan | None = None

    def close(self) -> None:
        """Look at the files no longer."""
        self.file.close()
        self.times.close()

    @property
    def exists(self) -> bool:
        """Whether the log has been found."""
        return self.file.exists

    @property
    def line_count(self) -> int:
        """Lines known so far that are kept."""
        return self._kept.lines.before(self.file.line_count) if self._kept else self.file.line_count

    @property
    def total(self) -> int:
        """Lines known so far, kept or not."""
        return self.file.line_count

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self.file.size

    @property
    def index_entries(self) -> int:
        """Places that are kept in memory, two numbers each."""
        return self.file.index_entries

    @property
    def is_behind(self) -> bool:
        """Whether more lines are on disk than are known."""
        return self.file.is_behind or (self._kept is not None and self._kept.is_behind)

    @property
    def is_coming(self) -> bool:
        """Whether lines that were on disk at first are not known yet."""
        return self.file.is_coming or (self._kept is not None and self._kept.is_coming)

    @property
    def progress(self) -> float:
        """How much of the log is known and looked through, 0 to 1."""
        done = min([self.file.scanned, *(scan.offset for scan in self.scans)])
        return min(1.0, done / self.file.size) if self.file.size else 1.0

    @property
    def scans(self) -> tuple[Scan, ...]:
        """What has to be advanced."""
        return tuple(scan for scan in (self._kept, self._found) if scan is not None)

    @property
    def generation(self) -> int:
        """Another number when the file began anew."""
        return self.file.generation

    @property
    def has_times(self) -> bool:
        """Whether the lines' times are known."""
        return self.times.is_known

    @property
    def first_moment(self) -> int:
        """When the first byte came."""
        return self.times.first

    @property
    def last_moment(self) -> int:
        """When the last bytes came."""
        return self.times.last

    def grow(self) -> bool:
        """Look at the files once; True when anything changed."""
        generation = self.file.generation
        changed = self.file.grow()
        if self.file.generation != generation:
            self.times.close()
        self.times.look()
        return changed

    def line(self, number: int) -> str:
        """A line as it is in the file."""
        return self.file.line(self.number_in_file(number))

    def number_in_file(self, number: int) -> int:
        """The line's number among all lines of its log."""
        if self._kept is None:
            return number
        try:
            return self._kept.lines.at(number)
        except IndexError:
            return self.file.line_count

    def label(self, number: int) -> int:
        """There is but one log."""
        del number
        return 0

    def moment(self, number: int) -> int:
        """When the line's first byte came."""
        return self.times.at(self.file.start_of(self.number_in_file(number))) if self.times.is_known else 0

    def first_after(self, moment: int) -> int:
        """The first line that came later than `moment`; the count of lines when none did."""
        offset = self.times.offset_after(moment)
        if offset is None:
            return self.line_count
        line = self.file.line_from(offset)
        return self._kept.lines.before(line) if self._kept else line

    # Keeping and finding

    def keep(self, pattern: Pattern | None) -> None:
        """Only lines with this pattern from now on; None keeps all. What was to be found must be said again."""
        self._kept = Scan(self.path, pattern) if pattern is not None else None
        self._found = None

    def find(self, pattern: Pattern | None) -> None:
        """Look for a pattern in the lines that are kept."""
        both = Both(self._kept.pattern, pattern) if self._kept is not None and pattern is not None else pattern
        self._found = Scan(self.path, both) if both is not None else None

    @property
    def hit_count(self) -> int:
        """Lines in which the pattern was found so far."""
        return self._found.lines.count if self._found else 0

    def hits_before(self, number: int) -> int:
        """How many of them stand before a line."""
        return self._found.lines.before(self.number_in_file(number)) if self._found else 0

    def next_hit(self, number: int, direction: int) -> int:
        """The nearest of them at `number` or after it (1), or before it (-1); -1 when there is none so far."""
        if self._found is None:
            return -1
        index = self.hits_before(number) - (1 if direction < 0 else 0)
        try:
            line = self._found.lines.at(index)
        except IndexError:
            return -1
        return self._kept.lines.before(line) if self._kept else line
