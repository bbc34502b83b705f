"""Noticing that files changed, by looking at their size and time; a change is a reason to plan, never a decision."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

_MOST = 4000
_SKIPPED = frozenset({"__pycache__", "node_modules", "site-packages", ".mlpw", ".git"})


class Watch:
    """Files and folders to look at; `changed` says whether any differs from the last look."""

    def __init__(self) -> None:
        self._roots: tuple[str, ...] = ()
        self._seen: dict[str, tuple[int, int]] = {}

    def set_roots(self, roots: Iterable[str]) -> None:
        """Look at these from now on: a file itself, a folder with all below it."""
        given = tuple(sorted(set(roots)))
        if given != self._roots:
            self._roots = given
            self._seen = dict(self._look())

    def changed(self) -> bool:
        """Whether anything was written, made or removed since the last call, or since the roots were set."""
        now = dict(self._look())
        before, self._seen = self._seen, now
        return before != now

    def _look(self) -> Iterator[tuple[str, tuple[int, int]]]:
        left = _MOST
        for root in self._roots:
            for path in _below(root):
                if not left:
                    return
                left -= 1
                try:
                    found = os.stat(path)  # noqa: PTH116 - thousands of times a second
                except OSError:
                    continue
                yield path, (found.st_mtime_ns, found.st_size)


def _below(root: str) -> Iterator[str]:
    yield root
    if not Path(root).is_dir():
        return
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in _SKIPPED and not name.startswith(".")]
        yield from (os.path.join(folder, name) for name in files)  # noqa: PTH118 - as above
