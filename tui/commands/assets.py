"""`mlpw data`, `mlpw component`, `mlpw environment`, `mlpw model`: versions, with the verbs and flags of `az ml`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from core.errors import UsageError
from core.records.model import AssetKind, AssetRecord
from tui.commands.complete import complete_assets, complete_yaml
from tui.commands.host_images import host_commands
from tui.commands.options import changes_of, json_option
from tui.commands.show import show_asset
from tui.console import say, say_json, say_notices, table
from tui.place import Place
from tui.reports import asset_report
from tui.wording.safe import one_line
from tui.wording.units import ago

Command = Callable[..., Any]
_ONE = {
    AssetKind.DATA: "data",
    AssetKind.COMPONENT: "a component",
    AssetKind.ENVIRONMENT: "an environment",
    AssetKind.MODEL: "a model",
}
_MANY = {kind: kind if kind is AssetKind.DATA else f"{kind}s" for kind in AssetKind}
_HAS_PATH = (AssetKind.DATA, AssetKind.MODEL)


def _group(kind: AssetKind) -> click.Group:
    """The commands of one kind."""
    help_text = f"Immutable versions of {_MANY[kind]}, kept in this workspace."
    examples = f"""

    \b
    Examples:
      mlpw {kind} create -f {kind}.yml
      mlpw {kind} list
      mlpw {kind} show NAME:2
      mlpw {kind} archive NAME:1

    Pipelines name a version as azureml:NAME:VERSION or azureml:NAME@latest.
    """
    group = click.Group(str(kind), help=help_text + examples)
    for command in (_create(kind), _list(kind), _show(kind), _mark(kind, archived=True), _mark(kind, archived=False)):
        group.add_command(command)
    for command in host_commands() if kind is AssetKind.ENVIRONMENT else ():
        group.add_command(command)
    return group


def _create(kind: AssetKind) -> click.Command:
    def create(
        place: Place, *, file: Path | None, changes: tuple[str, ...], as_json: bool, **values: str | None
    ) -> None:
        from core.workspace.versions import NewVersion

        given = {key.removesuffix("_"): value for key, value in values.items() if value is not None}
        if file is None and not given.keys() & {"path", "image", "conda_file"}:
            raise UsageError(
                f"there is nothing to keep {_ONE[kind]} from", hint=f"name its YAML: mlpw {kind} create -f FILE"
            )
        path = place.path(file) if file else None
        if path is not None and "path" in given and "://" not in given["path"]:
            given["path"] = str(place.path(given["path"]).absolute())
        asked = NewVersion(kind, path, place.folder, changes_of(changes), given)
        with place.workspace(path) as workspace:
            made, notices = workspace.create_version(asked)
            report = asset_report(made, workspace.whereabouts)
        say_notices(notices)
        if as_json:
            say_json(report)
        else:
            say(f"{kind} {made.name}:{made.version} is kept; name it azureml:{made.name}:{made.version}")

    create.__doc__ = f"""Keep a new version of {_ONE[kind]} with all its content; later edits do not reach it.

    \b
    Examples:
      mlpw {kind} create -f {kind}.yml
      mlpw {kind} create -f {kind}.yml --version 2
      mlpw {kind} create -f {kind}.yml --set description="for the paper" --json

    Without a version the next number is taken. A version never changes: other content needs another version.
    """
    options = [
        click.option("--file", "-f", type=click.Path(path_type=Path), help="Its YAML.", shell_complete=complete_yaml),
        click.option("--name", "-n", help="Its name, instead of the one in the YAML."),
        click.option("--version", "-v", help="Its version, instead of the one in the YAML."),
        click.option("--set", "changes", multiple=True, metavar="KEY=VALUE", help="Change a value of the YAML."),
        click.option("--description", "-d", help="What it is."),
    ]
    if kind in _HAS_PATH:
        options.append(click.option("--path", "-p", help="Where its content lies, instead of the path in the YAML."))
        options.append(click.option("--type", "-t", "type_", help="Its Azure ML type."))
    if kind is AssetKind.ENVIRONMENT:
        options.append(click.option("--image", "-i", help="Its image."))
        options.append(click.option("--conda-file", "-c", "conda_file", help="Its conda file."))
    return _command("create", create, options)


def _list(kind: AssetKind) -> click.Command:
    def list_(place: Place, *, name: str | None, include_archived: bool, archived_only: bool, as_json: bool) -> None:
        with place.workspace() as workspace:
            hidden = include_archived or archived_only
            every = workspace.versions(kind, name, archived=hidden) if name else workspace.assets(kind, archived=hidden)
            found = [asset for asset in every if asset.archived or not archived_only]
            reports = [asset_report(asset, workspace.whereabouts) for asset in found]
        if as_json:
            say_json({"assets": reports})
        elif found:
            asset_table(found)
        else:
            say(f"no {kind} is registered; keep one: mlpw {kind} create -f FILE")

    list_.__doc__ = f"""List the newest versions of {_MANY[kind]}, or all versions of one.

    \b
    Examples:
      mlpw {kind} list
      mlpw {kind} list --name NAME --include-archived
      mlpw {kind} list --json
    """
    options = [
        click.option("--name", "-n", help="All versions of this one.", shell_complete=complete_assets(kind)),
        click.option("--include-archived", is_flag=True, help="Archived versions too."),
        click.option("--archived-only", is_flag=True, help="Archived versions alone."),
    ]
    return _command("list", list_, options)


def _show(kind: AssetKind) -> click.Command:
    def show(
        place: Place,
        *,
        reference: str | None,
        name: str | None,
        version: str | None,
        label: str | None,
        as_json: bool,
    ) -> None:
        with place.workspace() as workspace:
            asset = workspace.asset(kind, *_which(reference, name, version, label))
            if as_json:
                say_json(asset_report(asset, workspace.whereabouts))
            else:
                show_asset(asset, workspace)

    show.__doc__ = f"""Show a version: what it is, who made it, where its content lies.

    \b
    Examples:
      mlpw {kind} show NAME               the newest
      mlpw {kind} show NAME:2
      mlpw {kind} show NAME@latest --json
      mlpw {kind} show --name NAME --version 2
    """
    return _command("show", show, _reference_options(kind))


def _mark(kind: AssetKind, *, archived: bool) -> click.Command:
    verb = "archive" if archived else "restore"

    def change(
        place: Place,
        *,
        reference: str | None,
        name: str | None,
        version: str | None,
        label: str | None,
        as_json: bool,
    ) -> None:
        wanted, exact, pointed = _which(reference, name, version, label)
        with place.workspace() as workspace:
            if pointed:
                exact = workspace.asset(kind, wanted, label=pointed).version
            changed = workspace.set_archived(kind, wanted, exact, archived)
            reports = [asset_report(asset, workspace.whereabouts) for asset in changed]
        if as_json:
            say_json({"assets": reports})
        for asset in changed if not as_json else ():
            say(f"{kind} {one_line(asset.name)}:{one_line(asset.version)} is {'archived' if archived else 'restored'}")

    what = (
        "Hide a version, or all of a name; a pipeline that names it exactly still runs, with a warning."
        if archived
        else "Bring an archived version back, or all of a name."
    )
    change.__doc__ = f"""{what}

    \b
    Examples:
      mlpw {kind} {verb} NAME:1
      mlpw {kind} {verb} NAME             every version
      mlpw {kind} {verb} --name NAME --version 1 --json
    """
    return _command(verb, change, _reference_options(kind))


def _reference_options(kind: AssetKind) -> list[Command]:
    return [
        click.argument("reference", metavar="[NAME[:VERSION|@LABEL]]", required=False,
                       shell_complete=complete_assets(kind)),
        click.option("--name", "-n", help="The name.", shell_complete=complete_assets(kind)),
        click.option("--version", "-v", help="The version."),
        click.option("--label", "-l", help="A label, such as latest."),
    ]  # fmt: skip


def _command(name: str, function: Command, options: list[Command]) -> click.Command:
    for option in reversed([*options, json_option]):
        function = option(function)
    return click.command(name)(click.pass_obj(function))


def _which(reference: str | None, name: str | None, version: str | None, label: str | None) -> tuple[str, str, str]:
    """Name, version and label from an argument, from the flags of `az ml`, or from both.

    Raises UsageError when they do not go together.
    """
    from core.workspace.versions import split_reference

    if (reference is None) == (name is None):
        raise UsageError("a name is needed, once", hint="expected NAME, NAME:VERSION, NAME@LABEL or --name NAME")
    wanted, exact, pointed = split_reference(reference or name or "")
    if (exact and version) or (pointed and label) or ((exact or version) and (pointed or label)):
        raise UsageError("a version or a label is needed, not both and once", hint="such as NAME:2 or NAME@latest")
    return wanted, exact or version or "", pointed or label or ""


def asset_table(found: list[AssetRecord]) -> None:
    """Versions, one a line."""
    rows = [
        (
            f"{asset.name}:{asset.version}",
            asset.type,
            ", ".join(asset.labels),
            "archived" if asset.archived else "",
            ago(asset.created_at),
            f"run {asset.made_by_run}, {asset.made_by_step}" if asset.made_by_run else "",
            asset.description,
        )
        for asset in found
    ]
    table(rows, header=("name", "type", "labels", "", "made", "by", "description"))


data = _group(AssetKind.DATA)
component = _group(AssetKind.COMPONENT)
environment = _group(AssetKind.ENVIRONMENT)
model = _group(AssetKind.MODEL)
