"""Digests remembered by stat signature, so that what did not change is not read again.

One file per tree under `.mlpw/cache/`, and one for all single files: a checked header, then columns. It is a cache in
the strict sense: a torn, foreign or missing file only means that everything is read once more.
"""

import os
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field

from blake3 import blake3

from core.store.manifest import Digest, Kind
from core.store.scan import Signature

#: What a name had when it was last read.
Known = tuple[Kind, Signature, Digest]

_MAGIC = b"mlpw signatures 1\n"
_NO_DIGEST = "0" * 64
_COLUMNS = struct.Struct("<QqqQ")
_SINGLE_FILES = "files"
_MOST_SINGLE_FILES = 50_000


@dataclass(slots=True)
class TreeSignatures:
    """Relative name -> kind, signature and digest; `digest` is the whole tree's when nothing is missing."""

    entries: dict[str, Known] = field(default_factory=dict)
    digest: Digest = ""
    is_changed: bool = False


class SignatureCache:
    """The remembered digests of a workspace, in `folder` (made when first written); threads may share it."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = os.path.join(os.fspath(folder), "signatures")
        self._trees: dict[str, TreeSignatures] = {}

    def tree(self, key: str) -> TreeSignatures:
        """What is known of the tree named `key` (its real path, and how it is read)."""
        if key not in self._trees:
            self._trees[key] = self._load(key)
        return self._trees[key]

    def put(self, key: str, tree: TreeSignatures) -> None:
        """Replace what is known of a tree, as a whole, so that no other thread sees half of it."""
        tree.is_changed = True
        self._trees[key] = tree

    def files(self) -> TreeSignatures:
        """What is known of single files, by real path."""
        return self.tree(_SINGLE_FILES)

    def forget(self, key: str) -> None:
        """Drop what is known of a tree that is gone."""
        self._trees.pop(key, None)
        with suppress(OSError):
            os.unlink(self._path(key))

    def flush(self) -> None:
        """Write what changed; a failure to write is no error, as everything can be found out again."""
        for key, tree in list(self._trees.items()):
            if tree.is_changed:
                tree.is_changed = False
                if key == _SINGLE_FILES:
                    _prune(tree)
                with suppress(OSError):
                    self._save(key, tree)

    def _path(self, key: str) -> str:
        name = key if key == _SINGLE_FILES else blake3(key.encode("utf-8", "surrogateescape")).hexdigest(16)
        return os.path.join(self.folder, name)

    def _load(self, key: str) -> TreeSignatures:
        try:
            with open(self._path(key), "rb") as file:
                data = file.read()
            return decode(data, key)
        except (OSError, ValueError, struct.error):
            return TreeSignatures()

    def _save(self, key: str, tree: TreeSignatures) -> None:
        path = self._path(key)
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        temporary = f"{path}.{os.getpid()}.{threading.get_ident()}.tmp"
        with open(temporary, "wb") as file:
            file.write(encode(tree, key))
        os.replace(temporary, path)


def is_settled(known: Known, read_at: int, age_ns: int) -> bool:
    """Whether what was read at `read_at` was `age_ns` old by then; else it may change without its signature showing."""
    kind, found, _ = known
    return kind in ("l", "d") or read_at - max(found[1], found[2]) > age_ns


def settled_entries(entries: dict[str, Known], read_at: int, age_ns: int) -> dict[str, Known]:
    """Those of `entries` for which `is_settled` holds."""
    limit = read_at - age_ns
    return {
        name: known
        for name, known in entries.items()
        if (known[1][1] < limit and known[1][2] < limit) or known[0] in ("l", "d")
    }


def now() -> int:
    """The time of reading, in nanoseconds since the epoch, to compare with a file's."""
    return time.time_ns()


def encode(tree: TreeSignatures, key: str) -> bytes:
    """A tree as a file's bytes; only entries with a digest of 64 digits, or none, fit."""
    entries = dict(tree.entries)
    names = "\0".join((key, tree.digest, *entries)).encode("utf-8", "surrogateescape")
    kinds = "".join(kind for kind, _, _ in entries.values()).encode("ascii")
    columns = b"".join(_COLUMNS.pack(*signature) for _, signature, _ in entries.values())
    digests = bytes.fromhex("".join(digest or _NO_DIGEST for _, _, digest in entries.values()))
    body = struct.pack("<QQ", len(entries), len(names)) + names + kinds + columns + digests
    return _MAGIC + blake3(body).digest() + body


def decode(data: bytes, key: str) -> TreeSignatures:
    """Read what `encode` made for `key`.

    Raises:
        ValueError: the bytes are torn, foreign or another tree's.
    """
    start = len(_MAGIC) + 32
    body = memoryview(data)[start:]
    if data[: len(_MAGIC)] != _MAGIC or blake3(body).digest() != data[len(_MAGIC) : start]:
        raise ValueError("not a signature file")
    count, size = struct.unpack_from("<QQ", body)
    owner, digest, *names = bytes(body[16 : 16 + size]).decode("utf-8", "surrogateescape").split("\0")
    if owner != key or len(names) != count:
        raise ValueError("another tree's signatures")
    at = 16 + size
    kinds = bytes(body[at : at + count]).decode("ascii")
    at += count
    columns = _COLUMNS.iter_unpack(body[at : at + count * _COLUMNS.size])
    digests = body[at + count * _COLUMNS.size :].hex()
    content = [digests[i : i + 64] for i in range(0, len(digests), 64)]
    if "d" in kinds:
        content = ["" if kind == "d" else text for kind, text in zip(kinds, content, strict=True)]
    return TreeSignatures(dict(zip(names, zip(kinds, columns, content, strict=True), strict=True)), digest)  # type: ignore[arg-type]


def _prune(tree: TreeSignatures) -> None:
    """Keep the cache of single files from growing for ever: the oldest entries go."""
    surplus = len(tree.entries) - _MOST_SINGLE_FILES
    for name in list(tree.entries)[: max(surplus, 0)]:
        tree.entries.pop(name, None)
