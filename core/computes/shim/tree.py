"""The processes below a shim: reap them, ask them to end, end them.

The shim is a child subreaper: whatever its step starts stays below it, however often it forks or changes its session,
so `waitpid` finding no child means that nothing of the step is left. Where the system has no subreaper the step's
process group is all that can be reached.
"""

import os
import signal

from core.computes import processes


class Tree:
    """The step's processes. `status` is the wait status of the first one, None while it runs."""

    __slots__ = ("_asked", "_first", "_killed", "_whole", "signalled", "status")

    def __init__(self, first: int, *, whole: bool) -> None:
        self._first = first
        self._whole = whole  # every descendant can be found, not only the first one's process group
        self._asked: set[tuple[int, int | None]] = set()
        self._killed: set[tuple[int, int | None]] = set()
        self.status: int | None = None
        self.signalled = 0

    def reap(self) -> bool:
        """Collect what ended; True when nothing of the step is left."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return self._whole or not processes.signal_pid(-self._first, 0)
            if pid == 0:
                return False
            if pid == self._first:
                self.status = status

    def ask(self) -> None:
        """Send SIGTERM to all, and wake what is stopped so that it can hear."""
        if self._whole:
            for pid in list(processes.descendants(os.getpid())):
                self._ask(pid)
        elif not self._asked:
            self._asked.add((self._first, 0))
            processes.signal_pid(-self._first, signal.SIGTERM)
            processes.signal_pid(-self._first, signal.SIGCONT)

    def ask_orphans(self) -> None:
        """Send SIGTERM to what lost its parent since; children of living processes may be their clean-up."""
        if self._whole:
            for pid in processes.children(os.getpid()):
                self._ask(pid)

    def kill(self) -> bool:
        """Send SIGKILL to all; True when there were new ones, so that asking again at once makes sense."""
        before = len(self._killed)
        if self._whole:
            for pid in processes.descendants(os.getpid()):  # lazily: a parent is hit before its children are listed
                self._kill(pid)
        else:
            processes.signal_pid(-self._first, signal.SIGKILL)
        return len(self._killed) > before

    def left(self) -> int:
        """How many processes are there still."""
        return sum(1 for pid in processes.descendants(os.getpid()) if processes.start_ticks(pid) is not None)

    def _ask(self, pid: int) -> None:
        known = (pid, processes.start_ticks(pid))
        if known[1] is not None and known not in self._asked:
            self._asked.add(known)
            self.signalled += 1
            processes.signal_pid(pid, signal.SIGTERM)
            processes.signal_pid(pid, signal.SIGCONT)

    def _kill(self, pid: int) -> None:
        processes.signal_pid(pid, signal.SIGKILL)
        known = (pid, processes.start_ticks(pid))
        if known not in self._killed:
            self._killed.add(known)
            self.signalled += known not in self._asked
