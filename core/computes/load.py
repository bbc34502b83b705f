"""How busy this machine is, looked at again and again."""

from dataclasses import dataclass, field

import psutil


@dataclass(frozen=True, slots=True)
class Load:
    """Cores at work (1.5 is one and a half; -1 where a first look cannot tell) and bytes of memory in use."""

    cores: float
    memory: int


@dataclass(slots=True)
class MachineLoad:
    """The share of the cores is that since the look before."""

    _before: tuple[float, float] = field(default=(0.0, 0.0))

    def look(self) -> Load:
        """What is in use now."""
        times = psutil.cpu_times()
        idle = times.idle + getattr(times, "iowait", 0.0)
        # What guests take is told twice: as theirs, and as the user's
        total = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
        (idle_before, total_before), self._before = self._before, (idle, total)
        passed = total - total_before
        share = 1 - (idle - idle_before) / passed if passed > 0 else 0.0
        cores = max(0.0, share) * (psutil.cpu_count() or 1) if total_before else -1.0
        memory = psutil.virtual_memory()
        return Load(cores, memory.total - memory.available)
