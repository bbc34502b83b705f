"""A comparison as rows and lines: pure."""

from collections.abc import Sequence

from core.workspace.comparison import FileChange
from tui.reading.runs import ComparedLine
from tui.widgets.diff_lines import diff_lines
from tui.widgets.document import Line
from tui.widgets.status import Status
from tui.widgets.table import Column, Row
from tui.wording.changes import remark, shown_lines
from tui.wording.status import LOOKS, glyph

_ABOUT = 12
_LEAST = 8


def columns(numbers: Sequence[int], width: int) -> tuple[Column, ...]:
    """What it is, and a column a run, in `width` cells."""
    name = max(14, min(34, width // 3))
    about = _ABOUT if width >= 80 else 0
    each = max(_LEAST, (width - about - name - 4) // len(numbers))
    runs = [Column(f"run {number}", each) for number in numbers]
    return (Column("about", _ABOUT, drop=1), Column("what", name), *runs)


def line_row(index: int, line: ComparedLine, ascii_only: bool) -> Row:
    """A line as a row; what is not as in the first run stands out."""
    cells = [_cell(line, each, ascii_only) for each in line.cells]
    return Row(str(index), ((line.topic, "paint--muted"), (line.name, "paint--text"), *cells))


def _cell(line: ComparedLine, text: str, ascii_only: bool) -> tuple[str, str]:
    is_status = line.topic == "status" or (line.topic == "run" and line.name == "status")
    key = text.replace(" ", "_")
    if is_status and key in LOOKS:
        status = Status(key) if key in tuple(Status) else Status.UNKNOWN
        return f"{glyph(key, ascii_only)} {LOOKS[key].word}", f"status--{status.value}"
    same = text == line.cells[0]
    return " ".join(text.split()), "paint--text" if same else "status--stale"


def whole_lines(numbers: Sequence[int], line: ComparedLine) -> list[Line]:
    """Every run's value in full."""
    return [
        Line(text, label=f"run {number}", style="paint--text" if text == line.whole[0] else "status--stale")
        for number, text in zip(numbers, line.whole, strict=True)
    ]


def code_lines(changes: Sequence[FileChange], ascii_only: bool) -> list[Line]:
    """Differences of code, file by file."""
    del ascii_only
    lines: list[Line] = []
    for change in changes:
        what = f"{change.step} · {change.path} · {change.kind}" if change.path else f"{change.step} · {change.kind}"
        lines += [Line(f"{what} in run {change.run}", style="paint--title")]
        words = remark(change)
        lines += [Line(words, style="paint--muted")] if words else []
        lines += diff_lines(shown_lines(change))
        lines.append(Line())
    return lines
