"""What fills each input: values and expressions, evaluated where they are written and fitted to the port."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from core.definitions.components import PipelineComponent
from core.definitions.expressions import Reference, Text, parse_text
from core.definitions.parameters import parameter_text
from core.definitions.ports import (
    DATA_TYPES,
    FILE_TYPES,
    FOLDER_TYPES,
    PARAMETER_TYPES,
    Bound,
    Data,
    InputDeclaration,
    InputValue,
    Place,
)
from core.definitions.sections import azure_text
from core.definitions.yaml_nodes import Scalar
from core.errors import DefinitionError, Location, Notice, did_you_mean
from core.planning.graph import Absent, Binding, DataInput, Missing, Parameter, StepOutput
from core.planning.outputs import Promotions

_NOWHERE = Location("")
_DEFAULT_MODE = "ro_mount"


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


def unfilled(declared: InputDeclaration) -> Binding | None:
    """What an input is without a value: its default, absent when optional, None when it needs one."""
    if declared.place is not None:
        return _data_input(declared.place, declared.type, declared.mode or _DEFAULT_MODE, declared.location)
    if declared.default is not None:
        return Parameter(_checked(declared.default, declared), declared.type or "string")
    return Absent(declared.type or "string") if declared.optional else None


def literal_text(scalar: Scalar, scope: Scope, *, missing: str | None = None) -> str:
    """A text outside inputs (`compute`, an environment variable) with its expressions filled in.

    `missing` stands for inputs that have no value yet, which are an error without it.

    Raises DefinitionError for an expression that is no text.
    """
    if "${{" not in scalar.text:
        return azure_text(scalar)
    return _filled(scalar, scope, "the value", missing)


def _evaluated(value: InputValue, declared: InputDeclaration, scope: Scope, what: str) -> Binding:
    if isinstance(value, Data):
        if value.place is None:
            found = unfilled(declared)
            return found if found is not None else _missing_data(declared, what, value)
        place = _filled_place(value.place, value.location, scope, what)
        mode = value.mode or declared.mode or _DEFAULT_MODE
        return _fit(_data_input(place, value.type, mode, value.location), declared, scope, what, where=value.location)
    kind, mode = (value.type, value.mode) if isinstance(value, Bound) else ("", "")
    scalar = value.scalar
    if "${{" not in scalar.text:
        parameter = Parameter(_checked(scalar, declared), declared.type or _plain_type(scalar))
        return _fit(parameter, declared, scope, what, where=scalar.location, kind=kind, mode=mode)
    reference = _only_reference(scalar)
    if reference is None:
        return _fit(
            Parameter(_filled(scalar, scope, what)), declared, scope, what, where=scalar.location, kind=kind, mode=mode
        )
    found = _referenced(reference, scalar.location, scope, what)
    return _fit(found, declared, scope, what, where=scalar.location, kind=kind, mode=mode)


def _missing_data(declared: InputDeclaration, what: str, value: Data) -> Missing:
    return Missing(value.type or declared.type, f"{what} has no path", "give it one", value.location)


def _data_input(place: Place, kind: str, mode: str, where: Location | None) -> DataInput:
    return DataInput(place.path, kind, mode, place.uri, place.digest, place.late, where)


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


def _fit(
    found: Binding,
    declared: InputDeclaration,
    scope: Scope,
    what: str,
    *,
    where: Location | None,
    kind: str = "",
    mode: str = "",
) -> Binding:
    """The binding as the port takes it: checked against its type, with its own mode and optionality."""
    match found:
        case Parameter():
            return _fit_parameter(found, declared, what, where)
        case DataInput() | StepOutput():
            _require_data(found, declared, what, where)
            wanted = kind or declared.type
            _tell_mismatch(found, wanted, scope, what, where)
            mode = mode or declared.mode or (found.mode if isinstance(found, DataInput) else _DEFAULT_MODE)
            if isinstance(found, StepOutput):
                return replace(found, mode=mode, optional=declared.optional)
            return found if found.mode == mode else replace(found, mode=mode)
        case Absent():
            filled = unfilled(declared) if declared.type else Absent(found.type)
            return (
                filled
                if filled is not None
                else Missing(
                    declared.type,
                    f"{what} is required, but what it takes has no value",
                    "give the pipeline's input one",
                    where,
                )
            )
        case Missing():
            return found


def _fit_parameter(found: Parameter, declared: InputDeclaration, what: str, where: Location | None) -> Binding:
    if declared.type in DATA_TYPES:
        raise DefinitionError(
            f"{what} is {declared.type}, but it is given the text '{found.text}'",
            location=where,
            hint=f"write '{{type: {declared.type}, path: ...}}' where the value is given",
        )
    if declared.type not in PARAMETER_TYPES or "${{name}}" in found.text:
        return found
    return Parameter(_checked_text(found.text, declared, where), declared.type)


def _require_data(found: DataInput | StepOutput, declared: InputDeclaration, what: str, where: Location | None) -> None:
    if declared.type in PARAMETER_TYPES and found.type not in PARAMETER_TYPES:
        given = found.uri if isinstance(found, DataInput) else f"output '{found.port}' of step '{found.step}'"
        raise DefinitionError(
            f"{what} is a {declared.type}, but it is given data: {given}",
            location=where,
            hint="declare it as uri_file or uri_folder",
        )


def _tell_mismatch(found: DataInput | StepOutput, wanted: str, scope: Scope, what: str, where: Location | None) -> None:
    """Files for folders and tables are passed as they are, so some components cope."""
    differ = (found.type in FILE_TYPES and wanted in FOLDER_TYPES) or (
        found.type in FOLDER_TYPES and wanted in FILE_TYPES
    )
    if differ:
        scope.notices.append(Notice(f"{what} is {wanted}, but it is given {found.type}", where))


def _checked(scalar: Scalar, declared: InputDeclaration) -> str:
    return parameter_text(
        scalar,
        declared.type,
        enum=declared.enum,
        minimum=_bound(declared.minimum),
        maximum=_bound(declared.maximum),
        name=declared.name,
    )


def _checked_text(text: str, declared: InputDeclaration, where: Location | None) -> str:
    return parameter_text(
        text,
        declared.type,
        enum=declared.enum,
        minimum=_bound(declared.minimum),
        maximum=_bound(declared.maximum),
        location=where,
        name=declared.name,
    )


def _bound(scalar: Scalar | None) -> float | None:
    if scalar is None:
        return None
    try:
        return float(scalar.text)
    except ValueError:
        raise DefinitionError(f"min and max must be numbers, not '{scalar.text}'", location=scalar.location) from None


def _plain_type(scalar: Scalar) -> str:
    value = scalar.value
    if isinstance(value, bool):
        return "boolean"
    return "integer" if isinstance(value, int) else "number" if isinstance(value, float) else "string"
