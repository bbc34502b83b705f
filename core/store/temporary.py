"""Folders for half-made things, owned through a flock; what has no live owner is garbage."""

import fcntl
import itertools
import os
import threading

from core.store.copying import remove_tree


class TemporaryFolder:
    """A private folder below `root`, made when first asked for; its owner holds a flock on the folder itself."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._path = ""
        self._fd = -1
        self._pid = 0
        self._numbers = itertools.count(1)
        self._making = threading.Lock()

    def new_path(self, label: str) -> str:
        """A path that is not taken yet, for this process alone."""
        if self._pid != os.getpid():
            with self._making:
                if self._pid != os.getpid():
                    self._make()
        return os.path.join(self._path, f"{label}-{next(self._numbers)}")

    def close(self) -> None:
        """Delete the folder with all that is in it; the next `new_path` makes another."""
        if self._pid == os.getpid():
            remove_tree(self._path)
            os.close(self._fd)
        self._pid = 0

    def _make(self) -> None:
        """A cleaner may find the folder between its making and its locking; then it is made again."""
        while True:
            path = os.path.join(self.root, f"{os.getpid()}-{os.urandom(4).hex()}")
            os.makedirs(path, mode=0o700)
            try:
                fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
            fcntl.flock(fd, fcntl.LOCK_EX)
            if os.fstat(fd).st_nlink:
                break
            os.close(fd)
        self._path, self._fd, self._pid = path, fd, os.getpid()


def clean(root: str) -> tuple[str, ...]:
    """Delete everything below `root` whose owner is gone; the names of what was deleted."""
    removed = []
    try:
        names = sorted(os.listdir(root))
    except FileNotFoundError:
        return ()
    for name in names:
        path = os.path.join(root, name)
        if _delete_if_orphaned(path):
            removed.append(name)
    return tuple(removed)


def orphans(root: str) -> tuple[str, ...]:
    """What `clean` would delete now."""
    try:
        names = sorted(os.listdir(root))
    except FileNotFoundError:
        return ()
    return tuple(name for name in names if _has_no_owner(os.path.join(root, name)))


def _has_no_owner(path: str) -> bool:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(fd)
    return True


def _delete_if_orphaned(path: str) -> bool:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        remove_tree(path)
    except OSError:
        return False
    finally:
        os.close(fd)
    return True
