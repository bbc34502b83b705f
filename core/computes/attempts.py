"""What an attempt's files, locks and processes tell: true for any process that asks, whoever started the attempt."""

import contextlib
import fcntl
import json
import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.computes import processes
from core.computes.protocol import Ending, Outcome, State
from core.computes.shim import MARKER, SHIM_NAME
from core.layout import AttemptFolder

QUIET_LOOKS = 2  # one look can miss a process that is just between two programs: its environment is empty then
RESTARTED = "the machine was started anew while the step ran"
LOST = "the process that kept the step was killed from outside"


@dataclass(frozen=True, slots=True)
class Owner:
    """The shim of an attempt; `marker` is in the environment of every process it started."""

    pid: int
    start_ticks: int
    boot_id: str
    marker: str

    @property
    def is_alive(self) -> bool:
        """Whether this very process runs."""
        return processes.is_alive(self.pid, self.start_ticks, self.boot_id)


def owner(attempt: AttemptFolder) -> Owner | None:
    """Who keeps or kept the attempt, None before it started."""
    fields = _read_json(attempt.owner)
    if fields is None:
        return None
    return Owner(fields["pid"], fields["start_ticks"] or 0, fields["boot_id"], fields["marker"])


def state(attempt: AttemptFolder) -> State:
    """Where the attempt stands: a result is an end, a held lock is life, an owner without either is a loss."""
    if os.path.exists(attempt.result):
        return State.ENDED
    if is_locked(attempt):
        return State.RUNNING
    if os.path.exists(attempt.result):  # it ended between the two questions
        return State.ENDED
    return State.LOST if os.path.exists(attempt.owner) else State.NEVER_STARTED


def is_locked(attempt: AttemptFolder) -> bool:
    """Whether a shim holds the attempt."""
    try:
        file = os.open(attempt.lock, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        return False
    finally:
        os.close(file)


def is_of_this_boot(attempt: AttemptFolder) -> bool:
    """Whether the attempt was started since the machine last was: else what it wrote may be lost, whatever it says."""
    try:
        keeper = owner(attempt)
    except ValueError:
        return False
    return keeper.boot_id == processes.boot_id() if keeper else not os.path.exists(attempt.result)


def outcome(attempt: AttemptFolder) -> Outcome | None:
    """How the attempt ended; None while it runs or when it never started."""
    try:
        fields = _read_json(attempt.result)
    except ValueError:
        return Outcome(Ending.LOST, error="the machine stopped before its result was on disk")
    if fields is not None:
        return outcome_of(fields)
    return _lost(attempt) if state(attempt) is State.LOST else None


def _lost(attempt: AttemptFolder) -> Outcome:
    keeper = owner(attempt)
    restarted = keeper is not None and keeper.boot_id != processes.boot_id()
    return Outcome(Ending.LOST, error=RESTARTED if restarted else LOST, restarted=restarted)


def outcome_of(fields: Mapping[str, Any]) -> Outcome:
    """The outcome a shim wrote."""
    known = {name: fields[name] for name in Outcome.__slots__ if name in fields}
    return Outcome(Ending(fields["status"]), **known)


def cancel(attempt: AttemptFolder, grace_s: float | None = None) -> None:
    """Ask for the end of an attempt, running or about to start; `grace_s` replaces the spec's, and may be shortened."""
    waiting = attempt.cancel.with_name(f"cancel.{os.getpid()}.tmp")
    waiting.write_text("" if grace_s is None else str(grace_s), encoding="ascii")
    waiting.replace(attempt.cancel)
    keeper = owner(attempt)  # read after the file is there: a shim signs first and looks for the file then
    if keeper is not None:
        processes.send(keeper.pid, keeper.start_ticks, keeper.boot_id, signal.SIGTERM)


def give_up(attempt: AttemptFolder) -> State:
    """Make sure that an attempt which never started never will; returns where it stands then.

    A request may still be on its way to a shim after its supervisor died. Whoever tries the step again calls this
    first, and goes on with the attempt when it is `RUNNING` after all.
    """
    from core.computes.shim.result import Fields, ResultFile  # only recovery gives up

    attempt.root.mkdir(parents=True, exist_ok=True)
    while (found := state(attempt)) is State.NEVER_STARTED:
        file = os.open(attempt.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not attempt.owner.exists() and not attempt.result.exists():
                now = time.time()
                fields: Fields = {"status": "lost", "error": "given up", "started_at": now, "ended_at": now}
                ResultFile(str(attempt.result)).publish(fields)
        except BlockingIOError:
            time.sleep(0.002)  # somebody only asks whether it is held, or a shim is about to sign
        finally:
            os.close(file)
    return found


def reap_orphans(attempt: AttemptFolder, timeout_s: float = 10.0) -> int:
    """End what a killed shim left running; returns how many processes that were. Repeat it as often as you like.

    A process is the attempt's when it carries the attempt's marker, or is in the shim's session and stands in the
    attempt's folder or is the shim's fork about to become the step, or descends from such a one.
    """
    keeper = owner(attempt)
    if keeper is None or keeper.boot_id != processes.boot_id():
        return 0
    deadline = time.monotonic() + timeout_s
    while keeper.is_alive:  # a shim that was killed drops its lock, which is how one hears of it, before it is gone
        if is_locked(attempt) or time.monotonic() > deadline:
            return 0
        time.sleep(0.001)
    ended: set[int] = set()
    quiet = 0
    while quiet < QUIET_LOOKS and time.monotonic() < deadline:
        found, ending = _survivors(attempt, keeper)
        ended |= {pid for pid in found if processes.signal_pid(pid, signal.SIGKILL)}
        quiet = 0 if found or ending else quiet + 1
        time.sleep(0.005)  # they end when the kernel gets to it; nothing tells us, they are not our children
    return len(ended)


def _survivors(attempt: AttemptFolder, keeper: Owner) -> tuple[set[int], bool]:
    """The attempt's living processes, and whether one is about to be gone that may be the attempt's.

    A process that ends shows first no environment, then no folder any more, and only then closes its files.
    """
    entry = f"{MARKER}={keeper.marker}".encode()
    inside = f"{attempt.root.resolve()}{os.sep}"
    found: set[int] = set()
    ending = False
    for pid in processes.all_pids():
        if processes.environment_holds(pid, entry) or (
            processes.session(pid) == keeper.pid
            and (f"{processes.working_folder(pid)}/".startswith(inside) or processes.name(pid) == SHIM_NAME)
        ):
            found |= {pid, *processes.descendants(pid)}
        elif processes.is_ending(pid):
            ending |= (processes.start_ticks(pid) or -1) >= keeper.start_ticks  # None when it is gone
    return {pid for pid in found if pid != os.getpid() and processes.start_ticks(pid) is not None}, ending


def _read_json(path: Path) -> dict[str, Any] | None:
    with contextlib.suppress(FileNotFoundError):
        with open(path, "rb", buffering=0) as file:
            fields: dict[str, Any] = json.loads(file.readall())
        return fields
    return None
