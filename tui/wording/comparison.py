"""A comparison in words, for the command line and the workbench alike."""

from typing import Protocol

from tui.wording import units

_SHOWN_DIGEST = 12

#: The heading of each topic.
HEADINGS = {
    "run": "run",
    "parameters": "parameters",
    "status": "status",
    "duration": "duration",
    "code": "code",
    "command": "command",
    "environment": "environment",
    "settings": "settings",
    "inputs": "inputs",
    "outputs": "outputs",
    "metrics": "metrics",
}


class _Cell(Protocol):
    @property
    def text(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def seconds(self) -> float: ...


def cell_words(cell: _Cell | None) -> str:
    """What stands in a run's column: words, a short digest with its size, or a duration; "-" for nothing."""
    if cell is None:
        return "-"
    if cell.digest:
        return cell.digest[:_SHOWN_DIGEST] + (f" {units.size(cell.size)}" if cell.size >= 0 else "")
    if cell.seconds >= 0:
        return units.duration(cell.seconds)
    return cell.text.replace("_", " ") if cell.text in ("not_run",) else cell.text


def line_name(step: str, name: str, topic: str) -> str:
    """How a line is called under its topic: a step's own things by the step alone where one line says it all."""
    if topic in ("status", "duration", "command"):
        return step or name
    if topic == "code" and name == "snapshot":
        return step
    return f"{step}.{name}" if step else name
