"""`mlpw logs`."""

from collections.abc import Sequence
from pathlib import Path

import click

from core.errors import NotFoundError
from core.records.model import RunRecord, StepRunRecord, StepStatus
from core.workspace import Workspace
from tui.commands.complete import complete_run
from tui.commands.log_output import Output, Shown
from tui.commands.names import find_run, find_step, split_run
from tui.commands.options import json_option
from tui.console import note, say_json
from tui.following import follow
from tui.place import Place
from tui.widgets.log_stream import LogReader, LogSource, merged
from tui.wording.safe import one_line

_NOT_BEGUN = (StepStatus.WAITING, StepStatus.PREPARING)


@click.command()
@click.argument("what", metavar="RUN[/STEP]...", nargs=-1, required=True, shell_complete=complete_run)
@click.option("--follow", "-f", "following", is_flag=True, help="Go on until the run ends.")
@click.option("--lines", "-n", "count", type=click.IntRange(1), help="Only the last N lines.")
@click.option("--attempt", type=click.IntRange(1), metavar="N", help="The N-th attempt of the step in that run.")
@click.option("--timestamps", "-t", "by_clock", is_flag=True, help="Say when each line came.")
@click.option("--elapsed", is_flag=True, help="Say how many seconds after the first line each came.")
@click.option("--grep", metavar="TEXT", help="Only lines with TEXT; ! in front: without it; ~ in front: a regex.")
@click.option("--since", metavar="TIME", help="Only what came since: 10m, 2h, 14:30, 2026-01-31 14:30.")
@json_option
@click.pass_obj
def logs(
    place: Place,
    *,
    what: tuple[str, ...],
    following: bool,
    count: int | None,
    attempt: int | None,
    by_clock: bool,
    elapsed: bool,
    grep: str | None,
    since: str | None,
    as_json: bool,
) -> None:
    """Print what a step wrote, or what several or all steps of a run wrote, merged by time.

    \b
    Examples:
      mlpw logs 12/train
      mlpw logs latest -f
      mlpw logs 12/train 12/evaluate -t
      mlpw logs 12/train --attempt 1 -n 50
      mlpw logs latest --grep '!DEBUG' --since 10m
      mlpw logs 12/train --json          {"run", "steps": {STEP: {"log": PATH, "lines": [...]}}}
    """
    shown = Shown.asked(count, grep, since, by_clock=by_clock, elapsed=elapsed)
    with place.workspace() as workspace:
        workspace.recover()
        run, chosen, is_one = _chosen(workspace, what)
        if attempt is not None:
            _print_attempt(workspace, run, chosen, attempt, shown, is_one=is_one)
        elif as_json:
            say_json(_report(workspace, run, chosen, count))
        elif following:
            _follow(workspace, run, [step.step for step in chosen], shown, prefix=not is_one)
        else:
            _print(workspace, chosen, shown, is_one=is_one)


def _chosen(workspace: Workspace, what: Sequence[str]) -> tuple[RunRecord, list[StepRunRecord], bool]:
    """The run, its steps that are meant, and whether that is one step by name.

    Raises click.UsageError for steps of several runs.
    """
    asked = [split_run(text) for text in what]
    runs = {find_run(workspace, text).number: find_run(workspace, text) for text, _ in asked}
    if len(runs) > 1:
        raise click.UsageError("logs of several runs cannot be merged; name steps of one run")
    run = next(iter(runs.values()))
    names = list(dict.fromkeys(step for _, step in asked))
    if "" in names:
        return run, workspace.steps(run.number), False
    return run, [find_step(workspace, run, name) for name in names], len(names) == 1


def _report(workspace: Workspace, run: RunRecord, steps: list[StepRunRecord], count: int | None) -> object:
    found = {}
    for step in steps:
        log = workspace.attempt(step).log
        if log.exists():
            tail = workspace.last_lines(step, count or 1_000_000)
            found[step.step] = {"log": str(log), "lines": tail}
    return {"run": str(run.number), "steps": found}


def _print_attempt(
    workspace: Workspace, run: RunRecord, chosen: list[StepRunRecord], number: int, shown: Shown, *, is_one: bool
) -> None:
    if not is_one:
        raise click.UsageError("--attempt is for one step: mlpw logs RUN/STEP --attempt N")
    name = chosen[0].step
    found = {a.number: a.folder.log for a in workspace.attempts(run.number, name) if a.run == run.number}
    if number not in found:
        known = ", ".join(map(str, found)) or "none; its result is of an earlier run"
        raise NotFoundError(f"no attempt {number} at '{one_line(name)}' in run {run.number}", hint=f"there is: {known}")
    Output([LogSource(found[number])], shown).write_all()


def _print(workspace: Workspace, steps: list[StepRunRecord], shown: Shown, *, is_one: bool) -> None:
    logs = {step.step: workspace.attempt(step).log for step in steps}
    if is_one and not logs[steps[0].step].exists():
        step = steps[0]
        note(f"{one_line(step.step)} wrote no log: {step.error or str(step.status).replace('_', ' ')}")
        return
    there = {name: log for name, log in logs.items() if log.exists()}
    Output([LogSource(log, "" if is_one else name) for name, log in there.items()], shown).write_all()


def _follow(workspace: Workspace, run: RunRecord, names: list[str], shown: Shown, *, prefix: bool) -> None:
    """Print the chosen steps' logs as they grow, by whole lines, with the step's name in front of each when asked."""
    output = Output([LogSource(Path(), name if prefix else "") for name in names], shown)
    readers: dict[str, LogReader] = {}
    ended: set[str] = set()
    steps: dict[str, StepRunRecord] = {}
    for change in follow(workspace, run.number):
        steps.update({step.step: step for step in change.steps if step.step in names})
        for name, step in steps.items():
            log = workspace.attempt(step).log
            if step.status in _NOT_BEGUN or name in ended:
                continue
            if name not in readers or readers[name].source.path != log:
                readers[name] = LogReader(LogSource(log), names.index(name))
        final = [reader for name, reader in readers.items() if steps[name].status.is_final]
        output.write(merged([r for r in readers.values() if r in final or r.has_more()], final))
        for name in [name for name, reader in readers.items() if reader in final]:
            readers.pop(name).close()
            ended.add(name)
        if not prefix and all(step.status.is_final for step in steps.values()):
            return
