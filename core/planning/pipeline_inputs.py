"""What a person may change of a pipeline: its inputs, with what the components behind them allow. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from core.definitions.components import PipelineComponent, PipelineDefinition
from core.definitions.ports import DATA_TYPES, Bound, Data, InputDeclaration, InputValue, Literal
from core.definitions.yaml_nodes import Scalar

_PREFIXES = ("${{parent.inputs.", "${{inputs.")


@dataclass(frozen=True, slots=True)
class PipelineInput:
    """An input as a form shows it: texts as written, "" for what is not said.

    `default` is the value that the YAML gives (of data its path or name), `minimum` and `maximum` the tightest bounds
    that anything it goes into has, `enum` the values allowed there.
    """

    name: str
    type: str = ""
    default: str = ""
    optional: bool = False
    minimum: str = ""
    maximum: str = ""
    enum: tuple[str, ...] = ()
    description: str = ""

    @property
    def is_data(self) -> bool:
        """Whether a path or an asset is given rather than a value."""
        return self.type in DATA_TYPES


def pipeline_inputs(definition: PipelineDefinition) -> tuple[PipelineInput, ...]:
    """The inputs in the order they are written."""
    found = []
    for name, declared in definition.body.inputs.items():
        own = _from_declaration(declared, definition.inputs.get(name))
        for behind in _behind(definition.body, name):
            own = _narrowed(own, behind)
        found.append(own)
    return tuple(found)


def _from_declaration(declared: InputDeclaration, value: InputValue | None) -> PipelineInput:
    return PipelineInput(
        declared.name,
        declared.type,
        _written(value) or _text(declared.default),
        declared.optional,
        _text(declared.minimum),
        _text(declared.maximum),
        declared.enum,
        declared.description,
    )


def _written(value: InputValue | None) -> str:
    match value:
        case Literal(scalar=scalar) | Bound(scalar=scalar):
            return scalar.text
        case Data(place=place) if place is not None:
            return place.uri or place.path
        case _:
            return ""


def _behind(body: PipelineComponent, name: str) -> Iterator[InputDeclaration]:
    """The declarations that an input of a pipeline goes into unchanged, in nested pipelines too."""
    for step in body.steps.values():
        for port, value in step.inputs.items():
            declared = step.component.inputs.get(port)
            if declared is None or not _is_input(value, name):
                continue
            yield declared
            if isinstance(step.component, PipelineComponent):
                yield from _behind(step.component, port)


def _is_input(value: InputValue, name: str) -> bool:
    text = "".join(value.scalar.text.split()) if isinstance(value, Literal | Bound) else ""
    return any(text == f"{prefix}{name}}}}}" for prefix in _PREFIXES)


def _narrowed(own: PipelineInput, behind: InputDeclaration) -> PipelineInput:
    """What the pipeline says stands; where it says nothing, what stands behind it."""
    enum = own.enum or behind.enum
    if own.enum and behind.enum:
        enum = tuple(value for value in own.enum if value in behind.enum)
    return replace(
        own,
        type=own.type or behind.type,
        minimum=_tighter(own.minimum, _text(behind.minimum), largest=True),
        maximum=_tighter(own.maximum, _text(behind.maximum), largest=False),
        enum=enum,
        description=own.description or behind.description,
    )


def _tighter(one: str, other: str, *, largest: bool) -> str:
    numbers = _numbers({"one": one, "other": other})
    if len(numbers) < 2:
        return one or other
    return one if (numbers["one"] >= numbers["other"]) == largest else other


def _numbers(texts: Mapping[str, str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, text in texts.items():
        try:
            found[name] = float(text)
        except ValueError:
            continue
    return found


def _text(scalar: Scalar | None) -> str:
    return scalar.text if scalar is not None else ""
