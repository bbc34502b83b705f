"""What is known about a nested pipeline as a whole."""

import time
from collections.abc import Mapping, Sequence

from tui.marks import group_mark, mark_of
from tui.views import StepState
from tui.widgets.document import Line
from tui.wording.status import word


def group_lines(members: Sequence[str], states: Mapping[str, StepState]) -> list[Line]:
    """How the pipeline stands, and each of its steps with its time and why it stands so."""
    now = time.time()
    known = [states.get(name, StepState()) for name in members]
    mark = group_mark(known, now)
    standing = " · ".join(part for part in (word(mark.status), f"{mark.count} done", mark.time) if part)
    lines = [
        Line("nested pipeline", label="kind"),
        Line(standing, label="status", style=f"status--{mark.status.value}", status=mark.status),
        Line(),
        Line("steps", style="paint--muted"),
    ]
    for name, state in zip(members, known, strict=True):
        told = mark_of(state, now)
        text = "  ".join(part for part in (name, told.word or word(told.status), told.time, told.note) if part)
        lines.append(Line(text, status=state.status))
    return lines
