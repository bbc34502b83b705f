"""`mlpw run`."""

import sys
from pathlib import Path
from typing import Any

import click

from tui.commands.options import Asked, json_option, pipeline_argument, say_notices, selection_options
from tui.console import mark, say, say_json
from tui.place import Place
from tui.wording.units import count


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
    if not as_json and asked.is_everything and _ran_again(place, file, asked):
        return
    from tui.running import EXIT_CODES, attend, report_end  # a run with nothing to do needs none of it

    with place.workspace(file) as workspace:
        graph = workspace.graph(file, asked.changes)
        say_notices(graph.notices)
        number = workspace.submit(graph, asked.selection, asked.changes)
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


def _ran_again(place: Place, file: Path, asked: Asked) -> bool:
    """Whether everything is as a remembered run found it: then that run is recorded once more, and that is all."""
    from core.workspace.again import recall_settled

    layout = place.layout(file)
    again = recall_settled(layout, file, asked.changes)
    number = again.submit(layout) if again is not None else 0
    if again is None or not number:
        return False
    say_notices(again.notices)
    say(f"{mark('reused')} run {number}: nothing to do, {count(len(again.steps), 'step')} up to date")
    return True
