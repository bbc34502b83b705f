"""What a running attempt takes of this machine: its process tree's share of the cores, memory, graphics cards."""

import os
import shutil
import subprocess
import time
from collections.abc import Collection
from dataclasses import dataclass, field

import psutil

from core.computes import attempts, processes
from core.computes.containers.kept import Kept, read_kept
from core.layout import AttemptFolder

_GPU_PATIENCE = 3.0


@dataclass(frozen=True, slots=True)
class Gpu:
    """One graphics card: how busy it is (0 to 100), its memory in bytes, and how much of that is the step's."""

    index: int
    busy: int
    used: int
    total: int
    own: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """`cpu` in cores (1.5 is one and a half), memory in bytes: resident now, and the most that was seen."""

    cpu: float = 0.0
    memory: int = 0
    most_memory: int = 0
    processes: int = 0
    gpus: tuple[Gpu, ...] = ()


@dataclass(slots=True)
class UsageMeter:
    """Looks at an attempt's processes when asked; a look takes some milliseconds, with graphics cards much longer."""

    attempt: AttemptFolder
    _spent: dict[int, float] = field(default_factory=dict)
    _looked_at: float = 0.0
    _most: int = 0

    def look(self) -> Usage | None:
        """What is used now; the share of the cores is that since the look before. None when nothing runs."""
        keeper = attempts.owner(self.attempt)
        if keeper is None or not keeper.is_alive:
            return None
        hosted = read_kept(str(self.attempt.container))
        if hosted is not None:
            return _of_container(hosted)
        now, spent, memory = time.monotonic(), {}, 0
        for pid in processes.descendants(keeper.pid):
            try:
                process = psutil.Process(pid)
                times = process.cpu_times()
                memory += process.memory_info().rss
            except psutil.Error:
                continue
            spent[pid] = times.user + times.system
        passed = now - self._looked_at if self._looked_at else 0.0
        used = sum(max(0.0, seconds - self._spent.get(pid, 0.0)) for pid, seconds in spent.items())
        self._spent, self._looked_at, self._most = spent, now, max(self._most, memory)
        return Usage(used / passed if passed else 0.0, memory, self._most, len(spent), graphics_cards(spent.keys()))


def _of_container(kept: Kept) -> Usage | None:
    """What its keeper was told last; None before that, and while its host cannot be reached."""
    if not kept.used.get("processes") or kept.unreachable_since:
        return None
    memory, most = int(kept.used["memory"]), int(kept.used["most_memory"])
    return Usage(kept.used["cpu"], memory, most, int(kept.used["processes"]))


def graphics_cards(pids: Collection[int] = ()) -> tuple[Gpu, ...]:
    """The NVIDIA cards of this machine as `nvidia-smi` tells them, none where there is no such program.

    The names of its fields are from `nvidia-smi --help-query-gpu` and `--help-query-compute-apps`.
    """
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    cards = _ask(program, "--query-gpu=index,uuid,utilization.gpu,memory.used,memory.total")
    own: dict[str, int] = {}
    for pid, card, used in _ask(program, "--query-compute-apps=pid,gpu_uuid,used_memory") if cards and pids else ():
        if _number(pid) in pids:
            own[card] = own.get(card, 0) + _number(used)
    return tuple(
        Gpu(_number(index), _number(busy), _number(used) << 20, _number(total) << 20, own.get(card, 0) << 20)
        for index, card, busy, used, total in cards
    )


def _ask(program: str, query: str) -> list[list[str]]:
    """Rows of fields; none when it does not answer."""
    command = [program, query, "--format=csv,noheader,nounits"]
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        said = subprocess.run(
            command, capture_output=True, text=True, timeout=_GPU_PATIENCE, check=True, env=environment
        )
    except (OSError, subprocess.SubprocessError):
        return []
    width = query.count(",") + 1
    rows = [[cell.strip() for cell in line.split(",")] for line in said.stdout.splitlines()]
    return [row for row in rows if len(row) == width]


def _number(text: str) -> int:
    """A whole number; 0 for `[N/A]`."""
    return int(text) if text.isdigit() else 0
