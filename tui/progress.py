"""A run's progress on standard error: a line per finished step, and on a terminal one live line below them."""

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterable

from core.records.model import RunRecord, StepRunRecord, StepStatus
from tui.console import mark
from tui.wording.estimates import left_words
from tui.wording.safe import one_line
from tui.wording.units import count, duration

_CLEAR_LINE = "\r\033[2K"
#: A run as short as this needs no estimate.
_BRIEF_SECONDS = 1.0
_LIVE = (StepStatus.RUNNING, StepStatus.PREPARING)


class ProgressDisplay:
    """Prints what changed, and nothing when nothing did.

    `place` says where a step runs, "" for here. `expected` tells when a run should end, in seconds since the epoch, 0
    when nobody knows; it is asked only for a live line, and not of runs that may be over at once.
    """

    def __init__(
        self,
        expected: Callable[[RunRecord], float] = lambda run: 0.0,
        place: Callable[[StepRunRecord], str] = lambda step: "",
    ) -> None:
        self._expected, self._ends_at, self._has_news = expected, 0.0, False
        self._place = place
        self._stream = sys.stderr
        self._is_live = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._colour = self._is_live and not os.environ.get("NO_COLOR")
        self._steps: dict[str, StepRunRecord] = {}
        self._noticed = 0
        self._live = ""

    def update(self, run: RunRecord, changed: Iterable[StepRunRecord]) -> None:
        """Take in changed steps; print those that ended, and say what runs now."""
        said = [f"note: {one_line(text)}" for text in run.notices[self._noticed :]]
        self._noticed = len(run.notices)
        for step in changed:
            said.extend(self._told(self._steps.get(step.step), step))
            self._steps[step.step] = step
            self._has_news = True
        if self._has_news and self._is_live and run.started_at and time.time() - run.started_at > _BRIEF_SECONDS:
            self._ends_at, self._has_news = self._expected(run), False
        self._show(said, "" if run.status.is_final or not self._is_live else self._now_running())

    def close(self) -> None:
        """Take the live line away."""
        self._show([], "")

    def line(self, text: str) -> None:
        """A line of its own."""
        self._show([text], self._live)

    def _told(self, before: StepRunRecord | None, step: StepRunRecord) -> list[str]:
        """What the change of a step is worth saying; reused steps are counted by the run's last line."""
        if step.status.is_final:
            is_news = before is None or not before.status.is_final
            return self._finished(before, step) if is_news and step.status is not StepStatus.REUSED else []
        if self._is_live:
            return []
        if step.status is StepStatus.RUNNING and not (before and before.status is StepStatus.RUNNING):
            return [self._started(step)]
        return self._waiting(before, step)

    def _finished(self, before: StepRunRecord | None, step: StepRunRecord) -> list[str]:
        """Its end, after its start where that went by between two looks."""
        is_told = self._is_live or not step.started_at or (before and before.status is StepStatus.RUNNING)
        return [self._ended(step)] if is_told else [self._started(step), self._ended(step)]

    def _started(self, step: StepRunRecord) -> str:
        return f"{mark('running', colour=False)} {self._named(step)} started{_because(step)}"

    def _waiting(self, before: StepRunRecord | None, step: StepRunRecord) -> list[str]:
        """That a step begins to wait for something; that the host of one that runs is not heard, or is again."""
        was = before.detail if before else ""
        name = one_line(step.step)
        if step.status is StepStatus.RUNNING and was and not step.detail:
            news = "its host answers again" if _is_away(was) else "its data is on its host"
            return [f"{mark('running', colour=False)} {name}: {news}"]
        if not step.detail or (was and _is_away(was) == _is_away(step.detail)):
            return []
        if step.status is StepStatus.RUNNING:
            return [f"{mark('running', colour=False)} {name}: {one_line(step.detail)}"]
        return [f"{mark('preparing', colour=False)} {name} waits: {one_line(step.detail)}"]

    def _ended(self, step: StepRunRecord) -> str:
        words = "" if step.status is StepStatus.SUCCEEDED else str(step.status).replace("_", " ")
        took = duration(step.ended_at - step.started_at) if step.started_at else ""
        parts = [
            self._named(step) if step.attempt else one_line(step.step),
            words,
            took,
            one_line(step.error or "; ".join(step.reasons)),
        ]
        return f"{mark(str(step.status), colour=self._colour)} {'  '.join(part for part in parts if part)}"

    def _named(self, step: StepRunRecord) -> str:
        """Its name, and where it runs when that is not here."""
        return one_line(f"{step.step} {self._place(step)}".rstrip())

    def _now_running(self) -> str:
        now = time.time()
        live = [step for step in self._steps.values() if step.status in _LIVE]
        done = sum(step.status.is_final for step in self._steps.values())
        names = ", ".join(f"{one_line(step.step)} {_doing(step, now)}" for step in live)
        left = left_words(self._ends_at - now) if self._ends_at else ""
        text = "  ".join(
            part for part in (f"{done}/{count(len(self._steps), 'step')}", left, names or "waiting") if part
        )
        width = shutil.get_terminal_size().columns - 3
        text = text if len(text) <= width else text[: width - 1] + "…"
        return f"{mark('running', colour=self._colour)} {text}"

    def _show(self, lines: list[str], live: str) -> None:
        """Lines above, the live line below them; a terminal gets not a byte when neither changed."""
        if not lines and live == self._live:
            return
        cleared = _CLEAR_LINE if self._live else ""
        self._stream.write(cleared + "".join(f"{line}\n" for line in lines) + live)
        self._stream.flush()
        self._live = live


def _is_away(detail: str) -> bool:
    """Whether the words are those about a host that is away, and not about data on its way there."""
    return "reach" in detail  # see core.engine.patience


def _because(step: StepRunRecord) -> str:
    return f" ({one_line('; '.join(step.reasons))})" if step.reasons else ""


def _doing(step: StepRunRecord, now: float) -> str:
    if step.status is StepStatus.PREPARING:
        return f"preparing ({one_line(step.detail)})" if step.detail else "preparing"
    return duration(now - step.started_at) + (f" ({one_line(step.detail)})" if step.detail else "")
