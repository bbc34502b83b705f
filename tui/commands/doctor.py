"""`mlpw doctor`."""

import os
import shutil
import sys
from collections.abc import Iterator

import click

from core.workspace.doctor import Check, Health, examine
from core.workspace.folder import find_root
from tui.commands.options import json_option
from tui.console import mark, say, say_json, table, wants_colour
from tui.place import Place
from tui.wording.status import wants_ascii

_MARKS = {Health.OK: "succeeded", Health.WEAK: "stale", Health.BAD: "failed"}
_LEAST_SIZE = (80, 24)


@click.command()
@json_option
@click.pass_obj
def doctor(place: Place, *, as_json: bool) -> None:
    """Examine this machine and this workspace: what mlpw relies on, what is weaker here, what to do about it.

    \b
    Examples:
      mlpw doctor
      mlpw -C sample_workspace doctor
      mlpw doctor --json          {"health", "checks": [{"name", "health", "found", "advice"}]}

    Exit codes: 0 mlpw works here, 1 something keeps it from working.
    """
    root = find_root(place.folder, place.folder)
    checks = [*examine(root), *_terminal()]
    bad = [check for check in checks if check.health is Health.BAD]
    weak = [check for check in checks if check.health is Health.WEAK]
    if as_json:
        entries = [
            {"name": check.name, "health": str(check.health), "found": check.found, "advice": check.advice}
            for check in checks
        ]
        health = Health.BAD if bad else Health.WEAK if weak else Health.OK
        say_json({"workspace": str(root), "health": str(health), "checks": entries})
    else:
        table([(mark(_MARKS[each.health]), each.name, _told(each)) for each in checks])
        say(_summary(len(bad), len(weak)))
    sys.exit(1 if bad else 0)


def _told(check: Check) -> str:
    return f"{check.found}; {check.advice}" if check.advice else check.found


def _summary(bad: int, weak: int) -> str:
    if bad:
        return f"{bad} thing{'s' if bad > 1 else ''} must be put right"
    return (
        f"mlpw works here; {weak} thing{'s are' if weak > 1 else ' is'} weaker than elsewhere"
        if weak
        else "all is well"
    )


def _terminal() -> Iterator[Check]:
    """What the terminal can show; a pipe is none and needs nothing."""
    if not sys.stdout.isatty():
        yield Check("terminal", Health.OK, "none here: plain text goes out")
        return
    size = shutil.get_terminal_size()
    colours = "millions of colours" if os.environ.get("COLORTERM") in ("truecolor", "24bit") else "256 colours or fewer"
    found = f"{size.columns} x {size.lines}, {colours if wants_colour() else 'no colours'}"
    if wants_ascii():
        yield Check("terminal", Health.WEAK, f"{found}, no UTF-8", "set LANG=C.UTF-8 for better pictures")
    elif size.columns < _LEAST_SIZE[0] or size.lines < _LEAST_SIZE[1]:
        yield Check("terminal", Health.WEAK, found, "the workbench wants 80 x 24")
    else:
        yield Check("terminal", Health.OK, f"{found}, UTF-8")
