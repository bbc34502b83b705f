"""`mlpw compute list|show|test|pause|resume`: the Docker hosts of a workspace."""

import sys
from typing import TYPE_CHECKING, Any

import click

from tui.commands.complete import complete_computes
from tui.commands.options import json_option
from tui.console import dim, mark, note, say, say_json, table
from tui.place import Place
from tui.wording.computes import facts_lines, limits, target_lines
from tui.wording.safe import one_line

if TYPE_CHECKING:
    from core.definitions.compute_target import ComputeTarget
    from core.workspace.computes import ComputeFacts, Finding


@click.group()
def compute() -> None:
    """Compute targets: machines with a Docker engine that steps run on, defined as YAML in the workspace.

    \b
    Examples:
      mlpw compute list
      mlpw compute show gpu-box
      mlpw compute test
      mlpw compute pause gpu-box

    A step names a target as azureml:NAME; compute: in mlpw.yml maps other names to it, or to several ([a, b], auto),
    of which the best is chosen when the step is ready.
    """


@compute.command("list")
@json_option
@click.pass_obj
def _list(place: Place, *, as_json: bool) -> None:
    """List the compute targets that files of this workspace define, and which are paused; asks no host.

    \b
    Examples:
      mlpw compute list
      mlpw compute list --json    {"targets": [{"name", "host", "paused", "file", "error", ...}]}
    """
    from core.workspace.computes import paused, targets

    with place.workspace() as workspace:
        found, resting = targets(workspace), paused(workspace)
    known, broken = sorted(found.known.items()), sorted(found.broken.items())
    if as_json:
        reports = [{**_target_report(target), "paused": name in resting} for name, target in known]
        reports += [{"name": name, "error": str(error)} for name, error in broken]
        say_json({"targets": reports})
        return
    rows = [
        (name, target.host, limits(target), "paused" if name in resting else "", one_line(target.description))
        for name, target in known
    ]
    table(rows, header=("name", "host", "takes at most", "", "") if rows else ())
    for _, error in broken:
        note(f"{mark('failed')} {one_line(str(error))}")
    if not known and not broken:
        note("no compute target is defined here: write a YAML file with 'type: docker', 'name:' and 'host:'")


@compute.command("show")
@click.argument("name", shell_complete=complete_computes)
@json_option
@click.pass_obj
def _show(place: Place, *, name: str, as_json: bool) -> None:
    """Show what a host is and has: versions, cores, memory, cards, disk, running steps, images, kept data.

    \b
    Examples:
      mlpw compute show gpu-box
      mlpw compute show gpu-box --json    {"name", "host", "reachable", "facts", "images", "cache", ...}

    Exit codes: 0 it answered, 1 it cannot be reached, 2 there is no such target.
    """
    from core.workspace.computes import compute_facts, target, targets

    with place.workspace() as workspace:
        found = compute_facts(workspace, target(targets(workspace), name))
    if as_json:
        say_json(_facts_report(found))
    else:
        table([(dim(label), one_line(text)) for label, text in [*target_lines(found.target), *facts_lines(found)]])
        if found.trouble:
            note(f"{mark('failed')} {one_line(found.trouble)}{'; ' + one_line(found.advice) if found.advice else ''}")
    sys.exit(0 if found.facts else 1)


@compute.command("test")
@click.argument("names", nargs=-1, metavar="[NAME...]", shell_complete=complete_computes)
@json_option
@click.pass_obj
def _test(place: Place, *, names: tuple[str, ...], as_json: bool) -> None:
    """Try hosts (all that are defined) as far as a step needs them, and say what to do about what is wrong.

    A host that does not share this machine's files gets the agent that keeps data there (10 MB, once).

    \b
    Examples:
      mlpw compute test
      mlpw compute test gpu-box
      mlpw compute test --json    {"well", "targets": [{"name", "well", "findings": [...]}]}

    Exit codes: 0 all is well, 1 something is wrong, 2 there is no such target.
    """
    from core.workspace.computes import target, targets, try_out

    with place.workspace() as workspace:
        found = targets(workspace)
    chosen = [target(found, name) for name in names or sorted(found.known)]
    reports: list[dict[str, Any]] = []
    for number, each in enumerate(chosen):
        if not as_json:
            say(f"{chr(10) if number else ''}{each.name} {dim(each.host)}")
        findings = []
        for finding in try_out(each):
            findings.append(finding)
            if not as_json:
                table([_row(finding)])
        reports.append(_tried_report(each, findings))
    broken = [] if names else sorted(found.broken.items())
    reports += [{"name": name, "well": False, "error": str(error), "findings": []} for name, error in broken]
    is_well = all(report["well"] for report in reports)
    if as_json:
        say_json({"well": is_well, "targets": reports})
    else:
        for _, error in broken:
            note(f"{mark('failed')} {one_line(str(error))}")
        if not reports:
            note("no compute target is defined here")
    sys.exit(0 if is_well else 1)


@compute.command("pause")
@click.argument("name", shell_complete=complete_computes)
@json_option
@click.pass_obj
def _pause(place: Place, *, name: str, as_json: bool) -> None:
    """Start nothing new on a host, of the steps that others could run; what runs there goes on.

    Steps whose `compute:` is `auto` or a list pass a paused host over. A step that names it alone runs there still.

    \b
    Examples:
      mlpw compute pause gpu-box
      mlpw compute pause gpu-box --json    {"name", "paused"}
    """
    _set_paused(place, name, wanted=True)
    if as_json:
        say_json({"name": name, "paused": True})
    else:
        say(f"{one_line(name)} is paused: steps that may run elsewhere do")


@compute.command("resume")
@click.argument("name", shell_complete=complete_computes)
@json_option
@click.pass_obj
def _resume(place: Place, *, name: str, as_json: bool) -> None:
    """Use a paused host again.

    \b
    Examples:
      mlpw compute resume gpu-box
      mlpw compute resume gpu-box --json    {"name", "paused"}
    """
    _set_paused(place, name, wanted=False)
    if as_json:
        say_json({"name": name, "paused": False})
    else:
        say(f"{one_line(name)} is used again")


def _set_paused(place: Place, name: str, *, wanted: bool) -> None:
    from core.workspace.computes import pause

    with place.workspace() as workspace:
        pause(workspace, name, wanted)


def _row(finding: "Finding") -> tuple[str, ...]:
    told = f"{finding.found}; {finding.advice}" if finding.advice else finding.found
    status = "failed" if not finding.is_well else "stale" if finding.advice else "succeeded"
    return mark(status), f"{finding.name:<7}", one_line(told)


def _tried_report(target: "ComputeTarget", findings: "list[Finding]") -> dict[str, Any]:
    told = [{"name": each.name, "well": each.is_well, "found": each.found, "advice": each.advice} for each in findings]
    return {"name": target.name, "well": all(each.is_well for each in findings), "findings": told}


def _target_report(target: "ComputeTarget") -> dict[str, Any]:
    return {
        "name": target.name,
        "host": target.host,
        "file": target.location.file if target.location else "",
        "description": target.description,
        "cpus": target.cpus,
        "memory": target.memory,
        "gpus": target.gpus,
        "shm_size": target.shm_size,
        "concurrency": target.concurrency,
        "cache_limit": target.cache_limit,
        "error": "",
    }


def _facts_report(found: "ComputeFacts") -> dict[str, Any]:
    facts = found.facts
    told: dict[str, Any] = {}
    if facts is not None:
        told = {name: getattr(facts, name) for name in type(facts).__slots__}
    return {
        **_target_report(found.target),
        "error": found.trouble,
        "advice": found.advice,
        "reachable": facts is not None,
        "facts": told,
        "images": [
            {"image": each.reference, "environment": each.environment, "size": each.size} for each in found.images
        ],
        "cache": _cache_report(found),
    }


def _cache_report(found: "ComputeFacts") -> dict[str, int] | None:
    cache = found.cache
    if cache is None:
        return None
    return {
        "objects": cache.objects,
        "bytes": cache.size,
        "kept_bytes": cache.kept,
        "attempts": cache.attempts,
        "free": cache.free,
        "total": cache.total,
    }
