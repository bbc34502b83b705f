"""How long steps will take, from how long they took last and what the machine can run at once."""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush

from core.definitions.compute_target import ComputeTarget
from core.planning.graph import Graph, Resources, Step
from core.planning.plan import Plan, Stale, Waiting

#: GPUs of a host that does not say how many it gives.
_ENOUGH = 1 << 30
_UNKNOWN: Mapping[str, Resources] = {}


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


def estimate_plan(
    graph: Graph,
    plan: Plan,
    last: Mapping[str, float],
    machine: Resources,
    hosts: Mapping[str, Resources] = _UNKNOWN,
) -> Estimate:
    """What a run of `plan` would take; `last` are seconds by step, `machine` and `hosts` what may be used at once."""
    must = [name for name, decision in plan.decisions.items() if isinstance(decision, Stale)]
    may = [name for name, decision in plan.decisions.items() if isinstance(decision, Stale | Waiting)]
    seconds = {name: last.get(name, 0.0) for name in may}
    return Estimate(
        makespan(graph, seconds, machine, hosts=hosts),
        makespan(graph, {name: seconds[name] for name in must}, machine, hosts=hosts),
        {name: last[name] for name in may if name in last},
        tuple(name for name in may if name not in last),
    )


def estimate_rest(
    graph: Graph,
    running: Mapping[str, float],
    waiting: Collection[str],
    last: Mapping[str, float],
    machine: Resources,
    hosts: Mapping[str, Resources] = _UNKNOWN,
) -> Estimate:
    """What is left of a run: `running` are the steps under way with the seconds they have had so far."""
    left = {name: max(0.0, last.get(name, 0.0) - elapsed) for name, elapsed in running.items()}
    seconds = left | {name: last.get(name, 0.0) for name in waiting}
    return Estimate(
        makespan(graph, seconds, machine, tuple(running), hosts),
        makespan(graph, left, machine, tuple(running), hosts),
        {name: last[name] for name in seconds if name in last},
        tuple(name for name in graph.steps if name in seconds and name not in last),
    )


def makespan(
    graph: Graph,
    seconds: Mapping[str, float],
    machine: Resources,
    running: Collection[str] = (),
    hosts: Mapping[str, Resources] = _UNKNOWN,
) -> float:
    """Seconds until every step of `seconds` has ended, started as the engine does: in order, while there is room.

    `running` have started already; steps that are not in `seconds` have ended. A 0 in `machine` or `hosts` sets no
    bound, but for GPUs. A host that is not in `hosts` takes what its definition says; who is full holds up nobody
    else's steps.
    """
    unmet = {
        name: {producer for producer in step.producers() if producer in seconds}
        for name, step in graph.steps.items()
        if name in seconds
    }
    consumers = graph.consumers()
    rooms, queues = _Rooms(machine, graph.targets, hosts), _Queues(graph)
    queues.add(name for name in unmet if name not in running and not unmet[name])
    ends: list[tuple[float, str, str]] = []
    for name in running:
        heappush(ends, (seconds[name], name, rooms.take(graph.steps[name])))
    now = 0.0
    while True:
        for step in queues.startable(rooms):
            heappush(ends, (now + seconds[step.name], step.name, rooms.take(step)))
        if not ends:
            return now
        now, name, place = heappop(ends)
        rooms.give_back(graph.steps[name], place)
        for consumer in consumers[name]:
            if name in unmet.get(consumer, ()):
                unmet[consumer].discard(name)
                if not unmet[consumer] and consumer not in running:
                    queues.add((consumer,))


class _Queues:
    """Steps that could start, apart by where they may run."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._queues: dict[tuple[str, ...], deque[Step]] = {}

    def add(self, names: Iterable[str]) -> None:
        for step in map(self._graph.steps.__getitem__, names):
            self._queues.setdefault(_places(step), deque()).append(step)

    def startable(self, rooms: "_Rooms") -> Iterator[Step]:
        """Steps for which there is room, one after the other: each is given its place before the next is looked at."""
        for queue in self._queues.values():
            while queue and rooms.place(queue[0]) is not None:
                yield queue.popleft()


class _Rooms:
    """What is left of this machine and the hosts; a step in a container of this machine takes of both."""

    def __init__(
        self, machine: Resources, targets: Mapping[str, ComputeTarget], hosts: Mapping[str, Resources]
    ) -> None:
        self._here = _Room(machine)
        self._targets = targets
        self._hosts = {
            name: _Room(hosts.get(name) or _stated(target), target.concurrency) for name, target in targets.items()
        }

    def place(self, step: Step) -> str | None:
        """The first place of a step's that has room now."""
        return next((name for name in _places(step) if all(room.admits(step) for room in self._of(name))), None)

    def take(self, step: Step) -> str:
        """Give a step room, whether there is any or not; the place that it is in."""
        place = self.place(step)
        place = _places(step)[0] if place is None else place
        for room in self._of(place):
            room.count(step, 1)
        return place

    def give_back(self, step: Step, place: str) -> None:
        for room in self._of(place):
            room.count(step, -1)

    def _of(self, place: str) -> list["_Room"]:
        target = self._targets.get(place)
        if target is None:
            return [self._here]
        return [self._hosts[place], self._here] if target.shares_files else [self._hosts[place]]


def _places(step: Step) -> tuple[str, ...]:
    return step.computes or (step.compute,)


def _stated(target: ComputeTarget) -> Resources:
    return Resources(cpus=float(int(target.cpus)), memory=target.memory, gpus=target.gpus or _ENOUGH)


@dataclass(slots=True)
class _Room:
    """What running steps leave of a machine; an empty machine takes any step, and at most `most` (0: any number)."""

    machine: Resources
    most: int = 0
    steps: int = 0
    cpus: float = 0.0
    memory: int = 0
    gpus: int = 0

    def admits(self, step: Step) -> bool:
        asked, machine = step.resources, self.machine
        return not self.steps or (
            (not self.most or self.steps < self.most)
            and (not machine.cpus or self.cpus + (asked.cpus or 1.0) <= machine.cpus)
            and (not machine.memory or self.memory + asked.memory <= machine.memory)
            and (not asked.gpus or self.gpus + asked.gpus <= machine.gpus)
        )

    def count(self, step: Step, sign: int) -> None:
        self.steps += sign
        self.cpus += sign * (step.resources.cpus or 1.0)
        self.memory += sign * step.resources.memory
        self.gpus += sign * step.resources.gpus
