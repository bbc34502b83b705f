"""The manifests that are remembered, so that a difference can be named even when the content is gone."""

import os
from collections.abc import Iterator

from core.errors import StoreError
from core.store.manifest import Digest, Manifest, decode_manifest
from core.store.temporary import TemporaryFolder


class Manifests:
    """One file per folder digest in `root`; a torn one is as good as none, for its digest tells."""

    def __init__(self, root: str, temporary: TemporaryFolder) -> None:
        self._root = root
        self._temporary = temporary

    def has(self, digest: Digest) -> bool:
        """Whether something is remembered, torn or not (one stat)."""
        return os.path.exists(self._path(digest))

    def keep(self, manifest: Manifest) -> None:
        """Remember what a folder holds."""
        if self.has(manifest.digest):
            return
        path = self._path(manifest.digest)
        temporary = self._temporary.new_path("manifest")
        with open(temporary, "wb") as file:
            file.write(manifest.encode())
        os.makedirs(self._root, exist_ok=True)
        os.replace(temporary, path)

    def read(self, digest: Digest) -> Manifest | None:
        """What the folder `digest` holds; None when that is not known."""
        try:
            with open(self._path(digest), "rb") as file:
                return decode_manifest(file.read(), digest)
        except FileNotFoundError:
            return None
        except StoreError:
            self.forget(digest)
            return None

    def forget(self, digest: Digest) -> None:
        """Drop a manifest; nothing happens when there is none."""
        try:
            os.unlink(self._path(digest))
        except FileNotFoundError:
            return

    def __iter__(self) -> Iterator[Digest]:
        try:
            return iter(sorted(name for name in os.listdir(self._root) if len(name) == 64))
        except FileNotFoundError:
            return iter(())

    def _path(self, digest: Digest) -> str:
        return f"{self._root}/{digest}"
