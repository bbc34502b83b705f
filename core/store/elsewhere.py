"""Content that lies on another machine until somebody needs it here: which machine, by digest."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from core.store.manifest import Digest
from core.store.temporary import TemporaryFolder


class Elsewhere:
    """One note per digest in `root`; what a note says of the machine is for those who reach machines."""

    def __init__(self, root: str, temporary: TemporaryFolder) -> None:
        self._root = root
        self._temporary = temporary

    def has(self, digest: Digest) -> bool:
        """Whether the content is known to lie elsewhere (one stat)."""
        return os.path.exists(self._path(digest))

    def note(self, digest: Digest, machine: Mapping[str, Any], size: int) -> None:
        """Remember where content of `size` bytes lies; an earlier note gives way."""
        os.makedirs(self._root, exist_ok=True)
        half = self._temporary.new_path("note")
        with open(half, "w", encoding="utf-8") as file:
            json.dump({"machine": dict(machine), "size": size}, file)
        os.replace(half, self._path(digest))

    def machine(self, digest: Digest) -> Mapping[str, Any] | None:
        """What was noted of the machine, None when nothing was."""
        note = self._read(digest)
        return note["machine"] if note else None

    def size(self, digest: Digest) -> int:
        """Bytes of the content, 0 when it is not known."""
        note = self._read(digest)
        return int(note["size"]) if note else 0

    def forget(self, digest: Digest) -> None:
        """It is not there any more, or here as well; nothing happens when there is no note."""
        try:
            os.unlink(self._path(digest))
        except FileNotFoundError:
            return

    def mark(self) -> str:
        """A name for this store unlike any other's, made when it is first asked for."""
        place = f"{self._root}/mark"
        if not os.path.exists(place):
            os.makedirs(self._root, exist_ok=True)
            half = self._temporary.new_path("mark")
            with open(half, "w", encoding="ascii") as file:
                file.write(os.urandom(8).hex())
            with suppress(FileExistsError):  # somebody was faster: theirs counts
                os.link(half, place)
            os.unlink(half)
        with open(place, encoding="ascii") as file:
            return file.read()

    def __iter__(self) -> Iterator[Digest]:
        try:
            return iter(sorted(name for name in os.listdir(self._root) if len(name) == 64))
        except FileNotFoundError:
            return iter(())

    def _read(self, digest: Digest) -> dict[str, Any] | None:
        try:
            with open(self._path(digest), encoding="utf-8") as file:
                found: dict[str, Any] = json.load(file)
        except (FileNotFoundError, ValueError):
            return None
        return found

    def _path(self, digest: Digest) -> str:
        return f"{self._root}/{digest}"
