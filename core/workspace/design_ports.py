"""What the steps of a pipeline take and make, as somebody sees them who builds it: values, read from definitions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.definitions.components import PipelineComponent, StepDefinition
from core.definitions.ports import Bound, Data, InputDeclaration, InputValue, Literal
from core.editing.pipelines import Source

_BOUND = re.compile(r"\$\{\{\s*parent\.(?:jobs\.([\w-]+)\.outputs|inputs)\.([\w.-]+?)\s*\}\}\Z")
_PROMOTED = re.compile(r"\s*\$\{\{\s*parent\.outputs\.([\w.-]+?)\s*\}\}\s*\Z")
_PRODUCER = re.compile(r"\$\{\{\s*parent\.jobs\.([\w-]+)\.")
_OWN_PORT = re.compile(r"(\S*)\s*[\"']?\$\{\{\s*(inputs|outputs)\.([\w-]+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class InputPort:
    """An input of a step: what is declared, and what it is given: `source`, or `value` as written, or nothing."""

    name: str
    type: str = ""
    is_required: bool = False
    default: str = ""
    enum: tuple[str, ...] = ()
    minimum: str = ""
    maximum: str = ""
    description: str = ""
    value: str = ""
    source: Source | None = None

    @property
    def is_given(self) -> bool:
        """Whether the step gives it anything."""
        return bool(self.value) or self.source is not None


@dataclass(frozen=True, slots=True)
class DesignStep:
    """A step: its ports, outputs as (name, type); `is_open` one that may be given inputs of any name.

    `promoted` are the outputs of the pipeline that the step makes, by its own output. A step that `is_nested` is a
    pipeline itself, which is written in the file `nested`, relative to the workspace: the step's own when it is inline.
    """

    name: str
    component: str
    inputs: tuple[InputPort, ...]
    outputs: tuple[tuple[str, str], ...]
    is_open: bool = False
    promoted: Mapping[str, str] = field(default_factory=dict)
    is_nested: bool = False
    nested: str = ""


@dataclass(frozen=True, slots=True)
class Fitting:
    """Something that an input could take."""

    source: Source
    type: str


def needing(step: str, steps: Mapping[str, StepDefinition]) -> set[str]:
    """A step and all that need it."""
    takes = {name: _producers(each) for name, each in steps.items()}
    found, before = {step}, 0
    while len(found) > before:
        before = len(found)
        found |= {name for name, made in takes.items() if made & found}
    return found


def ports_of(command: str) -> dict[tuple[str, str], str]:
    """The inputs and outputs that a command names, with the type that the place beside them suggests."""
    found: dict[tuple[str, str], str] = {}
    for match in _OWN_PORT.finditer(command):
        before, side, name = match.groups()
        behind = command[match.end() : match.end() + 1]
        is_file = before.endswith((">", "<", "tee", "cat")) and behind != "/"
        found.setdefault((side, name), "uri_file" if is_file else "uri_folder")
    return found


def _producers(step: StepDefinition) -> set[str]:
    return {name for value in step.inputs.values() for name in _PRODUCER.findall(_written(value))}


def design_step(step: StepDefinition) -> DesignStep:
    """A step with its ports, and what each is given."""
    component = step.component
    is_open = not isinstance(component, PipelineComponent) and component.is_open
    named = {name: declared.type for name, declared in component.outputs.items()}
    for name, value in step.outputs.items():
        named[name] = value.type or named.get(name, "")
    inputs = tuple(given_port(declared, step.inputs.get(name)) for name, declared in component.inputs.items())
    bound = {name: value.binding.text for name, value in step.outputs.items() if value.binding is not None}
    promoted = {name: found[1] for name, text in bound.items() if (found := _PROMOTED.match(text))}
    is_nested = isinstance(component, PipelineComponent)
    nested = component.location.file if is_nested and component.location is not None else ""
    shown = step.reference or component.name
    return DesignStep(step.name, shown, inputs, tuple(named.items()), is_open, promoted, is_nested, nested)


def given_port(declared: InputDeclaration, value: InputValue | None) -> InputPort:
    """An input with what it is given."""
    written = _written(value)
    bound = _BOUND.match(written.strip())
    source = Source(bound[2], bound[1] or "") if bound else None
    return InputPort(
        declared.name,
        declared.type,
        is_required(declared),
        "" if declared.default is None else declared.default.text,
        declared.enum,
        "" if declared.minimum is None else declared.minimum.text,
        "" if declared.maximum is None else declared.maximum.text,
        declared.description,
        "" if source else written,
        source,
    )


def is_required(declared: InputDeclaration) -> bool:
    """Whether a step must give it something."""
    return not declared.optional and declared.default is None


def _written(value: InputValue | None) -> str:
    match value:
        case Literal(scalar) | Bound(scalar):
            return scalar.text
        case Data(place):
            return place.uri if place else ""
        case None:
            return ""
