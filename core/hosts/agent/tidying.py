"""What the volume holds, and what of it may go."""

import os
import shutil

from core.hosts.agent.volume import (
    Plain,
    Volume,
    digests_in,
    drop_old,
    entries,
    last_seen,
    read_json,
    read_text,
    write_claims,
)
from core.hosts.agent.working import forget

#: What left a digest here that a workspace names again, as it has moved.
_NAMED_AGAIN = "named"


def usage(volume: Volume, asked: Plain) -> Plain:
    """What the volume holds: attempts, and bytes by digest of kept content with the time of its last use.

    `whose` are keeper and folder of attempts that say so, `kept` the digests that must stay, `claims` the lines of the
    workspace `keeper`, `keepers` what each workspace keeps: see `_keepers`.
    """
    store = volume.store
    disk = shutil.disk_usage(volume.folder)
    objects = {digest: [store.size(digest), os.lstat(store.path(digest)).st_mtime] for digest in store.digests()}
    work = entries(volume.folder / "work")
    whose = {path.name: read_json(path / "whose.json") for path in work}
    claims = volume.claims()
    kept = {digest for lines in claims.values() for digest in digests_in(lines)}
    return {
        "objects": objects,
        "attempts": [path.name for path in work],
        "whose": {name: told for name, told in whose.items() if told},
        "kept": sorted(kept & objects.keys()),
        "claims": claims.get(asked.get("keeper", ""), []),
        "keepers": _keepers(volume, claims),
        "free": disk.free,
        "total": disk.total,
    }


def trim(volume: Volume, asked: Plain) -> Plain:
    """Remove what was used longest ago until no more than `limit` bytes are left, and what is half made.

    What a living attempt reads stays, and so do the digests that a workspace has only here. Attempts in `forget` go
    first. The workspace `keeper`, if one is named, lets go of the lines `release` and keeps the digests `keep`; those
    in `gone` ([keeper, when it was seen last]) keep nothing more, if they were not here since. With `dry_run` it is
    only said.
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


def _keepers(volume: Volume, claims: dict[str, list[str]]) -> Plain:
    """By workspace: what it says of itself, when it was `seen` last, and the bytes that it alone keeps here."""
    owners: dict[str, set[str]] = {}
    for keeper, lines in claims.items():
        for digest in digests_in(lines):
            owners.setdefault(digest, set()).add(keeper)
    found: Plain = {}
    for keeper, lines in claims.items():
        alone = [digest for digest in digests_in(lines) if len(owners[digest]) == 1 and volume.store.has(digest)]
        found[keeper] = {
            "workspace": read_text(volume.keeper(keeper)),
            "seen": last_seen(volume, keeper),
            "bytes": sum(volume.store.size(digest) for digest in alone),
        }
    return found


def _needed(volume: Volume, asked: Plain) -> set[str]:
    """Digests that stay; who keeps what from now on is written down."""
    claims, left = volume.claims(), set(asked["forget"])
    for keeper, lines in _changed_claims(volume, asked, claims).items():
        claims[keeper] = lines
        if not asked["dry_run"]:
            write_claims(volume, keeper, lines)
    needed = {digest for lines in claims.values() for digest in digests_in(lines)}
    for path in entries(volume.folder / "work"):
        if path.name not in left:
            needed.update(read_json(path / "needs.json") or [])
    return needed


def _changed_claims(volume: Volume, asked: Plain, claims: dict[str, list[str]]) -> dict[str, list[str]]:
    changed: dict[str, list[str]] = {}
    for keeper, seen in asked["gone"]:
        if keeper in claims and last_seen(volume, keeper) <= seen:
            changed[keeper] = []
    keeper, released = asked["keeper"], set(asked["release"])
    if keeper:
        known = claims.get(keeper, [])
        lines = [line for line in known if line not in released]
        lines += [f"{digest} {_NAMED_AGAIN}" for digest in sorted(set(asked["keep"]) - digests_in(lines))]
        if lines != known:
            changed[keeper] = lines
    return changed


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
