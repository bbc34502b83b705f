"""What fills each input: values and expressions, evaluated where they are written and fitted to the port."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from core.definitions.components import PipelineComponent
from core.definitions.expressions import Reference, Text, parse_text
from core.definitions.ports import (
    Bound,
    Data,
    InputDeclaration,
    InputValue,
    Place,
)
from core.definitions.sections import azure_text
from core.definitions.yaml_nodes import Scalar
from core.errors import DefinitionError, Location, Notice, did_you_mean
from core.planning.fitting import DEFAULT_MODE, checked, data_input, fit, plain_type, unfilled
from core.planning.graph import Absent, Binding, Missing, Parameter, StepOutput
from core.planning.outputs import Promotions

_NOWHERE = Location("")


@dataclass(slots=True)
class Scope:
    """One pipeline of the nest while its steps are resolved; `prefix` is "" or ends with a dot."""

    pipeline: PipelineComponent
    prefix: str
    inputs: Mapping[str, Binding]
    promotions: Promotions
    notices: list[Notice]
    default_datastore: str = ""
    step: str = ""
    #: Inputs of siblings that are being followed, against circles.
    followed: frozenset[tuple[str, str]] = frozenset()
    #: The inputs of the step itself, for texts written inside its component.
    own: Mapping[str, Binding] = field(default_factory=dict)


def fill(
    declared: InputDeclaration, value: InputValue | None, scope: Scope, whose: str, where: Location | None
) -> Binding:
    """The binding of one input: its value, else its default, else nothing when it is optional.

    Raises DefinitionError when it is required and nothing gives it a value.
    """
    if value is not None:
        return _evaluated(value, declared, scope, f"input '{declared.name}' of {whose}")
    binding = unfilled(declared)
    if binding is None:
        raise DefinitionError(
            f"{whose} gives no value to the required input '{declared.name}'",
            location=where,
            hint=f"add '{declared.name}:' under its inputs",
        )
    return binding


def literal_text(scalar: Scalar, scope: Scope, *, missing: str | None = None) -> str:
    """A text outside inputs, such as `compute`, with its expressions filled in.

    `missing` stands for inputs that have no value yet, which are an error without it.
    Raises DefinitionError for an expression that is no text.
    """
    if "${{" not in scalar.text:
        return azure_text(scalar)
    return _filled(scalar, scope, "the value", missing)


def variable_text(scalar: Scalar, scope: Scope, outputs: Mapping[str, object]) -> str:
    """An environment variable's text; the paths of the step's own data stay expressions until it starts.

    Raises DefinitionError for an expression that stands for nothing.
    """
    if "${{" not in scalar.text:
        return azure_text(scalar)
    pieces: list[str] = []
    for part in parse_text(scalar.text, scalar.at):
        if isinstance(part, Text):
            pieces.append(part.text)
        elif part.path[0] == "outputs":
            _require_output(part, outputs, scalar.at(part.offset), scope)
            pieces.append(str(part))
        else:
            found = _referenced(part, scalar.at(part.offset), scope, "an environment variable")
            pieces.append(found.text if isinstance(found, Parameter) else _later(part, found, scalar.at(part.offset)))
    return "".join(pieces)


def _require_output(part: Reference, outputs: Mapping[str, object], where: Location, scope: Scope) -> None:
    name = ".".join(part.path[1:])
    if name not in outputs:
        hint = did_you_mean(name, outputs)
        raise DefinitionError(f"step '{scope.step}' has no output '{name}'", location=where, hint=hint)


def _later(part: Reference, found: Binding, where: Location) -> str:
    """What the step's own data is written as until it starts."""
    if isinstance(found, Absent | Missing):
        return ""
    if part.path[0] != "inputs":
        raise DefinitionError(
            f"'{part}' is data, which an environment variable cannot name",
            location=where,
            hint="bind it to an input of the step and write ${{inputs.NAME}}",
        )
    return str(part)


def _evaluated(value: InputValue, declared: InputDeclaration, scope: Scope, what: str) -> Binding:
    if isinstance(value, Data):
        if value.place is None:
            found = unfilled(declared)
            return found if found is not None else _missing_data(declared, what, value)
        place = _filled_place(value.place, value.location, scope, what)
        mode = value.mode or declared.mode or DEFAULT_MODE
        return fit(
            data_input(place, value.type, mode, value.location), declared, scope.notices, what, where=value.location
        )
    kind, mode = (value.type, value.mode) if isinstance(value, Bound) else ("", "")
    scalar = value.scalar
    if "${{" not in scalar.text:
        parameter = Parameter(checked(scalar, declared), declared.type or plain_type(scalar))
        return fit(parameter, declared, scope.notices, what, where=scalar.location, kind=kind, mode=mode)
    reference = _only_reference(scalar)
    if reference is None:
        return fit(
            Parameter(_filled(scalar, scope, what)),
            declared,
            scope.notices,
            what,
            where=scalar.location,
            kind=kind,
            mode=mode,
        )
    found = _referenced(reference, scalar.location, scope, what)
    return fit(found, declared, scope.notices, what, where=scalar.location, kind=kind, mode=mode)


def _missing_data(declared: InputDeclaration, what: str, value: Data) -> Missing:
    return Missing(value.type or declared.type, f"{what} has no path", "give it one", value.location)


def _filled_place(place: Place, where: Location | None, scope: Scope, what: str) -> Place:
    if "${{" not in place.uri and "${{" not in place.path:
        return place
    uri, path = (_filled(Scalar(where or _NOWHERE, text, text, True), scope, what) for text in (place.uri, place.path))
    return replace(place, uri=uri, path=path, late=True)


def _only_reference(scalar: Scalar) -> Reference | None:
    parts = parse_text(scalar.text, scalar.at)
    real = [part for part in parts if not (isinstance(part, Text) and not part.text.strip())]
    return real[0] if len(real) == 1 and isinstance(real[0], Reference) else None


def _filled(scalar: Scalar, scope: Scope, what: str, missing: str | None = None) -> str:
    """Text with every expression in it replaced; `${{name}}` stays, since only a run has a name."""
    pieces: list[str] = []
    for part in parse_text(scalar.text, scalar.at):
        if isinstance(part, Text):
            pieces.append(part.text)
            continue
        where = scalar.at(part.offset)
        found = _referenced(part, where, scope, what)
        if isinstance(found, Parameter):
            pieces.append(found.text)
        elif isinstance(found, Missing):
            if missing is None:
                raise DefinitionError(found.message, location=where, hint=found.hint)
            pieces.append(missing)
        elif not isinstance(found, Absent):
            raise DefinitionError(f"'{part}' is data, which cannot be part of a text", location=where)
    return "".join(pieces)


def _referenced(reference: Reference, where: Location, scope: Scope, what: str) -> Binding:
    match reference.path:
        case ("parent", "inputs", *names):
            return _input_of(scope.inputs, scope.pipeline.inputs, names, where, "the pipeline")
        case ("parent", "jobs", step, "outputs", *port):
            return _output_of(step, ".".join(port), where, scope)
        case ("parent", "jobs", step, "inputs", *port):
            return _input_of_step(step, ".".join(port), where, scope)
        case ("name",):
            return Parameter("${{name}}")
        case ("default_datastore",):
            return Parameter(scope.default_datastore)
        case ("inputs", *names) if scope.own:
            return _input_of(scope.own, scope.own, names, where, f"step '{scope.step}'")
        case ("inputs", *names) if ".".join(names) in scope.pipeline.inputs:
            hint = f"write '${{{{parent.inputs.{'.'.join(names)}}}}}'"
        case _:
            hint = "write parent.inputs.NAME or parent.jobs.STEP.outputs.NAME"
    raise DefinitionError(f"'{reference}' stands for nothing in {what}", location=where, hint=hint)


def _input_of(
    bindings: Mapping[str, Binding], declared: Mapping[str, object], names: list[str], where: Location, whose: str
) -> Binding:
    name = ".".join(names)
    found = bindings.get(name) or bindings.get(name.removesuffix(".path"))
    if found is None:
        hint = did_you_mean(name, declared) or (f"it has {', '.join(declared)}" if declared else "it has none")
        raise DefinitionError(f"{whose} has no input '{name}'", location=where, hint=hint)
    return found


def _output_of(step: str, port: str, where: Location, scope: Scope) -> StepOutput:
    if step == scope.step:
        raise DefinitionError(f"step '{step}' takes its own output '{port}'", location=where)
    producer = scope.promotions.producer(scope.pipeline, scope.prefix, step, port, where)
    return StepOutput(producer.step, producer.port, producer.type)


def _input_of_step(name: str, port: str, where: Location, scope: Scope) -> Binding:
    """What fills an input of a sibling: `parent.jobs.STEP.inputs.NAME` is another name for it."""
    step = scope.pipeline.steps.get(name)
    if step is None:
        near = did_you_mean(name, scope.pipeline.steps)
        raise DefinitionError(f"step '{name}' is not defined", location=where, hint=near)
    declared = step.component.inputs.get(port)
    if declared is None:
        near = did_you_mean(port, step.component.inputs)
        raise DefinitionError(f"step '{name}' has no input '{port}'", location=where, hint=near)
    if (name, port) in scope.followed:
        raise DefinitionError(f"input '{port}' of step '{name}' is bound to itself", location=where)
    inner = replace(scope, step=name, followed=scope.followed | {(name, port)})
    return fill(declared, step.inputs.get(port), inner, f"step '{scope.prefix}{name}'", where)
