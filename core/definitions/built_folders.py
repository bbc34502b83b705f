"""What environments are built from on this machine: Docker build contexts and local packages.

Of a build context counts what its image may hold, of a package what a build of it may read; nothing else goes to a
host, enters the digest or is watched.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from core.definitions.built_rules import BuiltRules, rules_of

#: Kind ("f", "x", "l", "d"), size in bytes and digest, as the store keeps of what lies in a folder.
Entry = tuple[Literal["f", "x", "l", "d"], int, str]

_SMALL = 100_000
_BLOCK = 1 << 20
_TRIES = 3


class Found(NamedTuple):
    """A file ("f", executable "x"), link kept as a link ("l") or folder ("d"); `name` is relative, `path` opens it."""

    name: str
    path: str
    kind: Literal["f", "x", "l", "d", ""]


def content_digest(path: str, dockerfile: str = "") -> str:
    """The digest of what counts in a folder, as the store gives one to folders, or of a file's bytes.

    With a `dockerfile` (relative) the folder is a build context. Raises OSError when something cannot be read.
    """
    if not os.path.isdir(path):  # noqa: PTH112
        return _file_digest(path)[1]
    from core.listing import encode_listing, listing_digest  # blake3: few environments have local parts

    entries = entries_of(path, dockerfile)
    return listing_digest(encode_listing((name, *entry) for name, entry in entries.items()))


def entries_of(path: str, dockerfile: str = "") -> dict[str, Entry]:
    """What counts in a folder by relative name, sorted; of a build context folders with nothing in them, too.

    Raises OSError when something cannot be read.
    """
    for _ in range(_TRIES - 1):
        try:
            return dict(sorted(_entries(path, dockerfile)))
        except FileNotFoundError:  # it went between the listing and the reading
            continue
    return dict(sorted(_entries(path, dockerfile)))


def small_texts(path: str, dockerfile: str) -> dict[str, str]:
    """Relative path -> text of the files of a build context that say what it installs."""
    found: dict[str, str] = {}
    for name, file, kind in (*found_in(path, rules_of(path, dockerfile)), _own(path, dockerfile)):
        base = os.path.basename(name)  # noqa: PTH119
        is_told = name == dockerfile or base == "Dockerfile" or base.endswith((".yml", ".yaml")) or _is_listing(base)
        if is_told and kind != "d" and os.path.isfile(file) and os.path.getsize(file) <= _SMALL:  # noqa: PTH113, PTH202
            found[name] = Path(file).read_text(encoding="utf-8", errors="replace")
    return found


def package_files(path: str) -> list[tuple[str, str]]:
    """Relative name and path of the files of a local package."""
    return [(each.name, each.path) for each in found_in(path, rules_of(path, "")) if each.kind != "d"]


def found_in(root: str, rules: BuiltRules) -> list[Found]:
    """What counts in a folder, each folder before what is in it.

    Raises OSError when a folder cannot be read.
    """
    found: list[Found] = []
    _walk(Found("", root, "d"), rules, -1, (), found)
    return found


def _walk(folder: Found, rules: BuiltRules, above: int, trail: tuple[str, ...], found: list[Found]) -> None:
    real = os.path.realpath(folder.path)
    if any(f"{place}/".startswith(f"{real.rstrip('/')}/") for place in trail):
        return  # a link to a folder that holds it
    with os.scandir(folder.path) as listed:
        entries = sorted(listed, key=lambda entry: entry.name)
    for entry in entries:
        if rules.leaves_out(entry.name):
            continue
        each = Found(f"{folder.name}/{entry.name}" if folder.name else entry.name, entry.path, _kind(entry, rules))
        position = rules.decide(each.name, entry.name, is_folder=each.kind == "d", above=above)
        if each.kind and not rules.excludes(position):
            found.append(each)
        if each.kind == "d" and not rules.prunes(position):
            _walk(each, rules, position, (*trail, real), found)


def _kind(entry: os.DirEntry[str], rules: BuiltRules) -> Literal["f", "x", "l", "d", ""]:
    """The kind of what lies there; nothing for a socket, say, and for a link that leads nowhere."""
    if entry.is_symlink() and not rules.follows:
        return "l"
    try:
        mode = entry.stat().st_mode
    except OSError:
        if entry.is_symlink():
            return ""
        raise
    if stat.S_ISDIR(mode):
        return "d"
    if not stat.S_ISREG(mode):
        return ""
    return "x" if mode & stat.S_IXUSR else "f"


def _entries(path: str, dockerfile: str) -> Iterator[tuple[str, Entry]]:
    rules = rules_of(path, dockerfile)
    found = found_in(path, rules)
    following = [*(each.name for each in found), ""][1:]
    for each, after in zip(found, following, strict=True):
        if each.kind == "l":
            yield each.name, _link(each.path)
        elif each.kind in ("f", "x"):
            yield each.name, (each.kind, *_file_digest(each.path))
        elif dockerfile and not after.startswith(f"{each.name}/"):
            yield each.name, ("d", 0, "")
    own = next((each.kind for each in found if each.name == dockerfile), "")
    if dockerfile and own not in ("f", "x"):  # what it says counts where it is ignored, and where it is a link
        yield f"{dockerfile} (its text)" if own else dockerfile, ("f", *_file_digest(_own(path, dockerfile).path))


def _own(path: str, dockerfile: str) -> Found:
    return Found(dockerfile, os.path.join(path, dockerfile), "f")  # noqa: PTH118


def _link(path: str) -> Entry:
    from blake3 import blake3

    text = os.fsencode(os.readlink(path))  # noqa: PTH115
    return "l", len(text), blake3(text).hexdigest()


def _file_digest(path: str) -> tuple[int, str]:
    """Size and digest of a file's bytes; it is not mapped: one that shrinks meanwhile would kill this process."""
    from blake3 import blake3

    digest, size = blake3(), 0
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123
        most = min(_BLOCK, os.fstat(file.fileno()).st_size + 1)  # a block for each small file would be much memory
        while block := file.read(most):
            digest.update(block)
            size += len(block)
    return size, digest.hexdigest()


def _is_listing(name: str) -> bool:
    return name.startswith("requirements") and name.endswith(".txt")
