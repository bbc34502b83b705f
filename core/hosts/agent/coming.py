"""Big files on their way in: each lies as far as it came, so that whoever sends it next goes on from there.

The agent that a file comes to holds its lock. Another that lacks the same file waits for it; when nothing comes any
more though its agent lives (its sender may be out of reach), it goes on with a copy.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.hosts.agent.volume import Volume, entries
from core.store.filesystem import copy_bytes

#: Files from this size on are kept half.
BIG = 4 << 20
#: A half file that did not grow for so long is nobody's any more.
_STALE_SECONDS = 20.0


@dataclass(slots=True)
class Half:
    """A file as far as it came, open and locked."""

    path: str
    fd: int

    @property
    def size(self) -> int:
        """Bytes that came."""
        return os.fstat(self.fd).st_size

    def is_there(self) -> bool:
        """Whether nobody took it for left and went on with a copy."""
        return _is(Path(self.path), self.fd)

    def close(self) -> None:
        """Leave it to whoever comes next."""
        os.close(self.fd)


def half_file(volume: Volume, digest: str, size: int) -> Half | int:
    """What came of a big file, to go on with; or how much of it came to another agent, which is to be waited for."""
    volume.parts.mkdir(exist_ok=True)
    stale: list[Path] = []
    coming: list[int] = []
    for path in _parts(volume, digest):
        half = _locked(path)
        if half is not None:
            if half.size <= size:
                return half
            half.close()
            path.unlink(missing_ok=True)
        elif (found := _grown(path)) is not None:
            coming.append(found)
        else:
            stale.append(path)
    if coming:
        return max(coming)
    return _new(volume, digest, stale)


def how_far(volume: Volume, digests: list[str]) -> dict[str, int]:
    """How much of files came to any agent by now."""
    return {digest: max((_size(path) for path in _parts(volume, digest)), default=0) for digest in digests}


def _parts(volume: Volume, digest: str) -> Iterator[Path]:
    return (path for path in entries(volume.parts) if path.name.startswith(f"{digest}."))


def _new(volume: Volume, digest: str, stale: list[Path]) -> Half:
    """A file of our own, with what others left."""
    half = None
    while half is None:  # another agent may find it before it is locked
        path = volume.parts / f"{digest}.{os.urandom(4).hex()}"
        path.touch(0o600, exist_ok=False)
        half = _locked(path)
    for other in sorted(stale, key=_size)[-1:]:
        with other.open("rb") as file:
            copy_bytes(file.fileno(), half.fd, _size(other))
    for other in stale:
        other.unlink(missing_ok=True)
    return half


def _locked(path: Path) -> Half | None:
    """The file when it is nobody's, None when another agent has it or it is gone."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        return None
    if not _is(path, fd):  # finished, and called otherwise, between opening and locking
        os.close(fd)
        return None
    return Half(str(path), fd)


def _is(path: Path, fd: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(fd))
    except FileNotFoundError:
        return False


def _grown(path: Path) -> int | None:
    """Its bytes when some of them came lately."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_size if time.time() - status.st_mtime < _STALE_SECONDS else None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
