"""`mlpw show`."""

from typing import TYPE_CHECKING, Any

import click

from core.records.model import AssetRecord, RunRecord, StepRunRecord
from core.workspace import Workspace
from tui.commands.complete import complete_run
from tui.commands.fetch import ARTIFACTS, step_digests, where_words
from tui.commands.names import find_asset, find_run, find_step, split_run
from tui.commands.options import json_option
from tui.console import dim, mark, say, say_json, table
from tui.place import Place
from tui.reports import asset_report, run_report, step_report
from tui.wording.safe import lines, one_line
from tui.wording.units import duration, moment, size

if TYPE_CHECKING:
    from core.workspace.step_facts import Content

_SHOWN_RUNS = 10


@click.command()
@click.argument("what", metavar="RUN[/STEP]|ASSET", shell_complete=complete_run)
@json_option
@click.pass_obj
def show(place: Place, *, what: str, as_json: bool) -> None:
    """Show a run, a step of a run, or a version of an asset.

    \b
    Examples:
      mlpw show 12                  the run's steps, times and reasons
      mlpw show latest/train        one step: reasons, command, inputs, outputs, earlier runs
      mlpw show taxi:3              version 3 of the data asset taxi
      mlpw show model:best@latest --json
    """
    run_text, step_name = split_run(what)
    with place.workspace() as workspace:
        if run_text.isdecimal() or run_text in ("latest", "last", "@latest"):
            workspace.recover()
            run = find_run(workspace, run_text)
            _show_run_or_step(workspace, run, step_name, as_json)
        else:
            asset = find_asset(workspace, what)
            if as_json:
                say_json(asset_report(asset, workspace.whereabouts))
            else:
                show_asset(asset, workspace)


def _show_run_or_step(workspace: Workspace, run: RunRecord, step_name: str, as_json: bool) -> None:
    if step_name:
        step = find_step(workspace, run, step_name)
        if as_json:
            say_json(_step_json(workspace, step))
        else:
            _show_step(workspace, step)
        return
    steps = workspace.steps(run.number)
    if as_json:
        say_json(run_report(run, steps, workspace.run_graph(run.number), workspace.whereabouts))
    else:
        _show_run(workspace, run, steps)


def _show_run(workspace: Workspace, run: RunRecord, steps: list[StepRunRecord]) -> None:
    took = f" in {duration(run.ended_at - run.created_at)}" if run.ended_at else ""
    say(f"{mark(str(run.status))} run {run.number}  {one_line(run.pipeline)}  {run.status}{took}")
    say(dim(f"started {moment(run.created_at)}"))
    if run.error:
        say(lines(run.error))
    has_hosts = bool(workspace.run_graph(run.number).targets)
    hosts = [workspace.host_of(step).name if has_hosts else "" for step in steps]
    rows = [(_step_row(step), f"on {host}" if host else "") for step, host in zip(steps, hosts, strict=True)]
    table([(*row[:-1], where, row[-1]) for row, where in rows])


def _step_row(step: StepRunRecord) -> tuple[str, ...]:
    took = duration(step.ended_at - step.started_at) if step.ended_at and step.started_at else ""
    why = step.error or "; ".join(step.reasons)
    if str(step.status) == "reused" and step.source_run:
        why = f"from run {step.source_run}"
    return mark(str(step.status)), step.step, str(step.status).replace("_", " "), took, why


def _show_step(workspace: Workspace, step: StepRunRecord) -> None:
    say(f"{mark(str(step.status))} {one_line(step.step)} of run {step.run}: {str(step.status).replace('_', ' ')}")
    facts = workspace.step_facts(workspace.run_graph(step.run), step.step, step)
    rows = _how_it_went(step)
    if facts.outcome is not None and facts.outcome.max_rss_bytes:
        rows.append(("memory", f"{size(facts.outcome.max_rss_bytes)} at most"))
    rows.append(("fingerprint", step.fingerprint))
    rows.append(("host", one_line(facts.host)))
    rows.extend(("passed over", one_line(words)) for words in facts.passed_over)
    rows.append(("container", one_line(facts.container)))
    rows.append(("python", f"{facts.python} in {facts.environment}" if facts.python else ""))
    rows.extend((f"variable {name}", value) for name, value in facts.variables.items())
    rows.extend((f"input {content.name}", _content_words(content)) for content in facts.inputs)
    for port, digest in step_digests(step).items():
        words = where_words(workspace.whereabouts(digest), f"mlpw fetch {step.run}/{step.step} {port}")
        rows.append((port if port == ARTIFACTS else f"output {port}", one_line(words)))
    log = workspace.attempt(step).log
    if log.exists():
        rows.append(("log", str(log)))
    table([row for row in rows if row[1]])
    say(dim("command" if facts.has_run else "command, as it would run"))
    say("\n".join(f"  {line}" for line in lines(facts.command.strip()).splitlines()))
    _show_history(workspace, step)


def _how_it_went(step: StepRunRecord) -> list[tuple[str, str]]:
    rows = [("why", "; ".join(step.reasons)), ("error", step.error)]
    if step.exit_code is not None:
        rows.append(("exit code", str(step.exit_code)))
    if step.started_at:
        rows.append(("started", moment(step.started_at)))
    if step.ended_at and step.started_at:
        rows.append(("took", duration(step.ended_at - step.started_at)))
    if step.source_run and step.source_run != step.run:
        rows.append(("made in", f"run {step.source_run}"))
    return rows


def _content_words(content: "Content") -> str:
    known = f"{size(content.size)}" if content.size >= 0 else ""
    place = f"on {content.host}" if content.host else content.path if content.path != content.text else ""
    return "  ".join(part for part in (content.text, known, content.digest[:12], place) if part)


def _show_history(workspace: Workspace, step: StepRunRecord) -> None:
    """The step in other runs of the pipeline, newest first."""
    history = workspace.history(workspace.run(step.run).pipeline, step.step, _SHOWN_RUNS)
    others = [row for row in history if row.run != step.run]
    if others:
        say(dim("in other runs"))
        table([("", mark(str(row.status)), f"run {row.run}", *_step_row(row)[2:]) for row in others])


def _step_json(workspace: Workspace, step: StepRunRecord) -> dict[str, Any]:
    """`mlpw show RUN/STEP --json`."""
    facts = workspace.step_facts(workspace.run_graph(step.run), step.step, step)
    history = workspace.history(workspace.run(step.run).pipeline, step.step)
    return {
        "run": str(step.run),
        "step": step.step,
        **step_report(step, workspace.whereabouts),
        "command": facts.command,
        "python": facts.python,
        "host": facts.host,
        "container": facts.container,
        "passed_over": list(facts.passed_over),
        "variables": dict(facts.variables),
        "inputs": {content.name: _content_json(content) for content in facts.inputs},
        "max_memory": facts.outcome.max_rss_bytes if facts.outcome is not None else None,
        "history": [
            {"run": str(row.run), "status": str(row.status), "reasons": list(row.reasons), "error": row.error}
            for row in history
        ],
    }


def _content_json(content: "Content") -> dict[str, Any]:
    return {
        "value": content.text,
        "type": content.type,
        "path": content.path,
        "digest": content.digest,
        "size": content.size if content.size >= 0 else None,
        **({"host": content.host} if content.host else {}),
    }


def show_asset(asset: AssetRecord, workspace: Workspace) -> None:
    """A version of an asset, one fact a line."""
    say(f"{asset.kind} {one_line(asset.name)}:{one_line(asset.version)}{' (archived)' if asset.archived else ''}")
    rows = [
        ("type", asset.type),
        ("description", asset.description),
        ("labels", ", ".join(asset.labels)),
        ("tags", ", ".join(f"{key}={value}" for key, value in asset.tags.items())),
        ("made", moment(asset.created_at)),
        ("made by", f"run {asset.made_by_run}, {asset.made_by_step}" if asset.made_by_run else ""),
        ("digest", asset.digest),
        ("path", one_line(_asset_place(asset, workspace)) if asset.digest else ""),
    ]
    table([row for row in rows if row[1]])


def _asset_place(asset: AssetRecord, workspace: Workspace) -> str:
    return where_words(workspace.whereabouts(asset.digest), f"mlpw fetch {asset.kind}:{asset.name}:{asset.version}")
