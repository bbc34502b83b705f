"""Walk a file tree: what is there, with stat signatures, symbolic links settled and ignored names left out."""

import os
import stat
from dataclasses import dataclass
from typing import NamedTuple

from blake3 import blake3

from core.errors import InputError, StepError
from core.store.ignore import DATA_RULES, KEEP_ALL, Rules, code_rules, is_of_editors
from core.store.manifest import Kind, shown

#: Size, mtime and ctime in nanoseconds, inode: unchanged means that the bytes are unchanged.
Signature = tuple[int, int, int, int]


class Found(NamedTuple):
    """A file, link or empty folder; `name` is relative to the root, `path` opens it.

    `digest` is known at once for links (of the target's text) and empty folders (""), None for files.
    """

    name: str
    path: str
    kind: Kind
    signature: Signature
    digest: str | None


@dataclass(frozen=True, slots=True)
class Policy:
    """How a tree is read.

    Links that stay inside the tree are kept as links. Others are followed where `follows`, so that what they reach
    counts; one that reaches nothing is kept as it is where `keeps_dangling`, else an error of type `error`. A file
    whose signature is younger than `settles_after_ns` when it is read is read again the next time: clocks are coarse.
    """

    rules: Rules = KEEP_ALL
    follows: bool = True
    keeps_dangling: bool = True
    keeps_empty_folders: bool = True
    error: type[StepError] = InputError
    settles_after_ns: int = 2_000_000_000


#: Data in a user's workspace.
DATA = Policy(rules=DATA_RULES)
#: What a step made.
OUTPUT = Policy(keeps_dangling=False, error=StepError)
#: What lies in the store: made read-only before it got there, so that only the kernel's clock tick is to be feared.
KEPT = Policy(follows=False, settles_after_ns=20_000_000)


def code_policy(folder: str) -> Policy:
    """How the code folder `folder` is read: by its ignore file; empty folders do not count, as in git and Azure."""
    return Policy(rules=code_rules(folder), keeps_empty_folders=False)


class _Folder(NamedTuple):
    """A folder to be read: `boundary` is the real folder whose inside is the tree here, `trail` where links led in."""

    path: str
    name: str
    above: int
    boundary: str
    trail: tuple[str, ...]


class _Link(NamedTuple):
    """A link out of the tree: `is_folder` tells what it reaches."""

    name: str
    path: str
    is_folder: bool


def scan(root: str, policy: Policy = DATA) -> list[Found]:
    """Everything in the folder `root`, in no order.

    Raises:
        StepError: (the policy's kind) for what cannot be read, specials, dangling links and links in circles.
    """
    return _walk(root, policy)[0]


def links_out(root: str, policy: Policy = OUTPUT) -> list[_Link]:
    """The links in the folder `root` that leave it; what they reach is not looked into."""
    return _walk(root, policy, follow=False)[1]


def signature(status: os.stat_result) -> Signature:
    """The signature of a file's status."""
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def kind_of(status: os.stat_result) -> Kind:
    """The letter "x" for a file that its owner may execute, else "f"."""
    return "x" if status.st_mode & stat.S_IXUSR else "f"


def _walk(root: str, policy: Policy, *, follow: bool = True) -> tuple[list[Found], list[_Link]]:
    pending = [_Folder(root, "", Rules.START, root, ())]
    found: list[Found] = []
    links: list[_Link] = []
    while pending:
        folder = pending.pop()
        try:
            fd = os.open(folder.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise _unreadable(folder.path, policy, error) from error
        try:
            others = _read_folder(fd, folder, policy, found)
            if others is None and folder.name and policy.keeps_empty_folders:
                found.append(Found(folder.name, folder.path, "d", (0, 0, 0, 0), ""))
            for entry in others or ():
                item = _look(entry, folder, policy, follow=follow)
                if isinstance(item, _Folder):
                    pending.append(item)
                elif isinstance(item, _Link):
                    links.append(item)
                elif item is not None:
                    found.append(item)
        finally:
            os.close(fd)
    return found, links


def _read_folder(fd: int, folder: _Folder, policy: Policy, found: list[Found]) -> list[os.DirEntry[str]] | None:
    """Add the plain files to `found`, the most frequent case, for which every call counts; gives everything else.

    The folder is open as `fd`, so that the kernel need not follow its path for every file. None: there is nothing.
    """
    left_out, has_patterns = policy.rules.left_out, bool(policy.rules.negated)
    is_code = policy.rules.is_code
    prefix, base = f"{folder.name}/" if folder.name else "", f"{folder.path}/"
    make, executable = tuple.__new__, stat.S_IXUSR
    others: list[os.DirEntry[str]] | None = None
    path = folder.path
    try:
        with os.scandir(fd) as entries:
            for entry in entries:
                name = entry.name
                if name in left_out or (is_code and is_of_editors(name)):
                    continue
                if others is None:
                    others = []
                if has_patterns or not entry.is_file(follow_symlinks=False):
                    others.append(entry)
                    continue
                path = base + name
                status = entry.stat(follow_symlinks=False)
                kind = "x" if status.st_mode & executable else "f"
                signed = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
                found.append(make(Found, (prefix + name, path, kind, signed, None)))
    except OSError as error:
        raise _unreadable(path, policy, error) from error
    return others


def _file(entry: os.DirEntry[str], name: str, path: str) -> Found:
    status = entry.stat(follow_symlinks=False)
    return Found(name, path, kind_of(status), signature(status), None)


def _look(entry: os.DirEntry[str], folder: _Folder, policy: Policy, *, follow: bool) -> Found | _Folder | _Link | None:
    """What is no plain file, or may be left out by a pattern; the folder that `entry` is in is open."""
    name = f"{folder.name}/{entry.name}" if folder.name else entry.name
    path = f"{folder.path}/{entry.name}"
    rules = policy.rules
    try:
        if entry.is_dir(follow_symlinks=False):
            above = rules.decide(name, entry.name, is_folder=True, above=folder.above)
            if rules.prunes(above):
                return None
            return _Folder(path, name, above, folder.boundary, folder.trail)
        if rules.negated and rules.excludes(rules.decide(name, entry.name, is_folder=False, above=folder.above)):
            return None
        if entry.is_file(follow_symlinks=False):
            return _file(entry, name, path)
        status = entry.stat(follow_symlinks=False)
        if stat.S_ISLNK(status.st_mode):
            return _look_at_link(path, name, folder, policy, follow=follow)
    except OSError as error:
        raise _unreadable(path, policy, error) from error
    raise policy.error(
        f"'{shown(path)}' is a {_special(status.st_mode)}; only files, folders and links can be kept",
        hint="remove it, or leave it out",
    )


def _look_at_link(path: str, name: str, folder: _Folder, policy: Policy, *, follow: bool) -> Found | _Folder | _Link:
    target = os.readlink(path)
    if not policy.follows:
        return _kept_link(name, path, target)
    try:
        status = os.stat(path)
    except OSError as error:
        if not policy.keeps_dangling:
            raise policy.error(
                f"'{shown(path)}' is a link to '{shown(target)}', which is not there", hint="write the file itself"
            ) from error
        return _kept_link(name, path, target)
    if stays_inside(folder.path, target, folder.boundary):
        return _kept_link(name, path, target)
    if not follow:
        return _Link(name, path, stat.S_ISDIR(status.st_mode))
    if stat.S_ISDIR(status.st_mode):
        return _follow(path, name, folder, policy)
    if stat.S_ISREG(status.st_mode):
        return Found(name, path, kind_of(status), signature(status), None)
    raise policy.error(f"'{shown(path)}' is a link to a {_special(status.st_mode)}", hint="only files can be kept")


def _follow(path: str, name: str, folder: _Folder, policy: Policy) -> _Folder:
    real = os.path.realpath(path)
    trail = (*folder.trail, os.path.realpath(folder.path))
    if any(place == real or place.startswith(real.rstrip("/") + "/") for place in trail):
        raise policy.error(f"'{shown(path)}' is a link to a folder that contains it", hint="remove the link")
    above = policy.rules.decide(name, os.path.basename(name), is_folder=True, above=folder.above)
    return _Folder(path, name, above, path, trail)


def stays_inside(folder: str, target: str, boundary: str) -> bool:
    """Whether a link in `folder` with the text `target` leads to a place inside `boundary`, wherever that is copied.

    Only `..` at the beginning is counted, for what it means further on depends on other links.
    """
    if target.startswith("/"):
        return False
    parts = [part for part in target.split("/") if part not in ("", ".")]
    climbs = 0
    while climbs < len(parts) and parts[climbs] == "..":
        climbs += 1
    below = folder[len(boundary) :].strip("/")
    depth = len(below.split("/")) if below else 0
    return climbs <= depth and ".." not in parts[climbs:]


def _kept_link(name: str, path: str, target: str) -> Found:
    text = os.fsencode(target)
    return Found(name, path, "l", (len(text), 0, 0, 0), blake3(text).hexdigest())


def _unreadable(path: str, policy: Policy, error: OSError) -> StepError:
    return policy.error(f"'{shown(path)}' cannot be read: {error.strerror}")


def _special(mode: int) -> str:
    kinds = {stat.S_IFIFO: "named pipe", stat.S_IFSOCK: "socket", stat.S_IFBLK: "device", stat.S_IFCHR: "device"}
    return kinds.get(stat.S_IFMT(mode), "special file")
