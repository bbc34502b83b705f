"""Which folder is the workspace, and the private folder inside it."""

import os
from pathlib import Path

from core.errors import WorkspaceError
from core.layout import Layout

SETTINGS_FILE = "mlpw.yml"
_FOLDERS = ("store", "runs", "envs", "locks", "cache", "tmp")


def find_root(inside: Path, fallback: Path) -> Path:
    """The nearest folder at or above `inside` that holds mlpw.yml or .mlpw, as git looks for .git; else `fallback`.

    A file outside of `fallback` makes its own folder the workspace.
    """
    start = _real(inside)
    if not os.path.isdir(start):
        start = start.parent
    last = _real(fallback)
    return marked(start) or (last if start.is_relative_to(last) else start)


def _real(path: Path) -> Path:
    """The path with links followed as far as they lead somewhere.

    Raises WorkspaceError for a NUL character.
    """
    try:
        return Path(os.path.realpath(path))
    except ValueError:
        raise WorkspaceError("a file name cannot hold a NUL character") from None


def marked(start: Path) -> Path | None:
    """The nearest folder at or above `start` that is marked as a workspace."""
    for folder in (start, *start.parents):
        if (folder / SETTINGS_FILE).is_file() or (folder / ".mlpw" / "mlpw.db").exists():
            return folder
    return None


def check_private(layout: Layout) -> None:
    """Refuse a `.mlpw` that is not ours.

    Raises WorkspaceError.
    """
    private = layout.private
    if not os.path.lexists(private):
        return
    if not private.is_dir():
        raise WorkspaceError(f"{private} is not a folder", hint="move it away; mlpw keeps its records there")
    if not layout.database.exists() and any(entry.name not in _KNOWN for entry in private.iterdir()):
        raise WorkspaceError(f"{private} was not made by mlpw", hint="move it away and run again")


def make_private(layout: Layout) -> None:
    """Make `.mlpw`, for the owner's eyes only and ignored by git through a .gitignore of its own.

    Raises WorkspaceError when the folder cannot be made or is not ours.
    """
    check_private(layout)
    try:
        layout.private.mkdir(mode=0o700, exist_ok=True)
        for name in _FOLDERS:
            (layout.private / name).mkdir(mode=0o700, exist_ok=True)
        ignore = layout.private / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")
    except OSError as error:
        raise WorkspaceError(
            f"{layout.private} cannot be made: {error.strerror}", hint="the workspace must be writable"
        ) from None


_KNOWN = frozenset({*_FOLDERS, ".gitignore", "mlpw.lock", "mlpw.db", "mlpw.db-wal", "mlpw.db-shm", "datastores"})
