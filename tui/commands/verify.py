"""`mlpw verify`."""

import sys
from dataclasses import asdict

import click

from tui.commands.options import json_option
from tui.console import mark, note, say, say_json
from tui.place import Place
from tui.wording.safe import one_line
from tui.wording.units import count


@click.command()
@click.option("--repair", is_flag=True, help="Forget what is damaged, so that its steps run again.")
@json_option
@click.pass_obj
def verify(place: Place, *, repair: bool, as_json: bool) -> None:
    """Read everything that is kept here and compare it with its digest; check the records too.

    What lies on a host is not read: it is compared with its digest when it is fetched.

    \b
    Examples:
      mlpw verify
      mlpw verify --repair
      mlpw verify --json          {"objects", "results", "elsewhere", "problems": [{"what", "digest", ...}]}

    Exit codes: 0 all is well (or was put right), 1 something is wrong.
    """
    from core.workspace.verification import verify as check

    is_live = sys.stderr.isatty()

    def progress(done: int, total: int) -> None:
        if is_live and (done % 20 == 0 or done == total):
            click.echo(
                f"\r\033[2K{done:,} of {count(total, 'object')}" if done < total else "\r\033[2K", nl=False, err=True
            )

    with place.workspace() as workspace:
        found = check(workspace, repair=repair, progress=progress)
    if as_json:
        problems = [asdict(problem) for problem in found.problems]
        counts = {"objects": found.objects, "results": found.results, "elsewhere": found.elsewhere}
        say_json({**counts, "problems": problems})
    else:
        for problem in found.problems:
            status = "succeeded" if problem.repaired else "failed"
            hint = "forgotten" if problem.repaired else problem.hint
            note(f"{mark(status, colour=False)} {one_line(problem.what)}{f'; {one_line(hint)}' if hint else ''}")
        looked = f"{count(found.objects, 'object')} and {count(found.results, 'result')}"
        wrong = count(len(found.problems), "problem")
        if found.elsewhere:
            verb = "lies" if found.elsewhere == 1 else "lie"
            note(
                f"{count(found.elsewhere, 'object')} {verb} on hosts and {'was' if verb == 'lies' else 'were'} not read"
            )
        say(f"{looked} are as they were kept" if not found.problems else f"{looked}: {wrong}")
    sys.exit(0 if found.is_well else 1)
