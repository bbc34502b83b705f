"""`mlpw gc`."""

import sys
from collections.abc import Sequence

import click

from core.errors import UsageError
from core.workspace.host_claims import QUIET_DAYS, Claim, end_claims
from tui.commands.options import json_option
from tui.console import note, say, say_json
from tui.place import Place
from tui.wording.safe import one_line
from tui.wording.units import ago, count, size

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
@click.option(
    "--workspaces-gone",
    is_flag=False,
    flag_value=QUIET_DAYS,
    type=click.FloatRange(0),
    metavar="[DAYS]",
    help="Also end what workspaces keep on Docker hosts that are not there any more, or sent nothing for so many days.",
)
@click.option("--yes", "-y", is_flag=True, help="Do not ask about those workspaces.")
@json_option
@click.pass_obj
def gc(
    place: Place,
    *,
    dry_run: bool,
    keep_runs: int | None,
    older_than: float | None,
    environments: bool,
    workspaces_gone: float | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Remove what nothing needs any more: content that no run, result or version names, and leftovers.

    On Docker hosts of the workspace, containers that nobody keeps any more go too.

    Forgetting runs forgets their results too, unless a run that stays took them; their steps run again when asked
    for. With both --keep-runs and --older-than only runs go that neither keeps. Registered versions always stay.

    What was sent to a Docker host or made there is kept there as a cache. Each host's shrinks to the 'cache:' of its
    target (50 GB when it says none), what was used longest ago first; results that lie only there stay, also those of
    other workspaces. Of workspaces that seem to be gone it is said what they keep there; --workspaces-gone asks, and
    lets that go.

    \b
    Examples:
      mlpw gc --dry-run
      mlpw gc
      mlpw gc --keep-runs 20 --older-than 30
      mlpw gc --workspaces-gone 180
      mlpw gc --environments --json   {"dry_run", "freed_bytes", "not_asked", "removed": {KIND: {"count", "bytes"}},
                                       "workspaces_gone": [{"host", "workspace", "seen_at", "bytes", "ended"}]}

    Exit codes: 0 done, 1 a run is going on and nothing was removed.
    """
    from core.workspace.housekeeping import Wishes, collect

    ends = workspaces_gone is not None and not dry_run
    if ends and not yes and (as_json or not sys.stdin.isatty()):
        raise UsageError("ending what workspaces keep wants a yes", hint="give --yes; --dry-run shows them")
    with place.workspace() as workspace:
        days = QUIET_DAYS if workspaces_gone is None else workspaces_gone
        freed = collect(workspace, Wishes(keep_runs, older_than, environments, dry_run, days))
        if ends and freed.claims:
            if not yes:
                _confirm(freed.claims)
            for each in end_claims(workspace, freed.claims):
                freed.add("cached objects", each)
    if as_json:
        removed = {kind: {"count": freed.counts[kind], "bytes": freed.sizes[kind]} for kind in freed.counts}
        gone = [_plain(claim, ends) for claim in freed.claims]
        done = {"dry_run": dry_run, "freed_bytes": freed.size, "removed": removed}
        say_json({**done, "not_asked": freed.troubles, "workspaces_gone": gone})
        return
    if not ends:
        _tell(freed.claims)
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


def _confirm(claims: Sequence[Claim]) -> None:
    """Nobody can undo it: a workspace that lives after all makes its results again when it needs them."""
    for claim in claims:
        note(_words(claim))
    click.confirm(f"Let that of {count(len(claims), 'workspace')} go?", abort=True, err=True)


def _tell(claims: Sequence[Claim]) -> None:
    for claim in claims:
        note(_words(claim))
    if claims:
        note("what such workspaces keep goes with: mlpw gc --workspaces-gone")


def _words(claim: Claim) -> str:
    who = one_line(claim.workspace) or "a workspace that does not say where it is"
    why = "is not there any more" if claim.is_missing else f"was last there {ago(claim.seen)}"
    return f"{claim.host}: {who} {why} and keeps {size(claim.size)}"


def _plain(claim: Claim, is_ended: bool) -> dict[str, object]:
    told = {"host": claim.host, "workspace": claim.workspace, "seen_at": claim.seen, "bytes": claim.size}
    return {**told, "ended": is_ended}


def _noun(kind: str, number: int) -> str:
    return kind.removesuffix("s") if number == 1 else kind
