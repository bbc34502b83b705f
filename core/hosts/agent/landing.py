"""Files that have come whole but are not on disk yet: brought there while more come, and kept by their content then."""

import os
import threading

from core.hosts.agent.volume import Volume
from core.store.filesystem import sync_filesystem

#: A file by its kind ("f", or "x" when it is executable) and digest.
Key = tuple[str, str]
_PAUSE_SECONDS = 0.5


class Landing:
    """A name among the kept files means bytes on disk; what has none yet lies at a path of its own."""

    def __init__(self, volume: Volume) -> None:
        self._volume = volume
        self._paths: dict[Key, str] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self._folders: set[str] = set()

    def __contains__(self, key: Key) -> bool:
        return key in self._paths

    def add(self, key: Key, path: str) -> None:
        """A whole file, not on disk yet."""
        with self._lock:
            self._paths[key] = path

    def begin(self) -> None:
        """From now on, bring to disk what comes."""
        if self._thread is not None:
            self._thread.join()
        self._over.clear()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Nothing more comes; what is not on disk by now is left to `keep_rest`."""
        self._over.set()
        if self._thread is not None and self._paths:  # else nothing here waits for the disk
            self._thread.join()
            self._thread = None

    def path(self, key: Key) -> str:
        """Where a file lies now; after `end`."""
        return self._paths.get(key) or str(self._volume.blob(*key))

    def keep_rest(self) -> None:
        """Give everything its name: all of it was brought to disk."""
        self._name(dict(self._paths))

    def keep(self, key: Key, path: str) -> None:
        """Give one file, which is on disk, its name."""
        blob = self._volume.blob(*key)
        if str(blob.parent) not in self._folders:
            blob.parent.mkdir(parents=True, exist_ok=True)
            self._folders.add(str(blob.parent))
        os.rename(path, blob)

    def _work(self) -> None:
        while not self._over.wait(_PAUSE_SECONDS):
            with self._lock:
                batch = dict(self._paths)
            if sync_filesystem(str(self._volume.folder)):
                self._name(batch)

    def _name(self, batch: dict[Key, str]) -> None:
        for key, path in batch.items():
            self.keep(key, path)
            with self._lock:
                del self._paths[key]
