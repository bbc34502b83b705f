"""Durations and ages in few cells."""


def duration(seconds: float) -> str:
    """At most five cells: "0.4s", "12s", "3:20", "1h05", "2d04"."""
    if seconds <= 0:
        return ""
    if seconds < 10:
        return f"{seconds:.1f}s"
    if seconds < 60:
        return f"{seconds:.0f}s"
    whole = int(seconds)
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    if whole < 86400:
        return f"{whole // 3600}h{whole % 3600 // 60:02d}"
    return f"{whole // 86400}d{whole % 86400 // 3600:02d}"


def running(seconds: float) -> str:
    """A duration that still grows: whole seconds, so that it changes once a second."""
    return duration(max(10.0, seconds)) if seconds >= 10 else f"{max(0, int(seconds))}s"


def age(seconds: float) -> str:
    """How long ago, roughly: "now", "5 min ago", "3 h ago", "2 d ago"."""
    if seconds < 60:
        return "now"
    if seconds < 3600:
        return f"{int(seconds // 60)} min ago"
    if seconds < 86400:
        return f"{int(seconds // 3600)} h ago"
    return f"{int(seconds // 86400)} d ago"
