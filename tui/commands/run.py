"""`mlpw run`."""

import signal
import sys
from pathlib import Path
from types import FrameType

import click

from core.records.model import RunRecord, RunStatus, StepRunRecord, StepStatus
from core.workspace import Workspace
from tui.commands.options import (
    changes_of,
    json_option,
    pipeline_argument,
    say_notices,
    selection_of,
    selection_options,
)
from tui.console import mark, note, say, say_json
from tui.following import follow
from tui.place import Place
from tui.progress import ProgressDisplay
from tui.reports import run_report
from tui.wording.safe import lines, one_line
from tui.wording.units import count, duration

EXIT_CODES = {RunStatus.SUCCEEDED: 0, RunStatus.FAILED: 1, RunStatus.CANCELLED: 130}
_LOG_LINES = 15


@click.command()
@pipeline_argument
@selection_options
@click.option("--detach", "-d", is_flag=True, help="Start the run and return; mlpw logs -f and mlpw show follow it.")
@json_option
@click.pass_obj
def run(
    place: Place,
    *,
    pipeline: Path,
    changes: tuple[str, ...],
    force: bool,
    force_steps: tuple[str, ...],
    only: tuple[str, ...],
    start: tuple[str, ...],
    end: tuple[str, ...],
    detach: bool,
    as_json: bool,
) -> None:
    """Run what changed in PIPELINE and wait for the end.

    The run belongs to a process of its own: closing the terminal does not stop it. Ctrl-C asks it to cancel,
    a second Ctrl-C leaves it alone and returns.

    \b
    Examples:
      mlpw run pipelines/train.yml
      mlpw run pipelines/train.yml --set inputs.epochs=3 --set settings.default_compute=gpu
      mlpw run pipelines/train.yml --from train --force
      mlpw run pipelines/train.yml --only evaluate
      mlpw run pipelines/train.yml --detach --json
    Exit codes: 0 success, 1 the run failed, 2 bad input or usage, 130 cancelled.
    """
    file = place.path(pipeline)
    with place.workspace(file) as workspace:
        graph = workspace.graph(file, pairs := changes_of(changes))
        say_notices(graph.notices)
        number = workspace.submit(graph, selection_of(force, force_steps, only, start, end), pairs)
        if detach:
            say_json({"run": str(number)}) if as_json else say(
                f"run {number} started; follow it: mlpw logs {number} -f"
            )
            return
        final = _attend(workspace, number, quiet=False)
        if final is None:
            note(f"run {number} goes on; follow it: mlpw logs {number} -f, stop it: mlpw cancel {number}")
            sys.exit(130)
        report_end(workspace, final, as_json=as_json)
    sys.exit(EXIT_CODES[final.status])


def _attend(workspace: Workspace, number: int, *, quiet: bool) -> RunRecord | None:
    """Show the run until it ends; None when the person left it to itself."""
    display = ProgressDisplay(quiet=quiet)
    presses = 0

    def pressed(signum: int, frame: FrameType | None) -> None:
        nonlocal presses
        presses += 1

    before = signal.signal(signal.SIGINT, pressed)
    asked = False
    try:
        for change in follow(workspace, number):
            display.update(change.run, change.steps)
            if presses and not asked:
                asked = True
                workspace.cancel(number)
                display.line(f"cancelling run {number}; Ctrl-C again leaves it to itself")
            if presses > 1 and not change.run.status.is_final:
                return None
            final = change.run
    finally:
        signal.signal(signal.SIGINT, before)
        display.close()
    return final


def report_end(workspace: Workspace, final: RunRecord, *, as_json: bool) -> None:
    """How the run ended: failed steps with their last lines, then one line, or the JSON report."""
    steps = workspace.steps(final.number)
    for step in steps:
        if step.status is StepStatus.FAILED:
            _say_failure(workspace, step)
    if as_json:
        say_json(run_report(final, steps, workspace.run_graph(final.number), workspace.content_path))
        return
    made = final.counts
    parts = [
        f"{made[key]} {key.replace('_', ' ')}"
        for key in ("succeeded", "reused", "failed", "not_run", "cancelled")
        if made.get(key)
    ]
    if set(made) <= {"reused", "not_run"} and made.get("reused"):
        say(f"{mark('reused')} run {final.number}: nothing to do, {count(made['reused'], 'step')} up to date")
        return
    took = duration(final.ended_at - final.created_at)
    say(f"{mark(str(final.status))} run {final.number} {final.status} in {took}: {', '.join(parts)}")
    if final.error and not made.get("failed"):
        note(one_line(final.error))


def _say_failure(workspace: Workspace, step: StepRunRecord) -> None:
    tail = workspace.last_lines(step, _LOG_LINES)
    note(f"{mark('failed', colour=False)} {one_line(step.step)}: {one_line(step.error)}")
    for text in tail:
        note(f"    {lines(text)}")
    log = workspace.attempt(step).log
    if log.exists():
        note(f"  whole log: mlpw logs {step.run}/{one_line(step.step)}")
