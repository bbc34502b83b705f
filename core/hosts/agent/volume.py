"""The folders of a host's volume, and what several operations do in them."""

import json
import os
import time
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
        """The digests that a workspace left here and has nowhere else, one a line: nobody else removes them."""
        return self.folder / "keep" / keeper

    def kept(self) -> set[str]:
        """The digests of all workspaces that must stay."""
        folder = self.folder / "keep"
        return {line for path in entries(folder) for line in path.read_text().split()}

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


def keep_more(volume: Volume, keeper: str, digests: list[str]) -> None:
    """Add to what a workspace has only here, on disk before anybody may rely on it."""
    if keeper and digests:
        place = volume.kept_for(keeper)
        place.parent.mkdir(exist_ok=True)
        with place.open("a") as file:
            file.writelines(f"{digest}\n" for digest in digests)
            file.flush()
            os.fsync(file.fileno())


def write_kept(volume: Volume, keeper: str, digests: list[str]) -> None:
    """What a workspace has only here, all of it."""
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


def drop_old(folder: Path, older_than_s: float) -> None:
    """Remove what was last changed longer ago."""
    limit = time.time() - older_than_s
    if folder.is_dir():
        for path in folder.iterdir():
            if path.lstat().st_mtime < limit:
                remove_tree(str(path))
