"""From a graph to a run: refuse what cannot succeed, end at once what has nothing to do, start the rest."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING

from core.engine.downloads import can_download
from core.engine.facts import WorldFacts
from core.engine.request import Request
from core.engine.reuse import reused
from core.errors import DefinitionError, EngineError, InputError, UsageError
from core.planning.decide import Planner
from core.planning.graph import DataInput, Graph, Missing
from core.planning.plan import Decision, NotSelected, Plan, UpToDate
from core.planning.selection import EVERYTHING, Selection
from core.planning.trace import Trace
from core.records.model import RunStatus, StepRunRecord, StepStatus
from core.workspace.again import remember_settled

if TYPE_CHECKING:
    from core.workspace.replanning import Replanned
    from core.workspace.workspace import Workspace


def submit(
    workspace: Workspace,
    graph: Graph,
    selection: Selection,
    changes: tuple[tuple[str, str], ...],
    *,
    forks: bool,
    planned: Replanned | None = None,
) -> int:
    """A new run's number; `Workspace.submit` says more."""
    with workspace.store.keeping() if workspace.is_kept else nullcontext():  # what the plan found must not be collected
        number, is_over = _record_run(workspace, graph, selection, changes, planned)
    if not is_over:
        _start(workspace, number, graph, forks=forks)
    return number


def _record_run(
    workspace: Workspace,
    graph: Graph,
    selection: Selection,
    changes: tuple[tuple[str, str], ...],
    planned: Replanned | None,
) -> tuple[int, bool]:
    """Plan and record; the run's number, and whether there was nothing to do."""
    pipeline = workspace.pipeline_key(graph)
    facts = WorldFacts(workspace.store, workspace.records, pipeline)
    planner = Planner(graph, selection, facts)
    plan = _still_true(workspace, planner, planned) or planner.plan()
    check_can_run(graph, planner.selected, plan)
    workspace.keep()
    if not plan.is_up_to_date:
        _check_room(workspace)
    request = Request(selection, changes)
    steps = [_record(graph, planner.selected, name, decision) for name, decision in plan.decisions.items()]
    status = RunStatus.SUCCEEDED if plan.is_up_to_date else RunStatus.QUEUED
    runs = workspace.records.runs
    text = workspace.graphs.text(graph)
    number = runs.create(pipeline, graph.name, steps, status=status, request=request.plain(), graph=text)
    if plan.is_up_to_date:
        _finish(workspace, graph, number, facts, plan)
        if selection == EVERYTHING:
            remember_settled(workspace, graph, changes, number)
    return number, plan.is_up_to_date


def _still_true(workspace: Workspace, planner: Planner, planned: Replanned | None) -> Plan | None:
    """The plan that somebody made of this, if it has something to run and neither records nor store say otherwise now.

    Files may have been saved since, as they may in the moment after any plan: whoever follows them hears of it.
    """
    plan = planned.plan if planned is not None and planned.error is None else None
    if plan is None or planned is None or plan.is_up_to_date or planner.forced:
        return None
    if planned.graph is not planner.graph or planned.token != workspace.change_token():
        return None
    if planner.selected != {name for name, found in plan.decisions.items() if not isinstance(found, NotSelected)}:
        return None
    traces = [d.trace for d in plan.decisions.values() if isinstance(d, UpToDate | NotSelected) and d.trace is not None]
    return None if workspace.store.missing({digest for trace in traces for digest in trace.digests()}) else plan


def _start(workspace: Workspace, number: int, graph: Graph, *, forks: bool) -> None:
    """Start the run's supervisor; where that cannot be, the run must not stay open, to begin at some later time."""
    from core.engine.launch import fork_supervisor, start_supervisor

    spare = workspace.spare if workspace.has_spare else None
    try:
        if forks and not (spare is not None and spare.pid):
            fork_supervisor(workspace.layout, number, graph, workspace.let_go)
        else:
            start_supervisor(workspace.layout, number, spare)
    except OSError as error:
        workspace.records.runs.abandon(number, f"mlpw could not start it: {error}")
        raise


def _check_room(workspace: Workspace) -> None:
    """Refuse on a full disk: a run that can be written down just so could neither start nor be ended."""
    from core.engine.giving_up import shortage  # most commands begin nothing

    found = shortage(workspace.layout)
    if found:
        raise EngineError(f"{found}; nothing was started", hint="free some: mlpw gc, mlpw rm RUN")


def check_can_run(graph: Graph, selected: Collection[str], plan: Plan) -> None:
    """Refuse before anything starts what is sure to fail.

    Raises DefinitionError, InputError or UsageError.
    """
    for name, decision in plan.decisions.items():
        if name in selected and not isinstance(decision, UpToDate):
            check_step(graph, name)
            _check_producers(graph, name, plan.decisions)


def check_step(graph: Graph, name: str) -> None:
    """Refuse a step that is sure to fail.

    Raises DefinitionError or InputError.
    """
    step = graph.steps[name]
    for port, binding in step.inputs.items():
        if isinstance(binding, Missing):
            raise DefinitionError(binding.message, location=binding.location, hint=binding.hint)
        if isinstance(binding, DataInput) and not _can_be_had(binding):
            raise InputError(
                f"input '{port}' of step '{name}' is {binding.uri}, which is not on this machine",
                location=binding.location,
                hint=f"say in mlpw.yml where it lies, under data: '{binding.uri}: ./data/...'",
            )
    if any(name in graph.targets for name in (step.compute, *step.computes)):
        from core.engine.containers import check_container  # most runs have no hosts

        check_container(step, graph.targets.get(step.compute))
    if step.unsupported:
        raise DefinitionError(f"step '{name}' cannot run: {step.unsupported}", location=step.location)


def _can_be_had(data: DataInput) -> bool:
    return bool(data.path or data.digest or data.mode == "direct" or can_download(data))


def _check_producers(graph: Graph, name: str, decisions: Mapping[str, Decision]) -> None:
    for producer in sorted(graph.steps[name].required_producers()):
        decision = decisions[producer]
        if isinstance(decision, NotSelected) and decision.trace is None:
            raise UsageError(
                f"step '{name}' needs the output of '{producer}', which was not selected and has no result",
                hint=f"run it too: --to {name}",
            )


def _record(graph: Graph, selected: frozenset[str], name: str, decision: Decision) -> StepRunRecord:
    """The step as it stands at the start; what is up to date is final already."""
    record = StepRunRecord(0, name, StepStatus.WAITING)
    if isinstance(decision, UpToDate):
        return reused(record, decision.trace)
    if not isinstance(decision, NotSelected):
        return record
    if decision.trace is not None and not selected.isdisjoint(graph.descendants(name)):
        return reused(record, decision.trace)
    return StepRunRecord(0, name, StepStatus.NOT_RUN, reasons=("not selected",), ended_at=time.time())


def _finish(workspace: Workspace, graph: Graph, number: int, facts: WorldFacts, plan: Plan) -> None:
    """What a run that starts nothing still does: results become the newest again, outputs are delivered again."""
    traces = {name: d.trace for name, d in plan.decisions.items() if isinstance(d, UpToDate)}
    older = {name: trace.fingerprint for name, trace in traces.items() if not _is_latest(facts, name, trace)}
    if older:
        workspace.records.traces.point_latest(workspace.pipeline_key(graph), older)
    from core.engine.deliver import asks_for_delivery, deliver

    if asks_for_delivery(graph):
        for record in workspace.records.runs.steps(number):
            if record.status is StepStatus.REUSED:
                deliver(workspace.store, workspace.records, graph, graph.steps[record.step], record)


def _is_latest(facts: WorldFacts, step: str, trace: Trace) -> bool:
    latest = facts.latest(step)
    return latest is not None and latest.fingerprint == trace.fingerprint
