"""What a container uses, read now and then beside its keeper: an engine takes a second to tell."""

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from core.hosts.engine import Engine
from core.hosts.errors import HostError

#: Short steps are over before the first look.
FIRST_SECONDS, NEXT_SECONDS = 2.0, 5.0
_NANO = 1e9


@dataclass(frozen=True, slots=True)
class Used:
    """`cpu_s` seconds of processors in all, `cpu` cores lately; memory in bytes, now and at most."""

    cpu_s: float = 0.0
    cpu: float = 0.0
    memory: int = 0
    most_memory: int = 0
    processes: int = 0

    def as_json(self) -> dict[str, float]:
        """Plain values."""
        return asdict(self)


def used(stats: Mapping[str, Any], before: Used, seconds: float) -> Used:
    """What an engine's reading says, `seconds` after the one before; 0 when that was none.

    Memory is without what the kernel only keeps of files, as `docker stats` counts it.
    """
    memory = stats.get("memory_stats", {})
    details = memory.get("stats", {})
    kept = details.get("inactive_file", details.get("total_inactive_file", 0))
    now = max(0, int(memory.get("usage", 0)) - int(kept))
    spent = int(stats.get("cpu_stats", {}).get("cpu_usage", {}).get("total_usage", 0)) / _NANO
    cpu = max(0.0, spent - before.cpu_s) / seconds if seconds > 0 else 0.0
    processes = int(stats.get("pids_stats", {}).get("current", 0))
    return Used(max(spent, before.cpu_s), cpu, now, max(now, before.most_memory), processes)


class Gauge:
    """Looks until it is stopped, or its host is away; `reading` is the newest, from `before` on."""

    def __init__(self, engine: Engine, container: str, before: Used) -> None:
        self.reading = before
        self._stop = threading.Event()
        threading.Thread(target=self._look, args=(engine, container), daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()

    def _look(self, engine: Engine, container: str) -> None:
        pause, seconds = FIRST_SECONDS, 0.0
        while not self._stop.wait(pause):
            try:
                stats = engine.stats(container)
            except HostError:
                return
            if stats.get("memory_stats"):  # an ended one has none
                found = used(stats, self.reading, seconds)
                self.reading = found if seconds else replace(found, cpu=0.0)
            pause = seconds = NEXT_SECONDS
