"""What this machine can give to steps: cores, memory, graphics cards; limits of its control group respected."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

#: How long what was said of the memory is believed.
_MEMORY_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Capacity:
    """What may be used. `cores` are whole cores this process may run on, memory is in bytes."""

    cores: int
    memory_bytes: int
    available_bytes: int
    gpus: int


def capacity() -> Capacity:
    """Ask the system; the available memory changes from call to call, the rest hardly."""
    total, available = _memory()
    return Capacity(_cores(), total, available, _gpus())


class FreeMemory:
    """How much memory steps may still take; `limits` are the control groups that allow less than the machine has.

    The groups are looked for once, for a run asks before every step it starts, and the system is asked a few times a
    second at most: what a step takes does not show at once anyway.
    """

    def __init__(self) -> None:
        self._asked_at, self._answer = 0.0, 0
        total = _memory_word("MemTotal", "total")
        self.limits = [(group, limit) for group in _groups("memory") if 0 < (limit := _memory_limit(group)) < total]

    def now(self) -> int:
        """Available bytes."""
        if time.monotonic() - self._asked_at > _MEMORY_SECONDS:
            self._answer = self._ask()
            self._asked_at = time.monotonic()
        return self._answer

    def _ask(self) -> int:
        available = [_memory_word("MemAvailable", "available")]
        for group, limit in self.limits:
            used = _words(group / "memory.current") or _words(group / "memory.usage_in_bytes")
            if used and used[0].isdigit():
                available.append(limit - int(used[0]) + _page_cache(group))
        return max(0, min(available))


def _memory_word(name: str, attribute: str) -> int:
    """Bytes of the machine's memory as psutil gives them, which takes 30 ms to import and asks for all it knows."""
    words = _words(Path("/proc/meminfo"))
    if f"{name}:" in words:
        return int(words[words.index(f"{name}:") + 1]) * 1024
    import psutil

    return int(getattr(psutil.virtual_memory(), attribute))


def _memory_limit(group: Path) -> int:
    """Bytes a control group may use, 0 when it does not say."""
    words = _words(group / "memory.max") or _words(group / "memory.limit_in_bytes")
    return int(words[0]) if words and words[0].isdigit() else 0


def _cores() -> int:
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([allowed, *(int(quota) for quota in _cpu_quotas())]))


def _cpu_quotas() -> list[float]:
    """Cores that control groups allow: `cpu.max` of version 2, `cpu.cfs_*` of version 1."""
    quotas = []
    for group in _groups("cpu"):
        words = _words(group / "cpu.max") or [
            *_words(group / "cpu.cfs_quota_us"),
            *_words(group / "cpu.cfs_period_us"),
        ]
        if len(words) == 2 and words[0].isdigit() and words[1].isdigit():
            quotas.append(int(words[0]) / max(1, int(words[1])))
    return quotas


def _memory() -> tuple[int, int]:
    """Total and available bytes."""
    free = FreeMemory()
    return min([_memory_word("MemTotal", "total"), *(limit for _, limit in free.limits)]), free.now()


def _page_cache(group: Path) -> int:
    """Bytes a control group counts as used though the kernel gives them back when asked."""
    words = _words(group / "memory.stat")
    return next((int(size) for name, size in zip(words[::2], words[1::2], strict=False) if name == "inactive_file"), 0)


def _groups(controller: str) -> list[Path]:
    """The folders of this process's control group and those around it; in a container its own root is the last."""
    found: list[Path] = []
    for line in _read(Path("/proc/self/cgroup")).splitlines():
        _, controllers, name = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        root = Path("/sys/fs/cgroup", controller if controllers else "")
        group = root / name.lstrip("/")
        while group != root:
            found.append(group)
            group = group.parent
        found.append(root)
    return found


def _gpus() -> int:
    """Graphics cards the NVIDIA driver knows and this process may use."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    try:
        present = len(list(Path("/proc/driver/nvidia/gpus").iterdir()))
    except OSError:
        present = 0
    if visible is None:
        return present
    return min(present, len([name for name in visible.split(",") if name.strip() not in ("", "-1", "NoDevFiles")]))


def _words(path: Path) -> list[str]:
    return _read(path).split()


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace")
    except OSError:
        return ""
