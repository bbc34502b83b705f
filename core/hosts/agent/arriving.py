"""Content on its way in: which files are not here, and objects made of those that came."""

import os

from blake3 import blake3

from core.hosts.agent.volume import Plain, Volume
from core.store.manifest import Entry, Manifest, decode_manifest
from core.store.publish import Prepared
from core.store.scan import signature

#: Bytes read at a time.
_BLOCK = 1 << 22


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
