"""System calls that Python's library lacks; each says whether it worked, and does not where the system has none."""

import ctypes
import errno
import os
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


def open_watches() -> int:
    """A new inotify queue that does not block; the negative error number when there is none to be had."""
    if _libc is None or not hasattr(_libc, "inotify_init1"):
        return -errno.ENOSYS
    return _answer(_libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))


def add_watch(queue: int, path: bytes, events: int) -> int:
    """A watch for events at a path, by its number in the queue; the negative error number when it is refused."""
    assert _libc is not None
    return _answer(_libc.inotify_add_watch(queue, path, ctypes.c_uint32(events)))


def remove_watch(queue: int, watch: int) -> bool:
    """Watch no more."""
    return _libc is not None and _libc.inotify_rm_watch(queue, watch) == 0


def _answer(found: int) -> int:
    return found if found >= 0 else -ctypes.get_errno()
