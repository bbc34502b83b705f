"""`mlpw gc`."""

import click

from tui.commands.options import json_option
from tui.console import note, say, say_json
from tui.place import Place
from tui.wording.safe import one_line
from tui.wording.units import size

_ORDER = (
    "runs",
    "results",
    "objects",
    "manifests",
    "attempts",
    "run folders",
    "working folders",
    "environments",
    "build logs",
    "images",
    "build layers",
    "build containers",
    "build volumes",
    "containers",
    "cached attempts",
    "cached objects",
    "temporary things",
)


@click.command()
@click.option("--dry-run", is_flag=True, help="Say what would go, and remove nothing.")
@click.option(
    "--keep-runs", type=click.IntRange(0), metavar="N", help="First forget all finished runs but the N newest."
)
@click.option(
    "--older-than",
    type=click.FloatRange(0),
    metavar="DAYS",
    help="First forget finished runs that ended so many days ago.",
)
@click.option(
    "--environments",
    is_flag=True,
    help="Also remove environments that no remembered run used, here and on Docker hosts.",
)
@json_option
@click.pass_obj
def gc(
    place: Place,
    *,
    dry_run: bool,
    keep_runs: int | None,
    older_than: float | None,
    environments: bool,
    as_json: bool,
) -> None:
    """Remove what nothing needs any more: content that no run, result or version names, and leftovers.

    On Docker hosts of the workspace, containers that nobody keeps any more go too.

    Forgetting runs forgets their results too, unless a run that stays took them; their steps run again when asked
    for. With both --keep-runs and --older-than only runs go that neither keeps. Registered versions always stay.

    What was sent to a Docker host or made there is kept there as a cache. Each host's shrinks to the 'cache:' of its
    target (50 GB when it says none), what was used longest ago first; results that lie only there stay, also those of
    other workspaces.

    \b
    Examples:
      mlpw gc --dry-run
      mlpw gc
      mlpw gc --keep-runs 20 --older-than 30
      mlpw gc --environments --json   {"dry_run", "freed_bytes", "not_asked", "removed": {KIND: {"count", "bytes"}}}

    Exit codes: 0 done, 1 a run is going on and nothing was removed.
    """
    from core.workspace.housekeeping import Wishes, collect

    with place.workspace() as workspace:
        freed = collect(workspace, Wishes(keep_runs, older_than, environments, dry_run))
    if as_json:
        removed = {kind: {"count": freed.counts[kind], "bytes": freed.sizes[kind]} for kind in freed.counts}
        say_json({"dry_run": dry_run, "freed_bytes": freed.size, "removed": removed, "not_asked": freed.troubles})
        return
    for trouble in freed.troubles:
        note(one_line(trouble))
    verb = "would remove" if dry_run else "removed"
    for kind in _ORDER:
        if kind in freed.counts:
            freed_size = f", {size(freed.sizes[kind])}" if freed.sizes[kind] else ""
            say(f"{verb} {freed.counts[kind]:,} {_noun(kind, freed.counts[kind])}{freed_size}")
    if freed.counts:
        say(f"{size(freed.size)} {'would be freed' if dry_run else 'freed'}")
    else:
        say("nothing to remove")


def _noun(kind: str, number: int) -> str:
    return kind.removesuffix("s") if number == 1 else kind
