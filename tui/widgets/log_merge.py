"""Several logs as one, by the time their lines came: which line stands where is known for every thousandth only."""

from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from tui.widgets.log_lines import Log
from tui.widgets.log_pattern import Pattern
from tui.widgets.log_scan import Scan

#: Lines between two known places.
STRIDE = 1024
_STRIDES_A_LOOK = 24
_KEPT_STRETCHES = 16


class _Run(NamedTuple):
    """Neighbouring lines of one log: its number, the first one's number there, the first one's number here."""

    log: int
    first: int
    at: int


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Up to 1,024 merged lines, and how far each log has come at their end."""

    runs: list[_Run]
    count: int
    end: "array[int]"


class MergedLines:
    """Lines of several logs in the order of time; those of one moment in the order of the logs.

    A line that becomes known later than a thousand later ones, as over a slow disk, is shown after those.
    """

    def __init__(self, logs: Sequence[Log] = ()) -> None:
        self._logs: tuple[Log, ...] = tuple(logs)
        self._keep: Pattern | None = None
        self._find: Pattern | None = None
        self._anew = 0
        self._begin()

    def _begin(self) -> None:
        self._anew += 1
        self._places: list[array[int]] = [array("q", [0] * len(self._logs))]
        self._moments = array("q", [0])
        self._stretches: OrderedDict[int, _Stretch] = OrderedDict()
        self._tail = _Stretch([], 0, self._places[0])
        self._counts: list[int] = []
        self._waits = True
        self._seen = [log.generation for log in self._logs]

    @property
    def labels(self) -> tuple[str, ...]:
        """The logs' names."""
        return tuple(log.labels[0] for log in self._logs)

    @property
    def logs(self) -> tuple[Log, ...]:
        """The logs."""
        return self._logs

    def set_logs(self, logs: Sequence[Log]) -> bool:
        """These logs from now on; those that are known already go on. True when that changes anything."""
        known = {(log.path, log.labels): log for log in self._logs}
        wanted = [known.pop((log.path, log.labels), log) for log in logs]
        if not known and len(wanted) == len(self._logs):
            return False
        for gone in known.values():
            gone.close()
        fresh = [log for log in wanted if log not in self._logs]
        for log in fresh:
            log.keep(self._keep)
            log.find(self._find)
            log.grow()
        if known or wanted[: len(self._logs)] != list(self._logs):
            self._logs = tuple(wanted)
            self._begin()
            return True
        self._logs = tuple(wanted)
        moments = [log.first_moment for log in fresh if log.line_count or log.is_behind]
        self._go_back_to(min(moments) if moments else self._moments[-1])
        return True

    def _go_back_to(self, moment: int) -> None:
        """Forget what is known about lines that came at `moment` or later: a new log has lines among them."""
        keep = max(1, bisect_right(self._moments, moment - 1))
        del self._places[keep:]
        del self._moments[keep:]
        self._stretches.clear()
        self._waits = True
        self._merge_on()

    def close(self) -> None:
        """Let go of the files."""
        for log in self._logs:
            log.close()

    # What is asked

    @property
    def exists(self) -> bool:
        """Whether any log has been found."""
        return any(log.exists for log in self._logs)

    @property
    def line_count(self) -> int:
        """Lines whose place is known."""
        return (len(self._places) - 1) * STRIDE + self._tail.count

    @property
    def total(self) -> int:
        """Lines of all logs, kept or not."""
        return sum(log.total for log in self._logs)

    @property
    def is_behind(self) -> bool:
        """Whether there are lines whose place is not known yet."""
        return any(log.is_behind for log in self._logs) or self.line_count < sum(log.line_count for log in self._logs)

    @property
    def is_coming(self) -> bool:
        """Whether lines that were on disk at first have no place yet."""
        return any(log.is_coming for log in self._logs)

    @property
    def progress(self) -> float:
        """How much of the logs is known, 0 to 1."""
        total = sum(log.size for log in self._logs)
        done = sum(log.progress * log.size for log in self._logs)
        lines = sum(log.line_count for log in self._logs)
        return (done / total if total else 1.0) * (self.line_count / lines if lines else 1.0)

    @property
    def scans(self) -> tuple[Scan, ...]:
        """What has to be advanced."""
        return tuple(scan for log in self._logs for scan in log.scans)

    @property
    def generation(self) -> int:
        """Another number when the lines were numbered anew."""
        return self._anew

    @property
    def has_times(self) -> bool:
        """Whether any line's time is known."""
        return any(log.has_times for log in self._logs)

    @property
    def first_moment(self) -> int:
        """When the first byte came."""
        return min((log.first_moment for log in self._logs if log.has_times), default=0)

    @property
    def last_moment(self) -> int:
        """When the last bytes came."""
        return max((log.last_moment for log in self._logs), default=0)

    @property
    def index_entries(self) -> int:
        """Numbers that are kept in memory."""
        return sum(len(place) for place in self._places) + sum(2 * log.index_entries for log in self._logs)

    def grow(self) -> bool:
        """Look at every log once, and merge some more; True when anything changed."""
        changed = [log.grow() for log in self._logs]
        if [log.generation for log in self._logs] != self._seen[: len(self._logs)]:
            had_lines = self.line_count > 0
            seen, self._seen = self._seen, [log.generation for log in self._logs]
            if had_lines and len(seen) == len(self._seen):
                self._begin()
        before, counts = self.line_count, [log.line_count for log in self._logs]
        if counts == self._counts and not self._waits:
            return any(changed)
        self._counts = counts
        for _ in range(_STRIDES_A_LOOK):
            if not self._merge_on():
                break
        return any(changed) or self.line_count != before

    def _merge_on(self) -> bool:
        """Merge the last stretch again, which new lines may have come into; True when it is full now."""
        self._tail = self._merge(self._places[-1], (len(self._places) - 1) * STRIDE)
        self._waits = self.is_coming or self.line_count < sum(log.line_count for log in self._logs)
        if self._tail.count < STRIDE:
            return False
        last = self._tail.runs[-1]
        self._moments.append(self._logs[last.log].moment(self._tail.end[last.log] - 1))
        self._places.append(self._tail.end)
        self._tail = _Stretch([], 0, self._tail.end)
        return True

    def _merge(self, places: "array[int]", at: int) -> _Stretch:
        """The next lines from these places on, run by run; it stops at a log whose next line is not known yet."""
        logs = self._logs
        now = array("q", [*places, *[0] * (len(logs) - len(places))])
        heads = [(log.moment(now[number]), number) for number, log in enumerate(logs) if now[number] < log.line_count]
        waits = any(log.is_coming for number, log in enumerate(logs) if now[number] >= log.line_count)
        heapify(heads)
        runs: list[_Run] = []
        start, end = at, at + STRIDE
        while heads and at < end and not waits:
            _, number = heappop(heads)
            log = logs[number]
            until = log.line_count
            if heads:
                moment, other = heads[0]
                until = min(until, log.first_after(moment if number < other else moment - 1))
            until = max(now[number] + 1, min(until, now[number] + end - at))
            if not runs or runs[-1].log != number:
                runs.append(_Run(number, now[number], at))
            at += until - now[number]
            now[number] = until
            if until < log.line_count:
                heappush(heads, (log.moment(until), number))
            else:
                waits = log.is_coming
        return _Stretch(runs, at - start, now)

    # Lines

    def line(self, number: int) -> str:
        """A line as it is in its file."""
        log, line = self._locate(number)
        return self._logs[log].line(line) if log >= 0 else ""

    def number_in_file(self, number: int) -> int:
        """The line's number among all lines of its log."""
        log, line = self._locate(number)
        return self._logs[log].number_in_file(line) if log >= 0 else 0

    def label(self, number: int) -> int:
        """Which log the line is from."""
        return max(0, self._locate(number)[0])

    def moment(self, number: int) -> int:
        """When the line came."""
        log, line = self._locate(number)
        return self._logs[log].moment(line) if log >= 0 else 0

    def _stretch(self, number: int) -> _Stretch:
        if number >= len(self._places) - 1:
            return self._tail
        found = self._stretches.get(number)
        if found is None:
            found = self._stretches[number] = self._merge(self._places[number], number * STRIDE)
            while len(self._stretches) > _KEPT_STRETCHES:
                self._stretches.popitem(last=False)
        else:
            self._stretches.move_to_end(number)
        return found

    def _locate(self, number: int) -> tuple[int, int]:
        """The log and the line in it; (-1, 0) when there is no such line."""
        runs = self._stretch(number // STRIDE).runs
        at = bisect_right(runs, number, key=_place) - 1
        if at < 0 or number >= self.line_count:
            return -1, 0
        return runs[at].log, runs[at].first + number - runs[at].at

    def _lines_before(self, number: int) -> list[int]:
        """How many lines of each log stand before a merged line."""
        stretch = min(number // STRIDE, len(self._places) - 1)
        places = self._places[stretch]
        found = [*places, *[0] * (len(self._logs) - len(places))]
        runs = self._stretch(stretch).runs
        for index, run in enumerate(runs):
            if run.at >= number:
                break
            until = runs[index + 1].at if index + 1 < len(runs) else number
            found[run.log] = run.first + min(number, until) - run.at
        return found

    def _number_of(self, log: int, line: int) -> int:
        """Where a log's line stands here; -1 when that is not known yet."""
        stretch = bisect_right(self._places, line, key=lambda place: place[log] if log < len(place) else 0) - 1
        found = self._stretch(stretch)
        for index, run in enumerate(found.runs):
            end = found.runs[index + 1].at if index + 1 < len(found.runs) else stretch * STRIDE + found.count
            if run.log == log and run.first <= line < run.first + end - run.at:
                return run.at + line - run.first
        return -1

    # Keeping and finding

    def keep(self, pattern: Pattern | None) -> None:
        """Only lines with this pattern, of every log."""
        self._keep, self._find = pattern, None
        for log in self._logs:
            log.keep(pattern)
        self._begin()

    def find(self, pattern: Pattern | None) -> None:
        """Look for a pattern in every log."""
        self._find = pattern
        for log in self._logs:
            log.find(pattern)

    @property
    def hit_count(self) -> int:
        """Lines in which the pattern was found so far."""
        return sum(log.hit_count for log in self._logs)

    def hits_before(self, number: int) -> int:
        """How many of them stand before a line."""
        before = self._lines_before(number)
        return sum(log.hits_before(line) for log, line in zip(self._logs, before, strict=True))

    def next_hit(self, number: int, direction: int) -> int:
        """The nearest of them at `number` or after it (1), or before it (-1); -1 when there is none so far."""
        found = []
        for index, (log, line) in enumerate(zip(self._logs, self._lines_before(number), strict=True)):
            hit = log.next_hit(line, direction)
            place = self._number_of(index, hit) if hit >= 0 else -1
            if place >= 0:
                found.append(place)
        return (min if direction > 0 else max)(found, default=-1)


def _place(run: _Run) -> int:
    return run.at
