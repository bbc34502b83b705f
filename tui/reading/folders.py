"""Folders of inputs and outputs, one at a time and never more than a bounded part; what they hold is data."""

import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

#: So many entries of one folder are listed.
MOST_ENTRIES = 50_000


@dataclass(frozen=True, slots=True)
class FileEntry:
    """Something in a folder; `size` in bytes, -1 for folders; `note` says what is special about it.

    Of content that lies on the target `host` there is a `digest` and no path; `twin` are the words of the command that
    fetches it, after `mlpw fetch`.
    """

    path: Path
    name: str
    is_folder: bool = False
    size: int = -1
    note: str = ""
    host: str = ""
    digest: str = ""
    twin: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """Folders first, then files, each by name; `left_out` says that there is more."""

    entries: tuple[FileEntry, ...] = ()
    left_out: bool = False
    trouble: str = ""


def list_folder(folder: Path, most: int = MOST_ENTRIES) -> Listing:
    """What lies in a folder; links are not followed, so that nothing outside is opened unseen."""
    found: list[FileEntry] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if len(found) >= most:
                    return Listing(_sorted(found), left_out=True)
                found.append(_entry(entry))
    except OSError as error:
        return Listing(trouble=error.strerror or str(error))
    return Listing(_sorted(found))


def entry_of(path: Path, name: str, note: str = "") -> FileEntry:
    """A file or folder that stands by itself, under a name of its own; a link stands for what it leads to."""
    try:
        path = path.resolve()
        status = path.stat()
    except OSError as error:
        return FileEntry(path, name, note=error.strerror or "not there")
    is_folder = stat.S_ISDIR(status.st_mode)
    return FileEntry(path, name, is_folder, -1 if is_folder else status.st_size, note)


def _entry(entry: "os.DirEntry[str]") -> FileEntry:
    path = Path(entry.path)
    try:
        if entry.is_symlink():
            return FileEntry(path, entry.name, note=f"-> {path.readlink()}")
        if entry.is_dir(follow_symlinks=False):
            return FileEntry(path, entry.name, is_folder=True)
        status = entry.stat(follow_symlinks=False)
    except OSError as error:
        return FileEntry(path, entry.name, note=error.strerror or "")
    return FileEntry(path, entry.name, size=status.st_size, note="" if stat.S_ISREG(status.st_mode) else "not a file")


def _sorted(entries: list[FileEntry]) -> tuple[FileEntry, ...]:
    return tuple(sorted(entries, key=lambda entry: (not entry.is_folder, entry.name.lower(), entry.name)))


def copy_out(source: Path, target: Path) -> None:
    """Copy a file or folder to a place where nothing is yet, writable; it appears there whole or not at all.

    Raises OSError.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if os.path.lexists(target):
        raise FileExistsError(17, "there is something already", str(target))
    part = target.with_name(f".{target.name}.{os.getpid()}.mlpw")
    try:
        _copy(source, part)
        part.rename(target)
    finally:
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        else:
            part.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    """Bytes only: what is kept is read-only, and a copy shall not be; links stay links."""
    if not source.is_dir():
        shutil.copyfile(source, target)
        return
    for folder, folders, names in os.walk(source):
        place = target / Path(folder).relative_to(source)
        place.mkdir(parents=True, exist_ok=True)
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        for name in (*names, *links):
            shutil.copyfile(Path(folder, name), place / name, follow_symlinks=False)
