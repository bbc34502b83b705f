"""Metrics and parameters that a script prints: a JSON object alone on a line of its output.

`{"metric": "loss", "value": 0.2, "step": 3}`, `{"metrics": {"loss": 0.2}, "step": 3}`, `{"param": "lr", "value": 0.1}`,
`{"params": {"lr": 0.1}}`, `{"artifact": "plot.png"}`, or `step` or `epoch` beside numbers: `{"step": 3, "loss": 0.2}`.
A point without a step gets the count of its key's earlier points; its time is when the line reached the log.
"""

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from struct import iter_unpack

from core.tracking.events import Artifact, Event, Metric, Param
from core.tracking.sources.numbers import milliseconds, number, numbers_in, step_in

NAME = "output"
_LINE_LIMIT = 64 << 10
_READ = 1 << 20


class PrintedLines:
    """Follows a log, reading whole lines only, a piece at a time."""

    def __init__(self, log: Path, log_times: Path) -> None:
        self._log = log
        self._times = log_times
        self._offset = 0
        self._rest = b""
        self._points: Counter[str] = Counter()
        self._stamps: tuple[list[int], list[int]] = ([], [])

    def poll(self) -> tuple[Event, ...]:
        """What whole lines have said since the last poll."""
        return tuple(event for at, line in self._lines() for event in self._events(at, line))

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        """New lines that may be objects, each with its offset in the log."""
        if not self._log.exists():
            return
        with self._log.open("rb") as file:
            file.seek(self._offset)
            while piece := file.read(_READ):
                start = self._offset - len(self._rest)
                self._offset += len(piece)
                *lines, rest = (self._rest + piece).split(b"\n")
                # a line that is too long is no report: only that it goes on is remembered
                self._rest = rest if len(rest) <= _LINE_LIMIT else rest[:1] + rest[-_LINE_LIMIT:]
                for line in lines:
                    if line[:1] == b"{" and line.rstrip()[-1:] == b"}" and len(line) <= _LINE_LIMIT:
                        yield start, line
                    start += len(line) + 1

    def _events(self, at: int, line: bytes) -> Iterator[Event]:
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            return
        yield from self._metrics(said, at)
        params = said.get("params")
        named = {str(said["param"]): said.get("value")} if isinstance(said.get("param"), str) else said.get("param")
        for group in (params, named):
            if isinstance(group, dict):
                yield from (Param(str(key), _text(value), NAME) for key, value in group.items())
        if isinstance(said.get("artifact"), str):
            yield Artifact(said["artifact"], source=NAME)

    def _metrics(self, said: Mapping[str, object], at: int) -> Iterator[Metric]:
        step = step_in(said)
        points = _points(said, step[0] if step else None)
        if not points:
            return
        time = milliseconds(said.get("timestamp")) or self._time(at)
        for key, value in points.items():
            yield Metric(key, value, step[1] if step else self._points[key], time, NAME)
            self._points[key] += 1

    def _time(self, at: int) -> int:
        """Milliseconds since the epoch when the byte at this offset was logged; 0 when nobody knows."""
        offsets, times = self._stamps
        if not offsets or at >= offsets[-1]:
            self._stamps = offsets, times = _read_times(self._times)
        place = bisect_right(offsets, at) - 1
        return times[place] // 1_000_000 if place >= 0 else 0


def _points(said: Mapping[str, object], step: str | None) -> dict[str, float]:
    """The metrics an object names; without a word that says so, the numbers beside a step."""
    for word in ("metrics", "metric"):
        group = said.get(word)
        if isinstance(group, dict):
            return dict(numbers_in(group))
        if isinstance(group, str):
            value = number(said.get("value"))
            return {} if value is None else {group: value}
    if step is None or any(word in said for word in ("param", "params", "artifact")):
        return {}
    return {key: value for key, value in numbers_in(said) if key not in (step, "timestamp")}


def _read_times(path: Path) -> tuple[list[int], list[int]]:
    """The log's time file: pairs of offset and nanoseconds since the epoch."""
    if not path.exists():
        return [], []
    data = path.read_bytes()
    pairs = list(iter_unpack("<qq", data[: len(data) // 16 * 16]))
    return [offset for offset, _ in pairs], [time for _, time in pairs]


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
