"""A step's whole log: one file, and while it is over its limit the files of its tail."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

from tui.widgets.log_lines import LogLines
from tui.widgets.log_pattern import Pattern
from tui.widgets.log_scan import Scan
from tui.widgets.log_tail import tail_files


class WholeLog:
    """The lines of one log. A step that writes more than its log's limit leaves the head as it is and goes on in a
    tail, of which the oldest part is forgotten again and again: such lines keep their numbers, but nothing stands in
    them. When the step has ended, all is one file again, and the lines are numbered anew.
    """

    def __init__(self, path: Path | None, label: str = "") -> None:
        self.path = path
        self.labels: tuple[str, ...] = (label,) if label else ()
        self.head = LogLines(path, label)
        self._tail: dict[int, LogLines] = {}
        self._gone: _Gone | None = None
        self._parts: list[LogLines | _Gone] = [self.head]
        self._is_joined = False
        self._joinings = 0
        self._head_count = -1
        self._shift = (0, 0)
        self._kept: Pattern | None = None
        self._found: Pattern | None = None

    def close(self) -> None:
        """Look at the files no longer."""
        for part in self._parts:
            part.close()

    # Growing

    def grow(self) -> bool:
        """Look at the files once; True when anything changed."""
        if self.path is None:
            return False
        if self._tail:
            there = tail_files(self.path)
            if there and not self._is_joined:
                return self._follow_tail(there)
            return self._take_joined()
        changed = self.head.grow()
        if self.head.file.ends_at_limit and not self.head.file.is_behind and (there := tail_files(self.path)):
            return self._follow_tail(there)
        return changed

    def _follow_tail(self, there: dict[int, Path]) -> bool:
        """Look at the files of the tail; those that are no longer there leave a gap."""
        changed = False
        if not self._tail and min(there):
            self._gone = _Gone(1, 1, 0)
        for number in [number for number in self._tail if number not in there]:
            part = self._tail.pop(number)
            self._gone = _Gone.after(self._gone, part)
            part.close()
            changed = True
        for number, path in there.items():
            if number not in self._tail:
                part = self._tail[number] = LogLines(path)
                part.file.outlives_its_file = True
                part.keep(self._kept)
                part.find(self._found)
            changed = self._tail[number].grow() or changed
        self._parts = [self.head, *([self._gone] if self._gone else []), *self._tail.values()]
        return changed

    def _take_joined(self) -> bool:
        """The tail stands in the log now: show that, as soon as all of it has been read."""
        if not self._is_joined:
            self._is_joined, self._head_count = True, self.head.line_count
        self.head.grow()
        if self.head.file.is_behind:
            return False
        for part in self._parts[1:]:
            part.close()
        self._shift = (self._head_count, self.head.line_count - self._head_count - sum(self._counts()[1:]))
        self._tail, self._gone, self._parts = {}, None, [self.head]
        self._is_joined, self._head_count = False, -1
        self._joinings += 1
        return True

    # What is asked

    @property
    def exists(self) -> bool:
        """Whether the log has been found."""
        return self.head.exists

    @property
    def line_count(self) -> int:
        """Lines known so far that are kept."""
        return sum(self._counts())

    @property
    def total(self) -> int:
        """Lines known so far, kept or not."""
        return sum(part.total for part in self._parts)

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self.head.file.size + sum(part.file.size for part in self._tail.values())

    @property
    def index_entries(self) -> int:
        """Places that are kept in memory, two numbers each."""
        return self.head.file.index_entries + sum(part.file.index_entries for part in self._tail.values())

    @property
    def is_behind(self) -> bool:
        """Whether more lines are on disk than are known."""
        return self._is_joined or any(part.is_behind for part in self._parts)

    @property
    def is_coming(self) -> bool:
        """Whether lines that were on disk at first are not known yet."""
        return any(part.is_coming for part in self._parts)

    @property
    def progress(self) -> float:
        """How much of the log is known and looked through, 0 to 1."""
        return self.head.progress

    @property
    def scans(self) -> tuple[Scan, ...]:
        """What has to be advanced."""
        return tuple(scan for part in self._parts for scan in part.scans)

    @property
    def generation(self) -> int:
        """Another number when the lines were numbered anew."""
        return self.head.generation + self._joinings

    @property
    def has_times(self) -> bool:
        """Whether the lines' times are known."""
        return self.head.has_times

    @property
    def first_moment(self) -> int:
        """When the first byte came."""
        return self.head.first_moment

    @property
    def last_moment(self) -> int:
        """When the last bytes came."""
        return max(part.last_moment for part in self._parts)

    # Lines

    def _counts(self) -> Sequence[int]:
        """Lines of each part; of a log that is being joined those that were there before."""
        counts = [part.line_count for part in self._parts]
        return counts if self._head_count < 0 else [self._head_count, *counts[1:]]

    def renumbered(self, number: int) -> int:
        """What a line is called that was called `number` before the lines were numbered anew."""
        head, shift = self._shift
        return number if number < head else max(0, number + shift)

    def _part(self, number: int) -> tuple["LogLines | _Gone", int, int]:
        """The part in which a line stands, its number there, and the number of the part's first line here."""
        if len(self._parts) == 1:
            return self.head, number, 0
        firsts = [0, *accumulate(self._counts())][:-1]
        at = max(0, bisect_right(firsts, number) - 1)
        return self._parts[at], number - firsts[at], firsts[at]

    def line(self, number: int) -> str:
        """A line as it is in the file."""
        part, line, _ = self._part(number)
        return part.line(line)

    def number_in_file(self, number: int) -> int:
        """The line's number among all lines of its log."""
        part, line, _ = self._part(number)
        before = sum(other.total for other in self._parts[: self._parts.index(part)])
        return before + part.number_in_file(line)

    def label(self, number: int) -> int:
        """There is but one log."""
        del number
        return 0

    def moment(self, number: int) -> int:
        """When the line's first byte came."""
        part, line, _ = self._part(number)
        return part.moment(line)

    def first_after(self, moment: int) -> int:
        """The first line that came later than `moment`; the count of lines when none did."""
        before = 0
        for part in self._parts:
            line = part.first_after(moment)
            if line < part.line_count:
                return before + line
            before += part.line_count
        return before

    # Keeping and finding

    def keep(self, pattern: Pattern | None) -> None:
        """Only lines with this pattern from now on; None keeps all. What was to be found must be said again."""
        self._kept, self._found = pattern, None
        for part in self._parts:
            part.keep(pattern)

    def find(self, pattern: Pattern | None) -> None:
        """Look for a pattern in the lines that are kept."""
        self._found = pattern
        for part in self._parts:
            part.find(pattern)

    @property
    def hit_count(self) -> int:
        """Lines in which the pattern was found so far."""
        return sum(part.hit_count for part in self._parts)

    def hits_before(self, number: int) -> int:
        """How many of them stand before a line."""
        part, line, _ = self._part(number)
        before = self._parts[: self._parts.index(part)]
        return sum(other.hit_count for other in before) + part.hits_before(line)

    def next_hit(self, number: int, direction: int) -> int:
        """The nearest of them at `number` or after it (1), or before it (-1); -1 when there is none so far."""
        part, line, _ = self._part(number)
        at = self._parts.index(part)
        firsts = [0, *accumulate(self._counts())]
        for index in range(at, len(self._parts)) if direction > 0 else range(at, -1, -1):
            other = self._parts[index]
            start = line if index == at else 0 if direction > 0 else other.line_count
            hit = other.next_hit(start, direction)
            if hit >= 0:
                return firsts[index] + hit
        return -1


class _Gone:
    """Lines of a tail that are no longer on disk: as many as there were, which came at one moment for all we know."""

    scans: tuple[Scan, ...] = ()
    hit_count = 0
    is_behind = is_coming = False

    def __init__(self, total: int, kept: int, moment: int) -> None:
        self.total, self.line_count, self.first_moment = total, kept, moment
        self.last_moment = moment

    @classmethod
    def after(cls, before: "_Gone | None", part: LogLines) -> "_Gone":
        """With the lines of another part."""
        if before is None:
            return cls(part.total, part.line_count, part.first_moment)
        moment = before.first_moment or part.first_moment
        return cls(before.total + part.total, before.line_count + part.line_count, moment)

    def close(self) -> None:
        """There is nothing to let go of."""

    def line(self, number: int) -> str:
        """That it is gone."""
        del number
        return "[mlpw: left out]"

    def number_in_file(self, number: int) -> int:
        """About where it stood."""
        return number

    def moment(self, number: int) -> int:
        """When the first of them came."""
        del number
        return self.first_moment

    def first_after(self, moment: int) -> int:
        """All of them or none."""
        return 0 if self.first_moment > moment else self.line_count

    def keep(self, pattern: Pattern | None) -> None:
        """Nobody knows what stood in them."""
        self.line_count = self.total if pattern is None else 0

    def find(self, pattern: Pattern | None) -> None:
        """There is nothing to find."""

    def hits_before(self, number: int) -> int:
        """None."""
        del number
        return 0

    def next_hit(self, number: int, direction: int) -> int:
        """None."""
        del number, direction
        return -1
