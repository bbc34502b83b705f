"""What a folder holds, as a value: names, kinds, sizes and digests, and what differs between two of them."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from core.errors import StoreError
from core.listing import HEADER, encode_listing, listing_digest

#: blake3 as 64 hexadecimal digits; usable as a file name.
Digest = str
#: "f" a file, "x" an executable file, "l" a symbolic link kept as a link, "d" an empty folder.
Kind = Literal["f", "x", "l", "d"]


class Entry(NamedTuple):
    """One thing in a folder; `size` in bytes, `digest` of a file's bytes or a link's target, "" for an empty folder."""

    kind: Kind
    size: int
    digest: Digest


@dataclass(frozen=True, slots=True)
class Difference:
    """Names that differ between two manifests, sorted; `total` is how many entries the new one has."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    total: int

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that differs, sorted."""
        return tuple(sorted((*self.added, *self.removed, *self.changed)))

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


@dataclass(frozen=True, slots=True)
class Manifest:
    """Relative path (with "/", exactly as on disk, undecodable bytes as surrogates) -> entry, sorted by path.

    Folders that are not empty are implied by the paths. Of a file's mode only its owner's execute bit counts.
    """

    entries: Mapping[str, Entry]
    digest: Digest

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(entry.size for entry in self.entries.values())

    @property
    def count(self) -> int:
        """How many files and links there are."""
        return sum(entry.kind != "d" for entry in self.entries.values())

    def listing(self) -> dict[str, str]:
        """Path -> kind and digest as one text, as planning compares files."""
        return {name: f"{entry.kind}{entry.digest}" for name, entry in self.entries.items()}

    def encode(self) -> bytes:
        """The canonical bytes, whose hash is the digest."""
        return _encode(self.entries)


def make_manifest(entries: Mapping[str, Entry]) -> Manifest:
    """The manifest of `entries`, in any order."""
    ordered = dict(sorted(entries.items()))
    return Manifest(ordered, listing_digest(_encode(ordered)))


def manifest_digest(entries: Iterable[tuple[str, Kind, int, Digest]]) -> Digest:
    """The digest of the manifest with these names, kinds, sizes and digests, which come sorted by name."""
    return listing_digest(encode_listing(entries))


def decode_manifest(data: bytes, digest: Digest) -> Manifest:
    """Read a manifest's canonical bytes.

    Raises:
        StoreError: the bytes are not those of `digest`.
    """
    if listing_digest(data) != digest:
        raise StoreError(f"the manifest of {digest[:12]} is damaged")
    entries: dict[str, Entry] = {}
    for line in data[len(HEADER) :].decode("utf-8", "surrogateescape").split("\0")[:-1]:
        kind, size, content, name = line.split(" ", 3)
        entries[name] = Entry(kind, int(size), content)  # type: ignore[arg-type]  # the digest vouches for it
    return Manifest(entries, digest)


def diff(old: Manifest, new: Manifest) -> Difference:
    """What was added, removed and changed on the way from `old` to `new`."""
    before, after = old.entries, new.entries
    return Difference(
        added=tuple(name for name in after if name not in before),
        removed=tuple(name for name in before if name not in after),
        changed=tuple(name for name, entry in after.items() if name in before and before[name] != entry),
        total=len(after),
    )


def shown(name: str | os.PathLike[str]) -> str:
    """A name as it may be printed: control, direction and undecodable characters as escapes."""
    text = os.fspath(name)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def _encode(entries: Mapping[str, Entry]) -> bytes:
    return encode_listing((name, *entry) for name, entry in entries.items())
