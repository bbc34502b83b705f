"""Durations, sizes and moments as people read them."""

import time


def duration(seconds: float) -> str:
    """0.4 -> '0.4s', 75 -> '1:15', 3700 -> '1:01:40'."""
    if seconds < 9.95:
        return f"{max(seconds, 0):.1f}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


def size(count: float) -> str:
    """Bytes with a unit: 412 -> '412 B', 388_000_000 -> '388 MB'."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if count >= 10 or unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def moment(epoch: float) -> str:
    """Local date and time, '' for none."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(epoch)) if epoch else ""


def ago(epoch: float, now: float | None = None) -> str:
    """How long ago in one unit: '3 min ago'."""
    if not epoch:
        return ""
    passed = max((time.time() if now is None else now) - epoch, 0)
    for unit, seconds in (("d", 86400), ("h", 3600), ("min", 60)):
        if passed >= seconds:
            return f"{passed // seconds:.0f} {unit} ago"
    return f"{passed:.0f} s ago"


def count(number: int, noun: str) -> str:
    """'1 step', '3 steps'."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
