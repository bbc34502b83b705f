"""What the kernel has not written to disk yet."""

import ctypes
from pathlib import Path

_CACHESTAT = 451  # the system call's number on every architecture, from Linux 6.5 on


def dirty_pages(root: Path) -> int:
    """Pages of a file, or of the files below a folder, that are not on disk yet; 0 when the system does not tell."""
    library = ctypes.CDLL(None, use_errno=True)
    everything, counts = (ctypes.c_uint64 * 2)(0, 0), (ctypes.c_uint64 * 5)()
    dirty = 0
    for path in [root] if root.is_file() else root.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                failed = library.syscall(_CACHESTAT, file.fileno(), everything, counts, 0)
            dirty += 0 if failed else counts[1] + counts[2]
    return dirty


def tells_dirty_pages(folder: Path) -> bool:
    """Whether this system says what is not on disk yet."""
    for i in range(5):  # some other program may flush the disk at any moment
        probe = folder / f"probe{i}"
        probe.write_text("unsynced")
        if dirty_pages(probe):
            return True
    return False
