"""`mlpw init`."""

import shlex
from pathlib import Path

import click

from tui.commands.options import json_option
from tui.console import note, say, say_json, table
from tui.place import Place
from tui.wording.safe import one_line


def _complete_template(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    from core.workspace.templates import TEMPLATES

    return [template.name for template in TEMPLATES if template.name.startswith(incomplete)]


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--template", "-t", metavar="NAME", help="Begin with this template.", shell_complete=_complete_template)
@click.option("--list", "lists", is_flag=True, help="List the templates.")
@json_option
@click.pass_obj
def init(place: Place, *, folder: Path | None, template: str | None, lists: bool, as_json: bool) -> None:
    """Make FOLDER (default: here) a workspace: mlpw.yml, .mlpw, and a pipeline to try when it has no definitions.

    Nothing that is there is overwritten. It is optional: mlpw runs any folder of Azure ML YAML as it is.

    \b
    Examples:
      mlpw init
      mlpw init taxi
      mlpw init --template train-evaluate houses
      mlpw init --list
      mlpw init --json          {"workspace", "made": [...], "pipeline"}
    """
    from core.workspace import starting, templates

    if lists:
        _list(as_json)
        return
    path = place.path(folder or ".")
    started = templates.create(template, path) if template else starting.start_workspace(path)
    if as_json:
        say_json({"workspace": str(started.root), "made": list(started.made), "pipeline": started.pipeline})
        return
    if started.inside:
        note(f"note: it lies inside the workspace {one_line(str(started.inside))}, and is apart from it now")
    if started.made:
        say(f"made {', '.join(started.made)} in {one_line(str(started.root))}")
    else:
        say(f"{one_line(str(started.root))} is a workspace already")
    if started.pipeline:
        where = f" -C {shlex.quote(str(folder))}" if folder else ""
        name = shlex.quote(one_line(started.pipeline))
        say(f"next:  mlpw run {shlex.quote(str(folder / started.pipeline)) if folder else name}")
        say(f"       mlpw{f' {shlex.quote(str(folder))}' if folder else ''}          the workbench")
        say(f"       mlpw{where} doctor   check this machine")
    else:
        say("next: write a pipeline; mlpw ls shows what is here")


def _list(as_json: bool) -> None:
    from core.workspace.templates import TEMPLATES

    if as_json:
        say_json({"templates": [{"name": each.name, "description": each.description} for each in TEMPLATES]})
    else:
        table((each.name, each.description) for each in TEMPLATES)
