"""`mlpw` that keeps a diary of what it was told, looked at and planned, and writes it down when it is asked to.

Run as a program, with the diary's path first: what a session that lived for hours missed cannot be asked of it later.
"""

import functools
import signal
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import core.watching.watcher
import tui.start
from core.engine.facts import WorldFacts
from core.watching.noticing import KernelNoticer
from core.watching.roots import Roots
from core.watching.trees import Tree
from core.watching.watcher import Watcher
from core.workspace.replanning import Replanned, Replanner

#: Few and short ones: how much memory the session takes is looked at, too.
_MOST_LINES = 2_000
#: What is worth a line, with what it was given and what came of it.
_KEPT: tuple[tuple[type, str], ...] = (
    (KernelNoticer, "read"),
    (KernelNoticer, "watch"),
    (KernelNoticer, "_forget"),
    (Tree, "look"),
    (Watcher, "wait"),
    (Watcher, "set_roots"),
    (Replanner, "plan"),
    (WorldFacts, "_see"),
)
_lines: deque[str] = deque(maxlen=_MOST_LINES)


def _kept(owner: type, name: str) -> None:
    real: Callable[..., object] = getattr(owner, name)

    @functools.wraps(real)
    def told(self: object, *given: object, **named: object) -> object:
        root = getattr(self, "root", "")
        found = real(self, *given, **named)
        if found or name not in ("read", "wait"):
            words = " ".join(map(_short, given))
            _lines.append(f"{time.monotonic():.4f} {name} {root} {words} {named or ''} -> {_short(found)}")
        return found

    setattr(owner, name, told)


def _short(value: object) -> str:
    if isinstance(value, Replanned):
        return f"{value.error or 'no error'}, decided {value.decided}"
    if isinstance(value, Roots):
        return f"code {sorted(value.code)} data {sorted(value.data)}"
    return f"{value!r:.400}"


def _write(path: Path, *_: Any) -> None:
    new = path.with_suffix(".new")
    new.write_text("\n".join(_lines))
    new.replace(path)


def main() -> None:
    """Be `mlpw`, without looks that nobody asked for."""
    path = Path(sys.argv.pop(1))
    core.watching.watcher._ANYWAY_SECONDS = 1e9
    for owner, name in _KEPT:
        _kept(owner, name)
    signal.signal(signal.SIGUSR1, lambda *_: _write(path))
    tui.start.main()


if __name__ == "__main__":
    main()
