"""`mlpw cancel`."""

import click

from core.records.model import RunStatus
from tui.commands.complete import complete_run
from tui.commands.names import find_run
from tui.commands.options import json_option
from tui.console import mark, say, say_json
from tui.following import follow
from tui.place import Place


@click.command()
@click.argument("run", metavar="RUN", shell_complete=complete_run)
@click.option("--no-wait", is_flag=True, help="Ask, and do not wait until the steps have stopped.")
@json_option
@click.pass_obj
def cancel(place: Place, *, run: str, no_wait: bool, as_json: bool) -> None:
    """Stop a run: its steps get time to end by themselves, then are killed with all they started.

    \b
    Examples:
      mlpw cancel 12
      mlpw cancel latest --json
    """
    with place.workspace() as workspace:
        workspace.recover()
        found = find_run(workspace, run)
        if not found.status.is_final:
            workspace.cancel(found.number)
            if not no_wait:
                for change in follow(workspace, found.number):
                    found = change.run
        elif not as_json:
            say(f"run {found.number} has ended: {found.status}")
            return
    if as_json:
        say_json({"run": str(found.number), "status": str(found.status)})
    elif found.status.is_final:
        say(f"{mark(str(found.status))} run {found.number} {found.status}")
    else:
        say(f"asked run {found.number} to stop")
    if found.status is RunStatus.FAILED:
        raise SystemExit(1)
