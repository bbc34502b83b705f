"""Where kept content lies: here, or on a host that it was left on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """`path` is where content lies here, "" when it is not; then the target `host` has its `size` bytes."""

    path: str = ""
    host: str = ""
    size: int = -1


def whereabouts(workspace: Workspace, digest: str) -> Whereabouts:
    """See `Workspace.whereabouts`."""
    store = workspace.store
    if store.elsewhere.has(digest) and not store.has(digest):
        machine = store.elsewhere.machine(digest)
        if machine is not None:
            return Whereabouts("", str(machine["name"]), store.elsewhere.size(digest))
    return Whereabouts(str(store.path(digest)))
