"""What runs on a host beside its data: keeps content, lays a step's files out, hashes what a step left.

It is started in a container that holds this machine's own Python and these modules, with the host's volume as its
folder. It reads a request file and writes an answer file; the same store serves there that serves here.
"""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from blake3 import blake3

from core.errors import MlpwError
from core.layout import Layout
from core.store.copying import STABLE_TIME, copy_file, copy_tree, remove_tree
from core.store.filesystem import sync_filesystem
from core.store.manifest import Entry, Manifest, decode_manifest
from core.store.objects import Store
from core.store.publish import Prepared
from core.store.scan import KEPT, signature

Plain = dict[str, Any]
#: Whoever asks is gone when nothing has come for so long.
_IDLE_SECONDS = 120.0
_STALE_SECONDS, _LOOK_SECONDS, _SYNC_SECONDS = 3600.0, 0.005, 0.25
#: Files in an attempt's folder that are not the step's.
_OURS = ("needs.json", "whose.json")
#: Bytes read at a time.
_BLOCK = 1 << 22


def main() -> None:
    """`agent FOLDER SESSION`: answer what comes to the volume FOLDER in a session, until nothing comes any more.

    Requests are numbered; each is whole when the file beside it is there that says so.
    """
    folder = Path(sys.argv[1])
    requests = folder / "requests" / sys.argv[2]
    store = Store(Layout(folder))
    _drop_old(requests.parent, _STALE_SECONDS)  # whoever asked last takes the container away, and leaves its folder
    try:
        for number in count(1):
            request = requests / f"{number}.json"
            if not _comes(request.with_suffix(".go")):
                return
            _answer(Volume(folder, store), request)
    finally:
        store.close()
        remove_tree(str(requests))


def _comes(path: Path) -> bool:
    """Wait for a file; False when it did not come in a while.

    What arrives meanwhile is brought to disk, which it must be before it counts.
    """
    now = time.monotonic()
    until, sync_at = now + _IDLE_SECONDS, now + _SYNC_SECONDS
    while not path.exists():
        if (now := time.monotonic()) > until:
            return False
        if now > sync_at:
            sync_filesystem(str(path.parents[2]))
            sync_at = time.monotonic() + _SYNC_SECONDS
        time.sleep(_LOOK_SECONDS)
    return True


def _answer(volume: "Volume", request: Path) -> None:
    """Do what a file asks; the answer lies beside it, whole or not at all."""
    asked: Plain = json.loads(request.read_bytes())
    try:
        answer = _OPERATIONS[asked["do"]](volume, asked)
    except MlpwError as error:
        answer = {"error": error.message}
    except OSError as error:
        answer = {"error": f"{error.strerror}: {error.filename}" if error.filename else str(error.strerror)}
    half = request.with_suffix(".half")
    half.write_text(json.dumps(answer))
    half.replace(request.with_suffix(".answer"))


class Volume:
    """The folders of a host's volume."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.folder, self.store = folder, store

    @property
    def parts(self) -> Path:
        """Pieces of files on their way in."""
        return self.folder / "parts"

    def work(self, attempt: str) -> Path:
        """What one attempt works on."""
        return self.folder / "work" / attempt

    def kept_for(self, keeper: str) -> Path:
        """The digests that a workspace left here and has nowhere else, one a line: nobody else removes them."""
        return self.folder / "keep" / keeper

    def kept(self) -> set[str]:
        """The digests of all workspaces that must stay."""
        folder = self.folder / "keep"
        return {line for path in _entries(folder) for line in path.read_text().split()}

    def blob(self, kind: str, digest: str) -> Path:
        """A file of any kept folder, by its content: another name of the same bytes. `kind` is "f" or "x"."""
        return self.folder / "blobs" / digest[:2] / f"{digest}.{kind}"


def lay_out(volume: Volume, asked: Plain) -> Plain:
    """Make an attempt's folders, unless content for it is missing, which is named then.

    `copies` are [digest, inside, place] of what the step may write to, in order: content, or what lies `inside` of
    it, joins what is at its place already. `folders` and empty `files` are more that must be there; `needs` are
    digests that the step only reads; `owner` is [uid, gid]. `keeper` and `folder` say whose it is, for `usage`.
    """
    work = volume.work(asked["attempt"])
    work.mkdir(parents=True, exist_ok=True)
    (work / "whose.json").write_text(json.dumps([asked["keeper"], asked["folder"]]))
    (work / "needs.json").write_text(json.dumps(asked["needs"]))  # before looking: from now on nobody removes them
    with volume.store.keeping():
        missing = volume.store.missing([*asked["needs"], *(digest for digest, _, _ in asked["copies"])])
        if missing:
            return {"missing": sorted(missing)}
        if not (work / "ready").exists():
            for path in work.iterdir():  # half a layout of an agent that was killed
                if path.name not in _OURS:
                    remove_tree(str(path))
            for digest, inside, place in asked["copies"]:
                _copy(volume.store.path(digest) / inside, work / place)
            for place in asked["folders"]:
                (work / place).mkdir(parents=True, exist_ok=True)
            for place in asked["files"]:
                (work / place).touch()
            _give(work, *asked["owner"])
            (work / "ready").touch()
    for digest in asked["needs"]:
        os.utime(volume.store.path(digest))  # used last
    return {}


def lacking(volume: Volume, asked: Plain) -> Plain:
    """Which of `files` ([kind, digest]) are not here, and how many bytes of each of their parts are."""
    absent = [[kind, digest] for kind, digest in asked["files"] if not volume.blob(kind, digest).exists()]
    parts = {path.name: path.stat().st_size for path in volume.parts.iterdir()} if volume.parts.is_dir() else {}
    return {"files": absent, "parts": parts}


def take_in(volume: Volume, asked: Plain) -> Plain:
    """Make kept content of what arrived: `files` are [kind, digest, number of parts], `objects` manifests by digest.

    An object whose manifest is "" is a single file. A part that does not fit its digest is dropped and told.
    """
    bad = [digest for kind, digest, count in asked["files"] if not _join(volume, kind, digest, count)]
    if bad:
        return {"bad": bad}
    made: list[Prepared] = []
    for digest, text in asked["objects"].items():
        target = str(volume.store.new_temporary_path("object"))
        if text:
            made.append(_assemble(volume, decode_manifest(text.encode("utf-8", "surrogateescape"), digest), target))
        else:
            os.link(volume.blob("f", digest), target)
            made.append(Prepared(target, digest, os.stat(target).st_size, None, {}))
    volume.store.publish(made)
    return {}


def collect(volume: Volume, asked: Plain) -> Plain:
    """Keep what an attempt left at `places` (by name) and say what it is; a place that is not there says nothing.

    `gathered` are folders by name that first go together into one, those with something in them. It stays for the
    workspace `keeper` until that says otherwise.
    """
    work, store = volume.work(asked["attempt"]), volume.store
    for name, places in asked["gathered"].items():
        _gather(work, work / asked["places"][name], places)
    found: Plain = {}
    items: list[Prepared] = []
    for name, place in asked["places"].items():
        if not os.path.lexists(work / place):
            continue
        try:
            item = store.prepare(work / place)
        except MlpwError as error:
            found[name] = {"error": error.message}
            continue
        items.append(item)
        text = item.manifest.encode().decode("utf-8", "surrogateescape") if item.manifest else ""
        found[name] = {"digest": item.digest, "size": item.size, "manifest": text, "linked": item.linked}
    with store.keeping():
        _keep_more(volume, asked["keeper"], [item.digest for item in items])
        store.publish(items)
        for item in items:
            _index(volume, item)
    return {"found": found}


def forget(volume: Volume, asked: Plain) -> Plain:
    """Be rid of what attempts worked on."""
    for attempt in asked["attempts"]:
        remove_tree(str(volume.work(attempt)))
    return {}


def usage(volume: Volume, asked: Plain) -> Plain:
    """What the volume holds: attempts, and bytes by digest of kept content with the time of its last use.

    `whose` are keeper and folder of attempts that say so, `kept` the digests that must stay.
    """
    del asked
    store = volume.store
    disk = shutil.disk_usage(volume.folder)
    objects = {digest: [store.size(digest), os.lstat(store.path(digest)).st_mtime] for digest in store.digests()}
    work = _entries(volume.folder / "work")
    whose = {path.name: _json(path / "whose.json") for path in work}
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
        _write_kept(volume, keeper, asked["keep"])
    needed = {
        line for path in _entries(volume.folder / "keep") if path.name != keeper for line in path.read_text().split()
    }
    needed.update(asked["keep"])
    for path in _entries(volume.folder / "work"):
        if path.name not in gone:
            needed.update(_json(path / "needs.json") or [])
    return needed


def _tidy(volume: Volume, removed: list[str], older_than_s: float) -> None:
    for digest in removed:
        volume.store.remove(digest)
    _drop_lone_blobs(volume)
    volume.store.clean_temporary()
    for folder in (volume.parts, volume.folder / "requests"):
        _drop_old(folder, older_than_s)


def _keep_more(volume: Volume, keeper: str, digests: list[str]) -> None:
    """Add to what a workspace has only here, on disk before anybody may rely on it."""
    if keeper and digests:
        place = volume.kept_for(keeper)
        place.parent.mkdir(exist_ok=True)
        with place.open("a") as file:
            file.writelines(f"{digest}\n" for digest in digests)
            file.flush()
            os.fsync(file.fileno())


def _write_kept(volume: Volume, keeper: str, digests: list[str]) -> None:
    place = volume.kept_for(keeper)
    if not digests:
        place.unlink(missing_ok=True)
        return
    place.parent.mkdir(exist_ok=True)
    half = volume.store.new_temporary_path("keep")
    with half.open("w") as file:
        file.writelines(f"{digest}\n" for digest in digests)
        file.flush()
        os.fsync(file.fileno())
    half.replace(place)


_OPERATIONS: Mapping[str, Callable[[Volume, Plain], Plain]] = {
    "lay_out": lay_out,
    "lacking": lacking,
    "take_in": take_in,
    "collect": collect,
    "forget": forget,
    "usage": usage,
    "trim": trim,
}


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _json(file: Path) -> Any:
    """What a file says, None when it is not there or half written."""
    try:
        return json.loads(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir() and target.is_dir():
        for path in sorted(source.iterdir()):
            _copy(path, target / path.name)
    elif source.is_dir():
        copy_tree(str(source), str(target), KEPT, stable_time=True)
    else:
        target.unlink(missing_ok=True)
        copy_file(str(source), str(target))
        os.utime(target, (STABLE_TIME, STABLE_TIME))


def _gather(work: Path, target: Path, places: list[str]) -> None:
    filled = [work / place for place in places if (work / place).is_dir() and not (work / place).is_symlink()]
    for folder in filled:
        if any(folder.iterdir()):
            target.mkdir(exist_ok=True)
            folder.rename(target / folder.name)


def _give(top: Path, user: int, group: int) -> None:
    for folder, _, names in os.walk(top):
        os.chown(folder, user, group)
        for name in names:
            os.lchown(f"{folder}/{name}", user, group)


def _join(volume: Volume, kind: str, digest: str, count: int) -> bool:
    """Make a file of its parts; False, and no parts, when they are not what their name says."""
    target = volume.blob(kind, digest)
    if target.exists():
        return True
    parts = [volume.parts / f"{digest}.{number}" for number in range(count)]
    if not all(part.exists() for part in parts):
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    hasher = blake3()
    with parts[0].open("r+b") as whole:  # the others join the first: most files have but one
        for part in parts:
            with part.open("rb") as file:
                while block := file.read(_BLOCK):
                    hasher.update(block)
                    if part is not parts[0]:
                        whole.write(block)
            if part is parts[0]:
                whole.seek(0, os.SEEK_END)
    for part in parts[1:]:
        part.unlink()
    if hasher.hexdigest() != digest:
        parts[0].unlink()
        return False
    parts[0].chmod(0o555 if kind == "x" else 0o444)
    parts[0].replace(target)
    return True


def _assemble(volume: Volume, manifest: Manifest, target: str) -> Prepared:
    """A folder of hard links to what is here."""
    os.mkdir(target)
    made = {""}
    for name, entry in manifest.entries.items():
        folder = name if entry.kind == "d" else os.path.dirname(name)
        if folder not in made:
            os.makedirs(f"{target}/{folder}", exist_ok=True)
            made.add(folder)
        _place(volume, entry, f"{target}/{name}")
    statuses = {name: signature(os.lstat(f"{target}/{name}")) for name in manifest.entries}
    return Prepared(target, manifest.digest, manifest.size, manifest, statuses)


def _place(volume: Volume, entry: Entry, path: str) -> None:
    if entry.kind == "l":
        target = volume.blob("f", entry.digest).read_bytes()  # a link's text is kept as a file
        os.symlink(target, os.fsencode(path))
    elif entry.kind != "d":
        os.link(volume.blob(entry.kind, entry.digest), path)


def _index(volume: Volume, item: Prepared) -> None:
    """Let later folders share the files of this one."""
    place = volume.store.path(item.digest)
    if item.manifest is None:
        _name_blob(volume, "f", item.digest, place)
        return
    for name, entry in item.manifest.entries.items():
        if entry.kind in ("f", "x"):
            _name_blob(volume, entry.kind, entry.digest, place / name)


def _name_blob(volume: Volume, kind: str, digest: str, path: Path) -> None:
    blob = volume.blob(kind, digest)
    if not blob.exists():
        blob.parent.mkdir(parents=True, exist_ok=True)
        with_mode = path.stat().st_mode & 0o111
        if bool(with_mode) == (kind == "x"):
            try:
                os.link(path, blob)
            except FileExistsError:
                return


def _drop_lone_blobs(volume: Volume) -> None:
    """Files that are in no folder any more."""
    for path in (volume.folder / "blobs").glob("*/*"):
        if path.lstat().st_nlink == 1:
            path.unlink()


def _drop_old(folder: Path, older_than_s: float) -> None:
    limit = time.time() - older_than_s
    if folder.is_dir():
        for path in folder.iterdir():
            if path.lstat().st_mtime < limit:
                remove_tree(str(path))


if __name__ == "__main__":
    main()
