"""What is in the store: one read-only file or folder per digest, and how it gets in and is looked after."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from core.errors import EngineError, StepError, StoreError
from core.layout import Layout
from core.store.elsewhere import Elsewhere
from core.store.filesystem import disk_errors
from core.store.hashing import hash_path, signatures_of, tree_key
from core.store.locks import Lock
from core.store.manifest import Digest, Manifest, diff, shown
from core.store.manifests import Manifests
from core.store.publish import Prepared, discard, is_complete, prepare, publish
from core.store.scan import KEPT, OUTPUT
from core.store.signatures import Known, SignatureCache, now
from core.store.small_texts import SmallTexts
from core.store.temporary import TemporaryFolder, clean, orphans

AnyPath = str | os.PathLike[str]
#: Signatures of smaller things are not worth a file: reading them again is as fast.
_WORTH_REMEMBERING = (64, 4 << 20)


class KeptObjects:
    """The objects of one workspace's store, by digest."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.root = os.fspath(layout.store)
        self.signatures = SignatureCache(layout.cache)
        self._temporary = TemporaryFolder(os.fspath(layout.temporary))
        self.manifests = Manifests(os.path.join(self.root, "manifests"), self._temporary)
        self.elsewhere = Elsewhere(os.path.join(self.root, "elsewhere"), self._temporary)
        self.texts = SmallTexts(layout.cache / "texts")
        self._lock = layout.locks / "store"

    def path(self, digest: Digest) -> Path:
        """Where the content of `digest` lies, if the store has it."""
        return Path(self._place(digest))

    def has(self, digest: Digest) -> bool:
        """Whether the content is there (one stat)."""
        return os.path.lexists(self._place(digest))

    def missing(self, digests: Iterable[Digest]) -> frozenset[Digest]:
        """Those of `digests` that are neither here nor known to lie on another machine."""
        absent = [digest for digest in set(digests) if not self.has(digest)]
        return frozenset(digest for digest in absent if not self.elsewhere.has(digest))

    def digests(self) -> Iterator[Digest]:
        """Every digest whose content is there."""
        for folder in _names(self.root):
            if len(folder) == 2:
                yield from (name for name in _names(os.path.join(self.root, folder)) if len(name) == 64)

    def size(self, digest: Digest) -> int:
        """Bytes of the content, also of what lies on another machine.

        Raises:
            StoreError: it is not there.
        """
        if not self.has(digest) and self.elsewhere.has(digest):
            return self.elsewhere.size(digest)
        place = self._require(digest)
        manifest = self.manifest(digest)
        return os.stat(place).st_size if manifest is None else manifest.size

    def manifest(self, digest: Digest) -> Manifest | None:
        """What the folder `digest` holds; None for a file, and for a folder that nobody remembers."""
        known = self.manifests.read(digest)
        if known is not None or not os.path.isdir(self._place(digest)):
            return known
        hashed = hash_path(self._place(digest), self.signatures, KEPT)
        found = hashed.manifest()
        if found is None or hashed.digest != digest:
            return None
        self.manifests.keep(found)
        return found

    @disk_errors("reading an output")
    def prepare(self, path: AnyPath) -> Prepared:
        """Hash what a step left at `path`, ready to be published; after this nothing may write to it.

        Raises:
            StepError: nothing is there, or it holds what cannot be kept.
            StoreError: the disk is full or failed.
        """
        return prepare(os.fspath(path), self._temporary, OUTPUT)

    @disk_errors("publishing an output")
    def publish(self, items: Sequence[Prepared]) -> None:
        """Move prepared things into the store with one flush; their old paths are gone afterwards.

        Content that is there already is looked at (names and sizes) and replaced when it is damaged.

        Raises:
            StoreError: the disk is full or failed; publishing again is safe.
        """
        new: list[Prepared] = []
        double: list[Prepared] = []
        for item in items:
            (double if is_complete(self._place(item.digest), item) else new).append(item)
            if item.manifest is not None:
                self.manifests.keep(item.manifest)
        publish(new, [self._place(item.digest) for item in new], self._temporary)
        for item in new:
            self._remember(item)
        for item in double:
            self._drop_double(item)

    def capture_many(self, paths: Iterable[AnyPath]) -> list[Digest]:
        """Move what steps left at `paths` into the store, with one flush for all.

        Raises:
            StepError: something cannot be kept; then nothing was moved.
            StoreError: the disk is full or failed.
        """
        items = [self.prepare(path) for path in paths]
        self.publish(items)
        return [item.digest for item in items]

    def capture(self, path: AnyPath) -> Digest:
        """Move what lies at `path` into the store."""
        return self.capture_many([path])[0]

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
        new, old = hashed.manifest(), self.manifests.read(digest)
        if new is None or old is None:
            return ("its content is not what was kept",)
        change = diff(old, new)
        return (
            *(f"'{shown(name)}' is missing" for name in change.removed),
            *(f"'{shown(name)}' was added" for name in change.added),
            *(f"'{shown(name)}' was changed" for name in change.changed),
        )

    @disk_errors("removing an object")
    def remove(self, digest: Digest) -> None:
        """Delete content; its manifest stays. Nothing happens when it is not there."""
        place = self._place(digest)
        discard(place, self._temporary)
        self.signatures.forget(tree_key(place, KEPT))

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """From finding or publishing content until the row that names it: keeps `collecting` out."""
        lock = Lock(self._lock)
        lock.acquire(shared=True)
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def collecting(self, timeout: float = 0) -> Iterator[None]:
        """While deciding what nothing needs, and removing it: keeps `keeping` out; waits up to `timeout` seconds.

        Raises:
            StoreError: somebody is keeping things.
        """
        lock = Lock(self._lock)
        try:
            lock.acquire(timeout)
        except EngineError as error:
            raise StoreError("the store is in use by a run", hint="do it again when no run is going on") from error
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def try_collecting(self, patience: float) -> Iterator[bool]:
        """As `collecting`, but waiting no longer than `patience` seconds; gives whether nobody is `keeping` now."""
        lock = Lock(self._lock)
        try:
            lock.acquire(patience)
        except EngineError:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()

    def orphans(self) -> tuple[str, ...]:
        """Names in the temporary folder of half-made things whose makers are gone: what `clean_temporary` deletes."""
        return orphans(os.fspath(self.layout.temporary))

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
            where = "lies on another machine" if self.elsewhere.has(digest) else "is not in the store"
            raise StoreError(f"{digest[:12]} {where}", hint="run the step that makes it again")
        return place

    def _drop_double(self, item: Prepared) -> None:
        """Delete what the store has already; whoever put it there may have died just before making it read-only."""
        if item.manifest is not None:
            os.chmod(self._place(item.digest), 0o555)
        discard(item.path, self._temporary)

    def _remember(self, item: Prepared) -> None:
        """Note the signatures under which a big folder lies in the store, for the check after its consumers."""
        count, size = _WORTH_REMEMBERING
        if item.manifest is None or (len(item.manifest.entries) < count and item.size < size):
            return
        if item.manifest.entries and not item.statuses:
            return
        entries: dict[str, Known] = {
            name: (entry.kind, item.statuses[name], entry.digest) for name, entry in item.manifest.entries.items()
        }
        key = tree_key(os.path.realpath(self._place(item.digest)), KEPT)
        self.signatures.put(key, signatures_of(entries, item.digest, now(), KEPT))


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []
