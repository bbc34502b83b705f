"""How long steps will take, from how long they took last and what the machine can run at once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush

from core.planning.graph import Graph, Resources, Step
from core.planning.plan import Plan, Stale, Waiting


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds until the last step ends: `seconds` if all run that may, `at_least` if only those run that must.

    `last` are the seconds that each of these steps took last; `unknown` are those that never ended well, which count
    as nothing.
    """

    seconds: float = 0.0
    at_least: float = 0.0
    last: Mapping[str, float] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()


def estimate_plan(graph: Graph, plan: Plan, last: Mapping[str, float], machine: Resources) -> Estimate:
    """What a run of `plan` would take; `last` are seconds by step, `machine` what may be used at once."""
    must = [name for name, decision in plan.decisions.items() if isinstance(decision, Stale)]
    may = [name for name, decision in plan.decisions.items() if isinstance(decision, Stale | Waiting)]
    seconds = {name: last.get(name, 0.0) for name in may}
    return Estimate(
        makespan(graph, seconds, machine),
        makespan(graph, {name: seconds[name] for name in must}, machine),
        {name: last[name] for name in may if name in last},
        tuple(name for name in may if name not in last),
    )


def estimate_rest(
    graph: Graph, running: Mapping[str, float], waiting: Collection[str], last: Mapping[str, float], machine: Resources
) -> Estimate:
    """What is left of a run: `running` are the steps under way with the seconds they have had so far."""
    left = {name: max(0.0, last.get(name, 0.0) - elapsed) for name, elapsed in running.items()}
    seconds = left | {name: last.get(name, 0.0) for name in waiting}
    return Estimate(
        makespan(graph, seconds, machine, tuple(running)),
        makespan(graph, left, machine, tuple(running)),
        {name: last[name] for name in seconds if name in last},
        tuple(name for name in graph.steps if name in seconds and name not in last),
    )


def makespan(graph: Graph, seconds: Mapping[str, float], machine: Resources, running: Collection[str] = ()) -> float:
    """Seconds until every step of `seconds` has ended, started as the engine does: in order, while there is room.

    `running` have started already; steps that are not in `seconds` have ended. A 0 in `machine` sets no bound.
    """
    unmet = {
        name: {producer for producer in step.producers() if producer in seconds}
        for name, step in graph.steps.items()
        if name in seconds
    }
    consumers = graph.consumers()
    queue = [name for name in unmet if name not in running and not unmet[name]]
    ends: list[tuple[float, str]] = []
    room = _Room(machine)
    for name in running:
        room.take(graph.steps[name])
        heappush(ends, (seconds[name], name))
    now = 0.0
    while queue or ends:
        while queue and room.admits(graph.steps[queue[0]]):
            name = queue.pop(0)
            room.take(graph.steps[name])
            heappush(ends, (now + seconds[name], name))
        now, name = heappop(ends)
        room.give_back(graph.steps[name])
        for consumer in consumers[name]:
            if name in unmet.get(consumer, ()):
                unmet[consumer].discard(name)
                if not unmet[consumer] and consumer not in running:
                    queue.append(consumer)
    return now


@dataclass(slots=True)
class _Room:
    """What running steps leave of a machine; an empty machine takes any step."""

    machine: Resources
    steps: int = 0
    cpus: float = 0.0
    memory: int = 0
    gpus: int = 0

    def admits(self, step: Step) -> bool:
        asked, machine = step.resources, self.machine
        return not self.steps or (
            (not machine.cpus or self.cpus + (asked.cpus or 1.0) <= machine.cpus)
            and (not machine.memory or self.memory + asked.memory <= machine.memory)
            and (not asked.gpus or self.gpus + asked.gpus <= machine.gpus)
        )

    def take(self, step: Step) -> None:
        self._count(step, 1)

    def give_back(self, step: Step) -> None:
        self._count(step, -1)

    def _count(self, step: Step, sign: int) -> None:
        self.steps += sign
        self.cpus += sign * (step.resources.cpus or 1.0)
        self.memory += sign * step.resources.memory
        self.gpus += sign * step.resources.gpus
