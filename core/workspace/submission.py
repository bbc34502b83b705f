"""From a graph to a run: refuse what cannot succeed, end at once what has nothing to do, start a supervisor for the rest."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from core.engine.facts import WorldFacts, check_known_inputs
from core.engine.request import Request
from core.errors import DefinitionError, UsageError
from core.planning.decide import Planner
from core.planning.graph import Graph, Missing, StepOutput
from core.planning.graph_json import graph_to_json
from core.planning.plan import NotSelected, Plan, UpToDate
from core.planning.reused import reused_record
from core.planning.selection import Selection
from core.records.model import RunStatus, StepRunRecord, StepStatus

if TYPE_CHECKING:
    from core.workspace.workspace import Workspace


def submit(workspace: Workspace, graph: Graph, selection: Selection, changes: tuple[tuple[str, str], ...]) -> int:
    """A new run's number; see `Workspace.submit`."""
    raise NotImplementedError
