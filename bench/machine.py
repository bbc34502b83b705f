"""What machine the figures are from, in one line."""

import os
import platform
from pathlib import Path

#: bench alone keeps the load near one.
_BUSY = 2.0


def describe_machine() -> str:
    """Processor, cores, system, Python, and how busy it is."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    busy = " (busy: compare ratios and processor time, not seconds)" if os.getloadavg()[1] > _BUSY else ""
    return (
        f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()},"
        f" Python {platform.python_version()}, load {load}{busy}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
