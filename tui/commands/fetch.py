"""`mlpw fetch`."""

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from core.errors import NotFoundError, did_you_mean
from core.records.model import StepRunRecord
from core.workspace import Workspace
from tui.commands.complete import complete_run
from tui.commands.names import find_asset, find_run, find_step, split_run
from tui.commands.options import json_option
from tui.console import note, say, say_json
from tui.place import Place
from tui.wording.safe import one_line
from tui.wording.units import size

if TYPE_CHECKING:
    from core.workspace.whereabouts import Whereabouts

#: The port that stands for ./outputs and ./logs of a step.
ARTIFACTS = "artifacts"


def where_words(place: "Whereabouts", command: str) -> str:
    """The path of content; of what lies on a host, that host and the command that fetches it."""
    if not place.host:
        return place.path
    known = f", {size(place.size)}" if place.size >= 0 else ""
    return f"on {place.host}{known}: {command}"


def step_digests(step: StepRunRecord) -> dict[str, str]:
    """What a step made, by port."""
    return {**step.outputs, **({ARTIFACTS: step.artifacts} if step.artifacts else {})}


@click.command()
@click.argument("what", metavar="RUN[/STEP]|ASSET", shell_complete=complete_run)
@click.argument("ports", metavar="[PORT...]", nargs=-1)
@json_option
@click.pass_obj
def fetch(place: Place, *, what: str, ports: tuple[str, ...], as_json: bool) -> None:
    """Bring results here that lie on the host their step ran on, and say where they are.

    A step on a host that shares no files with this machine leaves its results there until somebody needs them here:
    a step that runs here, a look into them, or this. What is here already costs nothing.

    \b
    Examples:
      mlpw fetch 12/train                every output of the step
      mlpw fetch latest/train model      one of them; ./outputs and ./logs are called artifacts
      mlpw fetch 12                      all outputs of all steps of the run
      mlpw fetch model:best@latest       a registered version
      mlpw fetch 12/train --json         {"fetched": {NAME: {"digest", "path"}}}

    Exit codes: 0 all is here, 1 a host cannot be reached or has it no more, 2 there is no such thing.
    """
    with place.workspace() as workspace:
        wanted = _wanted(workspace, what, ports)
        fetched: dict[str, Any] = {}
        for name, digest in wanted.items():
            before = workspace.whereabouts(digest)
            path = workspace.fetch(digest, _told(name) if not as_json else lambda words: None)
            _end_line(as_json)
            fetched[name] = {"digest": digest, "path": str(path)}
            if not as_json:
                came = f"  {size(before.size)} from {before.host}" if before.host else ""
                say(f"{one_line(name)}  {path}{came}")
    if as_json:
        say_json({"fetched": fetched})
    elif not wanted:
        note("it made nothing that is kept")


def _wanted(workspace: Workspace, what: str, ports: Sequence[str]) -> Mapping[str, str]:
    """Digests by what they are called."""
    run_text, step_name = split_run(what)
    if not (run_text.isdecimal() or run_text in ("latest", "last", "@latest")):
        if ports:
            raise click.UsageError("ports are of a step: mlpw fetch RUN/STEP PORT")
        asset = find_asset(workspace, what)
        return {f"{asset.name}:{asset.version}": asset.digest} if asset.digest else {}
    run = find_run(workspace, run_text)
    if step_name:
        return _of_step(find_step(workspace, run, step_name), ports)
    if ports:
        raise click.UsageError(f"ports are of a step: mlpw fetch {run_text}/STEP {ports[0]}")
    steps = workspace.steps(run.number)
    return {f"{step.step}.{port}": digest for step in steps for port, digest in step_digests(step).items()}


def _of_step(step: StepRunRecord, ports: Sequence[str]) -> Mapping[str, str]:
    made = step_digests(step)
    for port in ports:
        if port not in made:
            hint = did_you_mean(port, made) or f"there is: {', '.join(made) or 'nothing'}"
            raise NotFoundError(f"'{step.step}' of run {step.run} has no output '{port}'", hint=hint)
    return {port: made[port] for port in ports or made}


def _told(name: str) -> Any:
    """Words about a transfer: one line that changes in a terminal, nothing elsewhere."""

    def tell(words: str) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r\033[2K{one_line(name)}: {one_line(words)}", nl=False, err=True)

    return tell


def _end_line(as_json: bool) -> None:
    if not as_json and sys.stderr.isatty():
        click.echo("\r\033[2K", nl=False, err=True)
