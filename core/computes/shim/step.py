"""The life of one shim: claim the attempt, start the step, carry its output, end what it left, write the result."""

import contextlib
import fcntl
import json
import os
import resource
import select
import signal
import sys
import time

from core.computes import processes
from core.computes.shim import MARKER, SHIM_NAME
from core.computes.shim.log import Log
from core.computes.shim.mask import Mask
from core.computes.shim.observer import Observer
from core.computes.shim.recording import Recording
from core.computes.shim.result import Fields, OutOfMemoryCount, ResultFile, is_full, write_whole
from core.computes.shim.spawn import CannotStartError, in_words, spawn
from core.computes.shim.system import adopt_orphans, name_process
from core.computes.shim.tree import Tree

READ_BYTES = 256 << 10
DRAIN_BYTES = 16 << 20
LINGER_SECONDS = 2.0  # what the main process leaves running may finish by itself: `cmd > >(tee log)`
STUCK_SECONDS = 60.0  # what survives SIGKILL so long hangs in the kernel: a network disk that is away
TICK_SECONDS = 1.0

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs the nursery its start
    from typing import Any


class Machine:
    """What no step changes, found out once: the file that counts kills for lack of memory, and the boot's id."""

    __slots__ = ("boot_id", "oom_counter")

    def __init__(self, oom_counter: str, boot_id: str) -> None:
        self.oom_counter, self.boot_id = oom_counter, boot_id


def run(request: "dict[str, Any]", end: int, machine: Machine) -> None:
    """Run the attempt that `request` names, once: a second shim for the same attempt leaves without a trace.

    `request` has `paths` (folder, spec, lock, owner, result, log, log_times, cancel), `surroundings` and `secrets`
    (environment variables that are written nowhere; the log does not show secrets) and `masks` (more that it must not
    show). `end` is a pipe whose other side learns by its closing that this shim is gone, and gets the result as JSON
    only if no file could take it.
    """
    os.setsid()
    name_process(SHIM_NAME)
    wake = _catch_signals()
    paths = request["paths"]
    lock = claim(paths)
    if lock is None:
        return
    started = time.time()
    try:
        result = ResultFile(paths["result"])
        marker = _sign(paths["owner"], started, machine.boot_id)
    except OSError as error:
        tell(end, {"status": "not_started", "error": f"cannot write {paths['owner']}: {error.strerror}"})
        return
    fields = Step(request, marker, wake, machine.oom_counter).run()
    try:
        result.publish(fields)
    except OSError as error:
        tell(end, {**fields, "error": f"cannot write {paths['result']}: {error.strerror}"})
    os.close(end)  # first of all: closing a queue of watches can take the kernel 20 ms


def claim(paths: "dict[str, str]") -> int | None:
    """The attempt's lock, held; None when another shim has or had this attempt."""
    lock = os.open(paths["lock"], os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if _is_taken(paths):
                return None
            time.sleep(0.002)  # somebody asks whether it is held, or another shim is about to sign
        else:
            return None if _is_taken(paths) else lock


def tell(end: int, fields: Fields) -> None:
    """The last resort when no file takes the result: through the pipe, in one piece."""
    with contextlib.suppress(OSError):
        os.write(end, json.dumps(fields).encode())


class Step:
    """The step's processes and what they say."""

    def __init__(self, request: "dict[str, Any]", marker: str, wake: int, oom_counter: str) -> None:
        self._paths: dict[str, str] = request["paths"]
        self._secrets: dict[str, str] = request["secrets"]
        self._surroundings: dict[str, str] = request["surroundings"]
        hidden = (*self._secrets.values(), *request["masks"])
        self._mask = Mask(text.encode("utf-8", "surrogateescape") for text in hidden)
        self._marker = marker
        self._wake = wake
        self._oom = OutOfMemoryCount(oom_counter)
        self._started_at = time.time()
        self._started = time.monotonic()
        self._notes: list[str] = []
        self._recording: Recording | None = None
        self._observer: Observer | None = None
        self._reason = ""
        self._full = False
        self._asked_at = 0.0
        self._kill_at: float | None = None
        self._linger_until: float | None = None
        self._hurry = False  # the last killing round found new processes
        self._poll = select.poll()
        self._poll.register(wake, select.POLLIN)

    def run(self) -> Fields:
        """From the spec to the result."""
        try:
            with open(self._paths["spec"], "rb", buffering=0) as file:
                self._spec: dict[str, Any] = json.loads(file.readall())
            self._log = Log(self._paths["log"], self._paths["log_times"], self._spec["log_limit_bytes"])
        except (OSError, ValueError) as error:
            return self._fields("not_started", f"cannot prepare the attempt: {error}")
        if _stop.asked or os.path.exists(self._paths["cancel"]):
            return self._fields("cancelled")
        try:
            self._start()
        except CannotStartError as error:
            return self._fields("not_started", str(error))
        except OSError as error:
            return self._fields("not_started", in_words(error, self._spec["argv"][0]))
        self._keep()
        return self._end()

    def _start(self) -> None:
        whole = adopt_orphans()
        environment = {**self._surroundings, **self._spec["env"], **self._secrets, MARKER: self._marker}
        if self._spec["recorder"]:
            self._recording = Recording(self._spec["recorder"], self._notes.append)
            environment.update(self._recording.environment())
            self._poll.register(self._recording.fileno(), select.POLLIN)
        with contextlib.suppress(OSError):
            os.nice(self._spec["nice"])
        self._observe(self._spec.get("observed", ""))
        self._pipe, writer = os.pipe()
        with contextlib.suppress(OSError, AttributeError):
            fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, READ_BYTES)
        os.set_blocking(self._pipe, False)
        try:
            first = spawn(self._spec["argv"], self._spec["cwd"], environment, writer)
        finally:
            os.close(writer)
        self._tree = Tree(first, whole=whole)
        self._poll.register(self._pipe, select.POLLIN)

    def _observe(self, folder: str) -> None:
        if folder:
            self._observer = Observer(folder)
            if self._observer.fileno() >= 0:
                self._poll.register(self._observer.fileno(), select.POLLIN)

    def _keep(self) -> None:
        """Until nothing of the step is left."""
        stuck_at = 0.0
        while not self._tree.reap():
            now = time.monotonic()
            self._advance(now)
            self._tell_opened(now)
            if self._kill_at is not None and now >= self._kill_at:
                stuck_at = stuck_at or now + STUCK_SECONDS
                if now > stuck_at:
                    break
                self._hurry = self._tree.kill()
            self._wait(self._pause(now))
        self._drain()

    def _advance(self, now: float) -> None:
        """Ask the step to end when somebody wants it, its time is over, or its main process has ended."""
        if self._kill_at is not None:
            if _stop.asked:
                _stop.asked = False
                self._kill_at = min(self._kill_at, self._asked_at + self._grace())
            if now < self._kill_at:
                self._tree.ask_orphans()
        elif self._tree.status is None:
            timeout = self._spec["timeout_s"]
            if _stop.asked:
                self._ask("cancelled", self._grace(), "cancelled")
            elif timeout and now - self._started >= timeout:
                self._ask("timeout", self._spec["grace_s"], f"timed out after {timeout:g} s")
        elif self._linger_until is None:
            self._linger_until = now + LINGER_SECONDS
        elif now >= self._linger_until or _stop.asked:
            self._ask("", min(LINGER_SECONDS, self._spec["grace_s"]), "ending what the step left running")

    def _ask(self, reason: str, grace: float, note: str) -> None:
        self._reason = reason
        self._asked_at = time.monotonic()
        self._kill_at = self._asked_at + grace
        self._log.note(note)
        self._tree.ask()

    def _grace(self) -> float:
        """Seconds between asking and killing: what came with the request, else what the spec says."""
        try:
            with open(self._paths["cancel"], encoding="ascii") as file:
                return float(file.read())
        except (OSError, ValueError):
            return float(self._spec["grace_s"])

    def _pause(self, now: float) -> float:
        """Seconds until something is due."""
        if self._kill_at is not None:
            if now >= self._kill_at:
                return 0.0 if self._hurry else 0.01
            return min(0.05, self._kill_at - now)
        due = TICK_SECONDS
        if self._tree.status is None and self._spec["timeout_s"]:
            due = min(due, self._started + self._spec["timeout_s"] - now)
        if self._linger_until is not None:
            due = min(due, self._linger_until - now)
        if self._observer is not None:
            due = min(due, self._observer.due(now) - now)
        return max(0.0, due)

    def _wait(self, seconds: float) -> None:
        """Carry output and let the recorder serve, until a signal, output or the time comes."""
        ready = self._poll.poll(int(seconds * 1000) + (seconds > 0))
        for file, _ in ready:
            if file == self._pipe:
                if self._carry() == 0:
                    self._poll.unregister(self._pipe)
            elif file == self._wake:
                os.read(self._wake, 4096)
            elif self._observer is not None and file == self._observer.fileno():
                self._look()
            elif self._recording is not None:
                self._poll.unregister(file)
                self._recording.start()
        if not ready:
            self._full = self._full or is_full(self._paths["folder"])
        while self._notes:
            self._log.note(self._notes.pop(0))

    def _look(self) -> None:
        """Take what the step opened; an observer that gives up closes its file."""
        assert self._observer is not None
        file = self._observer.fileno()
        self._observer.look()
        if file >= 0 and self._observer.fileno() < 0:
            self._poll.unregister(file)

    def _tell_opened(self, now: float) -> None:
        if self._observer is not None and now >= self._observer.due(now):
            self._look()
            with contextlib.suppress(OSError):  # whoever does not know takes all of the code for used
                self._observer.tell(self._paths["opened_so_far"], now)

    def _carry(self) -> int:
        """One piece of output from the pipe to the log: its length, 0 at the end, -1 when there is none now."""
        try:
            data = os.read(self._pipe, READ_BYTES)
        except BlockingIOError:
            return -1
        self._log.write(self._mask.feed(data))
        return len(data)

    def _drain(self) -> None:
        """The rest of the output: bounded, because a process that is none of the step's may hold the pipe too."""
        left = DRAIN_BYTES
        while left > 0 and (length := self._carry()) > 0:
            left -= length
        self._log.write(self._mask.end())

    def _end(self) -> Fields:
        if self._recording is not None:
            with contextlib.suppress(Exception):
                self._recording.stop()
        self._log.end()
        if self._observer is not None:
            with contextlib.suppress(OSError):  # without it all of the code counts
                self._observer.write(self._paths["opened"])
            with contextlib.suppress(OSError):
                os.unlink(self._paths["opened_so_far"])
        status = self._tree.status
        code = None if status is None else os.waitstatus_to_exitcode(status)
        fields = self._fields(self._reason or "exited")
        fields["exit_code"] = code if code is not None and code >= 0 else None
        fields["signal"] = -code if code is not None and code < 0 else None
        fields["leftovers"] = 0 if self._reason else self._tree.signalled
        fields["survivors"] = self._tree.left() if status is None or self._kill_at is not None else 0
        fields["log_bytes"] = self._log.size
        fields["log_left_out"] = self._log.left_out
        fields["log_lost"] = self._log.lost
        fields["disk_full"] = self._full or self._log.disk_full or is_full(self._paths["folder"])
        return fields

    def _fields(self, status: str, error: str = "") -> Fields:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return {
            "status": status,
            "error": error,
            "started_at": self._started_at,
            "ended_at": time.time(),
            "duration_s": time.monotonic() - self._started,
            "timeout_s": self._spec["timeout_s"] if hasattr(self, "_spec") else 0.0,
            "max_rss_bytes": used.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
            "cpu_s": used.ru_utime + used.ru_stime,
            "oom_kills": self._oom.risen(),
        }


class _Stop:
    """Whether SIGTERM came: a signal handler has nowhere else to write."""

    asked = False


_stop = _Stop()


def _catch_signals() -> int:
    """Turn signals into bytes on a pipe; handlers and not SIG_IGN, because the step would inherit the latter."""
    wake, writer = os.pipe()
    os.set_blocking(writer, False)
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: setattr(_stop, "asked", True))
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    return wake


def _is_taken(paths: "dict[str, str]") -> bool:
    return os.path.exists(paths["owner"]) or os.path.exists(paths["result"])


def _sign(path: str, started_at: float, boot_id: str) -> str:
    """Say who keeps the attempt; returns the marker its processes carry."""
    pid, marker = os.getpid(), os.urandom(16).hex()
    who: Fields = {"pid": pid, "start_ticks": processes.start_ticks(pid), "boot_id": boot_id}
    write_whole(path, {**who, "marker": marker, "started_at": started_at})
    return marker
