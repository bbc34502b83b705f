"""`mlpw edit`: small changes of a pipeline's YAML, which keep everything else of it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.errors import UsageError
from tui.commands.options import json_option, pipeline_argument
from tui.console import note, say, say_json
from tui.place import Place
from tui.wording.safe import one_line

if TYPE_CHECKING:
    from core.editing.pipelines import Source
    from core.workspace import Workspace
    from core.workspace.designing import Design
    from core.workspace.edits import Edit

_HELP = """Change a pipeline's YAML: steps, what they are wired to, values. Comments, order and quotes stay as they are.

Every change is checked as a run would check it; one that would break the pipeline is not made.

\b
Examples:
  mlpw edit add-step pipelines/train.yml --component components/score.yml --input model=train.model
  mlpw edit connect pipelines/train.yml split.test score.data
  mlpw edit set pipelines/train.yml inputs.rate=0.05 --dry-run
  mlpw edit undo pipelines/train.yml
"""


@click.group(help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
def edit() -> None:
    """See `_HELP`."""


def _dry_run(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--dry-run", is_flag=True, help="Only show what would change.")(command)


_open = click.option(
    "--open",
    "leave_open",
    is_flag=True,
    help="Make required inputs that nothing fills inputs of the pipeline.",
)


@edit.command("add-step")
@pipeline_argument
@click.option("--component", metavar="FILE|NAME[:VERSION]", help="What the step runs: a component.")
@click.option("--command", metavar="TEXT", help="What the step runs: a command, with ${{inputs.X}} and ${{outputs.X}}.")
@click.option("--name", help="The step's name; a component's step takes its component's.")
@click.option("--input", "given", multiple=True, metavar="PORT=STEP.OUTPUT|inputs.NAME|VALUE", help="Fill an input.")
@click.option("--output", "outputs", multiple=True, metavar="PORT=TYPE", help="The type of a command's output.")
@click.option("--code", metavar="PATH", help="The folder or file that a command runs beside.")
@click.option("--environment", metavar="NAME", help="What a command runs in; default: as the other commands here.")
@_open
@_dry_run
@json_option
@click.pass_obj
def add_step(
    place: Place,
    *,
    pipeline: Path,
    component: str | None,
    command: str | None,
    name: str | None,
    given: tuple[str, ...],
    outputs: tuple[str, ...],
    code: str | None,
    environment: str | None,
    leave_open: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Add a step of a component, or one with a command of its own.

    \b
    Examples:
      mlpw edit add-step train.yml --component components/score.yml --input model=train.model
      mlpw edit add-step train.yml --component score:2 --name last --open
      mlpw edit add-step train.yml --name count --command 'wc -l < ${{inputs.t}} > ${{outputs.n}}' --input t=split.test
    """
    if (component is None) == (command is None):
        raise UsageError("a step needs a component or a command", hint="give --component or --command")
    if command is not None and not name:
        raise UsageError("a step with a command needs a name", hint="give --name")
    if component is not None and (outputs or code or environment):
        raise UsageError("--output, --code and --environment go with --command", hint="a component has its own")

    def change(design: "Design", workspace: "Workspace") -> "Edit":
        filled = {port: _source_or_value(design, text) for port, text in _pairs("--input", given)}
        if component is not None:
            return design.add_step(_inside(place, workspace, component), name or "", filled, leave_open=leave_open)
        return design.add_command(
            command or "",
            name or "",
            filled,
            outputs=dict(_pairs("--output", outputs)),
            code=_inside(place, workspace, code) if code else "",
            environment=environment or "",
            leave_open=leave_open,
        )

    _make(place, pipeline, change, dry_run, as_json)


@edit.command("remove-step")
@pipeline_argument
@click.argument("step")
@_open
@_dry_run
@json_option
@click.pass_obj
def remove_step(place: Place, *, pipeline: Path, step: str, leave_open: bool, dry_run: bool, as_json: bool) -> None:
    """Remove STEP, with the inputs of others that took what it made.

    \b
    Examples:
      mlpw edit remove-step train.yml report
      mlpw edit remove-step train.yml split --open --dry-run
    """
    _make(place, pipeline, lambda design, _: design.remove_step(step, leave_open=leave_open), dry_run, as_json)


@edit.command("rename-step")
@pipeline_argument
@click.argument("step")
@click.argument("new")
@_dry_run
@json_option
@click.pass_obj
def rename_step(place: Place, *, pipeline: Path, step: str, new: str, dry_run: bool, as_json: bool) -> None:
    """Give STEP another name, wherever it is named.

    \b
    Examples:
      mlpw edit rename-step train.yml report summary
    """
    _make(place, pipeline, lambda design, _: design.rename_step(step, new), dry_run, as_json)


@edit.command()
@pipeline_argument
@click.argument("source", metavar="STEP.OUTPUT|inputs.NAME")
@click.argument("target", metavar="STEP.INPUT")
@_dry_run
@json_option
@click.pass_obj
def connect(place: Place, *, pipeline: Path, source: str, target: str, dry_run: bool, as_json: bool) -> None:
    """Connect an output of a step, or an input of the pipeline, to an input of a step.

    An input of the pipeline that is not there is declared, with the type of what takes it.

    \b
    Examples:
      mlpw edit connect train.yml split.test evaluate.data
      mlpw edit connect train.yml inputs.rate train.learning_rate
    """
    step, port = _dotted(target, "STEP.INPUT")

    def change(design: "Design", workspace: "Workspace") -> "Edit":
        del workspace
        return design.connect(step, port, _source(source))

    _make(place, pipeline, change, dry_run, as_json)


@edit.command()
@pipeline_argument
@click.argument("target", metavar="STEP.INPUT")
@_open
@_dry_run
@json_option
@click.pass_obj
def disconnect(place: Place, *, pipeline: Path, target: str, leave_open: bool, dry_run: bool, as_json: bool) -> None:
    """Take away what an input of a step is given.

    \b
    Examples:
      mlpw edit disconnect train.yml evaluate.data
      mlpw edit disconnect train.yml train.data --open
    """
    step, port = _dotted(target, "STEP.INPUT")
    _make(place, pipeline, lambda design, _: design.disconnect(step, port, leave_open=leave_open), dry_run, as_json)


@edit.command("set")
@pipeline_argument
@click.argument("values", metavar="KEY=VALUE...", nargs=-1, required=True)
@click.option("--unset", "gone", multiple=True, metavar="KEY", help="Take this value out, in the same edit.")
@_dry_run
@json_option
@click.pass_obj
def set_(
    place: Place, *, pipeline: Path, values: tuple[str, ...], gone: tuple[str, ...], dry_run: bool, as_json: bool
) -> None:
    """Set values in the file, by the names that --set has for them.

    \b
    Examples:
      mlpw edit set train.yml inputs.rate=0.05 jobs.train.inputs.epochs=3
      mlpw edit set train.yml jobs.train.compute=azureml:gpu settings.default_compute=azureml:cpu
    """
    pairs = _pairs("set", values)
    _make(place, pipeline, lambda design, _: design.set_values(pairs, gone), dry_run, as_json)


@edit.command()
@pipeline_argument
@click.argument("keys", metavar="KEY...", nargs=-1, required=True)
@_dry_run
@json_option
@click.pass_obj
def unset(place: Place, *, pipeline: Path, keys: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
    """Take values out of the file.

    \b
    Examples:
      mlpw edit unset train.yml jobs.train.compute inputs.unused
    """
    _make(place, pipeline, lambda design, _: design.unset(keys), dry_run, as_json)


@edit.command("add-input")
@pipeline_argument
@click.argument("name")
@click.option("--type", "kind", default="", metavar="TYPE", help="Such as uri_folder, number, string.")
@click.option("--value", default="", metavar="VALUE|PATH", help="Its value; without one it has to be given to a run.")
@_dry_run
@json_option
@click.pass_obj
def add_input(place: Place, *, pipeline: Path, name: str, kind: str, value: str, dry_run: bool, as_json: bool) -> None:
    """Add an input of the pipeline.

    \b
    Examples:
      mlpw edit add-input train.yml rate --type number --value 0.1
      mlpw edit add-input train.yml data --type uri_folder
    """
    _make(place, pipeline, lambda design, _: design.add_input(name, kind, value), dry_run, as_json)


@edit.command("add-output")
@pipeline_argument
@click.argument("name")
@click.argument("source", metavar="STEP.OUTPUT")
@_dry_run
@json_option
@click.pass_obj
def add_output(place: Place, *, pipeline: Path, name: str, source: str, dry_run: bool, as_json: bool) -> None:
    """Make an output of a step an output of the pipeline.

    \b
    Examples:
      mlpw edit add-output train.yml model train.model
    """
    _dotted(source, "STEP.OUTPUT")
    _make(place, pipeline, lambda design, _: design.add_output(name, _source(source)), dry_run, as_json)


@edit.command()
@pipeline_argument
@json_option
@click.pass_obj
def undo(place: Place, *, pipeline: Path, as_json: bool) -> None:
    """Take back the last edit of PIPELINE that mlpw or its workbench made.

    \b
    Examples:
      mlpw edit undo train.yml
    """
    file = place.path(pipeline)
    with place.workspace(file) as workspace:
        _show(workspace.edits.undo(file), True, as_json)


@edit.command()
@pipeline_argument
@json_option
@click.pass_obj
def redo(place: Place, *, pipeline: Path, as_json: bool) -> None:
    """Do again what was undone last.

    \b
    Examples:
      mlpw edit redo train.yml
    """
    file = place.path(pipeline)
    with place.workspace(file) as workspace:
        _show(workspace.edits.redo(file), True, as_json)


def _make(
    place: Place, pipeline: Path, change: "Callable[[Design, Workspace], Edit]", dry_run: bool, as_json: bool
) -> None:
    """Plan an edit, write it unless only asked what it would be, and show it."""
    file = place.path(pipeline)
    with place.workspace(file) as workspace:
        planned = change(workspace.design(file), workspace)
        if not dry_run:
            workspace.edits.write(planned)
    _show(planned, not dry_run, as_json)


def _show(edited: "Edit", is_written: bool, as_json: bool) -> None:
    if as_json:
        told = {"file": edited.shown, "title": edited.title, "written": is_written, "diff": list(edited.diff)}
        say_json({**told, "notices": [str(notice) for notice in edited.notices]})
        return
    for notice in edited.notices:
        note(f"warning: {one_line(str(notice))}")
    for line in edited.diff:
        say(one_line(line))
    if edited.before == edited.after:
        note("nothing changes")


def _inside(place: Place, workspace: "Workspace", text: str) -> str:
    """A path from the command line as seen from the workspace's root; a name stays what it is."""
    path = place.path(text)
    return (
        os.path.relpath(path.resolve(), workspace.root) if path.exists() or text.endswith((".yml", ".yaml")) else text
    )


def _source(text: str) -> "Source":
    from core.editing.pipelines import Source

    step, name = _dotted(text, "STEP.OUTPUT or inputs.NAME")
    return Source(name) if step == "inputs" else Source(name, step)


def _source_or_value(design: "Design", text: str) -> "Source | str":
    step = text.partition(".")[0]
    return _source(text) if "." in text and (step == "inputs" or step in design.steps) else text


def _dotted(text: str, what: str) -> tuple[str, str]:
    step, dot, name = text.partition(".")
    if not (step and dot and name):
        raise UsageError(f"'{text}' is not {what}", hint="such as split.train")
    return step, name


def _pairs(option: str, texts: tuple[str, ...]) -> list[tuple[str, str]]:
    found = [text.partition("=") for text in texts]
    for text, (key, equals, _) in zip(texts, found, strict=True):
        if not key or not equals:
            raise UsageError(f"{option} {text}: expected a name, '=' and a value")
    return [(key, value) for key, _, value in found]
