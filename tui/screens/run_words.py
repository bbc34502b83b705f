"""Runs as rows of a table: pure."""

import time

from tui.views import RunView
from tui.widgets.status import Status
from tui.widgets.table import Column, Row
from tui.wording import units
from tui.wording.status import LOOKS, glyph

COLUMNS = (
    Column("run", 7, right=True),
    Column("pipeline", 34),
    Column("status", 13),
    Column("started", 14),
    Column("took", 7, right=True),
    Column("steps", 22, drop=1),
    Column("changed", 40, drop=3),
    Column("name", 34, drop=4),
    Column("why", 80, drop=2),
)


def run_row(run: RunView, ascii_only: bool, now: float) -> Row:
    """A run as a row; what grows is told by a live run's start."""
    started = run.started_at or run.created_at
    spent = run.ended_at - started if run.ended_at else now - started
    took = units.duration(spent) if run.ended_at else units.growing(spent)
    counts = " ".join(f"{glyph(status, ascii_only)}{count}" for status, count in run.counts.items() if count)
    style = f"status--{run.status.value}"
    when = time.strftime("%d %b %H:%M", time.localtime(started)) if now - started > 43200 else units.ago(started, now)
    word = "cancelling" if run.cancel_requested and run.is_live else LOOKS[run.status].word
    name = " ".join(part for part in (run.title, *run.tags) if part)
    return Row(
        str(run.number),
        (
            (str(run.number), "paint--title"),
            (run.pipeline, "paint--text"),
            (f"{glyph(run.status, ascii_only)} {word}", style),
            (when, "paint--muted"),
            (took, "paint--text" if run.ended_at else "status--running"),
            (counts, "paint--muted"),
            (" ".join(change.removeprefix("inputs.") for change in run.changes), "status--stale"),
            (name, "paint--muted"),
            (run.error, "status--failed" if run.status is Status.FAILED else "paint--muted"),
        ),
        (run.number, None, None, -started, spent, sum(run.counts.values()), None, None, None),
    )
