"""Room on the disk: how much is left, and a reserve that is given up to write down that there was none."""

import os
from contextlib import suppress
from dataclasses import dataclass

RESERVE_BYTES = 1 << 20
_LITTLE_BYTES = 1 << 20
_FEW_INODES = 16


@dataclass(frozen=True, slots=True)
class Space:
    """What an ordinary user may still use: bytes and inodes (-1 where the file system does not count them)."""

    bytes: int
    inodes: int

    @property
    def is_exhausted(self) -> bool:
        """Whether a program that wrote now may have lost what it wrote."""
        return self.bytes < _LITTLE_BYTES or 0 <= self.inodes < _FEW_INODES

    @property
    def shortage(self) -> str:
        """What there is none of, in words; "" when there is enough."""
        if self.bytes < _LITTLE_BYTES:
            return "no space left on the disk"
        return "no inodes left on the disk" if self.is_exhausted else ""


def free_space(path: str | os.PathLike[str]) -> Space:
    """The room left where `path` (a file or folder that exists) lies."""
    status = os.statvfs(path)
    return Space(status.f_bavail * status.f_frsize, status.f_favail if status.f_files else -1)


class Reserve:
    """A file that holds `RESERVE_BYTES` so that a failure on a full disk can still be recorded."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)

    @property
    def lacking(self) -> int:
        """Bytes that `make` would take."""
        try:
            return RESERVE_BYTES - os.stat(self.path).st_size
        except FileNotFoundError:
            return RESERVE_BYTES

    def make(self) -> bool:
        """Fill the reserve; False when there is no room for it (nothing is left behind then)."""
        if not self.lacking:
            return True
        temporary = f"{self.path}.{os.getpid()}.tmp"
        try:
            os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
            with open(temporary, "wb") as file:
                # Written, not only allocated: some file systems compress zeros away.
                file.write(os.urandom(RESERVE_BYTES))
                os.fsync(file.fileno())
            os.replace(temporary, self.path)
        except OSError:
            self._drop(temporary)
            return False
        return True

    def release(self) -> None:
        """Give the room up, to write down what happened."""
        self._drop(self.path)

    def _drop(self, path: str) -> None:
        with suppress(OSError):
            os.unlink(path)
