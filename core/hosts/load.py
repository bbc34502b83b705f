"""What the steps on a host take of it, by its engine's figures."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.hosts.engine import Engine
from core.hosts.errors import ConflictError, NotThereError
from core.hosts.facts import running_steps
from core.hosts.labels import RunningStep

#: Each container is a request of its own.
_MOST = 32


@dataclass(frozen=True, slots=True)
class StepsLoad:
    """Containers that run steps, the cores at work for them (-1 at the first look), and bytes of memory they use."""

    steps: tuple[RunningStep, ...]
    cores: float
    memory: int

    @property
    def running(self) -> int:
        """How many there are."""
        return len(self.steps)


@dataclass(slots=True)
class StepsMeter:
    """Looks at the containers of steps; the share of the cores is that since the look before."""

    _before: dict[str, tuple[float, float]] = field(default_factory=dict)

    def look(self, engine: Engine) -> StepsLoad:
        """What is used now; of more than 32 steps the first. Raises HostUnreachableError."""
        running = running_steps(engine)
        spent: dict[str, tuple[float, float]] = {}
        cores, memory = 0.0, 0
        for container in (each.container for each in running[:_MOST]):
            try:
                stats = engine.stats(container)
            except (NotThereError, ConflictError):
                continue  # it has ended meanwhile
            now = time.monotonic()
            seconds = float(stats.get("cpu_stats", {}).get("cpu_usage", {}).get("total_usage", 0)) / 1e9
            spent[container] = (seconds, now)
            memory += _memory(stats)
            if container in self._before:
                seconds_before, then = self._before[container]
                cores += max(0.0, seconds - seconds_before) / max(now - then, 1e-3)
        is_first = bool(spent) and not self._before
        self._before = spent
        return StepsLoad(tuple(running), -1.0 if is_first else cores, memory)


def _memory(stats: Mapping[str, Any]) -> int:
    """Bytes without the files that the kernel would give back, as `docker stats` counts them."""
    told = stats.get("memory_stats") or {}
    more = told.get("stats") or {}
    files = more.get("total_inactive_file", more.get("inactive_file", 0))
    return max(0, int(told.get("usage") or 0) - int(files))
