"""Whether data lies there as it did when it was looked at, as far as names, sizes and times tell: no byte is read."""

import os
import stat
from collections.abc import Iterable, Iterator
from itertools import islice

#: Path, size, mtime and ctime in nanoseconds, inode; zeros for what is not there.
_Seen = tuple[str, int, int, int, int]
Sight = tuple[_Seen, ...]

#: So much of a folder is compared, in order of its names: it is asked in the engine's loop. What changed of the rest is
#: found when the step has ended.
_MOST = 1_000


def sight_of(paths: Iterable[str]) -> Sight:
    """What lies at these paths now."""
    return tuple(seen for path in paths for seen in islice(_all_at(path), _MOST))


def _all_at(path: str) -> Iterator[_Seen]:
    first = _look(path)
    yield first[0]
    if not stat.S_ISDIR(first[1]):
        return
    for folder, names, files in os.walk(path):
        names.sort()
        for name in (*names, *sorted(files)):
            yield _look(os.path.join(folder, name))[0]


def _look(path: str) -> tuple[_Seen, int]:
    try:
        found = os.stat(path)
    except OSError:
        return (path, 0, 0, 0, 0), 0
    return (path, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino), found.st_mode
