"""How often a run's supervisor came to nothing, so that one which dies each time is given up instead of started again.

A file beside the run's lock holds one letter an event, since something last got done.
"""

import time
from contextlib import suppress
from pathlib import Path

from core.layout import Layout

#: Starts of which none came so far as to own the run: an installation that is broken, a machine without memory.
MOST_STARTS = 10
#: Supervisors that owned the run and died before any step reached its end, and found none that went on without them.
MOST_LIVES = 5

#: Seconds: shorter absences are not told of, longer ones told in steps.
_MOMENT, _SOON, _STEP = 2, 10, 5
_DAY = 86_400

_START, _LIFE = b"s", b"l"


def away_words(host: str, since: float) -> str:
    """What a step waits for whose host cannot be reached since then (seconds since the epoch), "" for a moment."""
    seconds = int(time.time() - since)
    if seconds < _MOMENT:
        return ""
    shown = seconds if seconds < _SOON else seconds // _STEP * _STEP
    return f"{host} cannot be reached for {shown} s; waiting for it"


def unheard_words(host: str, since: float) -> str:
    """What is said of a step that was started on a host which is not heard since then, "" for a moment."""
    gone = time.time() - since
    if gone < _MOMENT:
        return ""
    clock = time.strftime("%H:%M:%S" if gone < _DAY else "%Y-%m-%d %H:%M:%S", time.localtime(since))
    return f"{host} unreachable since {clock}; the step goes on there"


def note_start(layout: Layout, run: int) -> None:
    """Somebody starts a supervisor."""
    _write(layout, run, _read(layout, run) + _START)


def note_life(layout: Layout, run: int) -> None:
    """A supervisor owns the run."""
    _write(layout, run, _read(layout, run).replace(_START, b"") + _LIFE)


def note_progress(layout: Layout, run: int) -> None:
    """A step reached its end, or lives on: whatever happened before is forgiven."""
    _write(layout, run, b"")


def is_over(layout: Layout, run: int) -> bool:
    """Whether to give the run up."""
    events = _read(layout, run)
    return events.count(_START) >= MOST_STARTS or events.count(_LIFE) >= MOST_LIVES


def _path(layout: Layout, run: int) -> Path:
    return layout.run(run) / "lives"


def _read(layout: Layout, run: int) -> bytes:
    try:
        return _path(layout, run).read_bytes()
    except OSError:
        return b""


def _write(layout: Layout, run: int, events: bytes) -> None:
    with suppress(OSError):  # a full disk must not keep a supervisor from trying
        _path(layout, run).write_bytes(events)
