"""Runs for their table, side by side, and for good."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from core.workspace import Workspace
from core.workspace.comparison import Comparable, FileChange
from tui.session_views import run_view
from tui.views import RunView
from tui.wording.comparison import cell_words, line_name


def one_run(number: int) -> Callable[[Workspace], RunView]:
    """Reads a run; core's NotFoundError when it is not there."""
    return lambda workspace: run_view(workspace.run(number))


def latest_runs(limit: int) -> Callable[[Workspace], list[RunView]]:
    """Reads the latest runs, newest first, with titles and tags."""

    def read(workspace: Workspace) -> list[RunView]:
        runs = workspace.runs(limit)
        told = workspace.run_labels([run.number for run in runs])
        views = []
        for run in runs:
            title, tags = told.get(run.number, ("", {}))
            words = tuple(f"{key}={value}" if value else key for key, value in tags.items())
            views.append(replace(run_view(run), title=title, tags=words))
        return views

    return read


def delete_runs(numbers: Sequence[int]) -> Callable[[Workspace], int]:
    """Deletes runs; the bytes that gave back."""
    return lambda workspace: workspace.delete_runs(numbers).size


@dataclass(frozen=True, slots=True)
class ComparedLine:
    """A line of a comparison: what it is about, what it is called, each run's value in short and in full."""

    topic: str
    name: str
    cells: tuple[str, ...]
    whole: tuple[str, ...]
    differs: bool
    step: str = ""


@dataclass(frozen=True, slots=True)
class ComparedRuns:
    """Runs side by side, in the order they were asked for."""

    runs: tuple[RunView, ...]
    lines: tuple[ComparedLine, ...]
    code: tuple[FileChange, ...] = ()


def compared(numbers: Sequence[int]) -> Callable[[Workspace], ComparedRuns]:
    """Compares runs; core's UserError when they cannot be."""

    def read(workspace: Workspace) -> ComparedRuns:
        found = workspace.compare(numbers)
        return ComparedRuns(
            tuple(map(run_view, found.runs)),
            tuple(map(_line, found.lines)),
            found.code,
        )

    return read


def _line(line: Comparable) -> ComparedLine:
    return ComparedLine(
        str(line.topic),
        line_name(line.step, line.name, line.topic),
        tuple(map(cell_words, line.cells)),
        tuple(cell.digest or cell_words(cell) if cell else "-" for cell in line.cells),
        line.differs,
        line.step,
    )
