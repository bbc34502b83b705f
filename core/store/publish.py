"""Bring finished files and folders into the store so that a name in it always means complete, synced bytes."""

import errno
import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.errors import StepError, StoreError
from core.store.copying import copy_file, copy_tree, make_readable, remove_tree
from core.store.faults import NO_RENAME, has_fault
from core.store.filesystem import rename_without_replacing, sync_files, sync_filesystem
from core.store.hashing import hash_files, read_digest
from core.store.manifest import Digest, Entry, Manifest, make_manifest, shown
from core.store.scan import DATA, KEPT, OUTPUT, Found, Policy, Signature, kind_of, links_out, scan, signature
from core.store.temporary import TemporaryFolder

#: Up to so many files and folders are flushed one by one; for more, one flush of the file system is cheaper.
_FLUSH_SINGLY = 12
#: Folders of the store whose names this process has brought to disk; whoever made one may have died before that.
_on_disk: set[str] = set()


@dataclass(frozen=True, slots=True)
class Prepared:
    """Something hashed and ready to be published: it lies at `path`; `manifest` is None for a single file.

    `size` is in bytes; `statuses` are the signatures by relative name under which the content was read, none when
    nobody will ask for them; `linked` tells whether a link out of it was replaced by what it reached.
    """

    path: str
    digest: Digest
    size: int
    manifest: Manifest | None
    statuses: dict[str, Signature]
    linked: bool = False


def prepare(path: str, temporary: TemporaryFolder, policy: Policy = OUTPUT) -> Prepared:
    """Settle links, make files read-only and hash what a step left at `path`.

    Links that leave the tree, and files that share their bytes with a hard link elsewhere, become copies.

    Raises:
        StepError: nothing is there, or something in it cannot be kept.
    """
    try:
        return _prepare(path, temporary, policy)
    except StepError as error:
        if not isinstance(error.__cause__, PermissionError):
            raise
    make_readable(path)
    return _prepare(path, temporary, policy)


def publish(items: Sequence[Prepared], places: Sequence[str], temporary: TemporaryFolder) -> None:
    """Move each item to its place, which nothing occupies or what is damaged does.

    One flush serves all; on return everything is on disk, read-only and in place, or an error was raised.

    Raises:
        OSError: the disk is full or failed; what is in place by then is complete.
    """
    if not items:
        return
    folders = {os.path.dirname(place) for place in places}
    unsure = {folder for folder in folders if folder not in _on_disk or not os.path.isdir(folder)}
    for folder in unsure:
        os.makedirs(folder, mode=0o755, exist_ok=True)
    for item in items:
        if item.manifest is not None:
            _seal_folders(item.path, item.manifest)
    _flush(items)
    for item, place in zip(items, places, strict=True):
        _move(item, place, temporary)
    sync_files(sorted(folders | {os.path.dirname(folder) for folder in unsure}))
    _on_disk.update(unsure)


def is_complete(place: str, item: Prepared) -> bool:
    """Whether what lies at `place` has the names, kinds and sizes of `item` (bytes are not read)."""
    try:
        status = os.lstat(place)
        if item.manifest is None:
            return stat.S_ISREG(status.st_mode) and status.st_size == item.size
        if not stat.S_ISDIR(status.st_mode):
            return False
        held = {found.name: (found.kind, found.signature[0]) for found in scan(place, KEPT)}
    except (OSError, StepError):
        return False
    return held == {name: (entry.kind, entry.size) for name, entry in item.manifest.entries.items()}


def _prepare(path: str, temporary: TemporaryFolder, policy: Policy) -> Prepared:
    linked = os.path.islink(path)
    if linked:
        _replace_by_copy(path, temporary, policy)
    try:
        status = os.lstat(path)
    except OSError as error:
        raise policy.error(f"'{shown(path)}' was not written") from error
    if stat.S_ISDIR(status.st_mode):
        return _prepare_folder(path, temporary, policy, linked=linked)
    if stat.S_ISREG(status.st_mode):
        found = Found("", path, kind_of(status), signature(status), None)
        digest, status = _seal_and_hash([found], temporary, policy)[0]
        return Prepared(path, digest, status.st_size, None, {}, linked)
    raise policy.error(f"'{shown(path)}' is neither a file nor a folder")


def _prepare_folder(path: str, temporary: TemporaryFolder, policy: Policy, *, linked: bool) -> Prepared:
    for link in links_out(path, policy):
        linked = True
        _replace_by_copy(link.path, temporary, policy)
    found = scan(path, policy)
    files = [item for item in found if item.digest is None]
    entries = {item.name: Entry(item.kind, item.signature[0], item.digest) for item in found if item.digest is not None}
    statuses = {item.name: item.signature for item in found if item.digest is not None}
    for item, (digest, status) in zip(files, _seal_and_hash(files, temporary, policy), strict=True):
        entries[item.name] = Entry(kind_of(status), status.st_size, digest)
        statuses[item.name] = signature(status)
    manifest = make_manifest(entries)
    return Prepared(path, manifest.digest, manifest.size, manifest, statuses, linked)


def _replace_by_copy(path: str, temporary: TemporaryFolder, policy: Policy) -> None:
    """Put what a link reaches, or a file's bytes, in its own place."""
    copy = temporary.new_path("copy")
    if os.path.isdir(path):
        copy_tree(os.path.realpath(path), copy, Policy(rules=DATA.rules, keeps_dangling=False, error=policy.error))
        os.unlink(path)
        os.rename(copy, path)
    elif os.path.isfile(path):
        copy_file(path, copy, policy.error)
        os.replace(copy, path)
    else:
        raise policy.error(f"'{shown(path)}' is a link to something that is not there, or is no file")


def _seal_and_hash(
    files: Sequence[Found], temporary: TemporaryFolder, policy: Policy
) -> list[tuple[Digest, os.stat_result]]:
    """Hash files and make them read-only, so that their signatures hold in the store."""
    results = hash_files(files, policy=policy, prepare=_seal)
    for i, (item, (_, status)) in enumerate(zip(files, results, strict=True)):
        if status.st_nlink > 1:
            _replace_by_copy(item.path, temporary, policy)
            results[i] = read_digest(item.path, prepare=_seal)
    return results


def _seal(fd: int) -> None:
    """A file with other names is left alone: its mode is theirs too."""
    status = os.fstat(fd)
    mode = 0o555 if status.st_mode & stat.S_IXUSR else 0o444
    if status.st_nlink == 1 and stat.S_IMODE(status.st_mode) != mode:
        os.fchmod(fd, mode)


def _seal_folders(path: str, manifest: Manifest) -> None:
    """All but the folder at the top, which must stay writable to be moved."""
    for name in sorted(_folders(manifest)):
        if name:
            os.chmod(os.path.join(path, name), 0o555)
    os.chmod(path, 0o755)


def _folders(manifest: Manifest) -> set[str]:
    """Every folder of a tree, the top ("") included."""
    folders = {""}
    for name, entry in manifest.entries.items():
        folder = name if entry.kind == "d" else os.path.dirname(name)
        while folder not in folders:
            folders.add(folder)
            folder = os.path.dirname(folder)
    return folders


def _flush(items: Sequence[Prepared]) -> None:
    count = sum(1 if item.manifest is None else 1 + len(item.manifest.entries) for item in items)
    if count > _FLUSH_SINGLY and sync_filesystem(items[0].path):
        return
    for item in items:
        sync_files(_paths(item))


def _paths(item: Prepared) -> Iterable[str]:
    """Everything of an item that must be flushed, folders last."""
    if item.manifest is None:
        return [item.path]
    names = [name for name, entry in item.manifest.entries.items() if entry.kind in ("f", "x")]
    return [os.path.join(item.path, name) for name in (*names, *sorted(_folders(item.manifest), reverse=True))]


def _move(item: Prepared, place: str, temporary: TemporaryFolder) -> None:
    if has_fault(NO_RENAME):
        _copy_into(item, place)
        return
    try:
        rename_without_replacing(item.path, place)
    except FileExistsError:
        if is_complete(place, item):
            discard(item.path, temporary)
            return
        discard(place, temporary)
        rename_without_replacing(item.path, place)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        copy = _bring_over(item, temporary)
        _move(copy, place, temporary)
        discard(item.path, temporary)
    if item.manifest is not None:
        os.chmod(place, 0o555)


def _bring_over(item: Prepared, temporary: TemporaryFolder) -> Prepared:
    """A flushed copy on the store's own disk, for renaming works on one disk only."""
    path = temporary.new_path("import")
    if item.manifest is None:
        copy_file(item.path, path)
    else:
        copy_tree(item.path, path, KEPT)
    copy = prepare(path, temporary, KEPT)
    if copy.digest != item.digest:
        raise StoreError(f"'{shown(item.path)}' changed while it was copied")
    if copy.manifest is not None:
        _seal_folders(copy.path, copy.manifest)
    _flush([copy])
    return copy


def discard(path: str, temporary: TemporaryFolder) -> None:
    """Take something out of sight at once, then delete it."""
    garbage = temporary.new_path("garbage")
    try:
        if stat.S_ISDIR(os.lstat(path).st_mode):
            os.chmod(path, 0o755)
        os.rename(path, garbage)
    except FileNotFoundError:
        return
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise StoreError(f"'{shown(path)}' cannot be removed: {error.strerror}") from error
        garbage = path
    remove_tree(garbage)


def _copy_into(item: Prepared, place: str) -> None:
    """The fault: whoever dies here leaves half an object under a whole one's name."""
    if item.manifest is None:
        copy_file(item.path, place)
    else:
        copy_tree(item.path, place, KEPT)
    remove_tree(item.path)
