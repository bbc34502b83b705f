"""When a container is asked to end, and when it is killed: somebody wants it, or its time is over."""

import os
import time
from collections.abc import Callable
from typing import Any

from core.computes.shim.keeping import grace_seconds
from core.computes.shim.signals import stop

STUCK_SECONDS = 60.0  # what survives SIGKILL so long hangs in the host's kernel
TICK_SECONDS = 1.0


class Asking:
    """`signal` sends a signal's name to the container and says whether it was heard; `note` is told why it is asked.

    `is_known_to_run` asks its host. `reason` is "cancelled" or "timeout", "" while nobody wants its end.
    """

    def __init__(
        self,
        paths: dict[str, str],
        spec: dict[str, Any],
        signal: Callable[[str], bool],
        note: Callable[[str, str], None],
        is_known_to_run: Callable[[], bool],
        *,
        reason: str = "",
        resumes: bool = False,
    ) -> None:
        self._paths, self._spec, self._signal, self._note = paths, spec, signal, note
        self._is_known_to_run, self._ask_at = is_known_to_run, 0.0
        self._resumes = resumes
        self._is_told = bool(reason)
        self._asked_at = self._tried_at = time.monotonic() if reason else 0.0
        self._kill_at = self._asked_at + self._grace() if reason else 0.0
        self.reason = reason

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody asked for the end, whoever was to hear it."""
        return stop.asked or os.path.exists(self._paths["cancel"])

    def advance(self, started_at: float, *, is_reachable: bool) -> bool:
        """Do what is due; False when there is nothing more to try. `started_at` is in seconds since the epoch.

        While the host is away nobody's time is over: the step may have ended in time.
        """
        now = time.monotonic()
        if not self.reason:
            if stop.asked or (self._resumes and self.is_cancelled):
                self._ask("cancelled", self._grace(), "cancelled")
            elif is_reachable and now >= self._ask_at and self._left(started_at) <= 0:
                self._ask_at = now + TICK_SECONDS
                if self._is_known_to_run():  # a link may be dead for long before one knows it
                    words = f"timed out after {self._spec['timeout_s']:g} s"
                    self._ask("timeout", float(self._spec["grace_s"]), words)
            return True
        if stop.asked:  # once more: somebody is less patient now
            stop.asked = False
            self._kill_at = min(self._kill_at, self._asked_at + self._grace())
        if now - self._tried_at >= TICK_SECONDS and (not self._is_told or now >= self._kill_at):
            self._try(now)
        is_stuck = now >= max(self._kill_at, self._asked_at) + STUCK_SECONDS
        return not is_stuck or (self.reason == "timeout" and not is_reachable)

    def pause(self, started_at: float) -> float:
        """Seconds until something is due, at most a tick."""
        now = time.monotonic()
        due = self._kill_at - now if self.reason else max(self._left(started_at), self._ask_at - now)
        return max(0.01, min(TICK_SECONDS, due))

    def _ask(self, reason: str, grace: float, note: str) -> None:
        stop.asked = False
        self.reason = reason
        self._asked_at = self._tried_at = time.monotonic()
        self._kill_at = self._asked_at + grace
        self._note(reason, note)
        self._is_told = self._signal("TERM")

    def _try(self, now: float) -> None:
        """Again, as the host was away, or with more force."""
        self._tried_at = now
        if self._is_told:
            self._signal("KILL")
        elif self._signal("TERM"):
            self._is_told = True
            self._kill_at = now + self._grace()

    def _grace(self) -> float:
        return grace_seconds(self._paths, self._spec)

    def _left(self, started_at: float) -> float:
        """Seconds until the step's time is over."""
        timeout = self._spec["timeout_s"]
        return float(started_at + timeout - time.time()) if timeout and started_at else TICK_SECONDS
