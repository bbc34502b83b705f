"""Content on its way out: what an object holds, and the bytes of its files from where they are wanted."""

import os
import stat
from collections.abc import Iterator

from core.errors import StoreError
from core.hosts.agent.pace import Pace
from core.hosts.agent.passing import Sender
from core.hosts.agent.volume import Plain, Volume
from core.hosts.agent.wire import BLOCK, Bytes, Line


def show(volume: Volume, asked: Plain) -> Plain:
    """What the object `digest` is: its manifest ("" for a single file), or the file's size and whether it is to be
    executed; only whether it is `there` when it is not.
    """
    digest = asked["digest"]
    path = volume.store.path(digest)
    if not os.path.lexists(path):
        return {"there": False}
    manifest = volume.store.manifest(digest)
    status = path.lstat()
    if manifest is None and stat.S_ISDIR(status.st_mode):
        raise StoreError(f"{digest[:12]} is damaged", hint="run the step that makes it again")
    text = manifest.encode().decode("utf-8", "surrogateescape") if manifest else ""
    is_executable = bool(status.st_mode & stat.S_IXUSR)
    return {"there": True, "manifest": text, "size": status.st_size, "is_executable": is_executable}


def read_links(volume: Volume, asked: Plain) -> Plain:
    """The texts of the links `names` of the object `digest`."""
    place = os.fspath(volume.store.path(asked["digest"]))
    return {"texts": [os.readlink(f"{place}/{name}") for name in asked["names"]]}


def give(volume: Volume, asked: Plain, line: Line) -> Plain:
    """The bytes of `files` ([name, first byte, size], "" for an object that is a file) of the object `digest`."""
    place = os.fspath(volume.store.path(asked["digest"]))
    Sender(line, Pace(asked["slow"])).send(_blocks(place, asked["files"]))
    return {}


def _blocks(place: str, files: list[tuple[str, int, int]]) -> Iterator[Bytes]:
    """Many small files go in one frame. One that is shorter than it should be is filled up: its digest tells."""
    waiting = bytearray()
    for name, start, size in files:
        with open(f"{place}/{name}" if name else place, "rb") as file:
            file.seek(start)
            for at in range(start, size, BLOCK):
                want = min(BLOCK, size - at)
                waiting += file.read(want).ljust(want, b"\0")
                while len(waiting) >= BLOCK:
                    yield bytes(waiting[:BLOCK])
                    del waiting[:BLOCK]
    if waiting:
        yield bytes(waiting)
