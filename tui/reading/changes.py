"""What changed of steps since their last results."""

from collections.abc import Callable, Sequence

from core.workspace import Workspace
from core.workspace.step_diff import StepDiff, step_diffs
from tui.session import selection
from tui.views import Asked


def changes_of(asked: Asked, steps: Sequence[str] = ()) -> Callable[[Workspace], tuple[StepDiff, ...]]:
    """Compares these steps of a run that might be, or all that it would start; looks at files, raises core's errors."""

    def look(workspace: Workspace) -> tuple[StepDiff, ...]:
        graph = workspace.graph(workspace.root / asked.pipeline, asked.changes)
        return step_diffs(workspace, graph, selection(asked), steps)

    return look
