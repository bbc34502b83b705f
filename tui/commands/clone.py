"""`mlpw clone`."""

import os
from pathlib import Path

import click

from tui.commands.complete import complete_yaml
from tui.commands.options import json_option
from tui.console import say, say_json
from tui.place import Place
from tui.wording.safe import one_line


@click.command()
@click.argument("file", type=click.Path(path_type=Path), shell_complete=complete_yaml)
@click.argument("name", metavar="NEWNAME")
@json_option
@click.pass_obj
def clone(place: Place, *, file: Path, name: str, as_json: bool) -> None:
    """Write the pipeline or component in FILE again under another name, in a file beside it.

    Its name, its display name and a component's version change; everything else, comments too, stays as it is. As
    the new file stands beside the old one, relative paths in it mean the same.

    \b
    Examples:
      mlpw clone pipelines/train.yml train_small
      mlpw clone components/score.yml score_fast --json
    """
    from core.workspace.cloning import clone as write_clone

    path = place.path(file)
    with place.workspace(path) as workspace:
        made = write_clone(workspace, path, name)
    shown = os.path.relpath(made, place.folder.resolve())
    if as_json:
        say_json({"file": shown})
    else:
        say(f"wrote {one_line(shown)}")
