"""`mlpw compare`."""

from typing import TYPE_CHECKING, Any

import click

from tui.commands.complete import complete_run
from tui.commands.names import find_run
from tui.commands.options import json_option
from tui.console import Painted, dim, say, say_json, table, wants_colour
from tui.place import Place
from tui.wording.changes import remark
from tui.wording.comparison import HEADINGS, cell_words, line_name
from tui.wording.safe import one_line

if TYPE_CHECKING:
    from core.workspace.comparison import Comparable, Comparison, FileChange

_COLOURS = {"+": "32", "-": "31", "@": "36"}
#: A command is told in its first so many characters.
_MOST_CHARACTERS = 60


@click.command()
@click.argument("runs", metavar="RUN RUN...", nargs=-1, required=True, shell_complete=complete_run)
@click.option("--all", "everything", is_flag=True, help="What is the same in all runs too.")
@json_option
@click.pass_obj
def compare(place: Place, *, runs: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """Show how two to six runs differ: parameters, statuses, durations, code, environments, data, metrics.

    Code is compared with that of the first run named, from the snapshots the steps ran. Durations count as different
    when they differ by more than a quarter and a second.

    \b
    Examples:
      mlpw compare 11 12
      mlpw compare 9 11 latest --all
      mlpw compare 11 12 --json          {"runs": [...], "lines": [...], "code": [...]}
    """
    with place.workspace() as workspace:
        found = workspace.compare([find_run(workspace, text).number for text in runs])
    if as_json:
        say_json(comparison_report(found, everything=everything))
        return
    lines = found.lines if everything else found.differing
    for topic in dict.fromkeys(str(line.topic) for line in lines):
        say(dim(HEADINGS[topic]))
        chosen = [line for line in lines if line.topic == topic]
        header = ("", *(f"run {run.number}" for run in found.runs))
        table([_row(line) for line in chosen], header=header)
        say()
    for change in found.code:
        _say_change(change, found.runs[0].number)
    if not lines and not found.code:
        say("no difference")


def _row(line: "Comparable") -> tuple[str, ...]:
    cells = [cell_words(cell) for cell in line.cells]
    short = [cell if len(cell) <= _MOST_CHARACTERS else f"{cell[: _MOST_CHARACTERS - 3]}..." for cell in cells]
    return f"  {line_name(line.step, line.name, line.topic)}", *short


def _say_change(change: "FileChange", first: int) -> None:
    what = f"{change.step}: {change.path} {change.kind}" if change.path else f"{change.step}: code {change.kind}"
    say(f"{one_line(what)} in run {change.run}, against run {first}")
    if words := remark(change):
        say(dim(f"  {words}"))
    for line in change.lines:
        say(f"  {_painted(line)}")
    say()


def _painted(line: str) -> str:
    colour = _COLOURS.get(line[:1], "")
    text = one_line(line)
    return Painted(f"\033[{colour}m{text}\033[0m") if colour and wants_colour() else text


def comparison_report(found: "Comparison", *, everything: bool) -> dict[str, Any]:
    """`mlpw compare --json`: a value a run in each line, null for none; digests in full, seconds as numbers."""
    lines = found.lines if everything else found.differing
    return {
        "runs": [str(run.number) for run in found.runs],
        "lines": [
            {
                "about": str(line.topic),
                "step": line.step,
                "name": line.name,
                "differs": line.differs,
                "values": [_value(cell) for cell in line.cells],
            }
            for line in lines
        ],
        "code": [
            {
                "step": change.step,
                "run": str(change.run),
                "path": change.path,
                "change": change.kind,
                "diff": list(change.lines),
                "note": change.note,
            }
            for change in found.code
        ],
    }


def _value(cell: Any) -> Any:
    if cell is None:
        return None
    if cell.digest:
        return {"digest": cell.digest, "bytes": cell.size if cell.size >= 0 else None}
    return round(cell.seconds, 3) if cell.seconds >= 0 else cell.text
