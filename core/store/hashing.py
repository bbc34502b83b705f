"""Digests of files and folders where they lie, reading only what the stat cache does not know."""

import gc
import os
import stat
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from blake3 import blake3

from core.errors import InputError
from core.store.manifest import Digest, Entry, Manifest, manifest_digest, shown
from core.store.scan import DATA, Found, Policy, Signature, kind_of, scan, signature
from core.store.signatures import Known, SignatureCache, TreeSignatures, is_settled, now, settled_entries

#: Smaller files are read in one piece.
_BLOCK = 1 << 22
#: So much of a big file is read at a time: threads inside blake3 wait for each other after each piece.
_BIG_BLOCK = 1 << 23
#: From here on a file is worth threads of its own inside blake3 (a pool per hasher, not the global one).
_SPLIT_FROM = 1 << 26
#: Below this mean size Python's own lock outweighs what a second thread brings.
_THREADS_FROM_MEAN = 1 << 16
_TRIES = 3
#: Of so many files that changed each is looked at alone; for more, to look at everything is as good.
_MOST_NAMED = 100


@dataclass(frozen=True, slots=True)
class Hashed:
    """The digest of a file or folder; `size` in bytes of all files, `count` of files and links (1 for a file)."""

    digest: Digest
    size: int
    count: int
    is_folder: bool
    _entries: dict[str, Known] | None = field(default=None, repr=False, compare=False)

    def manifest(self) -> Manifest | None:
        """What the folder holds; None for a file."""
        if self._entries is None:
            return None
        held = self._entries
        entries = {name: Entry(held[name][0], held[name][1][0], held[name][2]) for name in sorted(held)}
        return Manifest(entries, self.digest)

    def listing(self) -> dict[str, str] | None:
        """What `Manifest.listing` gives, without one."""
        if self._entries is None:
            return None
        held = self._entries
        return {name: f"{held[name][0]}{held[name][2]}" for name in sorted(held)}


def hash_path(path: str | os.PathLike[str], cache: SignatureCache | None = None, policy: Policy = DATA) -> Hashed:
    """Digest the file or folder `path` (a link is followed); nothing is written: the caller flushes the cache.

    Raises:
        InputError: it is missing, cannot be read, holds specials, or keeps changing while it is read.
    """
    return hash_real(os.path.realpath(path), cache, policy, called=os.fspath(path))


def hash_real(real: str, cache: SignatureCache | None = None, policy: Policy = DATA, *, called: str = "") -> Hashed:
    """As `hash_path` for a path without links, `called` so in errors: to find out costs more than to read a file."""
    try:
        status = os.stat(real)
    except OSError as error:
        raise policy.error(f"'{shown(called or real)}' cannot be read: {error.strerror}") from error
    if stat.S_ISDIR(status.st_mode):
        return _hash_folder(real, cache, policy)
    if not stat.S_ISREG(status.st_mode):
        raise policy.error(f"'{shown(called or real)}' is neither a file nor a folder")
    return _hash_single(real, status, cache, policy)


def hash_edited(
    path: str | os.PathLike[str], before: Hashed, names: Collection[str], cache: SignatureCache | None = None
) -> Hashed:
    """As `hash_path` for a folder of data that is as it was `before` but for what `names` in it hold.

    Only these are looked at when they are files, as they were; else everything is. Raises as `hash_path`.
    """
    real = os.path.realpath(path)
    with _uncollected():
        found = _hash_edited_now(real, before, names, cache)
    return found or hash_real(real, cache, DATA, called=os.fspath(path))


def _hash_edited_now(real: str, before: Hashed, names: Collection[str], cache: SignatureCache | None) -> Hashed | None:
    read_at = now()
    fresh = _read_named(real, before, names)
    if fresh is None or before._entries is None:
        return None
    entries = {**before._entries, **fresh}
    digest = _digest_of(entries)
    if cache:
        known = {name: one for name, one in cache.tree(tree_key(real, DATA)).entries.items() if name not in fresh}
        known.update(settled_entries(fresh, read_at, DATA.settles_after_ns))
        cache.put(tree_key(real, DATA), TreeSignatures(known, digest if known == entries else ""))
    return _hashed(digest, entries)


def tree_key(real: str, policy: Policy) -> str:
    """The name of a folder's signatures: its real path, and how it is read as far as that shows in no entry."""
    return real if policy.keeps_empty_folders else f"code {real}"


def read_digest(
    path: str, *, expected: Signature | None = None, prepare: Callable[[int], None] | None = None
) -> tuple[Digest, os.stat_result]:
    """Digest a file's bytes, with the status they had.

    `expected` is the signature it had a moment ago; `prepare` gets the descriptor first, and may change that.

    Raises:
        InputError: the file kept changing while it was read.
        OSError: it cannot be read.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        if prepare:
            prepare(fd)
        for _ in range(_TRIES):
            before = expected or signature(os.fstat(fd))
            digest = _digest_open(fd, before[0])
            after = os.fstat(fd)
            if before == signature(after):
                return digest, after
            expected = None
            os.lseek(fd, 0, os.SEEK_SET)
    finally:
        os.close(fd)
    raise InputError(f"'{shown(path)}' changes while it is read", hint="wait until it is written, then run again")


def hash_files(
    files: Sequence[Found], *, policy: Policy = DATA, prepare: Callable[[int], None] | None = None
) -> list[tuple[Digest, os.stat_result]]:
    """Digest many files, over threads where that pays; results in the order of `files`."""
    size = sum(item.signature[0] for item in files)
    workers = min(os.cpu_count() or 1, len(files))
    if workers < 2 or size < _THREADS_FROM_MEAN * len(files):
        return [_read(item, policy, prepare) for item in files] if prepare else _read_small(files, policy)
    from concurrent.futures import ThreadPoolExecutor  # imports logging; only much data needs it

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(lambda item: _read(item, policy, prepare), files))


def cpu_threads(size: int) -> int:
    """How many threads hashing `size` bytes of one file is worth."""
    return min(os.cpu_count() or 1, 8) if size >= _SPLIT_FROM else 1


def _read(item: Found, policy: Policy, prepare: Callable[[int], None] | None) -> tuple[Digest, os.stat_result]:
    try:
        return read_digest(item.path, expected=None if prepare else item.signature, prepare=prepare)
    except OSError as error:
        raise policy.error(f"'{shown(item.path)}' cannot be read: {error.strerror}") from error


def _read_small(files: Sequence[Found], policy: Policy) -> list[tuple[Digest, os.stat_result]]:
    """What `_read` gives for each file, with as few calls as can be: there may be many thousands of them."""
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
    results: list[tuple[Digest, os.stat_result]] = []
    for item in files:
        found = item.signature
        if found[0] < _BLOCK:
            try:
                fd = os.open(item.path, flags)
                try:
                    data, after = os.read(fd, found[0] + 1), os.fstat(fd)
                finally:
                    os.close(fd)
            except OSError as error:
                raise policy.error(f"'{shown(item.path)}' cannot be read: {error.strerror}") from error
            if len(data) == found[0] and found == signature(after):
                results.append((blake3(data).hexdigest(), after))
                continue
        results.append(_read(item, policy, None))
    return results


def _digest_open(fd: int, size: int) -> Digest:
    """Blocks are read, not mapped: a file that shrinks while mapped would kill this process with SIGBUS."""
    if size < _BLOCK:
        data = os.read(fd, size + 1)
        if len(data) == size:
            return blake3(data).hexdigest()
        os.lseek(fd, 0, os.SEEK_SET)
    threads = cpu_threads(size)
    hasher = blake3(max_threads=threads)
    buffer = bytearray(_BLOCK if threads == 1 else _BIG_BLOCK)
    view = memoryview(buffer)
    while count := os.readv(fd, [buffer]):
        hasher.update(view[:count])
    return hasher.hexdigest()


def _read_named(real: str, before: Hashed, names: Collection[str]) -> dict[str, Known] | None:
    """Files of a folder anew, None when more than what they hold may have changed."""
    fresh: dict[str, Known] = {}
    for name in names if len(names) <= _MOST_NAMED else [""]:
        old, path = (before._entries or {}).get(name), f"{real}/{name}"
        if old is None or old[0] not in ("f", "x"):
            return None
        try:
            if not stat.S_ISREG(os.lstat(path).st_mode):
                return None
            digest, status = read_digest(path)
        except (OSError, InputError):
            return None  # a look at everything says what is wrong
        fresh[name] = (kind_of(status), signature(status), digest)
    return fresh


def _hash_single(real: str, status: os.stat_result, cache: SignatureCache | None, policy: Policy) -> Hashed:
    known = cache.files() if cache else TreeSignatures()
    entry = known.entries.get(real)
    if entry is None or entry[1] != signature(status):
        read_at = now()
        try:
            digest, status = read_digest(real)
        except OSError as error:
            raise policy.error(f"'{shown(real)}' cannot be read: {error.strerror}") from error
        entry = (kind_of(status), signature(status), digest)
        if is_settled(entry, read_at, policy.settles_after_ns):
            known.entries[real] = entry
            known.is_changed = True
        return Hashed(digest, status.st_size, 1, is_folder=False)
    return Hashed(entry[2], status.st_size, 1, is_folder=False)


def _hash_folder(real: str, cache: SignatureCache | None, policy: Policy) -> Hashed:
    with _uncollected():
        return _hash_folder_now(real, cache, policy)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the garbage collector, which else looks again and again at thousands of tuples that stay.

    Of threads that do this at the same time the first to end may start it again; it is never left off.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _hash_folder_now(real: str, cache: SignatureCache | None, policy: Policy) -> Hashed:
    known = cache.tree(tree_key(real, policy)) if cache else TreeSignatures()
    found = scan(real, policy)
    stale = _stale(found, known.entries)
    if not stale and known.digest and len(found) == len(known.entries):
        return _hashed(known.digest, known.entries)
    read_at = now()
    fresh = _read_stale(stale, policy)
    entries = {item[0]: fresh.get(item[0]) or known.entries[item[0]] for item in found}
    digest = _digest_of(entries)
    if cache:
        cache.put(tree_key(real, policy), signatures_of(entries, digest, read_at, policy))
    return _hashed(digest, entries)


def signatures_of(entries: dict[str, Known], digest: Digest, read_at: int, policy: Policy) -> TreeSignatures:
    """What to remember of a folder: of its `entries` those that were old enough when they were read."""
    settled = settled_entries(entries, read_at, policy.settles_after_ns)
    return TreeSignatures(settled, digest if len(settled) == len(entries) else "")


def _stale(found: list[Found], known: dict[str, Known]) -> list[Found]:
    """What is not known as it is now."""
    if not known:
        return found
    nothing: Known = ("d", (-1, 0, 0, 0), "")
    stale = []
    for item in found:
        name, _, kind, signed, digest = item
        old = known.get(name, nothing)
        if old[1] != signed or old[0] != kind or (digest is not None and digest != old[2]):
            stale.append(item)
    return stale


def _read_stale(stale: list[Found], policy: Policy) -> dict[str, Known]:
    fresh: dict[str, Known] = {}
    files = []
    for item in stale:
        if item.digest is None:
            files.append(item)
        else:
            fresh[item.name] = (item.kind, item.signature, item.digest)
    for item, (digest, status) in zip(files, hash_files(files, policy=policy), strict=True):
        fresh[item[0]] = (kind_of(status), signature(status), digest)
    return fresh


def _digest_of(entries: dict[str, Known]) -> Digest:
    """Names alone are sorted, for pairs take several times as long, which shows from some thousands on."""
    names = sorted(entries)
    return manifest_digest(
        (name, kind, status[0], read)
        for name, (kind, status, read) in zip(names, map(entries.__getitem__, names), strict=True)
    )


def _hashed(digest: Digest, entries: dict[str, Known]) -> Hashed:
    size = sum([status[0] for _, status, _ in entries.values()])
    count = sum([kind != "d" for kind, _, _ in entries.values()])
    return Hashed(digest, size, count, is_folder=True, _entries=entries)
