"""`mlpw watch`."""

import os
import sys
from pathlib import Path
from typing import Any

import click

from tui.commands.options import Asked, pipeline_argument, selection_options
from tui.place import Place


@click.command()
@pipeline_argument
@click.option("--run", "runs", is_flag=True, help="Run what a save makes stale, at once.")
@click.option("--restart", "restarts", is_flag=True, help="With --run: begin running steps anew that are outdated.")
@selection_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON value a line for scripts.")
@click.pass_obj
def watch(place: Place, /, *, pipeline: Path, runs: bool, restarts: bool, as_json: bool, **options: Any) -> None:
    """Show at each save which steps of PIPELINE it makes stale, and why; with --run, run them.

    Looked at are the YAML, the code and the data given by path; ignored files cause nothing. A definition that does
    not load shows its error, and the next save is tried again. While a run goes on, a step that has not started yet
    takes what was saved, its definition too, and steps that are new or gone join or leave the run; one that runs
    goes on, and is run again after it, or with --restart begins anew at once when it has opened what was saved or
    is defined otherwise. What a run cannot take, the next one does, and it is said. A step that failed is run again
    when something changed that it depends on. Ctrl-C ends the watching; while a run of its own goes on it asks that
    to cancel, and a second one leaves it alone.

    \b
    Examples:
      mlpw watch pipelines/train.yml
      mlpw watch pipelines/train.yml --run
      mlpw watch pipelines/train.yml --run --restart --set inputs.epochs=1
      mlpw watch pipelines/train.yml --run --to train
      mlpw watch pipelines/train.yml --json | jq -r .event

    Exit codes: 0 ended by Ctrl-C, 2 bad usage, 130 its run was cancelled or left alone.
    """
    if restarts and not runs:
        raise click.UsageError("--restart needs --run: without it nothing runs")
    from core.watching.watcher import Watcher
    from core.workspace.replanning import Replanner
    from tui.watch_loop import WatchLoop
    from tui.watch_words import JsonWords, Words

    file, asked = place.path(pipeline), Asked(**options)
    with place.workspace(file) as workspace:
        workspace.keep()
        watcher = Watcher()
        os.register_at_fork(after_in_child=watcher.close)  # a run's supervisor is forked, and outlives the watching
        try:
            loop = WatchLoop(
                workspace,
                Replanner(workspace, file, asked.changes, asked.selection),
                watcher,
                JsonWords() if as_json else Words(str(pipeline), workspace.root),
                selection=asked.selection,
                changes=asked.changes,
                runs=runs,
                restarts=restarts,
            )
            code = loop.go()
        finally:
            watcher.close()
    sys.exit(code)
