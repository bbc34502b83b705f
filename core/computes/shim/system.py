"""System calls that Python's library lacks; each says whether it worked, and does not where the system has none."""

import ctypes
import sys

PR_SET_NAME = 15
PR_SET_CHILD_SUBREAPER = 36
FALLOC_FL_KEEP_SIZE = 1

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def name_process(name: str) -> bool:
    """Show `name` in ps and top, at most 15 characters."""
    return _libc is not None and _libc.prctl(PR_SET_NAME, name.encode(), 0, 0, 0) == 0


def adopt_orphans() -> bool:
    """Make this process the new parent of its descendants' orphans (a child subreaper)."""
    return _libc is not None and _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0


def reserve(file: int, size: int) -> bool:
    """Give an empty file its space on disk, without changing its length."""
    if _libc is None or not hasattr(_libc, "fallocate"):
        return False
    return bool(_libc.fallocate(file, FALLOC_FL_KEEP_SIZE, ctypes.c_longlong(0), ctypes.c_longlong(size)) == 0)
