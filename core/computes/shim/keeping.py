"""The life of a shim, whatever it keeps: claim the attempt, sign, keep it to its end, write the result."""

import contextlib
import fcntl
import json
import os
import time

from core.computes import processes
from core.computes.shim import SHIM_NAME
from core.computes.shim.result import Fields, ResultFile, write_whole
from core.computes.shim.signals import catch_signals
from core.computes.shim.system import name_process

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs the nursery its start
    from collections.abc import Callable
    from typing import Any, Protocol

    class Keeper(Protocol):
        """What is kept: a step's processes, or its container."""

        def run(self) -> Fields:
            """From the spec to the result."""

        def clean(self) -> None:
            """What need not be done before the result is known."""


class Machine:
    """What no step changes, found out once: the file that counts kills for lack of memory, and the boot's id."""

    __slots__ = ("boot_id", "oom_counter")

    def __init__(self, oom_counter: str, boot_id: str) -> None:
        self.oom_counter, self.boot_id = oom_counter, boot_id


def keep(
    request: "dict[str, Any]",
    end: int,
    machine: Machine,
    make: "Callable[[dict[str, Any], str, int, Machine], Keeper]",
) -> None:
    """Keep the attempt that `request` names, once: a second shim for the same attempt leaves without a trace.

    `request` has `paths` (folder, spec, lock, owner, result, log, log_times, cancel), `surroundings` and `secrets`
    (environment variables that are written nowhere; the log does not show secrets) and `masks` (more that it must not
    show); with `resume`, an attempt whose shim is gone is taken over. `end` is a pipe whose other side learns by its
    closing that this shim is gone, and gets the result as JSON only if no file could take it. `make` gives the keeper
    for (request, marker, wake, machine).
    """
    os.setsid()
    name_process(SHIM_NAME)
    wake = catch_signals()
    paths = request["paths"]
    lock = claim(paths, again=request.get("resume", False))
    if lock is None:
        return
    started = time.time()
    try:
        result = ResultFile(paths["result"])
        marker = _sign(paths["owner"], started, machine.boot_id)
    except OSError as error:
        tell(end, {"status": "not_started", "error": f"cannot write {paths['owner']}: {error.strerror}"})
        return
    keeper = make(request, marker, wake, machine)
    fields = keeper.run()
    try:
        result.publish(fields)
    except OSError as error:
        tell(end, {**fields, "error": f"cannot write {paths['result']}: {error.strerror}"})
    os.close(end)  # first of all: closing a queue of watches can take the kernel 20 ms
    keeper.clean()


def claim(paths: "dict[str, str]", *, again: bool = False) -> int | None:
    """The attempt's lock, held; None when another shim has or had this attempt (`again`: has it, or ended it)."""
    lock = os.open(paths["lock"], os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if _is_taken(paths):
                return None
            time.sleep(0.002)  # somebody asks whether it is held, or another shim is about to sign
        else:
            is_over = os.path.exists(paths["result"]) if again else _is_taken(paths)
            return None if is_over else lock


def tell(end: int, fields: Fields) -> None:
    """The last resort when no file takes the result: through the pipe, in one piece."""
    with contextlib.suppress(OSError):
        os.write(end, json.dumps(fields).encode())


def grace_seconds(paths: "dict[str, str]", spec: "dict[str, Any]") -> float:
    """Seconds between asking and killing: what came with the request to end, else what the spec says."""
    try:
        with open(paths["cancel"], encoding="ascii") as file:
            return float(file.read())
    except (OSError, ValueError):
        return float(spec["grace_s"])


def _is_taken(paths: "dict[str, str]") -> bool:
    return os.path.exists(paths["owner"]) or os.path.exists(paths["result"])


def _sign(path: str, started_at: float, boot_id: str) -> str:
    """Say who keeps the attempt; returns the marker its processes carry."""
    pid, marker = os.getpid(), os.urandom(16).hex()
    who: Fields = {"pid": pid, "start_ticks": processes.start_ticks(pid), "boot_id": boot_id}
    write_whole(path, {**who, "marker": marker, "started_at": started_at})
    return marker
