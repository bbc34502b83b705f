"""Replacing a file only if it holds what somebody read, though others may write it at the same moment."""

import os
from pathlib import Path

from core.store.filesystem import exchange


def replace_if(path: Path, before: bytes, after: bytes) -> bool:
    """Put `after` in place of `before`, whole and synced; False, with the file as it is, when it holds anything else.

    Where the system can let two names change places, what came out is looked at, and put back when it is not `before`:
    a change in the last moment is not lost. Elsewhere the moment between the look and the rename stays.
    Raises OSError.
    """
    if path.read_bytes() != before:
        return False
    half = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        _write_synced(half, after, path.stat().st_mode & 0o7777)
        if not exchange(str(half), str(path)):
            half.replace(path)
            return True
        if half.read_bytes() == before:
            return True
        _put_back(half, path, after)
        return False
    finally:
        half.unlink(missing_ok=True)


def _put_back(half: Path, path: Path, after: bytes) -> None:
    exchange(str(half), str(path))
    if half.read_bytes() != after:
        exchange(str(half), str(path))  # a still newer change was there meanwhile: the newest stays


def _write_synced(path: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())
