"""A run's progress on standard error: a line per finished step, and on a terminal one live line below them."""

import os
import shutil
import sys
import time
from collections.abc import Iterable

from core.records.model import RunRecord, StepRunRecord, StepStatus
from tui.console import mark
from tui.wording.safe import one_line
from tui.wording.units import count, duration

_CLEAR_LINE = "\r\033[2K"
_LIVE = (StepStatus.RUNNING, StepStatus.PREPARING)


class ProgressDisplay:
    """Prints what changed."""

    def __init__(self) -> None:
        self._stream = sys.stderr
        self._is_live = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._colour = self._is_live and not os.environ.get("NO_COLOR")
        self._steps: dict[str, StepRunRecord] = {}
        self._noticed = 0

    def update(self, run: RunRecord, changed: Iterable[StepRunRecord]) -> None:
        """Take in changed steps; print those that ended, and say what runs now."""
        self._clear()
        for text in run.notices[self._noticed :]:
            self._print(f"note: {one_line(text)}")
        self._noticed = len(run.notices)
        for step in changed:
            before = self._steps.get(step.step)
            self._steps[step.step] = step
            if step.status.is_final and (before is None or not before.status.is_final):
                if step.status is StepStatus.REUSED:
                    continue  # the last line counts them
                self._print(self._ended(step))
            elif step.status is StepStatus.RUNNING and not self._is_live and not _was(before, StepStatus.RUNNING):
                self._print(f"{mark('running', colour=False)} {one_line(step.step)} started{_because(step)}")
        if not run.status.is_final:
            self._show_live()

    def close(self) -> None:
        """Take the live line away."""
        self._clear()

    def line(self, text: str) -> None:
        """A line of its own."""
        self._clear()
        self._print(text)

    def _ended(self, step: StepRunRecord) -> str:
        words = "" if step.status is StepStatus.SUCCEEDED else str(step.status).replace("_", " ")
        took = duration(step.ended_at - step.started_at) if step.started_at else ""
        parts = [one_line(step.step), words, took, one_line(step.error or "; ".join(step.reasons))]
        return f"{mark(str(step.status), colour=self._colour)} {'  '.join(part for part in parts if part)}"

    def _show_live(self) -> None:
        if not self._is_live:
            return
        now = time.time()
        live = [step for step in self._steps.values() if step.status in _LIVE]
        done = sum(step.status.is_final for step in self._steps.values())
        names = ", ".join(f"{one_line(step.step)} {_doing(step, now)}" for step in live)
        text = f"{done}/{count(len(self._steps), 'step')}  {names or 'waiting'}"
        width = shutil.get_terminal_size().columns - 3
        text = text if len(text) <= width else text[: width - 1] + "…"
        self._stream.write(f"{mark('running', colour=self._colour)} {text}")
        self._stream.flush()

    def _clear(self) -> None:
        if self._is_live:
            self._stream.write(_CLEAR_LINE)
            self._stream.flush()

    def _print(self, text: str) -> None:
        self._stream.write(text + "\n")
        self._stream.flush()


def _was(step: StepRunRecord | None, status: StepStatus) -> bool:
    return step is not None and step.status is status


def _because(step: StepRunRecord) -> str:
    return f" ({one_line('; '.join(step.reasons))})" if step.reasons else ""


def _doing(step: StepRunRecord, now: float) -> str:
    if step.status is StepStatus.PREPARING:
        return f"preparing ({one_line(step.detail)})" if step.detail else "preparing"
    return duration(now - step.started_at)
