"""Content on its way to a host: where its files lie here, and the tar streams they go in."""

import io
import os
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from core.errors import StoreError
from core.store.manifest import Manifest
from core.store.objects import Store

#: A file goes in pieces of so many bytes, so that a cut costs no more than one.
PART_BYTES = 32 << 20
#: One stream holds no more than this, and no more files than that.
_STREAM_BYTES, _STREAM_FILES = 64 << 20, 4096
_BLOCK = 1 << 20
#: Data that a first look makes no smaller than this share of itself is sent as it is.
_WORTH_PACKING = 0.8
_SAMPLE = 1 << 18


@dataclass(frozen=True, slots=True)
class Content:
    """A file or folder here, by digest; `manifest` is None for a single file."""

    digest: str
    path: str
    manifest: Manifest | None

    def text(self) -> str:
        """The manifest as it travels; "" for a file."""
        return self.manifest.encode().decode("utf-8", "surrogateescape") if self.manifest else ""

    def files(self) -> "Iterator[Piece]":
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

    @property
    def parts(self) -> int:
        """In how many pieces it goes."""
        return max(1, -(-self.size // PART_BYTES))


@dataclass(slots=True)
class Part:
    """One piece of a file: `size` bytes from `start` on."""

    name: str
    piece: Piece
    start: int
    size: int


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


def parts_to_send(pieces: Iterable[Piece], there: Mapping[str, int]) -> list[Part]:
    """Every part that is not wholly on the host; `there` has the bytes of parts by name."""
    found = []
    for piece in pieces:
        for number in range(piece.parts):
            start = number * PART_BYTES
            part = Part(f"{piece.digest}.{number}", piece, start, min(PART_BYTES, piece.size - start))
            if there.get(part.name) != part.size:
                found.append(part)
    return found


def streams(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """The parts in portions of one stream each."""
    portion: list[Part] = []
    size = 0
    for part in parts:
        if portion and (size + part.size > _STREAM_BYTES or len(portion) >= _STREAM_FILES):
            yield portion
            portion, size = [], 0
        portion.append(part)
        size += part.size
    if portion:
        yield portion


@dataclass(slots=True)
class Tar:
    """A tar stream of parts in a folder; `sent` counts its bytes before any packing."""

    folder: str
    parts: Sequence[Part]
    is_packed: bool
    heard: Callable[[int], None] = lambda count: None
    sent: int = field(default=0, init=False)

    def __iter__(self) -> Iterator[bytes]:
        if not self.is_packed:
            yield from _gathered(self._blocks())
            return
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)  # 31: with gzip's head and tail
        for block in _gathered(self._blocks()):
            yield packer.compress(block)
        yield packer.flush()

    def _blocks(self) -> Iterator[bytes]:
        for part in self.parts:
            member = tarfile.TarInfo(f"{self.folder}/{part.name}")
            member.size, member.mode = part.size, 0o600
            yield member.tobuf(tarfile.GNU_FORMAT)
            yield from self._bytes(part)
            yield b"\0" * (-part.size % 512)
        yield b"\0" * 1024

    def _bytes(self, part: Part) -> Iterator[bytes]:
        """Exactly as many as the head says: a file that shrinks meanwhile is found out by its digest."""
        left = part.size
        with io.BytesIO(part.piece.data) if not part.piece.path else open(part.piece.path, "rb") as file:
            file.seek(part.start)
            while left:
                block = file.read(min(_BLOCK, left)) or b"\0" * min(_BLOCK, left)
                left -= len(block)
                self.sent += len(block)
                self.heard(len(block))
                yield block


def is_worth_packing(parts: Sequence[Part]) -> bool:
    """Whether the bytes of the biggest part become fewer."""
    part = max(parts, key=lambda each: each.size)
    if not part.piece.path:
        return True
    with open(part.piece.path, "rb") as file:
        file.seek(part.start)
        sample = file.read(min(_SAMPLE, part.size))
    return len(zlib.compress(sample, 1)) < _WORTH_PACKING * len(sample)


def _gathered(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """In pieces of a mebibyte: many small ones would each be a chunk of their own on the wire."""
    waiting: list[bytes] = []
    size = 0
    for block in blocks:
        waiting.append(block)
        size += len(block)
        if size >= _BLOCK:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)
