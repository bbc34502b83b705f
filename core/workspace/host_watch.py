"""Hosts looked at again and again, for whoever shows them live: each look may take as long as a host is away."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.definitions.compute_target import ComputeTarget

if TYPE_CHECKING:
    from core.computes.load import MachineLoad
    from core.hosts.engine import Engine
    from core.hosts.labels import RunningStep
    from core.hosts.load import StepsMeter


@dataclass(frozen=True, slots=True)
class HostState:
    """A host at one look. `cores` and `memory` (bytes) are what it has, `used_*` what is in use, -1 for not known.

    `steps` are the containers that run steps there, of this workspace and of others.

    In use is what steps take by the engine's figures, and of this machine what everything takes. `trouble` says why it
    does not answer, `advice` what to do.
    """

    name: str
    is_there: bool = False
    version: str = ""
    steps: tuple[RunningStep, ...] = ()
    cores: int = 0
    memory: int = 0
    used_cores: float = -1.0
    used_memory: int = -1
    latency_s: float = 0.0
    trouble: str = ""
    advice: str = ""


class HostWatch:
    """One target's host, with a connection that stays open between looks; for one thread."""

    def __init__(self, target: ComputeTarget) -> None:
        self._target = target
        self._engine: Engine | None = None
        self._meter: StepsMeter | None = None
        self._machine: MachineLoad | None = None
        self._known: tuple[str, int, int] = ("", 0, 0)

    def look(self) -> HostState:
        """The host now; one that does not answer is no error."""
        from core.hosts.errors import HostError

        try:
            return self._look()
        except HostError as error:
            self.close()
            return HostState(self._target.name, trouble=error.message, advice=error.hint)

    def close(self) -> None:
        """Let the connection go."""
        if self._engine is not None:
            with suppress(OSError):
                self._engine.close()
        self._engine = None

    def _look(self) -> HostState:
        engine, meter = self._connected()
        began = time.monotonic()
        engine.ping()
        latency = time.monotonic() - began
        steps = meter.look(engine)
        used_cores, used_memory = steps.cores, steps.memory
        if self._machine is not None:
            load = self._machine.look()
            used_cores, used_memory = load.cores, load.memory
        version, cores, memory = self._known
        return HostState(
            self._target.name,
            is_there=True,
            version=version,
            steps=steps.steps,
            cores=cores,
            memory=memory,
            used_cores=used_cores,
            used_memory=used_memory,
            latency_s=latency,
        )

    def _connected(self) -> tuple[Engine, StepsMeter]:
        if self._engine is None or self._meter is None:
            from core.hosts.connection import connect
            from core.hosts.contexts import followed
            from core.hosts.load import StepsMeter

            self._engine, self._meter = connect(self._target), StepsMeter()
            info = self._engine.info()
            version, cores, memory = (info.get(name) or 0 for name in ("ServerVersion", "NCPU", "MemTotal"))
            self._known = (str(version or ""), int(cores), int(memory))
            if followed(self._target).shares_files:
                self._machine = self._machine or _machine_load()
        return self._engine, self._meter


class MachineWatch:
    """The machine that mlpw is on, whose processes run the steps that name no host."""

    def __init__(self) -> None:
        self._machine = _machine_load()

    def look(self) -> HostState:
        """The machine now; how many steps run as its processes only the records know."""
        from core.computes.machine import capacity

        found, load = capacity(), self._machine.look()
        return HostState(
            "local",
            is_there=True,
            cores=found.cores,
            memory=found.memory_bytes,
            used_cores=load.cores,
            used_memory=load.memory,
        )

    def close(self) -> None:
        """Nothing is held."""


def _machine_load() -> MachineLoad:
    from core.computes.load import MachineLoad

    return MachineLoad()
