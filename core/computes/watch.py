"""Attempts under way: how one learns that a shim is gone, and what is to be done then."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.computes import attempts
from core.computes.containers.kept import Kept, is_container, read_kept
from core.computes.protocol import State
from core.layout import AttemptFolder

MOST_RESUMES = 12  # a container's shims that went away and got nowhere, as one with a fault of its own, each time


@dataclass(slots=True)
class Watch:
    """An attempt under way; `file` becomes readable when its shim is gone, -1 when nothing can tell that.

    `tries` counts requests for it, of a container's those since `kept` was, which its shims leave; `in_container` says
    to which nursery they go.
    """

    attempt: AttemptFolder
    file: int
    request: bytes = field(default=b"", repr=False)
    locks: Sequence[int] = ()
    tries: int = 1
    kept: Kept | None = None
    in_container: bool = False


def may_resume(watch: Watch) -> bool:
    """Whether an attempt whose shim is gone gets another: a container's, unless several of them got nowhere."""
    if not is_container(watch.attempt):
        return False
    kept, before = read_kept(str(watch.attempt.container)), watch.kept
    if kept is not None and (before is None or kept.got_on_since(before)):
        watch.kept, watch.tries = kept, 0
    return watch.tries < MOST_RESUMES


def settled(attempt: AttemptFolder) -> State:
    """Where an attempt stands whose shim just closed its pipe; its lock opens in the same moment, not before."""
    deadline = time.monotonic() + 1.0
    while (found := attempts.state(attempt)) is State.RUNNING and time.monotonic() < deadline:
        keeper = attempts.owner(attempt)
        if keeper is not None and keeper.is_alive:
            break
        time.sleep(0.001)
    return found
