"""Runs for their table: what was asked of them and what their pipelines say about themselves."""

from collections.abc import Callable
from dataclasses import replace

from core.workspace import Workspace
from tui.session_views import run_view
from tui.views import RunView


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
