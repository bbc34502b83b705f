"""The store as the engine uses it: users' code and data into it, snapshots and copies out of it."""

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from time import sleep

from core.errors import InputError, StepError, StoreError
from core.store.copying import Copied, copy_file, copy_tree, remove_tree
from core.store.filesystem import disk_errors
from core.store.hashing import Hashed, hash_edited, hash_path, hash_real
from core.store.kept import AnyPath, KeptObjects
from core.store.manifest import Difference, Digest, Entry, Manifest, diff, make_manifest, shown
from core.store.publish import Prepared, prepare
from core.store.scan import DATA, KEPT, code_policy, kind_of, signature
from core.store.signatures import Known

#: Seconds after which code of which something has gone is looked at again, one after the other.
_PAUSES = (0.01, 0.03, 0.1, 0.3)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A code folder as it was captured; a single file is a folder with that one file."""

    digest: Digest
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class Captured:
    """Code by path, or what is wrong with it; `new` must be published before anybody may use it."""

    found: Mapping[str, Snapshot | StepError]
    new: Sequence[Prepared]


class Store(KeptObjects):
    """The kept content of one workspace. Threads and processes may share it; flush `signatures` when done."""

    def hash(self, path: AnyPath) -> Hashed:
        """The digest of a user's file or folder; nothing is written.

        Raises:
            InputError: it is missing or cannot be read.
        """
        return hash_path(path, self.signatures, DATA)

    def hash_edited(self, path: AnyPath, before: Hashed, names: Collection[str]) -> Hashed:
        """As `hash` for a folder that is as it was `before` but for what `names` in it hold.

        Raises:
            InputError: it is missing or cannot be read.
        """
        return hash_edited(path, before, names, self.signatures)

    def digest_of_code(self, path: AnyPath) -> Hashed:
        """The digest that `snapshot` would give now; nothing is written.

        Raises:
            InputError: it is missing or cannot be read.
        """
        real = os.path.realpath(path)
        if os.path.isfile(real):
            return _as_folder(hash_real(real, self.signatures, DATA), os.path.basename(os.fspath(path)), real)
        return hash_real(real, self.signatures, code_policy(real))

    def changes(self, path: AnyPath, digest: Digest) -> Difference:
        """How `path` differs from the content it was given as; falsy when it does not.

        A step that changed a kept object has damaged it: `remove` it then.
        """
        name = os.path.basename(os.fspath(path))
        hashed = self._hash_again(path)
        if hashed is None:
            return Difference((), (name,), (), 0)
        if hashed.digest == digest:
            return Difference((), (), (), hashed.count)
        new, old = hashed.manifest(), self.manifests.read(digest)
        return Difference((), (), (name,), 1) if new is None or old is None else diff(old, new)

    @disk_errors("adding data")
    def add(self, path: AnyPath) -> Digest:
        """Copy a user's file or folder into the store, as an asset's version.

        Raises:
            InputError: it is missing, cannot be read or keeps changing.
            StoreError: the disk is full or failed.
        """
        hashed = self.hash(path)
        if not self.has(hashed.digest):
            copy = self._temporary.new_path("add")
            real = os.path.realpath(path)
            if hashed.is_folder:
                copy_tree(real, copy, DATA)
            else:
                copy_file(real, copy, InputError)
            item = prepare(copy, self._temporary, KEPT)
            self.publish([item])
            return item.digest
        if (manifest := hashed.manifest()) is not None:
            self.manifests.keep(manifest)
        return hashed.digest

    def prepare_copy(self, path: AnyPath) -> Prepared:
        """Hash a finished copy that mlpw made at a temporary path, ready to be published; links in it stay."""
        return prepare(os.fspath(path), self._temporary, KEPT)

    def snapshot(self, path: AnyPath) -> Snapshot:
        """Capture the code at `path`, a folder (by its ignore file) or a single file.

        The digest is that of what was captured, whatever happens to the original meanwhile.

        Raises:
            InputError: it is missing, cannot be read or keeps changing.
            StoreError: the disk is full or failed.
        """
        captured = self.capture_code([os.fspath(path)])
        found = captured.found[os.fspath(path)]
        if isinstance(found, StepError):
            raise found
        self.publish(captured.new)
        return found

    @disk_errors("capturing code")
    def capture_code(self, paths: Iterable[str]) -> Captured:
        """Capture code as `snapshot` does at each of `paths`, but leave to the caller to publish what is new.

        Raises:
            StoreError: the disk is full or failed.
        """
        found: dict[str, Snapshot | StepError] = {}
        new: list[Prepared] = []
        for path in paths:
            try:
                found[path] = self._captured_code(path, new)
            except StepError as error:
                found[path] = error
        return Captured(found, new)

    def _captured_code(self, path: str, new: list[Prepared]) -> Snapshot:
        """Looked at again where something has just gone: who replaces a file may move the old one away first."""
        for pause in _PAUSES:
            try:
                return self._kept_code(path) or self._copied_code(path, new)
            except StepError as error:
                if not isinstance(error.__cause__, FileNotFoundError):
                    raise
            sleep(pause)
        return self._kept_code(path) or self._copied_code(path, new)

    def _kept_code(self, path: str) -> Snapshot | None:
        """The snapshot of code that the store has already."""
        hashed = self.digest_of_code(path)
        manifest = hashed.manifest() if self.has(hashed.digest) else None
        if manifest is None:
            return None
        self.manifests.keep(manifest)
        return Snapshot(hashed.digest, manifest)

    def _copied_code(self, path: str, new: list[Prepared]) -> Snapshot:
        """A copy that is ready to be published, added to `new`; the same content may come from several paths."""
        item = prepare(self._copy_code(path), self._temporary, KEPT)
        if item.manifest is None:
            raise StoreError(f"the snapshot of '{shown(path)}' is no folder")
        new.append(item)
        return Snapshot(item.digest, item.manifest)

    @disk_errors("checking out code")
    def checkout(self, digest: Digest, target: AnyPath) -> Path:
        """Copy a snapshot to the new folder `target`, for a step to work in: writable, every mtime the same.

        Raises:
            StoreError: it is not there, is damaged, is no folder, or the disk is full.
        """
        source = self._require(digest)
        if not os.path.isdir(source):
            raise StoreError(f"{digest[:12]} is no folder")
        os.makedirs(os.path.dirname(os.fspath(target)), exist_ok=True)
        self._check(digest, copy_tree(source, os.fspath(target), KEPT, stable_time=True))
        return Path(target)

    @disk_errors("copying out of the store")
    def copy_out(self, digest: Digest, target: AnyPath) -> Path:
        """Copy content to `target`, writable; what was there is replaced as a whole when the copy is complete.

        Raises:
            StoreError: it is not in the store, is damaged, or the disk is full.
        """
        source, place = self._require(digest), os.fspath(target)
        parent = os.path.dirname(os.path.abspath(place))
        os.makedirs(parent, exist_ok=True)
        copy = os.path.join(parent, f".{digest[:12]}.{os.getpid()}.mlpw")
        remove_tree(copy)
        try:
            if os.path.isdir(source):
                self._check(digest, copy_tree(source, copy, KEPT))
            else:
                copy_file(source, copy)
            _swap(copy, place)
        finally:
            remove_tree(copy)
        return Path(target)

    def _check(self, digest: Digest, copied: list[Copied]) -> None:
        """Compare what was copied out with the manifest, as far as that costs no reading."""
        manifest = self.manifests.read(digest)
        if manifest is None:
            return
        held = {item.found.name: item.status.st_size for item in copied}
        if held != {name: entry.size for name, entry in manifest.entries.items() if entry.kind in ("f", "x")}:
            raise StoreError(f"{digest[:12]} is damaged", hint="`mlpw verify` names what is wrong and removes it")

    @cached_property
    def _real_root(self) -> str:
        return os.path.realpath(self.root) + "/"

    def _hash_again(self, path: AnyPath) -> Hashed | None:
        real = os.path.realpath(path)
        try:
            return hash_real(real, self.signatures, KEPT if real.startswith(self._real_root) else DATA)
        except StepError:
            return None

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
