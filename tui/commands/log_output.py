"""How `mlpw logs` prints lines: which of them, what stands before each, and clean where a person reads them."""

import sys
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import click

from tui.console import note, wants_colour
from tui.widgets.log_pattern import Pattern, PatternError
from tui.widgets.log_stream import LogReader, LogSource, TimedLine, before, copy_raw, for_terminal, kept, merged

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_COLOURS = (36, 32, 35, 33, 34, 31)


@dataclass(frozen=True, slots=True)
class Shown:
    """Which lines, and what stands before them; `since` is nanoseconds since the epoch, `count` 0 means all."""

    count: int = 0
    pattern: Pattern | None = None
    since: int = 0
    by_clock: bool = False
    elapsed: bool = False

    @classmethod
    def asked(cls, count: int | None, grep: str | None, since: str | None, *, by_clock: bool, elapsed: bool) -> "Shown":
        """What the options say.

        Raises click.UsageError for what is no pattern or no time.
        """
        try:
            pattern = Pattern.to_keep(grep) if grep else None
        except PatternError as error:
            raise click.UsageError(f"--grep {error}") from None
        return cls(count or 0, pattern, moment_of(since) if since else 0, by_clock, elapsed)

    @property
    def is_plain(self) -> bool:
        """Whether every byte is to be shown as it is."""
        return self == Shown()


def moment_of(text: str) -> int:
    """A moment in nanoseconds since the epoch: so long ago (90s, 10m, 2h, 1d), a time of today, or a date and time.

    Raises click.UsageError.
    """
    number, unit = text[:-1], text[-1:]
    if unit in _UNITS and number.replace(".", "", 1).isdecimal():
        return time.time_ns() - int(float(number) * _UNITS[unit] * 1e9)
    now = datetime.now().astimezone()
    try:
        if ":" in text and "-" not in text:
            found = datetime.combine(now.date(), datetime.strptime(text[:5], "%H:%M").time(), now.tzinfo)
            found = found if found <= now else found - timedelta(days=1)
        else:
            found = datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise click.UsageError(f"--since {text}: expected 90s, 10m, 2h, 1d, 14:30 or 2026-01-31 14:30") from None
    return int(found.timestamp() * 1e9)


class Output:
    """Lines on standard output: clean for a terminal, as they are for a file or a pipe."""

    def __init__(self, sources: Sequence[LogSource], shown: Shown) -> None:
        self._sources, self._shown = list(sources), shown
        self._start = 0
        self._is_terminal = sys.stdout.isatty()
        self._colour = wants_colour()

    def write_all(self) -> None:
        """Everything that is there."""
        shown, sources = self._shown, self._sources
        if len(sources) == 1 and not sources[0].label and shown.is_plain and not self._is_terminal:
            copy_raw(sources[0].path, sys.stdout.buffer, lambda count: True)
            sys.stdout.flush()
            return
        readers = [LogReader(source, number) for number, source in enumerate(sources)]
        if shown.count and shown.pattern is None and not shown.since:
            for reader in readers:
                reader.skip_to_last(shown.count)
        if shown.since and not any(reader.has_times for reader in readers):
            note("no times were kept for this log: --since shows nothing")
        self._start = min((reader.start for reader in readers if reader.start), default=0)
        lines = kept(merged(readers), shown.pattern, shown.since)
        self._print(deque(lines, maxlen=shown.count) if shown.count else lines)

    def write(self, lines: Iterable[TimedLine]) -> None:
        """What is new of logs that grow."""
        self._print(kept(lines, self._shown.pattern, self._shown.since))

    def _print(self, lines: Iterable[TimedLine]) -> None:
        wrote = False
        for line in lines:
            wrote = True
            self._start = self._start or line.moment
            ahead = before(
                line,
                self._sources,
                with_times=self._shown.by_clock or self._shown.elapsed,
                start=self._start if self._shown.elapsed else 0,
                colour=_COLOURS[line.log % len(_COLOURS)] if self._colour else 0,
            )
            if self._is_terminal:
                click.echo(ahead.decode() + for_terminal(line.data, coloured=self._colour), nl=False)
            else:
                ends = line.data.endswith(b"\n") or not self._sources[line.log].label
                sys.stdout.buffer.write(ahead + line.data + (b"" if ends else b"\n"))
        if wrote:
            sys.stdout.flush()
