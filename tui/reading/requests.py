"""What was asked of runs, to be asked again."""

from collections.abc import Callable

from core.engine.request import Request
from core.workspace import Workspace
from tui.views import Asked, Reach


def asked_again(run: int) -> Callable[[Workspace], Asked]:
    """The same values and steps as an earlier run, unforced: what ended well then stays. Raises NotFoundError."""

    def ask(workspace: Workspace) -> Asked:
        record = workspace.run(run)
        request = Request.from_plain(record.request)
        chosen = {
            Reach.ONLY: request.selection.only,
            Reach.FROM: request.selection.start,
            Reach.TO: request.selection.end,
        }
        given = [(reach, steps) for reach, steps in chosen.items() if steps]
        reach, steps = given[0] if len(given) == 1 else (Reach.CHANGED, ())
        return Asked(record.pipeline, reach, steps, changes=request.changes)

    return ask
