"""`mlpw logs`."""

import sys
from pathlib import Path

import click

from core.records.model import RunRecord, StepRunRecord, StepStatus
from core.workspace import Workspace
from tui.commands.complete import complete_run
from tui.commands.names import find_run, find_step, split_run
from tui.commands.options import json_option
from tui.console import note, say_json
from tui.following import follow
from tui.place import Place
from tui.wording.safe import lines, one_line

_BLOCK = 1 << 16


@click.command()
@click.argument("what", metavar="RUN[/STEP]", shell_complete=complete_run)
@click.option("--follow", "-f", "following", is_flag=True, help="Go on until the run ends.")
@click.option("--lines", "-n", "count", type=click.IntRange(1), help="Only the last N lines of each step.")
@json_option
@click.pass_obj
def logs(place: Place, *, what: str, following: bool, count: int | None, as_json: bool) -> None:
    """Print what a step wrote, or what all steps of a run wrote, one after the other.

    \b
    Examples:
      mlpw logs 12/train
      mlpw logs latest -f
      mlpw logs latest/train -n 50
      mlpw logs 12/train --json          {"run", "steps": {STEP: {"log": PATH, "lines": [...]}}}
    """
    run_text, step_name = split_run(what)
    with place.workspace() as workspace:
        workspace.recover()
        run = find_run(workspace, run_text)
        chosen = [find_step(workspace, run, step_name)] if step_name else workspace.steps(run.number)
        names = frozenset(step.step for step in chosen)
        if as_json:
            say_json(_report(workspace, run, chosen, count))
        elif following:
            _follow(workspace, run, names, prefix=not step_name)
        else:
            for step in chosen:
                _print_step(workspace, step, count, heading=not step_name)


def _report(workspace: Workspace, run: RunRecord, steps: list[StepRunRecord], count: int | None) -> object:
    found = {}
    for step in steps:
        log = workspace.attempt(step).log
        if log.exists():
            tail = workspace.last_lines(step, count or 1_000_000)
            found[step.step] = {"log": str(log), "lines": tail}
    return {"run": str(run.number), "steps": found}


def _print_step(workspace: Workspace, step: StepRunRecord, count: int | None, *, heading: bool) -> None:
    log = workspace.attempt(step).log
    if not log.exists():
        if not heading:
            note(f"{one_line(step.step)} wrote no log: {step.error or str(step.status).replace('_', ' ')}")
        return
    if heading:
        note(f"== {one_line(step.step)}")
    if count is not None:
        for text in workspace.last_lines(step, count):
            click.echo(_printable(text))
        return
    _copy(log, 0)


def _copy(log: Path, offset: int) -> int:
    """Write a log from an offset on; a terminal gets it cleaned, a file or pipe as it is."""
    with log.open("rb") as file:
        file.seek(offset)
        while block := file.read(_BLOCK):
            offset += len(block)
            if sys.stdout.isatty():
                click.echo(lines(block.decode("utf-8", "replace")), nl=False)
            else:
                sys.stdout.buffer.write(block)
    sys.stdout.flush()
    return offset


def _printable(text: str) -> str:
    return lines(text) if sys.stdout.isatty() else text


def _follow(workspace: Workspace, run: RunRecord, names: frozenset[str], *, prefix: bool) -> None:
    """Print every chosen step's log as it grows, whole lines with the step's name in front when there are several."""
    tails: dict[str, _Tail] = {}
    steps: dict[str, StepRunRecord] = {}
    for change in follow(workspace, run.number):
        steps.update({step.step: step for step in change.steps if step.step in names})
        for name, step in steps.items():
            if step.status not in (StepStatus.WAITING, StepStatus.PREPARING):
                tail = tails.setdefault(name, _Tail(name if prefix else ""))
                tail.pump(workspace.attempt(step).log, last=step.status.is_final)
        if not prefix and all(step.status.is_final for step in steps.values()):
            return


class _Tail:
    """A growing file, printed by whole lines."""

    def __init__(self, name: str) -> None:
        self._prefix = f"{one_line(name)} | ".encode() if name else b""
        self._path: Path | None = None
        self._offset = 0
        self._rest = b""

    def pump(self, path: Path, *, last: bool) -> None:
        """Print what is new; a last line without end is printed when no more will come."""
        if path != self._path:
            self._path, self._offset, self._rest = path, 0, b""
        if not path.exists():
            return
        with path.open("rb") as file:
            file.seek(self._offset)
            while block := file.read(_BLOCK):
                self._offset += len(block)
                whole = (self._rest + block).split(b"\n")
                self._rest = whole.pop()
                self._write(whole)
        if last and self._rest:
            self._write([self._rest])
            self._rest = b""

    def _write(self, whole: list[bytes]) -> None:
        for line in whole:
            text = self._prefix + line
            if sys.stdout.isatty():
                click.echo(lines(text.decode("utf-8", "replace")))
            else:
                sys.stdout.buffer.write(text + b"\n")
        sys.stdout.flush()
