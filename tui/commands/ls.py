"""`mlpw ls`."""

from collections.abc import Sequence
from dataclasses import dataclass

import click

from core.definitions.discovery import DefinitionEntry
from core.records.model import AssetKind, AssetRecord, RunRecord
from core.workspace import Workspace
from tui.commands.complete import complete_words
from tui.commands.options import json_option
from tui.console import dim, mark, note, say, say_json, table
from tui.place import Place
from tui.reports import asset_report, definition_report, run_summary
from tui.wording.safe import one_line
from tui.wording.units import ago

#: Word on the command line -> the kind of definitions, "" for runs.
KINDS = {
    "pipelines": "pipeline",
    "components": "component",
    "data": "data",
    "environments": "environment",
    "models": "model",
    "computes": "compute",
    "runs": "",
}
_RUNS = 10


@dataclass(frozen=True, slots=True)
class _Listing:
    definitions: Sequence[DefinitionEntry]
    versions: Sequence[AssetRecord]
    runs: Sequence[RunRecord]


def _plural(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """One of the kinds, written in the singular or the plural."""
    from core.errors import did_you_mean

    if value is None:
        return None
    for kind in (value.lower(), f"{value.lower()}s"):
        if kind in KINDS:
            return kind
    near = did_you_mean(value.lower(), KINDS)
    raise click.BadParameter(f"'{value}' is no kind; {near or 'kinds: ' + ', '.join(KINDS)}")


@click.command()
@click.argument("kind", required=False, callback=_plural, shell_complete=complete_words(*KINDS))
@json_option
@click.pass_obj
def ls(place: Place, *, kind: str | None, as_json: bool) -> None:
    """List what this workspace defines on disk, the versions it has registered, and its newest runs.

    KIND is pipelines, components, data, environments, models, computes or runs. A file that cannot be read is shown
    with its error; `mlpw KIND list` has all versions, `mlpw runs` all runs.

    \b
    Examples:
      mlpw ls
      mlpw ls pipelines
      mlpw ls data --json          {"data": {"definitions": [...], "versions": [...]}}
    """
    chosen = [kind] if kind else list(KINDS)
    with place.workspace() as workspace:
        listings = _listings(workspace, chosen)
        if as_json:
            say_json({name: _report(workspace, name, listing) for name, listing in listings.items()})
            return
    filled = {name: each for name, each in listings.items() if each.definitions or each.versions or each.runs}
    for number, (name, listing) in enumerate(filled.items()):
        if len(chosen) > 1:
            say(f"{chr(10) if number else ''}{dim(name)}")
        _print(listing)
    if not filled:
        note(f"no {kind} here" if kind else "nothing is defined here; mlpw init makes a pipeline to try")


def _listings(workspace: Workspace, chosen: list[str]) -> dict[str, _Listing]:
    definitions = workspace.definitions() if set(chosen) - {"runs"} else []
    found = {}
    for name in chosen:
        kind = KINDS[name]
        found[name] = _Listing(
            [entry for entry in definitions if entry.kind == kind],
            workspace.assets(AssetKind(kind)) if kind in tuple(AssetKind) else [],
            workspace.runs(limit=_RUNS) if not kind else [],
        )
    return found


def _report(workspace: Workspace, name: str, listing: _Listing) -> object:
    if name == "runs":
        return [run_summary(run) for run in listing.runs]
    return {
        "definitions": [definition_report(entry) for entry in listing.definitions],
        "versions": [asset_report(asset, workspace.whereabouts) for asset in listing.versions],
    }


def _print(listing: _Listing) -> None:
    rows = [_definition_row(entry) for entry in listing.definitions]
    rows += [_version_row(asset) for asset in listing.versions]
    rows += [
        (mark(str(run.status)), f"run {run.number}", run.pipeline, str(run.status), ago(run.created_at))
        for run in listing.runs
    ]
    table(rows)


def _definition_row(entry: DefinitionEntry) -> tuple[str, ...]:
    if entry.error:
        return mark("failed"), entry.path, "", "", one_line(entry.error)
    name = f"{entry.name}:{entry.version}" if entry.version and entry.name else entry.name
    return " ", entry.path, name, entry.type, entry.display_name or entry.description


def _version_row(asset: AssetRecord) -> tuple[str, ...]:
    made = f"by run {asset.made_by_run}, {asset.made_by_step}" if asset.made_by_run else ""
    told = ", ".join(filter(None, (f"registered {ago(asset.created_at)}", made, asset.description)))
    return mark("succeeded"), f"{asset.name}:{asset.version}", "", asset.type, told
