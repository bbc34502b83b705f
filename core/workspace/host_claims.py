"""Workspaces that seem to be gone and keep results on a host: they stay until somebody says that they may go.

Nobody can know from here whether a workspace of another machine still lives, and a folder that is not there may be on a
disk that is not mounted. So nothing is taken by itself, however long ago: `mlpw gc` tells, and asks when it is to end.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.workspace.workspace import Workspace

#: A workspace that nothing was heard of for so many days may be gone.
QUIET_DAYS = 90.0
_DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class Claim:
    """What a workspace keeps on a host, where it is called `name`.

    `workspace` is "MACHINE:FOLDER", "" when it does not say. `seen` is when its last step came there, in seconds since
    the epoch; `size` the bytes that nobody else keeps there; `is_missing` says that it was a folder of this machine,
    where it is not now.
    """

    host: str
    name: str
    workspace: str
    seen: float
    size: int
    is_missing: bool = False


def quiet_claims(host: str, told: Mapping[str, Any], own: str, days: float = QUIET_DAYS) -> Iterator[Claim]:
    """Of what a host's cache told (`HostCache.usage`): who was not there for `days`, or is a folder that is not here.

    `own` is the name of the workspace that asks.
    """
    for name, each in told["keepers"].items():
        if name == own:
            continue
        machine, _, folder = each["workspace"].partition(":")
        is_missing = bool(folder) and machine == platform.node() and not (Path(folder) / ".mlpw").is_dir()
        if is_missing or each["seen"] < time.time() - days * _DAY_SECONDS:
            yield Claim(host, name, each["workspace"], each["seen"], each["bytes"], is_missing)


def end_claims(workspace: Workspace, claims: Sequence[Claim]) -> list[int]:
    """Let what these workspaces keep go, of each that was not there since, down to the limit of its host.

    Gives the bytes of what went.

    Raises HostError, NotFoundError for a host that is no target any more.
    """
    from core.hosts.cache import HostCache, Sweep
    from core.hosts.connection import connect
    from core.workspace.computes import target, targets

    found, freed = targets(workspace), list[int]()
    for host in dict.fromkeys(claim.host for claim in claims):
        place = target(found, host)
        gone = [(claim.name, claim.seen) for claim in claims if claim.host == host]
        with closing(connect(place)) as engine:
            removed = HostCache(engine).sweep(Sweep("", (), (), place.cache_limit, gone=gone))
        freed += removed.values()
    return freed
