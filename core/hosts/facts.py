"""What a host is and has, for people who look at it."""

import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.definitions.compute_target import ComputeTarget
from core.hosts import labels
from core.hosts.contexts import followed
from core.hosts.engine import Engine
from core.hosts.labels import RunningStep, running_step
from core.hosts.tunnel import ssh_command

_PINGS = 3
_SHELL_SECONDS = 30.0
#: Asked by a shell on the host: its graphics cards, and the disk that a folder is on.
_LOOK = "nvidia-smi --query-gpu=name --format=csv,noheader 2>/dev/null; echo; df -Pk {}"


@dataclass(frozen=True, slots=True)
class HostFacts:
    """A host that answered. Sizes are in bytes, -1 where the host does not tell; `latency_s` is that of one request.

    `gpus` are names of graphics cards; `gives_gpus` says whether its engine can give one to a container. `running` are
    containers that run steps, of this workspace or another.
    """

    version: str
    api_version: str
    system: str
    architecture: str
    cpus: int
    memory: int
    latency_s: float
    root: str
    running: int
    containers: int
    free: int = -1
    total: int = -1
    gpus: tuple[str, ...] = ()
    gives_gpus: bool = False
    live_restore: bool = False
    warnings: tuple[str, ...] = ()


def host_facts(engine: Engine, target: ComputeTarget, *, disk: bool = True) -> HostFacts:
    """Ask a host about itself; `disk` looks at its disk and cards, too, which a TLS host does not tell.

    Raises HostUnreachableError.
    """
    latency = min(_timed(engine) for _ in range(_PINGS))
    info, version = engine.info(), engine.version()
    root = str(info.get("DockerRootDir", ""))
    gpus, free, total = _looked_at(followed(target), root) if disk else ((), -1, -1)
    return HostFacts(
        version=str(version.get("Version", "")),
        api_version=str(version.get("ApiVersion", "")),
        system=f"{info.get('OperatingSystem', '')}, Linux {info.get('KernelVersion', '')}",
        architecture=str(info.get("Architecture", "")),
        cpus=int(info.get("NCPU") or 0),
        memory=int(info.get("MemTotal") or 0),
        latency_s=latency,
        root=root,
        running=len(running_steps(engine)),
        containers=int(info.get("ContainersRunning") or 0),
        free=free,
        total=total,
        gpus=gpus or _promised(info),
        gives_gpus=gives_gpus(info),
        live_restore=bool(info.get("LiveRestoreEnabled")),
        warnings=tuple(str(line) for line in info.get("Warnings") or ()),
    )


def gives_gpus(info: Mapping[str, Any]) -> bool:
    """Whether an engine (its `info`) may be able to give a graphics card to a container."""
    return "nvidia" in (info.get("Runtimes") or {}) or bool(_promised(info)) or bool(info.get("CDISpecDirs"))


def running_steps(engine: Engine) -> list[RunningStep]:
    """The containers that run steps now."""
    return [running_step(each) for each in engine.containers(labels.STEP) if each.get("State") == "running"]


def _timed(engine: Engine) -> float:
    began = time.monotonic()
    engine.ping()
    return time.monotonic() - began


def _promised(info: Mapping[str, Any]) -> tuple[str, ...]:
    """Cards that the engine itself was told of."""
    named = (resource.get("NamedResourceSpec") or {} for resource in info.get("GenericResources") or ())
    return tuple(str(each.get("Value", "")) for each in named if "gpu" in str(each.get("Kind", "")).lower())


def _looked_at(target: ComputeTarget, root: str) -> tuple[tuple[str, ...], int, int]:
    """Names of cards, and free and total bytes of the disk that `root` is on."""
    if target.shares_files:
        disk = shutil.disk_usage(root) if os.access(root, os.X_OK) else None
        cards, _, _ = _read(_said(["sh", "-c", _LOOK.format("/dev/null")]))
        return cards, disk.free if disk else -1, disk.total if disk else -1
    if target.host.startswith("ssh://"):
        look = f"sh -c {shlex.quote(_LOOK.format(shlex.quote(root)))}"
        return _read(_said([*ssh_command(target), "-T", target.host, look]))
    return (), -1, -1


def _said(command: list[str]) -> list[str]:
    try:
        ended = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SHELL_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return ended.stdout.decode(errors="replace").splitlines()


def _read(lines: Iterable[str]) -> tuple[tuple[str, ...], int, int]:
    """What `_LOOK` wrote: names, an empty line, and df's two lines."""
    told = list(lines)
    middle = told.index("") if "" in told else len(told)
    words = told[-1].split() if len(told) > middle + 1 else []
    numbers = [int(word) * 1024 for word in words[1:4] if word.isdecimal()]
    free, total = (numbers[2], numbers[0]) if len(numbers) == 3 else (-1, -1)
    return tuple(line.strip() for line in told[:middle] if line.strip()), free, total
