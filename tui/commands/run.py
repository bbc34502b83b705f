"""`mlpw run`."""

import sys
from pathlib import Path
from typing import Any

import click

from tui.again import ran_again
from tui.commands.options import Asked, json_option, pipeline_argument, selection_options
from tui.console import say, say_json, say_notices
from tui.place import Place


@click.command()
@pipeline_argument
@selection_options
@click.option("--detach", "-d", is_flag=True, help="Start the run and return; mlpw logs -f and mlpw show follow it.")
@json_option
@click.pass_obj
def run(place: Place, /, *, pipeline: Path, detach: bool, as_json: bool, **options: Any) -> None:
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
    file, asked = place.path(pipeline), Asked(**options)
    if not as_json and asked.is_everything and ran_again(place, file, asked.changes):
        return
    from tui.running import EXIT_CODES, attend, report_end  # a run with nothing to do needs none of it

    with place.workspace(file) as workspace:
        graph = workspace.graph(file, asked.changes)
        say_notices(graph.notices)
        number = workspace.submit(graph, asked.selection, asked.changes, forks=True)
        if detach:
            started = f"run {number} started; follow it: mlpw logs {number} -f"
            say_json({"run": str(number)}) if as_json else say(started)
            return
        final = attend(workspace, number)
        if final is None:
            click.echo(
                f"run {number} goes on; follow it: mlpw logs {number} -f, stop it: mlpw cancel {number}", err=True
            )
            sys.exit(130)
        report_end(workspace, final, as_json=as_json)
    sys.exit(EXIT_CODES[final.status])
