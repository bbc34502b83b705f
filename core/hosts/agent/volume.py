"""The folders of a host's volume, and what several operations do in them."""

import json
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.store.copying import remove_tree
from core.store.objects import Store

Plain = dict[str, Any]
#: Files in an attempt's folder that are not the step's.
OURS = ("needs.json", "whose.json")


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
        """What a workspace left here and has nowhere else: nobody else removes it.

        A line holds a digest and what left it, so that who lets go of a line leaves another's alone.
        """
        return self.folder / "keep" / keeper

    def keeper(self, keeper: str) -> Path:
        """Says which workspace that is; last changed when its last step came here."""
        return self.folder / "keepers" / keeper

    def claims(self) -> dict[str, list[str]]:
        """The lines of all workspaces."""
        return {path.name: read_text(path).splitlines() for path in entries(self.folder / "keep")}

    def blob(self, kind: str, digest: str) -> Path:
        """A file of any kept folder, by its content: another name of the same bytes. `kind` is "f" or "x"."""
        return self.folder / "blobs" / digest[:2] / f"{digest}.{kind}"


def entries(folder: Path) -> list[Path]:
    """What lies in a folder, nothing where there is none."""
    return sorted(folder.iterdir()) if folder.is_dir() else []


def read_json(file: Path) -> Any:
    """What a file says, None when it is not there or half written."""
    try:
        return json.loads(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def read_text(file: Path) -> str:
    """What a file says, "" when it is not there."""
    try:
        return file.read_text()
    except FileNotFoundError:
        return ""


def digests_in(lines: Iterable[str]) -> set[str]:
    """What lines of `Volume.claims` keep."""
    return {line.partition(" ")[0] for line in lines}


def keep_more(volume: Volume, keeper: str, digests: list[str], source: str) -> None:
    """Add to what a workspace has only here, on disk before anybody may rely on it."""
    if keeper and digests:
        place = volume.kept_for(keeper)
        place.parent.mkdir(exist_ok=True)
        with place.open("a") as file:
            file.writelines(f"{digest} {source}\n" for digest in digests)
            file.flush()
            os.fsync(file.fileno())


def write_claims(volume: Volume, keeper: str, lines: list[str]) -> None:
    """What a workspace has only here, all of it; nothing is left of one that has nothing."""
    place = volume.kept_for(keeper)
    if not lines:
        place.unlink(missing_ok=True)
        volume.keeper(keeper).unlink(missing_ok=True)
        return
    place.parent.mkdir(exist_ok=True)
    half = volume.store.new_temporary_path("keep")
    with half.open("w") as file:
        file.writelines(f"{line}\n" for line in lines)
        file.flush()
        os.fsync(file.fileno())
    half.replace(place)


def sign(volume: Volume, keeper: str, workspace: str) -> None:
    """A workspace is here, and lives."""
    if keeper:
        place = volume.keeper(keeper)
        place.parent.mkdir(exist_ok=True)
        place.write_text(workspace)


def last_seen(volume: Volume, keeper: str) -> float:
    """When a workspace was here last, in seconds since the epoch."""
    times = [0.0]
    for place in (volume.kept_for(keeper), volume.keeper(keeper)):
        with suppress(FileNotFoundError):
            times.append(place.stat().st_mtime)
    return max(times)


def drop_old(folder: Path, older_than_s: float) -> None:
    """Remove what was last changed longer ago."""
    limit = time.time() - older_than_s
    if folder.is_dir():
        for path in folder.iterdir():
            if path.lstat().st_mtime < limit:
                remove_tree(str(path))
