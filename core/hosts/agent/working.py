"""What an attempt works on: laid out before it, kept after it."""

import json
import os
from pathlib import Path

from core.errors import MlpwError
from core.hosts.agent.volume import OURS, Plain, Volume, keep_more, read_json, sign
from core.store.copying import STABLE_TIME, copy_file, copy_tree, remove_tree
from core.store.locks import Lock
from core.store.objects import Store
from core.store.publish import Prepared
from core.store.scan import KEPT


def lay_out(volume: Volume, asked: Plain) -> Plain:
    """Make an attempt's folders, unless content for it is missing, which is named then.

    `copies` are [digest, inside, place] of what the step may write to, in order: content, or what lies `inside` of
    it, joins what is at its place already. `folders` and empty `files` are more that must be there; `needs` are
    digests that the step only reads; `owner` is [uid, gid]. `keeper` and `folder` say whose it is, for `usage`, and
    `workspace` who that is.
    """
    sign(volume, asked["keeper"], asked["workspace"])
    work = volume.work(asked["attempt"])
    work.mkdir(parents=True, exist_ok=True)
    (work / "whose.json").write_text(json.dumps([asked["keeper"], asked["folder"]]))
    (work / "needs.json").write_text(json.dumps(asked["needs"]))  # before looking: from now on nobody removes them
    with volume.store.keeping():
        missing = volume.store.missing([*asked["needs"], *(digest for digest, _, _ in asked["copies"])])
        if missing:
            return {"missing": sorted(missing)}
        if not (work / "ready").exists():
            _fill(volume, work, asked)
            (work / "ready").touch()
    for digest in asked["needs"]:
        os.utime(volume.store.path(digest))  # used last
    return {}


def _fill(volume: Volume, work: Path, asked: Plain) -> None:
    for path in work.iterdir():  # half a layout of an agent that was killed
        if path.name not in OURS:
            remove_tree(str(path))
    for digest, inside, place in asked["copies"]:
        _copy(volume.store.path(digest) / inside, work / place)
    for place in asked["folders"]:
        (work / place).mkdir(parents=True, exist_ok=True)
    for place in asked["files"]:
        (work / place).touch()
    _give(work, *asked["owner"])


#: A file that is to be told with its folder is not longer.
_TOLD_BYTES = 4 << 20


def collect(volume: Volume, asked: Plain) -> Plain:
    """Keep what an attempt left at `places` (by name) and say what it is; a place that is not there says nothing.

    `gathered` are folders by name that first go together into one, those with something in them. It stays for the
    workspace `keeper` until that says otherwise. The text of small files called as one of `told` is said, too. Whoever
    asks again, as the answer was lost on its way, is told the same.
    """
    work, store = volume.work(asked["attempt"]), volume.store
    note = work / "collected.json"
    if not work.is_dir():
        return {"found": {}}
    with Lock(work / "collecting.lock"), store.keeping():
        for name, places in asked["gathered"].items():
            _gather(work, work / asked["places"][name], places)
        before: Plain = read_json(note) or {}
        found = {name: made for name, made in before.items() if store.has(made.get("digest", ""))}
        items: list[Prepared] = []
        for name, place in asked["places"].items():
            if name not in found and os.path.lexists(work / place):
                found[name] = _prepared(store, work / place, asked["told"], items)
        half = note.with_suffix(".half")
        half.write_text(json.dumps(found))
        half.replace(note)
        keep_more(volume, asked["keeper"], [item.digest for item in items], asked["attempt"])
        store.publish(items)
        for item in items:
            _index(volume, item)
    return {"found": found}


def _prepared(store: Store, path: Path, told: list[str], items: list[Prepared]) -> Plain:
    """What is said of something that a step left, which joins the `items` to be kept."""
    try:
        item = store.prepare(path)
    except MlpwError as error:
        return {"error": error.message}
    items.append(item)
    text = item.manifest.encode().decode("utf-8", "surrogateescape") if item.manifest else ""
    texts = _told(path, told)
    return {"digest": item.digest, "size": item.size, "manifest": text, "linked": item.linked, "texts": texts}


def forget(volume: Volume, asked: Plain) -> Plain:
    """Be rid of what attempts worked on."""
    for attempt in asked["attempts"]:
        remove_tree(str(volume.work(attempt)))
    return {}


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


def _told(folder: Path, names: list[str]) -> dict[str, str]:
    """Texts by place, of files in a folder and in the folders in it."""
    found: dict[str, str] = {}
    if folder.is_dir() and not folder.is_symlink():
        inside = [path for path in sorted(folder.iterdir()) if path.is_dir() and not path.is_symlink()]
        for path in (place / name for place in (folder, *inside) for name in names):
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= _TOLD_BYTES:
                found[str(path.relative_to(folder))] = path.read_text("utf-8", "replace")
    return found


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
