"""How long a planned run would take, and what is left of one that goes on."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.planning.estimate import Estimate, estimate_plan, estimate_rest
from core.planning.graph import Graph, Resources
from core.planning.plan import Plan
from core.records.model import RunRecord, StepStatus

if TYPE_CHECKING:
    from core.workspace.workspace import Workspace

#: Where no step has been timed, no machine is faster than another.
_NO_MATTER = Resources(cpus=1)


def estimate(workspace: Workspace, graph: Graph, plan: Plan) -> Estimate:
    """See `Workspace.estimate`."""
    if plan.is_up_to_date:
        return Estimate()
    known = last_durations(workspace, workspace.pipeline_key(graph))
    if not known:
        return estimate_plan(graph, plan, known, _NO_MATTER)
    return estimate_plan(graph, plan, known, _machine(graph), _hosts(workspace, graph))


def remaining(workspace: Workspace, run: RunRecord, graph: Graph) -> Estimate:
    """See `Workspace.remaining`."""
    now = time.time()
    steps = [s for s in workspace.steps(run.number) if not s.status.is_final and s.step in graph.steps]
    running = {step.step: max(0.0, now - step.started_at) for step in steps if step.status is StepStatus.RUNNING}
    waiting = [step.step for step in steps if step.status is not StepStatus.RUNNING]
    last, hosts = last_durations(workspace, run.pipeline), _hosts(workspace, graph)
    return estimate_rest(graph, running, waiting, last, _machine(graph), hosts)


def last_durations(workspace: Workspace, pipeline: str) -> Mapping[str, float]:
    """Seconds that the newest result of every step of a pipeline (its key in the records) took."""
    return workspace.records.traces.durations(pipeline)


def _hosts(workspace: Workspace, graph: Graph) -> Mapping[str, Resources]:
    """What it may use of the hosts."""
    if not graph.targets:
        return {}
    from core.engine.host_sizes import host_bounds  # most runs have no hosts

    return host_bounds(workspace.layout, graph.targets.values())


def _machine(graph: Graph) -> Resources:
    """What runs of this graph may use at once."""
    from core.computes.machine import capacity  # only where there is something to wait for
    from core.engine.admission import bounded

    allowed = bounded(capacity(), graph.machine)
    return Resources(cpus=allowed.cores, memory=allowed.memory_bytes, gpus=allowed.gpus)
