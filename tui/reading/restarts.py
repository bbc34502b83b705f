"""Ending a running step that uses what was saved since, to begin it anew."""

from collections.abc import Callable

from core.records.model import StepStatus
from core.workspace import Workspace


def restart(run: int, step: str, *, in_run: bool) -> Callable[[Workspace], str]:
    """Begin a step anew in its run, or end it where its run knows it only as it was; what happens, in words."""

    def ask(workspace: Workspace) -> str:
        record = next((one for one in workspace.steps(run) if one.step == step), None)
        if record is None or record.status is not StepStatus.RUNNING:
            return f"{step} has ended already"
        if in_run:
            workspace.restart_step(record)
            return f"{step} begins anew"
        workspace.end_step(record)
        return f"{step} ends; it is defined otherwise now, which the next run takes"

    return ask
