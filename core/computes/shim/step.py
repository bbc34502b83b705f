"""A step as processes: start it, carry its output, end what it left, say how it ended."""

import contextlib
import fcntl
import json
import os
import resource
import select
import sys
import time

from core.computes.shim import MARKER
from core.computes.shim.keeping import Machine, grace_seconds, keep
from core.computes.shim.observing import Observing
from core.computes.shim.output import Output
from core.computes.shim.recording import Recording
from core.computes.shim.result import Fields, OutOfMemoryCount, is_full
from core.computes.shim.signals import stop
from core.computes.shim.spawn import CannotStartError, in_words, spawn
from core.computes.shim.system import adopt_orphans
from core.computes.shim.tree import Tree

READ_BYTES = 256 << 10
DRAIN_BYTES = 16 << 20
LINGER_SECONDS = 2.0  # what the main process leaves running may finish by itself: `cmd > >(tee log)`
STUCK_SECONDS = 60.0  # what survives SIGKILL so long hangs in the kernel: a network disk that is away
TICK_SECONDS = 1.0

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs the nursery its start
    from typing import Any


def run(request: "dict[str, Any]", end: int, machine: Machine) -> None:
    """Run the attempt that `request` names as processes of this machine; see `keep`."""
    keep(request, end, machine, Step)


class Step:
    """The step's processes and what they say."""

    def __init__(self, request: "dict[str, Any]", marker: str, wake: int, machine: Machine) -> None:
        self._request = request
        self._paths: dict[str, str] = request["paths"]
        self._secrets: dict[str, str] = request["secrets"]
        self._surroundings: dict[str, str] = request["surroundings"]
        self._marker = marker
        self._wake = wake
        self._oom = OutOfMemoryCount(machine.oom_counter)
        self._started_at = time.time()
        self._started = time.monotonic()
        self._notes: list[str] = []
        self._recording: Recording | None = None
        self._reason = ""
        self._full = False
        self._asked_at = 0.0
        self._kill_at: float | None = None
        self._linger_until: float | None = None
        self._hurry = False  # the last killing round found new processes
        self._poll = select.poll()
        self._poll.register(wake, select.POLLIN)
        self._observing = Observing("", self._paths, self._poll)

    def run(self) -> Fields:
        """From the spec to the result."""
        try:
            with open(self._paths["spec"], "rb", buffering=0) as file:
                self._spec: dict[str, Any] = json.loads(file.readall())
            self._output = Output(self._request, self._spec)
        except (OSError, ValueError) as error:
            return self._fields("not_started", f"cannot prepare the attempt: {error}")
        if stop.asked or os.path.exists(self._paths["cancel"]):
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
        self._observing = Observing(self._spec.get("observed", ""), self._paths, self._poll)
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

    def _keep(self) -> None:
        """Until nothing of the step is left."""
        stuck_at = 0.0
        while not self._tree.reap():
            now = time.monotonic()
            self._advance(now)
            self._observing.tell(now)
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
            if stop.asked:
                stop.asked = False
                self._kill_at = min(self._kill_at, self._asked_at + self._grace())
            if now < self._kill_at:
                self._tree.ask_orphans()
        elif self._tree.status is None:
            timeout = self._spec["timeout_s"]
            if stop.asked:
                self._ask("cancelled", self._grace(), "cancelled")
            elif timeout and now - self._started >= timeout:
                self._ask("timeout", self._spec["grace_s"], f"timed out after {timeout:g} s")
        elif self._linger_until is None:
            self._linger_until = now + LINGER_SECONDS
        elif now >= self._linger_until or stop.asked:
            self._ask("", min(LINGER_SECONDS, self._spec["grace_s"]), "ending what the step left running")

    def _ask(self, reason: str, grace: float, note: str) -> None:
        self._reason = reason
        self._asked_at = time.monotonic()
        self._kill_at = self._asked_at + grace
        self._output.note(note)
        self._tree.ask()

    def _grace(self) -> float:
        return grace_seconds(self._paths, self._spec)

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
        return max(0.0, min(due, self._observing.due(now) - now))

    def _wait(self, seconds: float) -> None:
        """Carry output and let the recorder serve, until a signal, output or the time comes."""
        ready = self._poll.poll(int(seconds * 1000) + (seconds > 0))
        for file, _ in ready:
            if file == self._pipe:
                if self._carry() == 0:
                    self._poll.unregister(self._pipe)
            elif file == self._wake:
                os.read(self._wake, 4096)
            elif file == self._observing.fileno():
                self._observing.look()
            elif self._recording is not None:
                self._poll.unregister(file)
                self._recording.start()
        if not ready:
            self._full = self._full or is_full(self._paths["folder"])
        while self._notes:
            self._output.note(self._notes.pop(0))

    def _carry(self) -> int:
        """One piece of output from the pipe to the log: its length, 0 at the end, -1 when there is none now."""
        try:
            data = os.read(self._pipe, READ_BYTES)
        except BlockingIOError:
            return -1
        self._output.feed(data)
        return len(data)

    def _drain(self) -> None:
        """The rest of the output: bounded, because a process that is none of the step's may hold the pipe too."""
        left = DRAIN_BYTES
        while left > 0 and (length := self._carry()) > 0:
            left -= length
        self._output.flush()

    def _end(self) -> Fields:
        if self._recording is not None:
            with contextlib.suppress(Exception):
                self._recording.stop()
        self._output.end()
        self._observing.end()
        status = self._tree.status
        code = None if status is None else os.waitstatus_to_exitcode(status)
        fields = self._fields(self._reason or "exited")
        fields["exit_code"] = code if code is not None and code >= 0 else None
        fields["signal"] = -code if code is not None and code < 0 else None
        fields["leftovers"] = 0 if self._reason else self._tree.signalled
        fields["survivors"] = self._tree.left() if status is None or self._kill_at is not None else 0
        fields["disk_full"] = self._full or self._output.disk_full or is_full(self._paths["folder"])
        fields.update(self._output.fields())
        return fields

    def clean(self) -> None:
        """Nothing is left."""

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
