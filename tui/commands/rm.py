"""`mlpw rm`."""

import sys

import click

from core.errors import UsageError
from tui.commands.complete import complete_run
from tui.commands.names import find_run
from tui.commands.options import json_option
from tui.console import say, say_json
from tui.place import Place
from tui.wording.units import count, size


@click.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, shell_complete=complete_run)
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@json_option
@click.pass_obj
def rm(place: Place, *, runs: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Delete runs: what is remembered of them and their folders. Results stay, so no step runs again because of it.

    A result that is kept keeps its log and metrics too; mlpw gc removes content that nothing names any more, and
    mlpw gc --keep-runs forgets old runs with their results. A run that goes on is refused.

    \b
    Examples:
      mlpw rm 12
      mlpw rm 9 10 11 --yes
      mlpw rm latest --yes --json          {"deleted": ["12"], "freed_bytes": 123}
    """
    with place.workspace() as workspace:
        chosen = [find_run(workspace, text).number for text in dict.fromkeys(runs)]
        if not yes:
            _ask(chosen)
        deleted = workspace.delete_runs(chosen)
    if as_json:
        say_json({"deleted": [str(number) for number in deleted.runs], "freed_bytes": deleted.size})
        return
    names = ", ".join(str(number) for number in deleted.runs)
    say(f"deleted run{'s' if len(deleted.runs) > 1 else ''} {names}, {size(deleted.size)} freed")
    if deleted.kept_logs:
        say(f"kept {count(deleted.kept_logs, 'result')} with its log{'s' if deleted.kept_logs > 1 else ''}")


def _ask(chosen: list[int]) -> None:
    """Raises UsageError where nobody can be asked, click.Abort for a no."""
    if not sys.stdin.isatty():
        raise UsageError("deleting runs wants a yes", hint="give --yes")
    names = ", ".join(str(number) for number in chosen)
    click.confirm(f"Delete {count(len(chosen), 'run')} ({names})?", abort=True, err=True)
