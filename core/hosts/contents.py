"""Content on its way to a host: where its files lie here, and the blocks they go in."""

import io
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from core.errors import StoreError
from core.hosts.agent.wire import BLOCK
from core.store.manifest import Manifest
from core.store.objects import Store


@dataclass(frozen=True, slots=True)
class Content:
    """A file or folder here, by digest; `manifest` is None for a single file."""

    digest: str
    path: str
    manifest: Manifest | None

    def text(self) -> str:
        """The manifest as it travels; "" for a file."""
        return self.manifest.encode().decode("utf-8", "surrogateescape") if self.manifest else ""

    def files(self) -> Iterator["Piece"]:
        """Everything in it that has bytes, links too."""
        if self.manifest is None:
            yield Piece("f", self.digest, self.path, os.stat(self.path).st_size)
            return
        for name, entry in self.manifest.entries.items():
            if entry.kind == "l":
                target = os.fsencode(os.readlink(f"{self.path}/{name}"))
                yield Piece("f", entry.digest, "", len(target), target)
            elif entry.kind != "d":
                yield Piece(entry.kind, entry.digest, f"{self.path}/{name}", entry.size)


@dataclass(frozen=True, slots=True)
class Piece:
    """A file to send, by kind ("f", or "x" when it is executable) and digest; `data` is there for what is no file."""

    kind: str
    digest: str
    path: str
    size: int
    data: bytes = b""


def content_at(store: Store, path: str, digest: str) -> Content:
    """The content of `digest`, which lies at `path` or in the store.

    Raises StoreError or InputError when it does not any more.
    """
    place = str(store.path(digest))
    if os.path.lexists(place):
        return Content(digest, place, store.manifest(digest))
    hashed = store.hash(path)
    if hashed.digest != digest:
        raise StoreError(f"'{path}' changed before it was sent", hint="run again")
    return Content(digest, os.path.realpath(path), hashed.manifest())


def blocks(files: Iterable[tuple[Piece, int]]) -> Iterator[bytes]:
    """The bytes of files, each from a first one on; many small files go in one block.

    Exactly as many as each piece says: a file that shrinks meanwhile is found out by its digest.
    """
    waiting: list[bytes] = []
    size = 0
    for piece, first in files:
        at = first
        with io.BytesIO(piece.data) if not piece.path else open(piece.path, "rb", buffering=0) as file:
            file.seek(at)
            while at < piece.size:
                want = min(BLOCK - size, piece.size - at)
                data = (file.read(want) or b"").ljust(want, b"\0")
                at += want
                size += want
                waiting.append(data)
                if size == BLOCK:
                    yield waiting[0] if len(waiting) == 1 else b"".join(waiting)
                    waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)
