"""Who a process is beyond its pid, and which processes descend from it.

Standard library only and light to import, because the shim uses it. A pid alone is no identity: pids are reused, so an
owner is (pid, start time, boot id).
"""

import os
import signal
import sys
from collections.abc import Iterator

HAS_PROC = sys.platform == "linux"
_EXITING = 0x4  # PF_EXITING in the ninth field of /proc/PID/stat (linux/sched.h)


def boot_id() -> str:
    """Changes with every start of the machine; an empty string where the system does not tell."""
    return read("/proc/sys/kernel/random/boot_id").decode("ascii", "replace").strip() if HAS_PROC else ""


def start_ticks(pid: int) -> int | None:
    """When a process started, in clock ticks since boot; None when it is gone, 0 where the system does not tell.

    A zombie counts as gone, unless other threads of it are still ending and keep its files open.
    """
    if not HAS_PROC:
        return 0 if _exists(pid) else None
    fields = _stat(pid)
    return None if not fields or _is_over(fields) else int(fields[19])


def is_ending(pid: int) -> bool:
    """Whether a process is gone or was killed and is about to be; it keeps its files and locks until it is gone."""
    if not HAS_PROC:
        return not _exists(pid)
    fields = _stat(pid)
    return not fields or fields[0] in (b"Z", b"X") or bool(int(fields[6]) & _EXITING) or _is_killed(pid)


def is_alive(pid: int, ticks: int, boot: str) -> bool:
    """Whether the very process that had this identity still runs."""
    return boot == boot_id() and start_ticks(pid) == ticks


def send(pid: int, ticks: int, boot: str, number: int) -> bool:
    """Signal exactly the process with this identity; False when it is gone."""
    if not hasattr(os, "pidfd_open"):
        return is_alive(pid, ticks, boot) and signal_pid(pid, number)
    try:
        handle = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        if not is_alive(pid, ticks, boot):
            return False
        signal.pidfd_send_signal(handle, number)
        return True
    except OSError:
        return False
    finally:
        os.close(handle)


def signal_pid(pid: int, number: int) -> bool:
    """Signal a process; False when it is gone or not ours."""
    try:
        os.kill(pid, number)
    except OSError:
        return False
    return True


def children(pid: int) -> list[int]:
    """The direct children of a process, those of its threads included; empty when it is gone."""
    found: list[int] = []
    for thread in _entries(f"/proc/{pid}/task"):
        found.extend(int(child) for child in read(f"/proc/{pid}/task/{thread}/children").split())
    return found


def descendants(pid: int) -> Iterator[int]:
    """Every process below one, parents first; what forks meanwhile may be missed, so ask again until none is left."""
    waiting = children(pid)
    seen = {pid}
    while waiting:
        child = waiting.pop()
        if child not in seen:
            seen.add(child)
            yield child
            waiting.extend(children(child))


def all_pids() -> list[int]:
    """Every process this user can see; empty where there is no /proc."""
    return [int(name) for name in _entries("/proc") if name.isdigit()] if HAS_PROC else []


def session(pid: int) -> int:
    """The session a process belongs to, 0 when it is gone."""
    fields = _stat(pid)
    return int(fields[3]) if fields else 0


def name(pid: int) -> str:
    """What a process is called, at most 15 characters; "" when it is gone."""
    return read(f"/proc/{pid}/comm").decode("utf-8", "replace").rstrip("\n")


def environment_holds(pid: int, entry: bytes) -> bool:
    """Whether a process was started with `NAME=value` in its environment."""
    return entry in read(f"/proc/{pid}/environ").split(b"\0")


def working_folder(pid: int) -> str:
    """Where a process stands, an empty string when that cannot be seen."""
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return ""


def _stat(pid: int) -> list[bytes]:
    """The fields of /proc/PID/stat from the third (state) on; the second holds any characters, so cut at its end."""
    return read(f"/proc/{pid}/stat").rpartition(b")")[2].split()


def _is_over(fields: list[bytes]) -> bool:
    """Whether nothing of a process is left but its place in the table (proc_pid_stat(5): state, num_threads)."""
    return fields[0] in (b"Z", b"X") and int(fields[17]) <= 1


def _is_killed(pid: int) -> bool:
    """Whether a SIGKILL is on its way to the process or its first thread (proc_pid_status(5))."""
    pending = [line for line in read(f"/proc/{pid}/status").splitlines() if line.startswith((b"SigPnd:", b"ShdPnd:"))]
    return any(int(line.split()[1], 16) >> (signal.SIGKILL - 1) & 1 for line in pending)


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except OSError:
        return False
    return True


def _entries(path: str) -> list[str]:
    try:
        return os.listdir(path)
    except OSError:
        return []


def read(path: str) -> bytes:
    """A small file as it is; empty when it cannot be read."""
    try:
        with open(path, "rb", buffering=0) as file:
            return file.readall()
    except OSError:
        return b""
