"""`mlpw shell`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui.commands.complete import complete_step, complete_step_of
from tui.commands.names import find_run, find_step, split_run
from tui.commands.options import changes_of, json_option
from tui.console import dim, note, say_json, say_notices
from tui.place import Place
from tui.wording.safe import lines, one_line

if TYPE_CHECKING:
    from core.workspace import Workspace
    from core.workspace.shells import StepShell


@click.command()
@click.argument("what", metavar="PIPELINE STEP | RUN/STEP", shell_complete=complete_step_of)
@click.argument("rest", metavar="[-- COMMAND...]", nargs=-1, type=click.UNPROCESSED, shell_complete=complete_step)
@click.option("--set", "changes", multiple=True, metavar="KEY=VALUE", help="Change a value of PIPELINE, as for a run.")
@json_option
@click.pass_obj
def shell(place: Place, *, what: str, rest: tuple[str, ...], changes: tuple[str, ...], as_json: bool) -> None:
    """Open a shell where a step runs: its code, inputs, environment and variables, outputs in a scratch folder.

    For a step as it stands now, or as it was in a run; it need not have run, nor ended well. Code is a copy, so
    that what is tried out there changes nothing; all of it goes when the shell is left. A step of a Docker host has
    its shell in its container while it runs, else in a fresh one there, without privileges. With a COMMAND that is
    run instead, and its exit code is the exit code: several words as they are, one word by the shell.

    \b
    Examples:
      mlpw shell pipelines/train.yml train
      mlpw shell 12/train                              as it was in run 12
      mlpw shell latest/train -- python -c 'import sklearn; print(sklearn.__version__)'
      mlpw shell pipelines/train.yml train -- 'ls -l "$AZURE_ML_INPUT_data"'
      mlpw shell 12/train --json                       where things lie, and the command
    """
    is_file = place.path(what).is_file()
    run_text, step = ("", "") if is_file else split_run(what)
    if as_json and len(rest) > (0 if step else 1):
        raise click.UsageError("--json tells about the step and runs no command")
    if step:
        with place.workspace() as workspace:
            _in_run(workspace, run_text, step, rest, as_json)
    else:
        with place.workspace(place.path(what)) as workspace:
            _in_pipeline(workspace, place.path(what), rest, changes_of(changes), as_json)


def _in_run(workspace: "Workspace", run_text: str, step: str, command: tuple[str, ...], as_json: bool) -> None:
    run = find_run(workspace, run_text)
    name = find_step(workspace, run, step).step
    laid_out = workspace.shell(workspace.run_graph(run.number), name, run.number, _heard)
    _enter(laid_out, f"{name} of run {run.number}", command, as_json)


def _in_pipeline(
    workspace: "Workspace", file: Path, rest: tuple[str, ...], changes: tuple[tuple[str, str], ...], as_json: bool
) -> None:
    graph = workspace.graph(file, changes)
    say_notices(graph.notices)
    if not rest:
        raise click.UsageError(f"which step of {graph.name}? there are {', '.join(graph.steps)}")
    laid_out = workspace.shell(graph, rest[0], 0, _heard)
    _enter(laid_out, f"{rest[0]} of {graph.name}", rest[1:], as_json)


def _heard(line: str) -> None:
    note(dim(f"environment: {line}"))


def _enter(place: "StepShell", name: str, command: tuple[str, ...], as_json: bool) -> None:
    if as_json:
        say_json(_report(place))
        return
    for notice in place.notices:
        note(f"note: {one_line(notice)}")
    if command:
        sys.exit(place.run([place.spec.argv[0], "-c", command[0]] if len(command) == 1 else list(command)))
    if not sys.stdin.isatty():
        sys.exit(place.run([place.spec.argv[0]]))
    _greet(place, name)
    place.open()


def _greet(place: "StepShell", name: str) -> None:
    where = "in its own container, which goes on" if place.container else "in a copy that goes"
    note(f"{one_line(name)}, {where} when you leave (exit or ctrl-d)")
    rows = [("folder", str(place.folder)), ("python", place.python)]
    rows += [(f"input {input_name}", value) for input_name, value in place.inputs.items()]
    rows += [(f"output {port}", path) for port, path in place.outputs.items()]
    width = max(len(label) for label, _ in rows)
    for label, value in rows:
        note(f"  {dim(label.ljust(width))}  {one_line(value)}")
    note(dim("its command, which the up arrow gives too:"))
    note("\n".join(f"  {line}" for line in lines(place.command.strip("\n")).split("\n")))


def _report(place: "StepShell") -> dict[str, Any]:
    """`mlpw shell --json`."""
    return {
        "step": place.step,
        "command": place.command,
        "python": place.python,
        "variables": dict(place.variables),
        "inputs": dict(place.inputs),
        "outputs": list(place.outputs),
        "notes": list(place.notices),
    }
