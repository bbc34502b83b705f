"""`mlpw runs`."""

import click

from tui.commands.options import json_option
from tui.console import mark, say, say_json, table
from tui.place import Place
from tui.reports import run_summary
from tui.wording.units import ago, duration

_ORDER = ("succeeded", "reused", "running", "preparing", "waiting", "failed", "not_run", "cancelled")


@click.command()
@click.option("--limit", "-n", default=20, show_default=True, type=click.IntRange(1), help="How many, newest first.")
@json_option
@click.pass_obj
def runs(place: Place, *, limit: int, as_json: bool) -> None:
    """List the runs of this workspace, newest first.

    \b
    Examples:
      mlpw runs
      mlpw runs -n 5 --json
      mlpw -C sample_workspace runs
    """
    with place.workspace() as workspace:
        workspace.recover()
        found = workspace.runs(limit=limit)
    if as_json:
        say_json({"runs": [run_summary(run) for run in found]})
        return
    if not found:
        say("no run yet; start one: mlpw run PIPELINE")
        return
    rows = [
        (
            mark(str(run.status)),
            str(run.number),
            str(run.status),
            run.pipeline,
            duration(run.ended_at - run.created_at) if run.ended_at else "",
            ago(run.created_at),
            ", ".join(f"{run.counts[key]} {key.replace('_', ' ')}" for key in _ORDER if key in run.counts),
        )
        for run in found
    ]
    table(rows, header=("", "run", "status", "pipeline", "took", "when", "steps"))
