"""Building a pipeline: what its steps take and make, and edits of its file with the commands that do the same."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.definitions.ports import PARAMETER_TYPES
from core.editing.pipelines import Source
from core.records.model import AssetKind

if TYPE_CHECKING:
    from core.workspace import Workspace
    from core.workspace.design_ports import DesignStep, InputPort
    from core.workspace.designing import Design
    from core.workspace.edits import Edit


_OF_STEP = ("display_name", "compute", "environment", "limits.timeout", "is_deterministic")
_OF_PIPELINE = ("default_compute", "continue_on_step_failure", "force_rerun")


@dataclass(frozen=True, slots=True)
class PortView:
    """An input of a step: `source` is "step.output" or "inputs.name", `value` as written, `about` what may stand there.

    Where neither is given, `default` is taken.
    """

    name: str
    type: str = ""
    is_required: bool = False
    is_parameter: bool = False
    default: str = ""
    about: str = ""
    value: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class OutputView:
    """An output of a step and who takes it, as "step.input"."""

    name: str
    type: str = ""
    takers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StepPorts:
    """A step of the pipeline's own file; `nested` is the file of the pipeline that it is, if that can be changed."""

    name: str
    component: str = ""
    inputs: tuple[PortView, ...] = ()
    outputs: tuple[OutputView, ...] = ()
    is_open: bool = False
    is_nested: bool = False
    nested: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose: its key, its name, and what is said about it."""

    key: str
    name: str
    kind: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class EditView:
    """An edit: what it is called, its lines as a diff, and warnings that it brings."""

    title: str
    diff: tuple[str, ...]
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """An edit to be made: called with a workspace it writes; `words` are the command line that does the same."""

    pipeline: str
    words: tuple[str, ...]
    make: "Callable[[Design], Edit]"

    def __call__(self, workspace: "Workspace") -> EditView:
        """Make the edit.

        Raises UserError, with nothing changed, for what would break the pipeline.
        """
        edit = self._planned(workspace)
        workspace.edits.write(edit)
        return _view(edit)

    def preview(self, workspace: "Workspace") -> EditView:
        """What the edit would change."""
        return _view(self._planned(workspace))

    def _planned(self, workspace: "Workspace") -> "Edit":
        return self.make(workspace.design(workspace.root / self.pipeline))


def design_of(pipeline: str) -> "Callable[[Workspace], Mapping[str, StepPorts]]":
    """The steps with their ports, as the file stands now."""

    def look(workspace: "Workspace") -> Mapping[str, StepPorts]:
        design = workspace.design(workspace.root / pipeline)
        takers: dict[str, list[str]] = {}
        for step in design.steps.values():
            for port in step.inputs:
                takers.setdefault(str(port.source), []).append(f"{step.name}.{port.name}")
        return {name: _ports(step, takers, workspace.root) for name, step in design.steps.items()}

    return look


def sources_of(pipeline: str, step: str, port: str) -> "Callable[[Workspace], list[Choice]]":
    """What fits an input."""

    def look(workspace: "Workspace") -> list[Choice]:
        found = workspace.design(workspace.root / pipeline).sources(step, port)
        return [Choice(str(each.source), str(each.source), each.type) for each in found]

    return look


def inputs_of(pipeline: str) -> "Callable[[Workspace], list[PortView]]":
    """The pipeline's own inputs."""
    return lambda workspace: [_port(each) for each in workspace.design(workspace.root / pipeline).inputs.values()]


def settings_of(pipeline: str, step: str) -> "Callable[[Workspace], Mapping[str, str]]":
    """Settings of a step and of the whole pipeline, by dotted key, as far as they are single values."""
    keys = [*(f"jobs.{step}.{key}" for key in _OF_STEP if step), *(f"settings.{key}" for key in _OF_PIPELINE)]
    return lambda workspace: workspace.design(workspace.root / pipeline).written(keys)


def components(workspace: "Workspace") -> list[Choice]:
    """Components to make steps of: files of the workspace, then registered ones."""
    files = [entry for entry in workspace.definitions() if entry.kind == "component" and not entry.error]
    found = [
        Choice(entry.path, entry.name or entry.path, entry.path, entry.description or entry.display_name)
        for entry in files
    ]
    for asset in workspace.assets(AssetKind.COMPONENT):
        name = f"{asset.name}:{asset.version}"
        found.append(Choice(name, asset.name, f"version {asset.version}", asset.description))
    return found


def add_component(pipeline: str, component: str) -> Change:
    """A step of a component; what it requires becomes inputs of the pipeline until it is connected."""
    words = ("add-step", pipeline, "--component", component, "--open")
    return _change(pipeline, words, lambda design: design.add_step(component, leave_open=True))


def add_command(pipeline: str, name: str, command: str) -> Change:
    """A step with a command of its own."""
    words = ("add-step", pipeline, "--name", name, "--command", command, "--open")
    return _change(pipeline, words, lambda design: design.add_command(command, name, leave_open=True))


def remove_step(pipeline: str, name: str, *, leave_open: bool = False) -> Change:
    """Without a step."""
    words = ("remove-step", pipeline, name, *(("--open",) if leave_open else ()))
    return _change(pipeline, words, lambda design: design.remove_step(name, leave_open=leave_open))


def rename_step(pipeline: str, name: str, new: str) -> Change:
    """With another name for a step."""
    return _change(pipeline, ("rename-step", pipeline, name, new), lambda design: design.rename_step(name, new))


def connect(pipeline: str, step: str, port: str, source: str) -> Change:
    """With an input bound to a source, named as `Choice.key` names it."""
    words = ("connect", pipeline, source, f"{step}.{port}")
    return _change(pipeline, words, lambda design: design.connect(step, port, _source(source)))


def disconnect(pipeline: str, step: str, port: PortView) -> Change:
    """Without what an input is given; a required one becomes an input of the pipeline."""
    words = ("disconnect", pipeline, f"{step}.{port.name}", *(("--open",) if port.is_required else ()))
    return _change(pipeline, words, lambda design: design.disconnect(step, port.name, leave_open=True))


def set_values(pipeline: str, values: Mapping[str, str]) -> Change:
    """With values at dotted keys, as `--set` names them; an empty one takes the value away."""
    given = [(key, text) for key, text in values.items() if text]
    gone = [key for key, text in values.items() if not text]
    if not given:
        return _change(pipeline, ("unset", pipeline, *gone), lambda design: design.unset(gone))
    words = ("set", pipeline, *(f"{key}={text}" for key, text in given), *(f"--unset={key}" for key in gone))
    return _change(pipeline, words, lambda design: design.set_values(given, gone))


def add_output(pipeline: str, name: str, step: str, port: str) -> Change:
    """With an output of a step as an output of the pipeline."""
    words = ("add-output", pipeline, name, f"{step}.{port}")
    return _change(pipeline, words, lambda design: design.add_output(name, Source(port, step)))


def undo(pipeline: str) -> "Callable[[Workspace], EditView]":
    """Take back the last edit."""
    return lambda workspace: _view(workspace.edits.undo(workspace.root / pipeline))


def redo(pipeline: str) -> "Callable[[Workspace], EditView]":
    """Do again what was undone."""
    return lambda workspace: _view(workspace.edits.redo(workspace.root / pipeline))


def clone(path: str, name: str) -> "Callable[[Workspace], str]":
    """A pipeline or component again under another name; its file, relative to the workspace."""

    def make(workspace: "Workspace") -> str:
        from core.workspace.cloning import clone as write_clone

        return str(write_clone(workspace, workspace.root / path, name).relative_to(workspace.root))

    return make


def templates(workspace: "Workspace") -> list[Choice]:
    """What can be put into the workspace to begin with."""
    from core.workspace.templates import TEMPLATES

    del workspace
    return [Choice(each.name, each.name, each.pipeline, each.description) for each in TEMPLATES]


def begin_with(name: str) -> "Callable[[Workspace], str]":
    """Put a template into the workspace; its pipeline's file."""

    def make(workspace: "Workspace") -> str:
        from core.workspace.templates import create

        return create(name, workspace.root).pipeline

    return make


def _change(pipeline: str, words: tuple[str, ...], make: "Callable[[Design], Edit]") -> Change:
    return Change(pipeline, ("mlpw", "edit", *words), make)


def _source(text: str) -> Source:
    step, _, name = text.partition(".")
    return Source(name) if step == "inputs" else Source(name, step)


def _view(edit: "Edit") -> EditView:
    return EditView(edit.title, edit.diff, tuple(map(str, edit.notices)))


def _ports(step: "DesignStep", takers: Mapping[str, list[str]], root: Path) -> StepPorts:
    outputs = []
    for name, kind in step.outputs:
        promoted = [f"outputs.{step.promoted[name]}"] if name in step.promoted else []
        outputs.append(OutputView(name, kind, (*takers.get(f"{step.name}.{name}", ()), *promoted)))
    inputs = tuple(map(_port, step.inputs))
    nested = step.nested if step.nested and _is_ours(root, step.nested) else ""
    return StepPorts(step.name, step.component, inputs, tuple(outputs), step.is_open, step.is_nested, nested)


def _is_ours(root: Path, file: str) -> bool:
    """Whether a file lies in the workspace, and not among what mlpw keeps of registered components."""
    path = (root / file).resolve()
    inside = path.relative_to(root).parts if path.is_relative_to(root) else ()
    return bool(inside) and inside[0] != ".mlpw" and path.is_file()


def _port(port: "InputPort") -> PortView:
    is_parameter = port.type in PARAMETER_TYPES or (not port.type and bool(port.value))
    limits = [f"at least {port.minimum}" if port.minimum else "", f"at most {port.maximum}" if port.maximum else ""]
    about = " · ".join(filter(None, (", ".join(port.enum), *limits, port.description)))
    source = str(port.source) if port.source else ""
    return PortView(port.name, port.type, port.is_required, is_parameter, port.default, about, port.value, source)
