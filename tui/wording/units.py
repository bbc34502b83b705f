"""Durations, sizes and moments as people read them."""

import time


def duration(seconds: float) -> str:
    """At most five cells: 0.4 -> '0.4s', 12 -> '12s', 200 -> '3:20', 3900 -> '1h05', 187200 -> '2d04'."""
    if seconds < 9.95:
        return f"{max(seconds, 0):.1f}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    if whole < 86400:
        return f"{whole // 3600}h{whole % 3600 // 60:02d}"
    return f"{whole // 86400}d{whole % 86400 // 3600:02d}"


def growing(seconds: float) -> str:
    """A duration that goes on: whole seconds, so that it changes once a second."""
    return duration(int(seconds)) if seconds >= 10 else f"{max(0, int(seconds))}s"


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
    """How long ago in one unit: 'just now', '3 min ago', '2 d ago'."""
    if not epoch:
        return ""
    passed = max((time.time() if now is None else now) - epoch, 0)
    for unit, seconds in (("d", 86400), ("h", 3600), ("min", 60)):
        if passed >= seconds:
            return f"{passed // seconds:.0f} {unit} ago"
    return "just now"


def count(number: int, noun: str) -> str:
    """'1 step', '3 steps'."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
