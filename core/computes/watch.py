"""Attempts under way: how one learns that a shim is gone, and what is to be done then."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.computes import attempts
from core.computes.containers.kept import Kept, is_container, read_kept
from core.computes.protocol import Ending, Outcome, State
from core.layout import AttemptFolder

MOST_RESUMES = 12  # a container's shims that went away and got nowhere, as one with a fault of its own, each time
_PAUSES = (0.1, 10.0)


@dataclass(slots=True)
class Watch:
    """An attempt under way; `file` becomes readable when its shim is gone, -1 when nothing can tell that.

    `tries` counts requests for it, of a container's those since `kept` was, which its shims leave; `in_container` says
    to which nursery they go. `due` is when the next shim is asked for (monotonic), 0 while there is one.
    """

    attempt: AttemptFolder
    file: int
    request: bytes = field(default=b"", repr=False)
    locks: Sequence[int] = ()
    tries: int = 1
    kept: Kept | None = None
    in_container: bool = False
    due: float = 0.0


def may_resume(watch: Watch) -> bool:
    """Whether an attempt whose shim is gone gets another: a container's, unless several of them got nowhere."""
    if not is_container(watch.attempt):
        return False
    kept, before = read_kept(str(watch.attempt.container)), watch.kept
    if kept is not None and (before is None or kept.got_on_since(before)):
        watch.kept, watch.tries = kept, 0
    return watch.tries < MOST_RESUMES


def pause_before(watch: Watch) -> float:
    """Seconds until another shim is asked for: a disk may be full, or no memory left, for some time."""
    return min(_PAUSES[0] * 2 ** (watch.tries - 1), _PAUSES[1]) if watch.tries else 0.0


def is_kept_on(watch: Watch, told: Outcome) -> bool:
    """Whether a container is there although a shim could not begin, as it says: the container may still run."""
    if told.ending is not Ending.NOT_STARTED or not is_container(watch.attempt):
        return False
    kept = read_kept(str(watch.attempt.container))
    return kept is not None and bool(kept.container)


def settled(attempt: AttemptFolder) -> State:
    """Where an attempt stands whose shim just closed its pipe; its lock opens in the same moment, not before."""
    deadline = time.monotonic() + 1.0
    while (found := attempts.state(attempt)) is State.RUNNING and time.monotonic() < deadline:
        keeper = attempts.owner(attempt)
        if keeper is not None and keeper.is_alive:
            break
        time.sleep(0.001)
    return found
