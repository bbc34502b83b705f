"""The store: one read-only file or folder per digest, and what can be asked of it."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.errors import InputError, StepError, StoreError
from core.layout import Layout
from core.store.copying import copy_file, copy_tree, remove_tree
from core.store.hashing import Hashed, hash_path, signatures_of, tree_key
from core.store.locks import Lock
from core.store.manifest import Difference, Digest, Entry, Manifest, decode_manifest, diff, make_manifest, shown
from core.store.publish import Prepared, discard, is_complete, prepare, publish
from core.store.scan import DATA, KEPT, OUTPUT, code_policy, kind_of, signature
from core.store.signatures import Known, SignatureCache, now
from core.store.temporary import TemporaryFolder, clean

AnyPath = str | os.PathLike[str]
#: Signatures of smaller things are not worth a file: reading them again is as fast.
_WORTH_REMEMBERING = (64, 4 << 20)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A code folder as it was captured; a single file is a folder with that one file."""

    digest: Digest
    manifest: Manifest


class Store:
    """The kept content of one workspace. Threads and processes may share it; flush `signatures` when done."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.root = os.fspath(layout.store)
        self.signatures = SignatureCache(layout.cache)
        self._temporary = TemporaryFolder(os.fspath(layout.temporary))
        self._lock = layout.locks / "store"

    # What is there

    def path(self, digest: Digest) -> Path:
        """Where the content of `digest` lies, if the store has it."""
        return Path(self._place(digest))

    def has(self, digest: Digest) -> bool:
        """Whether the content is there (one stat)."""
        return os.path.lexists(self._place(digest))

    def missing(self, digests: Iterable[Digest]) -> frozenset[Digest]:
        """Those of `digests` that are not there."""
        return frozenset(digest for digest in set(digests) if not self.has(digest))

    def digests(self) -> Iterator[Digest]:
        """Every digest whose content is there."""
        for folder in _names(self.root):
            if len(folder) == 2:
                yield from (name for name in _names(os.path.join(self.root, folder)) if len(name) == 64)

    def size(self, digest: Digest) -> int:
        """Bytes of the content.

        Raises:
            StoreError: it is not there.
        """
        manifest = self.manifest(digest)
        if manifest is not None:
            return manifest.size
        return os.stat(self._require(digest)).st_size

    # Manifests

    def keep_manifest(self, manifest: Manifest) -> None:
        """Remember what a folder holds, so that a later difference can be named even if its content is gone."""
        path = self._manifest_path(manifest.digest)
        if not os.path.exists(path):
            self._write_manifest(path, manifest)

    def manifest(self, digest: Digest) -> Manifest | None:
        """What the folder `digest` holds; None for a file, and for a folder that nobody remembers."""
        try:
            with open(self._manifest_path(digest), "rb") as file:
                return decode_manifest(file.read(), digest)
        except (FileNotFoundError, StoreError):
            return self._find_manifest(digest)

    def manifests(self) -> Iterator[Digest]:
        """Every digest whose manifest is remembered."""
        return (name for name in _names(os.path.join(self.root, "manifests")) if len(name) == 64)

    def forget_manifest(self, digest: Digest) -> None:
        """Drop a remembered manifest."""
        Path(self._manifest_path(digest)).unlink(missing_ok=True)

    # Hashing where things lie

    def hash(self, path: AnyPath) -> Hashed:
        """The digest of a user's file or folder; nothing is written.

        Raises:
            InputError: it is missing or cannot be read.
        """
        return hash_path(path, self.signatures, DATA)

    def digest_of_code(self, path: AnyPath) -> Hashed:
        """The digest that `snapshot` would give now; nothing is written.

        Raises:
            InputError: it is missing or cannot be read.
        """
        real = os.path.realpath(path)
        if os.path.isfile(real):
            return _as_folder(hash_path(real, self.signatures, DATA), os.path.basename(os.fspath(path)), real)
        return hash_path(real, self.signatures, code_policy(real))

    def changes(self, path: AnyPath, digest: Digest) -> Difference:
        """How `path` differs from the content it was given as; falsy when it does not.

        A step that changed a kept object has damaged it: `remove` it then.
        """
        if hash_matches := self._hash_again(path):
            if hash_matches.digest == digest:
                return Difference((), (), (), hash_matches.count)
            new, old = hash_matches.manifest(), self.manifest(digest)
            if new is not None and old is not None:
                return diff(old, new)
        name = os.path.basename(os.fspath(path))
        return Difference((), (), (name,), 1) if hash_matches else Difference((), (name,), (), 0)

    # Into the store

    def prepare(self, path: AnyPath) -> Prepared:
        """Hash what a step left at `path`, ready to be published; after this nothing may write to it.

        Raises:
            StepError: nothing is there, or it holds what cannot be kept.
        """
        return prepare(os.fspath(path), self._temporary, OUTPUT)

    def publish(self, items: Sequence[Prepared]) -> None:
        """Move prepared things into the store with one flush; their old paths are gone afterwards.

        Content that is there already is looked at (names and sizes) and replaced when it is damaged.
        """
        new = [item for item in items if not is_complete(self._place(item.digest), item)]
        kept = {id(item) for item in new}
        for item in items:
            if item.manifest is not None:
                self.keep_manifest(item.manifest)
        moved = [self._on_this_disk(item) for item in new]
        publish(moved, [self._place(item.digest) for item in moved], self._temporary)
        for item in moved:
            self._remember(item)
        for item in items:
            if id(item) not in kept:
                discard(item.path, self._temporary)

    def capture_many(self, paths: Iterable[AnyPath]) -> list[Digest]:
        """Move what steps left at `paths` into the store, with one flush for all.

        Raises:
            StepError: something cannot be kept; then nothing was moved.
        """
        items = [self.prepare(path) for path in paths]
        self.publish(items)
        return [item.digest for item in items]

    def capture(self, path: AnyPath) -> Digest:
        """Move what lies at `path` into the store."""
        return self.capture_many([path])[0]

    def add(self, path: AnyPath) -> Digest:
        """Copy a user's file or folder into the store, as an asset's version.

        Raises:
            InputError: it is missing, cannot be read or keeps changing.
        """
        hashed = self.hash(path)
        if not self.has(hashed.digest):
            copy = self._temporary.new_path("add")
            real = os.path.realpath(path)
            if hashed.is_folder:
                copy_tree(real, copy, DATA)
            else:
                copy_file(real, copy, InputError)
            return self.capture(copy)
        if (manifest := hashed.manifest()) is not None:
            self.keep_manifest(manifest)
        return hashed.digest

    def snapshot(self, path: AnyPath) -> Snapshot:
        """Capture the code at `path`, a folder (by its ignore file) or a single file.

        The digest is that of what was captured, whatever happens to the original meanwhile.

        Raises:
            InputError: it is missing, cannot be read or keeps changing.
        """
        hashed = self.digest_of_code(path)
        manifest = hashed.manifest()
        if manifest is not None and self.has(hashed.digest):
            self.keep_manifest(manifest)
            return Snapshot(hashed.digest, manifest)
        item = prepare(self._copy_code(path), self._temporary, KEPT)
        self.publish([item])
        if item.manifest is None:
            raise StoreError(f"the snapshot of '{shown(path)}' is no folder")
        return Snapshot(item.digest, item.manifest)

    # Out of the store

    def checkout(self, digest: Digest, target: AnyPath) -> Path:
        """Copy a snapshot to the new folder `target`, for a step to work in: writable, every mtime the same.

        Raises:
            StoreError: it is not there, or is no folder.
        """
        source = self._require(digest)
        if not os.path.isdir(source):
            raise StoreError(f"{digest[:12]} is no folder")
        os.makedirs(os.path.dirname(os.fspath(target)), exist_ok=True)
        copy_tree(source, os.fspath(target), KEPT, stable_time=True)
        return Path(target)

    def copy_out(self, digest: Digest, target: AnyPath) -> Path:
        """Copy content to `target`, writable; what was there is replaced as a whole when the copy is complete.

        Raises:
            StoreError: it is not in the store.
        """
        source, place = self._require(digest), os.fspath(target)
        parent = os.path.dirname(os.path.abspath(place))
        os.makedirs(parent, exist_ok=True)
        copy = os.path.join(parent, f".{digest[:12]}.{os.getpid()}.mlpw")
        remove_tree(copy)
        try:
            if os.path.isdir(source):
                copy_tree(source, copy, KEPT)
            else:
                copy_file(source, copy)
            _swap(copy, place)
        finally:
            remove_tree(copy)
        return Path(target)

    # Upkeep

    def verify(self, digest: Digest) -> tuple[str, ...]:
        """Read the content again: what is wrong with it, one line each; empty when its bytes are those of `digest`."""
        place = self._place(digest)
        if not os.path.lexists(place):
            return ("missing",)
        try:
            hashed = hash_path(place, None, KEPT)
        except StepError as error:
            return (error.message,)
        if hashed.digest == digest:
            return ()
        new, old = hashed.manifest(), self._read_manifest(digest)
        if new is None or old is None:
            return ("its content is not what was kept",)
        change = diff(old, new)
        return (
            *(f"'{shown(name)}' is missing" for name in change.removed),
            *(f"'{shown(name)}' was added" for name in change.added),
            *(f"'{shown(name)}' was changed" for name in change.changed),
        )

    def remove(self, digest: Digest) -> None:
        """Delete content; its manifest stays. Nothing happens when it is not there."""
        place = self._place(digest)
        discard(place, self._temporary)
        self.signatures.forget(tree_key(place, KEPT))

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """From finding or publishing content until the row that names it: keeps `collecting` out."""
        with _locked(Lock(self._lock), shared=True):
            yield

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """While deciding what nothing needs, and removing it: keeps `keeping` out."""
        with _locked(Lock(self._lock), shared=False):
            yield

    def clean_temporary(self) -> tuple[str, ...]:
        """Delete half-made things whose makers are gone; their names."""
        return clean(os.fspath(self.layout.temporary))

    def new_temporary_path(self, label: str) -> Path:
        """A path for something half-made, on the store's disk, deleted when this process is gone."""
        return Path(self._temporary.new_path(label))

    def close(self) -> None:
        """Write the remembered signatures and delete this process's half-made things."""
        self.signatures.flush()
        self._temporary.close()

    def _place(self, digest: Digest) -> str:
        if len(digest) != 64 or not digest.isalnum():
            raise StoreError(f"'{shown(digest)}' is no digest")
        return f"{self.root}/{digest[:2]}/{digest}"

    def _require(self, digest: Digest) -> str:
        place = self._place(digest)
        if not os.path.lexists(place):
            raise StoreError(f"{digest[:12]} is not in the store", hint="run the step that makes it again")
        return place

    def _manifest_path(self, digest: Digest) -> str:
        self._place(digest)
        return f"{self.root}/manifests/{digest}"

    def _write_manifest(self, path: str, manifest: Manifest) -> None:
        temporary = self._temporary.new_path("manifest")
        with open(temporary, "wb") as file:
            file.write(manifest.encode())
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.replace(temporary, path)

    def _read_manifest(self, digest: Digest) -> Manifest | None:
        try:
            with open(self._manifest_path(digest), "rb") as file:
                return decode_manifest(file.read(), digest)
        except (OSError, StoreError):
            return None

    def _find_manifest(self, digest: Digest) -> Manifest | None:
        """Make a lost manifest again from the content, if that is whole."""
        if not os.path.isdir(self._place(digest)):
            return None
        hashed = hash_path(self._place(digest), self.signatures, KEPT)
        manifest = hashed.manifest()
        if manifest is None or hashed.digest != digest:
            return None
        self._write_manifest(self._manifest_path(digest), manifest)
        return manifest

    def _hash_again(self, path: AnyPath) -> Hashed | None:
        real = os.path.realpath(path)
        kept = real.startswith(os.path.realpath(self.root) + "/")
        try:
            return hash_path(real, self.signatures, KEPT if kept else DATA)
        except StepError:
            return None

    def _on_this_disk(self, item: Prepared) -> Prepared:
        """The item itself, or a copy of it where the store is; renaming works on one disk only."""
        os.makedirs(self.root, exist_ok=True)
        if os.lstat(item.path).st_dev == os.stat(self.root).st_dev:
            return item
        copy = self._temporary.new_path("import")
        if item.manifest is None:
            copy_file(item.path, copy)
        else:
            copy_tree(item.path, copy, KEPT)
        copied = prepare(copy, self._temporary, KEPT)
        if copied.digest != item.digest:
            raise StoreError(f"'{shown(item.path)}' changed while it was copied")
        discard(item.path, self._temporary)
        return copied

    def _remember(self, item: Prepared) -> None:
        """Note the signatures under which a big folder lies in the store, for the check after its consumers."""
        count, size = _WORTH_REMEMBERING
        if item.manifest is None or (len(item.manifest.entries) < count and item.size < size):
            return
        entries: dict[str, Known] = {
            name: (entry.kind, item.statuses[name], entry.digest) for name, entry in item.manifest.entries.items()
        }
        key = tree_key(os.path.realpath(self._place(item.digest)), KEPT)
        self.signatures.put(key, signatures_of(entries, item.digest, now(), KEPT))

    def _copy_code(self, path: AnyPath) -> str:
        copy = self._temporary.new_path("code")
        real = os.path.realpath(path)
        if os.path.isfile(real):
            os.mkdir(copy)
            copy_file(real, os.path.join(copy, os.path.basename(os.fspath(path))), InputError)
        else:
            copy_tree(real, copy, code_policy(real))
        return copy


def _as_folder(hashed: Hashed, name: str, real: str) -> Hashed:
    """A single file as the folder that holds only it."""
    status = os.stat(real)
    known: Known = (kind_of(status), signature(status), hashed.digest)
    manifest = make_manifest({name: Entry(known[0], hashed.size, hashed.digest)})
    return Hashed(manifest.digest, hashed.size, 1, is_folder=True, _entries={name: known})


def _swap(copy: str, place: str) -> None:
    """Put `copy` at `place`; a file is replaced in one step, a folder in two."""
    if not os.path.lexists(place):
        os.rename(copy, place)
    elif os.path.isdir(copy) or (os.path.isdir(place) and not os.path.islink(place)):
        old = f"{copy}.old"
        remove_tree(old)
        os.rename(place, old)
        os.rename(copy, place)
        remove_tree(old)
    else:
        os.replace(copy, place)


@contextmanager
def _locked(lock: Lock, *, shared: bool) -> Iterator[None]:
    lock.acquire(shared=shared)
    try:
        yield
    finally:
        lock.release()


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []
