"""`mlpw environment images|build|move|rm`: environments as images on Docker hosts."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from core.errors import UsageError
from tui.commands.options import json_option
from tui.console import note, say, say_json, say_notices, table
from tui.place import Place
from tui.wording.safe import one_line
from tui.wording.units import ago, size

if TYPE_CHECKING:
    from core.environments.images.kept import KeptImage

_on = click.option("--on", "host", metavar="HOST", help="The compute target; needed when there are several.")


def host_commands() -> list[click.Command]:
    """The commands, for the group of environments."""
    return [_images, _build, _move, _remove]


@click.command("images")
@click.argument("hosts", nargs=-1, metavar="[HOST...]")
@click.option("--all", "others", is_flag=True, help="Images that mlpw did not build, too.")
@json_option
@click.pass_obj
def _images(place: Place, *, hosts: tuple[str, ...], others: bool, as_json: bool) -> None:
    """List the images that mlpw built on Docker hosts, the newest first.

    \b
    Examples:
      mlpw environment images
      mlpw environment images gpu-box --all
      mlpw environment images --json      {"hosts": [{"host", "error", "images": [...]}]}

    Exit codes: 0 done, 1 a host could not be asked.
    """
    from core.workspace.host_images import host_images

    with place.workspace() as workspace:
        found = host_images(workspace, hosts, others=others)
    if as_json:
        reports = [
            {"host": each.host, "error": each.trouble, "images": [_report(image) for image in each.images]}
            for each in found
        ]
        say_json({"hosts": reports})
    else:
        table([_row(each.host, image) for each in found for image in each.images], header=_HEADER)
        for each in found:
            if each.trouble or not each.images:
                note(each.trouble or f"{each.host} has no image of an environment")
        if not found:
            note("no compute target of type docker is defined here")
    if any(each.trouble for each in found):
        sys.exit(1)


_HEADER = ("host", "environment", "image", "size", "made")


def _row(host: str, image: "KeptImage") -> tuple[str, ...]:
    shown = image.reference[:19] if image.reference.startswith("sha256:") else image.reference
    return host, one_line(image.environment), one_line(shown), size(image.size), ago(image.created_at)


def _report(image: "KeptImage") -> dict[str, object]:
    return {
        "id": image.id,
        "image": image.reference,
        "environment": image.environment,
        "digest": image.digest,
        "size": image.size,
        "own_size": image.own_size,
        "created_at": image.created_at,
    }


@click.command("build")
@click.argument("environment", metavar="FILE|REFERENCE")
@_on
@json_option
@click.pass_obj
def _build(place: Place, *, environment: str, host: str | None, as_json: bool) -> None:
    """Have an environment's image on a Docker host before a step needs it: pulled or built, once per content.

    \b
    Examples:
      mlpw environment build environments/train.yml --on gpu-box
      mlpw environment build azureml:train@latest --json       {"host", "id", "image", "digest"}
    """
    from core.workspace.host_images import build_image, only_host

    path = place.path(environment)
    with place.workspace(path if path.is_file() else None) as workspace:
        chosen = host or only_host(workspace)
        given = str(Path(path).absolute()) if path.is_file() else environment
        made = build_image(workspace, given, chosen, lambda line: note(one_line(line)))
    say_notices(made.notices)
    if as_json:
        say_json({"host": chosen, "id": made.id, "image": made.reference, "digest": made.digest})
    else:
        say(f"{made.reference} is on {chosen}")


@click.command("move")
@click.argument("image")
@click.option("--from", "source", required=True, metavar="HOST", help="The host that has it.")
@click.option("--to", "target", required=True, metavar="HOST", help="The host that is to have it, too.")
@json_option
@click.pass_obj
def _move(place: Place, *, image: str, source: str, target: str, as_json: bool) -> None:
    """Send an image from one Docker host to another without a registry; nothing is sent that is there.

    IMAGE is what an environment is called, its image, digest or id, or the name of any image.

    \b
    Examples:
      mlpw environment move train --from gpu-box --to other-box
      mlpw environment move pytorch/pytorch:2.6 --from gpu-box --to other-box --json       {"id", "from", "to"}
    """
    from core.workspace.host_images import move

    with place.workspace() as workspace:
        found = move(workspace, image, source, target, lambda line: note(one_line(line)))
    if as_json:
        say_json({"id": found, "from": source, "to": target})
    else:
        say(f"{one_line(image)} is on {target}")


@click.command("rm")
@click.argument("image")
@_on
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@json_option
@click.pass_obj
def _remove(place: Place, *, image: str, host: str | None, yes: bool, as_json: bool) -> None:
    """Remove an image that mlpw built on a Docker host; it is built again when a step needs it.

    IMAGE is what the environment is called, its image, digest or id.

    \b
    Examples:
      mlpw environment rm train --on gpu-box
      mlpw environment rm 405e532f --yes --json        {"host", "removed": {...}}
    """
    from core.workspace.host_images import only_host, remove

    with place.workspace() as workspace:
        chosen = host or only_host(workspace)
        if not yes:
            _ask(image, chosen)
        gone = remove(workspace, image, chosen)
    if as_json:
        say_json({"host": chosen, "removed": _report(gone)})
    else:
        say(f"removed {one_line(gone.reference)} from {chosen}")


def _ask(image: str, host: str) -> None:
    """Raises UsageError where nobody can be asked, click.Abort for a no."""
    if not sys.stdin.isatty():
        raise UsageError("removing an image wants a yes", hint="give --yes")
    click.confirm(f"Remove the image {one_line(image)} from {host}?", abort=True, err=True)
