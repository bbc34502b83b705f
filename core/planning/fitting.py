"""Values and data as an input takes them: checked against its declaration, with its own mode and optionality."""

from dataclasses import replace

from core.definitions.parameters import parameter_text
from core.definitions.ports import (
    DATA_TYPES,
    FILE_TYPES,
    FOLDER_TYPES,
    PARAMETER_TYPES,
    InputDeclaration,
    Place,
)
from core.definitions.yaml_nodes import Scalar
from core.errors import DefinitionError, Location, Notice
from core.planning.graph import Absent, Binding, DataInput, Missing, Parameter, StepOutput

DEFAULT_MODE = "ro_mount"


def fits(given: str, wanted: str) -> bool:
    """Whether an input of the type `wanted` takes an output or input of the type `given` without error or notice.

    "" is a type that nobody said, which goes with every other.
    """
    if not given or not wanted or given == wanted:
        return True
    if (given in PARAMETER_TYPES) != (wanted in PARAMETER_TYPES):
        return False
    if given in PARAMETER_TYPES:
        return wanted == "string" or (given, wanted) == ("integer", "number")
    return not _differ(given, wanted)


def fit(
    found: Binding,
    declared: InputDeclaration,
    notices: list[Notice],
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
            _tell_mismatch(found, wanted, notices, what, where)
            mode = mode or declared.mode or (found.mode if isinstance(found, DataInput) else DEFAULT_MODE)
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


def _tell_mismatch(
    found: DataInput | StepOutput, wanted: str, notices: list[Notice], what: str, where: Location | None
) -> None:
    """Files for folders and tables are passed as they are, so some components cope."""
    if _differ(found.type, wanted):
        notices.append(Notice(f"{what} is {wanted}, but it is given {found.type}", where))


def _differ(given: str, wanted: str) -> bool:
    return (given in FILE_TYPES and wanted in FOLDER_TYPES) or (given in FOLDER_TYPES and wanted in FILE_TYPES)


def checked(scalar: Scalar, declared: InputDeclaration) -> str:
    """The text of a literal that the declaration allows; raises DefinitionError for another."""
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


def plain_type(scalar: Scalar) -> str:
    """The Azure ML type that a literal has by itself."""
    value = scalar.value
    if isinstance(value, bool):
        return "boolean"
    return "integer" if isinstance(value, int) else "number" if isinstance(value, float) else "string"


def unfilled(declared: InputDeclaration) -> Binding | None:
    """What an input is without a value: its default, absent when optional, None when it needs one."""
    if declared.place is not None:
        return data_input(declared.place, declared.type, declared.mode or DEFAULT_MODE, declared.location)
    if declared.default is not None:
        return Parameter(checked(declared.default, declared), declared.type or "string")
    return Absent(declared.type or "string") if declared.optional else None


def data_input(place: Place, kind: str, mode: str, where: Location | None) -> DataInput:
    """The binding of data that lies at `place`."""
    return DataInput(place.path, kind, mode, place.uri, place.digest, place.late, where, place.file_name)
