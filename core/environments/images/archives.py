"""Tar streams for a host: made piece by piece, of what lies on this machine."""

import io
import os
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from core.errors import EnvironmentBuildError

_PIECE = 1 << 20


def tar_of(
    files: Mapping[str, Path | bytes], folders: Mapping[str, int] | None = None, top: str = ""
) -> Iterator[bytes]:
    """A tar stream of files (or their content) by name in it, below `top`; `folders` are empty ones with their modes.

    A name with a slash at its end is a folder, of which nothing is taken but what is named. All is readable by
    everyone, programs stay executable; no owner of this machine shows.
    """
    for name, mode in (folders or {}).items():
        yield _header(_entry(top + name, tarfile.DIRTYPE, mode))
    for name, file in files.items():
        if name.endswith("/"):
            yield _header(_entry(top + name, tarfile.DIRTYPE, 0o755))
        else:
            yield from _file(top + name, file)
    yield bytes(2 * tarfile.BLOCKSIZE)


def tar_of_folder(root: Path, names: Iterable[str], more: Mapping[str, bytes]) -> Iterator[bytes]:
    """A tar stream of some files, folders and links of a folder, as they are, and of `more` texts by name."""
    for name in names:
        path = root / name
        if path.is_symlink():
            entry = _entry(name, tarfile.SYMTYPE, 0o777)
            entry.linkname = os.fspath(path.readlink())
            yield _header(entry)
        elif path.is_dir():
            yield _header(_entry(name, tarfile.DIRTYPE, path.stat().st_mode & 0o777))
        elif path.is_file():
            yield from _file(name, path, path.stat().st_mode & 0o777)
    for name, text in more.items():
        yield from _file(name, text)
    yield bytes(2 * tarfile.BLOCKSIZE)


def _file(name: str, content: Path | bytes, mode: int | None = None) -> Iterator[bytes]:
    if isinstance(content, bytes):
        entry = _entry(name, tarfile.REGTYPE, mode or 0o644, len(content))
        yield _header(entry) + content + bytes(-len(content) % tarfile.BLOCKSIZE)
        return
    try:
        with content.open("rb") as file:
            status = os.fstat(file.fileno())
            usual = 0o755 if status.st_mode & 0o100 else 0o644
            entry = _entry(name, tarfile.REGTYPE, usual if mode is None else mode, status.st_size)
            entry.mtime = int(status.st_mtime)
            yield _header(entry)
            yield from _content(file, status.st_size, name)
    except OSError as error:
        raise EnvironmentBuildError(f"'{content}' cannot be read: {error.strerror}") from error


def _content(file: io.BufferedReader, size: int, name: str) -> Iterator[bytes]:
    left = size
    while left:
        piece = file.read(min(left, _PIECE))
        if not piece:
            raise EnvironmentBuildError(f"'{name}' became shorter while it was sent")
        left -= len(piece)
        yield piece
    yield bytes(-size % tarfile.BLOCKSIZE)


def _entry(name: str, kind: bytes, mode: int, size: int = 0) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode, entry.size = kind, mode, size
    return entry


def _header(entry: tarfile.TarInfo) -> bytes:
    return entry.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
