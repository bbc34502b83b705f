"""Ending a running step that uses what was saved since, to begin it anew."""

from collections.abc import Callable

from core.records.model import StepStatus
from core.workspace import Workspace


def restart(run: int, step: str, *, is_same: bool) -> Callable[[Workspace], str]:
    """Begin a step anew in its run, or end it where its run cannot take how it is defined now; what happens."""

    def ask(workspace: Workspace) -> str:
        record = next((one for one in workspace.steps(run) if one.step == step), None)
        if record is None or record.status is not StepStatus.RUNNING:
            return f"{step} has ended already"
        why = workspace.begin_anew(record, is_same=is_same)
        return f"{step} ends, and its next run takes what was saved: {why}" if why else f"{step} begins anew"

    return ask
