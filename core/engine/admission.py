"""Whether a step may start now, given what runs already and what the machine has."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from core.computes.machine import Capacity
from core.planning.graph import Resources

#: A step that states no memory is let in while at least this much of the machine's is free.
_SPARE_MEMORY = 256 * 2**20


@dataclass(slots=True)
class Admission:
    """The resources given out to running steps.

    A step without a statement takes one core. A step that asks for more than the whole machine has runs alone.
    """

    capacity: Capacity
    _given: dict[str, Resources] = field(default_factory=dict)

    @property
    def is_full(self) -> bool:
        """Whether every core is given away, so that nothing needs to be asked."""
        return bool(self._given) and self._sum("cpus") >= self.capacity.cores

    def admits(self, asked: Resources, free_memory: int) -> bool:
        """Whether a step that asks for this may start; `free_memory` is what the machine has free now, in bytes."""
        if not self._given:
            return True
        cpus = self._sum("cpus") + self._cpus(asked)
        memory = self._sum("memory") + asked.memory
        gpus = self._sum("gpus") + asked.gpus
        fits = cpus <= self.capacity.cores and memory <= self.capacity.memory_bytes and gpus <= self.capacity.gpus
        return fits and free_memory >= max(asked.memory, _SPARE_MEMORY)

    def give(self, step: str, asked: Resources) -> None:
        """A step has started."""
        self._given[step] = Resources(cpus=self._cpus(asked), memory=asked.memory, gpus=asked.gpus)

    def give_back(self, step: str) -> None:
        """A step has ended."""
        self._given.pop(step, None)

    @property
    def given(self) -> Mapping[str, Resources]:
        """What each running step holds."""
        return self._given

    def _sum(self, name: str) -> float:
        return float(sum(getattr(resources, name) for resources in self._given.values()))

    @staticmethod
    def _cpus(asked: Resources) -> float:
        return asked.cpus or 1.0


def bounded(machine: Capacity, asked: Resources) -> Capacity:
    """What mlpw.yml lets runs take of this machine."""
    cores = min(machine.cores, int(asked.cpus) or 1) if asked.cpus else machine.cores
    memory = min(machine.memory_bytes, asked.memory) if asked.memory else machine.memory_bytes
    return replace(machine, cores=cores, memory_bytes=memory)
