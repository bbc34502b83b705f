"""Run a whole command and say what it took: wall time, and the processor time of all it started."""

import ctypes
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

_SUBREAPER = 36
_GROUPS = (Path("/sys/fs/cgroup/cpuacct"), Path("/sys/fs/cgroup"))


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of one command: on the clock until it returned, of the processors until all it started had ended."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Figure:
    """Medians of several timings, with the fastest wall time for a machine that is shared."""

    wall: float
    cpu: float
    fastest: float
    count: int


class CommandError(Exception):
    """A measured command failed: its figures would mean nothing."""


def figure(timings: Sequence[Timing]) -> Figure:
    """The medians."""
    walls = [timing.wall for timing in timings]
    return Figure(median(walls), median(timing.cpu for timing in timings), min(walls), len(walls))


class Stopwatch:
    """Measures commands; processes that they leave behind are waited for, and counted, before the next one starts."""

    def __init__(self) -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
        self._group = _make_group()

    def __enter__(self) -> "Stopwatch":
        return self

    def __exit__(self, *_: object) -> None:
        if self._group is not None:
            with suppress(OSError):
                self._group.rmdir()

    @property
    def counts_everything(self) -> bool:
        """Whether processor time includes processes that nobody waited for (else mlpw's shims are missing)."""
        return self._group is not None

    def run(self, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Timing:
        """Run a command to its end.

        Raises CommandError with what it said when it fails.
        """
        before = self._cpu()
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            preexec_fn=self._join if self._group is not None else None,  # noqa: PLW1509  (there are no threads)
        )
        assert process.stderr is not None
        said = process.stderr.read()
        code = process.wait()
        wall = time.perf_counter() - start
        _wait_for_orphans()
        if code:
            tail = said.decode("utf-8", "replace")[-2000:]
            raise CommandError(f"{' '.join(map(str, command))} in {folder} exited with {code}:\n{tail}")
        return Timing(wall, self._cpu() - before)

    def _join(self) -> None:
        assert self._group is not None
        (self._group / "cgroup.procs").write_text("0")

    def _cpu(self) -> float:
        if self._group is None:
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            return used.ru_utime + used.ru_stime
        nanoseconds = self._group / "cpuacct.usage"
        if nanoseconds.exists():
            return int(nanoseconds.read_text()) / 1e9
        words = (self._group / "cpu.stat").read_text().split()
        return int(words[words.index("usage_usec") + 1]) / 1e6


def _make_group() -> Path | None:
    """A control group of our own, where this user may make one: the kernel counts there whatever becomes of parents."""
    for parent in _GROUPS:
        group = parent / f"mlpw-bench-{os.getpid()}"
        with suppress(OSError):
            group.mkdir()
            if (group / "cpuacct.usage").exists() or (group / "cpu.stat").exists():
                return group
            group.rmdir()
    return None


def _wait_for_orphans() -> None:
    """Supervisors and servers that a command detached became our children."""
    with suppress(ChildProcessError):
        while True:
            os.wait()
