"""Attending a run from a terminal: its progress, Ctrl-C, and how it ended."""

import signal
import time
from collections.abc import Callable, Mapping
from functools import cache, partial
from types import FrameType

from core.records.model import RunRecord, RunStatus, StepRunRecord, StepStatus
from core.workspace.workspace import Workspace
from tui.again import say_nothing_to_do
from tui.console import mark, note, say, say_json
from tui.following import follow
from tui.progress import ProgressDisplay
from tui.reports import run_report
from tui.wording.computes import brief_reason
from tui.wording.safe import lines, one_line
from tui.wording.units import duration

EXIT_CODES = {RunStatus.SUCCEEDED: 0, RunStatus.FAILED: 1, RunStatus.CANCELLED: 130}
_LOG_LINES = 15
_ENDINGS = ("succeeded", "reused", "failed", "not_run", "cancelled")


def attend(workspace: Workspace, number: int) -> RunRecord | None:
    """Show the run until it ends; the first Ctrl-C asks it to cancel, after the second None: it is left to itself."""
    final = workspace.run(number)
    if final.status.is_final:
        return final
    display = ProgressDisplay(partial(_expected_end, workspace), places(workspace, number))
    presses = 0

    def pressed(signum: int, frame: FrameType | None) -> None:
        nonlocal presses
        presses += 1

    before = signal.signal(signal.SIGINT, pressed)
    asked = False
    try:
        for change in follow(workspace, number):
            display.update(change.run, change.steps)
            final = change.run
            if presses and not asked:
                asked = True
                workspace.cancel(number)
                display.line(f"cancelling run {number}; Ctrl-C again leaves it to itself")
            if presses > 1 and not final.status.is_final:
                return None
    finally:
        signal.signal(signal.SIGINT, before)
        display.close()
    return final


def places(workspace: Workspace, number: int) -> Callable[[StepRunRecord], str]:
    """Says of a run's steps on which host they run, and why there when others would have done; "" for here."""

    @cache
    def named() -> Mapping[str, str]:
        graph = workspace.run_graph(number)
        return {step.name: step.compute if step.compute in graph.targets else "" for step in graph.steps.values()}

    @cache
    def has_hosts() -> bool:
        return bool(workspace.run_graph(number).targets)

    def place(step: StepRunRecord) -> str:
        if not has_hosts():
            return ""
        found = workspace.host_of(step)
        host = found.name or named().get(step.step, "")  # one that has only begun says nothing yet
        why = brief_reason(found.why, found.passed_over)
        return f"on {host}{f' ({why})' if why else ''}" if host else ""

    return place


def _expected_end(workspace: Workspace, run: RunRecord) -> float:
    left = workspace.remaining(run, workspace.run_graph(run.number))
    return time.time() + left.seconds if left.last else 0.0


def report_end(workspace: Workspace, final: RunRecord, *, as_json: bool) -> None:
    """How the run ended: failed steps with their last lines, then one line, or the JSON report."""
    made = final.counts
    steps = workspace.steps(final.number) if as_json or made.get("failed") else []
    for step in steps:
        if step.status is StepStatus.FAILED:
            _say_failure(workspace, step)
    if as_json:
        say_json(run_report(final, steps, workspace.run_graph(final.number), workspace.whereabouts))
        return
    if set(made) <= {"reused", "not_run"} and made.get("reused"):
        say_nothing_to_do(final.number, made["reused"])
        return
    took = duration(final.ended_at - final.created_at)
    parts = [f"{made[key]} {key.replace('_', ' ')}" for key in _ENDINGS if made.get(key)]
    say(f"{mark(str(final.status))} run {final.number} {final.status} in {took}: {', '.join(parts)}")
    if final.error and not made.get("failed"):
        note(one_line(final.error))


def _say_failure(workspace: Workspace, step: StepRunRecord) -> None:
    tail = workspace.last_lines(step, _LOG_LINES)
    if not tail:
        return  # the step's own line has said it all
    note(f"{mark('failed', colour=False)} {one_line(step.step)}: {one_line(step.error)}")
    for text in tail:
        note(f"    {lines(text)}")
    log = workspace.attempt(step).log
    if log.exists():
        note(f"  whole log: mlpw logs {step.run}/{one_line(step.step)}")
