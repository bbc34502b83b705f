"""Where a run's steps run: this machine, and hosts; each takes what it can, and a full one holds up no other."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.computes.machine import Capacity
from core.definitions.compute_target import ComputeTarget
from core.engine.admission import Admission
from core.planning.graph import Resources, Step

#: A host's free memory is not asked for before each step: what its steps state is what counts.
_ENOUGH = 1 << 62


@dataclass(slots=True)
class _Host:
    target: ComputeTarget
    admission: Admission
    running: set[str] = field(default_factory=set)


class Places:
    """The admission of this machine, and one for each target.

    A step in a container of this machine takes of the machine, too.
    """

    def __init__(self, here: Admission, targets: Mapping[str, ComputeTarget]) -> None:
        self._here = here
        self._hosts = {name: _Host(target, Admission(bounded(target, 0, 0))) for name, target in targets.items()}

    def redefine(self, machine: Capacity, targets: Mapping[str, ComputeTarget]) -> None:
        """Other bounds of this machine, and perhaps other or more hosts; what runs goes on to take what it takes."""
        self._here.capacity = machine
        for name, target in targets.items():
            host = self._hosts.setdefault(name, _Host(target, Admission(bounded(target, 0, 0))))
            if host.target != target:
                host.target, host.admission.capacity = target, bounded(target, 0, 0)

    @property
    def are_full(self) -> bool:
        """Whether nothing needs to be asked."""
        return not self._hosts and self._here.is_full

    @property
    def machine(self) -> Capacity:
        """What runs may take of this machine."""
        return self._here.capacity

    def has_room(self, step: Step) -> bool:
        """Whether a step could start where it is to run, as far as what runs already tells."""
        return self.admits(step, _ENOUGH)

    def learn(self, name: str, cores: int, memory_bytes: int) -> bool:
        """What a host says that it has; whether that is news."""
        host = self._hosts[name]
        before, host.admission.capacity = host.admission.capacity, bounded(host.target, cores, memory_bytes)
        return host.admission.capacity != before

    def admits(self, step: Step, free_memory: int) -> bool:
        """Whether a step may start now where it is to run; `free_memory` is this machine's, in bytes."""
        host = self._hosts.get(step.compute)
        if host is None:
            return self._here.admits(step.resources, free_memory)
        if host.target.concurrency and len(host.running) >= host.target.concurrency:
            return False
        if host.target.shares_files and not self._here.admits(step.resources, free_memory):
            return False
        return host.admission.admits(step.resources, _ENOUGH)

    def give(self, step: Step) -> None:
        """A step has started."""
        host = self._hosts.get(step.compute)
        if host is not None:
            host.running.add(step.name)
            host.admission.give(step.name, step.resources)
        if host is None or host.target.shares_files:
            self._here.give(step.name, step.resources)

    def give_back(self, step: Step) -> None:
        """A step has ended."""
        host = self._hosts.get(step.compute)
        if host is not None:
            host.running.discard(step.name)
            host.admission.give_back(step.name)
        if host is None or host.target.shares_files:
            self._here.give_back(step.name)


def bounded(target: ComputeTarget, cores: int, memory_bytes: int) -> Capacity:
    """What mlpw takes of a host: what its definition says, at most what it has (0: not known yet, no bound)."""
    asked = Resources(cpus=target.cpus, memory=target.memory, gpus=target.gpus)
    most = int(asked.cpus) or _ENOUGH
    memory = asked.memory or _ENOUGH
    return Capacity(min(most, cores or most), min(memory, memory_bytes or memory), _ENOUGH, asked.gpus or _ENOUGH)
