"""Copies of files and trees: complete, checked against changes on the way, never sharing bytes with the original."""

import os
import stat
from collections.abc import Iterable
from typing import NamedTuple

from core.errors import StepError, StoreError
from core.store.filesystem import copy_bytes
from core.store.manifest import shown
from core.store.scan import DATA, Found, Policy, kind_of, scan, signature

#: Every file of a working folder says 2000-01-01, so that no step's result depends on when it was checked out.
STABLE_TIME = 946_684_800
_TRIES = 3


class Copied(NamedTuple):
    """A file that was copied: what was found, and its status while it was copied."""

    found: Found
    status: os.stat_result


def copy_tree(
    source: str, target: str, policy: Policy = DATA, *, found: Iterable[Found] | None = None, stable_time: bool = False
) -> list[Copied]:
    """Copy the folder `source` to the new folder `target`, writable; of modes only the execute bit is taken over.

    `found` is what a scan of `source` gave, if there was one; links that the policy follows become what they reach.

    Raises:
        StepError: (the policy's kind) something cannot be read, or keeps changing while it is copied.
        FileExistsError: `target` exists.
    """
    os.mkdir(target)
    made = {""}
    copied: list[Copied] = []
    for item in scan(source, policy) if found is None else found:
        place = os.path.join(target, item.name)
        _make_folders(target, item.name if item.kind == "d" else os.path.dirname(item.name), made)
        if item.kind == "l":
            os.symlink(os.readlink(item.path), place)
        elif item.kind != "d":
            copied.append(Copied(item, copy_file(item.path, place, policy.error)))
            if stable_time:
                os.utime(place, (STABLE_TIME, STABLE_TIME))
    if stable_time:
        for name in made:
            os.utime(os.path.join(target, name), (STABLE_TIME, STABLE_TIME))
    return copied


def copy_file(source: str, target: str, error: type[StepError] | type[StoreError] = StoreError) -> os.stat_result:
    """Copy a file's bytes and execute bit to the new file `target`; gives the status the bytes were copied under.

    Raises:
        StepError, StoreError: (`error`) it cannot be read, or keeps changing.
        OSError: `target` cannot be written.
    """
    try:
        reader = os.open(source, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as problem:
        raise error(f"'{shown(source)}' cannot be read: {problem.strerror}") from problem
    try:
        writer = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            for _ in range(_TRIES):
                before = os.fstat(reader)
                copied = copy_bytes(reader, writer, before.st_size)
                after = os.fstat(reader)
                if signature(before) == signature(after) and copied == after.st_size:
                    os.fchmod(writer, 0o755 if kind_of(after) == "x" else 0o644)
                    return after
                os.ftruncate(writer, 0)
        finally:
            os.close(writer)
    finally:
        os.close(reader)
    raise error(f"'{shown(source)}' changes while it is copied", hint="wait until it is written, then run again")


def remove_tree(path: str) -> None:
    """Delete a file or folder, read-only or not; nothing happens when it is not there."""
    try:
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            os.unlink(path)
            return
    except FileNotFoundError:
        return
    folders = [path]
    pending = [path]
    while pending:
        folder = pending.pop()
        os.chmod(folder, 0o700)
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                    folders.append(entry.path)
                else:
                    os.unlink(entry.path)
    for folder in reversed(folders):
        os.rmdir(folder)


def make_readable(path: str) -> None:
    """Give the owner back the right to read a tree whose maker took it away."""
    if not os.path.isdir(path):
        os.chmod(path, os.stat(path).st_mode & stat.S_IXUSR | 0o600)
        return
    pending = [path]
    while pending:
        folder = pending.pop()
        os.chmod(folder, 0o700)
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    mode = entry.stat(follow_symlinks=False).st_mode
                    if not mode & stat.S_IRUSR:
                        os.chmod(entry.path, stat.S_IMODE(mode) | stat.S_IRUSR)


def _make_folders(target: str, name: str, made: set[str]) -> None:
    missing = []
    while name not in made:
        missing.append(name)
        name = os.path.dirname(name)
    for folder in reversed(missing):
        os.mkdir(os.path.join(target, folder))
        made.add(folder)
