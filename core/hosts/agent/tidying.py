"""What the volume holds, and what of it may go."""

import os
import shutil

from core.hosts.agent.volume import Plain, Volume, drop_old, entries, read_json, write_kept
from core.hosts.agent.working import forget


def usage(volume: Volume, asked: Plain) -> Plain:
    """What the volume holds: attempts, and bytes by digest of kept content with the time of its last use.

    `whose` are keeper and folder of attempts that say so, `kept` the digests that must stay.
    """
    del asked
    store = volume.store
    disk = shutil.disk_usage(volume.folder)
    objects = {digest: [store.size(digest), os.lstat(store.path(digest)).st_mtime] for digest in store.digests()}
    work = entries(volume.folder / "work")
    whose = {path.name: read_json(path / "whose.json") for path in work}
    return {
        "objects": objects,
        "attempts": [path.name for path in work],
        "whose": {name: told for name, told in whose.items() if told},
        "kept": sorted(volume.kept() & objects.keys()),
        "free": disk.free,
        "total": disk.total,
    }


def trim(volume: Volume, asked: Plain) -> Plain:
    """Remove what was used longest ago until no more than `limit` bytes are left, and what is half made.

    What a living attempt reads stays, and so do the digests that a workspace has only here. The workspace `keeper`, if
    one is named, says with `keep` which are its own; attempts in `forget` go first. With `dry_run` it is only said.
    """
    store, dry_run = volume.store, asked["dry_run"]
    if not dry_run:
        forget(volume, {"attempts": asked["forget"]})
    with store.collecting(timeout=10):
        needed = _needed(volume, asked)
        kept = sorted((os.lstat(store.path(digest)).st_mtime, digest) for digest in store.digests())
        sizes = {digest: store.size(digest) for _, digest in kept}
        left, removed = sum(sizes.values()), list[str]()
        for _, digest in kept:
            if left <= asked["limit"]:
                break
            if digest not in needed:
                removed.append(digest)
                left -= sizes[digest]
        if not dry_run:
            _tidy(volume, removed, asked["older_than_s"])
    return {"removed": {digest: sizes[digest] for digest in removed}, "left": left}


def _needed(volume: Volume, asked: Plain) -> set[str]:
    """Digests that stay; what `keeper` keeps from now on is written down."""
    keeper, gone = asked["keeper"], set(asked["forget"])
    if keeper and not asked["dry_run"]:
        write_kept(volume, keeper, asked["keep"])
    needed = {
        line for path in entries(volume.folder / "keep") if path.name != keeper for line in path.read_text().split()
    }
    needed.update(asked["keep"])
    for path in entries(volume.folder / "work"):
        if path.name not in gone:
            needed.update(read_json(path / "needs.json") or [])
    return needed


def _tidy(volume: Volume, removed: list[str], older_than_s: float) -> None:
    for digest in removed:
        volume.store.remove(digest)
    _drop_lone_blobs(volume)
    volume.store.clean_temporary()
    drop_old(volume.parts, older_than_s)


def _drop_lone_blobs(volume: Volume) -> None:
    """Files that are in no folder any more."""
    for path in (volume.folder / "blobs").glob("*/*"):
        if path.lstat().st_nlink == 1:
            path.unlink()
