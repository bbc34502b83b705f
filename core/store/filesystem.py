"""The one place that asks which system this is: flushing, renaming without replacing, cloning; each with a fallback."""

import errno
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from core.errors import StoreError
from core.store.faults import NO_SYNC, has_fault
from core.store.manifest import shown

if TYPE_CHECKING:
    import ctypes

_AT_FDCWD = -100
_RENAME_NOREPLACE = 1
_RENAME_EXCL = 4
_RENAME_EXCHANGE = 2  # RENAME_SWAP on a Mac has the same number
_FICLONE = 0x40049409
_BLOCK = 1 << 22
_SMALL_BLOCK = 1 << 12
_NOT_OFFERED = frozenset(
    {errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.ENOTTY, errno.EXDEV, errno.EPERM, errno.EBADF}
)


def sync_files(paths: Iterable[str]) -> None:
    """Bring files and folders to disk, one by one."""
    if has_fault(NO_SYNC):
        return
    for path in paths:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            _flush(fd)
        finally:
            os.close(fd)


def sync_filesystem(path: str) -> bool:
    """Bring everything written to the file system of `path` to disk; False where the system cannot do that."""
    if has_fault(NO_SYNC):
        return True
    library = _library()
    if library is None or not hasattr(library, "syncfs"):
        return False
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if library.syncfs(fd) == 0:
            return True
        code = _errno()
        if code in _NOT_OFFERED:
            return False
        raise OSError(code, os.strerror(code), path)
    finally:
        os.close(fd)


def rename_without_replacing(source: str, target: str) -> None:
    """Move a file or folder to a name that is free.

    Raises:
        FileExistsError: the name is taken.
        OSError: (EXDEV among others) as rename does.
    """
    code = _rename_by(_RENAME_NOREPLACE, _RENAME_EXCL)(source, target)
    if code == 0:
        return
    if code not in _NOT_OFFERED or code == errno.EXDEV:
        if code == errno.ENOTEMPTY:
            code = errno.EEXIST
        raise OSError(code, os.strerror(code), source, None, target)
    _rename_in_two(source, target)


def exchange(one: str, other: str) -> bool:
    """Let two names change places at once; False where that is not offered.

    Raises:
        OSError: as rename does.
    """
    code = _rename_by(_RENAME_EXCHANGE, _RENAME_EXCHANGE)(one, other)
    if code in _NOT_OFFERED and code != errno.EPERM:
        return False
    if code:
        raise OSError(code, os.strerror(code), one, None, other)
    return True


@contextmanager
def disk_errors(doing: str) -> Iterator[None]:
    """Turn what the system says of the disk into one line for a person.

    Raises:
        StoreError: in place of an OSError.
    """
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        place = f" '{shown(error.filename)}'" if isinstance(error.filename, str) else ""
        raise StoreError(
            f"{doing} failed: {error.strerror}{place}", hint="free some space, then run again" if full else ""
        ) from error


def clone_file(source: int, target: int) -> bool:
    """Share the blocks of the file open as `source` with `target` (copy on write); False where that is not offered."""
    if not sys.platform.startswith("linux"):
        return False
    import fcntl  # not needed where nothing is copied

    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError as error:
        if error.errno in _NOT_OFFERED:
            return False
        raise
    return True


def copy_bytes(source: int, target: int, size: int) -> int:
    """Copy an open file to another from the start, in the kernel where it can; gives the number of bytes copied.

    `size` is a hint: a file that grows meanwhile is copied as far as it goes.
    """
    if size and clone_file(source, target):
        return os.fstat(target).st_size
    copied = _copy_in_kernel(source, target) if size > _BLOCK else 0
    os.lseek(source, copied, os.SEEK_SET)
    os.lseek(target, copied, os.SEEK_SET)
    while block := os.read(source, min(_BLOCK, max(size - copied + 1, _SMALL_BLOCK))):
        written = 0
        while written < len(block):
            written += os.write(target, memoryview(block)[written:])
        copied += len(block)
    return copied


def missing_abilities() -> tuple[str, ...]:
    """What this system does less well, in words for `mlpw doctor`."""
    library = _library()
    weak: list[str] = []
    if library is None or not hasattr(library, "syncfs"):
        weak.append("no syncfs: every file of an output is flushed by itself, which is slower")
    if library is None or not (hasattr(library, "renameat2") or hasattr(library, "renamex_np")):
        weak.append("no renameat2: publishing falls back to link and rename")
    return tuple(weak)


def _flush(fd: int) -> None:
    if sys.platform == "darwin":
        import fcntl  # only there does fsync stop short of the disk

        try:
            fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
        except OSError:
            os.fsync(fd)
        return
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EROFS):  # folders on file systems that cannot flush them
            raise


def _copy_in_kernel(source: int, target: int) -> int:
    copied = 0
    try:
        while count := os.copy_file_range(source, target, 1 << 30, copied, copied):
            copied += count
    except (AttributeError, OSError) as error:
        if isinstance(error, OSError) and error.errno not in _NOT_OFFERED:
            raise
    return copied


def _rename_in_two(source: str, target: str) -> None:
    """A folder is never renamed over one with content, and a link never over anything."""
    if os.path.isdir(source) and not os.path.islink(source):
        try:
            os.rename(source, target)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.ENOTDIR, errno.EEXIST):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), source, None, target) from error
            raise
        return
    os.link(source, target)
    os.unlink(source)


@cache
def _library() -> "ctypes.CDLL | None":
    import ctypes  # costs milliseconds; only publishing needs it

    try:
        return ctypes.CDLL(None, use_errno=True)
    except OSError:
        return None


def _errno() -> int:
    import ctypes

    return ctypes.get_errno()


@cache
def _rename_by(flag: int, flag_on_mac: int) -> Callable[[str, str], int]:
    """A function (source, target) -> error number, 0 for success."""
    library = _library()
    if library is not None and hasattr(library, "renameat2"):

        def rename(source: str, target: str) -> int:
            names = os.fsencode(source), os.fsencode(target)
            failed = library.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], flag)
            return _errno() if failed else 0

        return rename
    if library is not None and hasattr(library, "renamex_np"):

        def rename_on_mac(source: str, target: str) -> int:
            failed = library.renamex_np(os.fsencode(source), os.fsencode(target), flag_on_mac)
            return _errno() if failed else 0

        return rename_on_mac
    return lambda source, target: errno.ENOSYS
