"""Stat signatures of files, by which remembered things know that they are out of date."""

import os
import time
from collections.abc import Iterable

#: Size, mtime and ctime in nanoseconds, inode; None for a file that is not there.
Sign = list[int] | None
#: Clocks of filesystems are coarse: a younger file may change again without its signature showing it.
_SETTLED_NS = 2_000_000_000


def sign(path: str) -> Sign:
    """The signature of what lies at a path."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]


def settled_signs(paths: Iterable[str]) -> dict[str, Sign] | None:
    """Signatures by path; None while one of the files is too young to be told apart from its next version."""
    now = time.time_ns()
    signs = {path: sign(path) for path in paths}
    young = any(found is not None and now - max(found[1], found[2]) < _SETTLED_NS for found in signs.values())
    return None if young else signs


def are_unchanged(signs: dict[str, Sign]) -> bool:
    """Whether every file is what it was."""
    return all(sign(path) == known for path, known in signs.items())
