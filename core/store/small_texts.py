"""Small texts among the data that steps read where they lie: kept aside, so that a change of them can be shown later.

They lie in the cache folder: without them a change is told by names and sizes.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from blake3 import blake3

from core.store.manifest import Digest, Manifest

MOST_BYTES = 1 << 16
#: Of a folder with more files than this none is kept.
MOST_FILES = 100


class SmallTexts:
    """One file per digest in `folder`, which is made when something is kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, digest: Digest) -> Path | None:
        """Where the text lies, None when it is not kept."""
        path = self._folder / digest
        return path if digest and path.is_file() else None

    def keep(self, digest: Digest, path: str) -> None:
        """Keep a file's bytes if they are few and no NUL is among them; a failure to do so is none."""
        if os.path.exists(self._folder / digest):
            return
        with suppress(OSError):
            with open(path, "rb") as file:
                data = file.read(MOST_BYTES + 1)
            if len(data) > MOST_BYTES or b"\0" in data or blake3(data).hexdigest() != digest:
                return
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            temporary = f"{self._folder}/{digest}.{os.getpid()}"
            with open(temporary, "wb") as file:
                file.write(data)
            os.replace(temporary, self._folder / digest)

    def keep_folder(self, manifest: Manifest, path: str) -> None:
        """Keep the small texts of a folder of few files."""
        if len(manifest.entries) <= MOST_FILES:
            for name, entry in manifest.entries.items():
                if entry.kind in ("f", "x") and entry.size <= MOST_BYTES:
                    self.keep(entry.digest, f"{path}/{name}")

    def __iter__(self) -> Iterator[Path]:
        """Every text that is kept, half-written ones too."""
        return iter(sorted(self._folder.iterdir()) if self._folder.is_dir() else ())
