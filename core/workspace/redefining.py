"""A run that goes on is asked to take what is saved now of its pipeline, in the steps that have not begun."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.engine.request import Request
from core.errors import MlpwError
from core.planning.graph import Graph
from core.planning.merging import Merged, Refused, merge
from core.workspace.submission import check_step

if TYPE_CHECKING:
    from core.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class HandedIn:
    """What was asked of a run: the request's number, 0 for none as there is nothing new, or because `why`."""

    number: int = 0
    why: str = ""


def hand_in(workspace: Workspace, number: int, freed: str = "") -> HandedIn:
    """See `Workspace.redefine`; the values that the run was given are set anew."""
    run = workspace.run(number)
    request = Request.from_plain(run.request)
    is_asked = workspace.records.redefinitions.is_asked(number)  # first: what it is asked now may come into its graph
    try:
        saved = workspace.graph(workspace.root / run.pipeline, request.changes)
        merged = _merged(workspace, number, saved, freed)
        if isinstance(merged, Refused):
            return HandedIn(why=merged.why)
        if not merged.is_news and not is_asked:
            return HandedIn()
        selected = request.selection.steps(merged.graph)
        for name in selected.intersection((*merged.changed, *merged.added)):
            check_step(merged.graph, name)
    except MlpwError as error:
        return HandedIn(why=str(error))
    return HandedIn(workspace.records.redefinitions.ask(number, workspace.graphs.text(saved)))


def _merged(workspace: Workspace, run: int, saved: Graph, freed: str) -> Merged | Refused:
    """What would come of it now; its supervisor, who knows better what has begun, decides."""
    begun = {step.step for step in workspace.steps(run) if step.status.has_begun}
    return merge(workspace.run_graph(run), saved, begun - {freed})
