"""Inputs and outputs read from YAML: what components declare, and what a job declares by giving values."""

from core.definitions import keys
from core.definitions.loading import Loading
from core.definitions.ports import (
    DATA_TYPES,
    INPUT_MODES,
    OUTPUT_MODES,
    PARAMETER_TYPES,
    InputDeclaration,
    InputValue,
    OutputDeclaration,
)
from core.definitions.sections import Section, azure_text, kind_of, require_port_name
from core.definitions.value_reader import data_place, read_input_value
from core.definitions.yaml_nodes import Mapping, Node, Scalar
from core.errors import DefinitionError, Location

_JOB_VALUE = keys.INPUT_VALUE | keys.JOB_INPUT_REFUSED
_ALL_TYPES = DATA_TYPES | PARAMETER_TYPES


def read_input_declarations(section: Section, folder: str, loading: Loading) -> dict[str, InputDeclaration]:
    """`inputs:` of a component."""
    found: dict[str, InputDeclaration] = {}
    for name, entry in section.items("inputs"):
        what = f"input '{name}' of {section.what}"
        require_port_name(name, entry.key_location)
        if not isinstance(entry.value, Mapping):
            raise DefinitionError(
                f"{what} must be a mapping with a type, not {kind_of(entry.value)}",
                location=entry.value.location if entry.value.location.line else entry.key_location,
                hint=f"write '{name}: {{type: {_guessed_type(entry.value)}}}'",
            )
        found[name] = _declared_input(name, entry.value, what, entry.key_location, folder=folder, loading=loading)
    return found


def _declared_input(
    name: str, node: Mapping, what: str, where: Location, *, folder: str, loading: Loading
) -> InputDeclaration:
    if "path" in node.entries:
        raise DefinitionError(
            f"{what} cannot have a path: a component's data comes from the step that uses it",
            location=node.entries["path"].key_location,
            hint="give the path in the pipeline's inputs",
        )
    section = Section(node, what, loading.notices, known=keys.DECLARED_INPUT)
    kind = section.one_of("type", _ALL_TYPES)
    if not kind:
        raise DefinitionError(f"{what} has no type", location=where, hint="such as 'type: uri_folder'")
    default = section.scalar("default")
    place = None
    if default is not None and kind in DATA_TYPES:
        place = data_place(default.text, folder, what, default.location, loading)
    return InputDeclaration(
        name,
        kind,
        optional=section.flag("optional"),
        default=default,
        minimum=section.scalar("min"),
        maximum=section.scalar("max"),
        enum=tuple(azure_text(item) for item in section.list("enum")),
        mode=section.one_of("mode", INPUT_MODES),
        description=section.text("description"),
        place=place,
        location=where,
    )


def read_output_declarations(section: Section, loading: Loading) -> dict[str, OutputDeclaration]:
    """`outputs:` of a component."""
    found: dict[str, OutputDeclaration] = {}
    for name, entry in section.items("outputs"):
        what = f"output '{name}' of {section.what}"
        require_port_name(name, entry.key_location)
        if not isinstance(entry.value, Mapping):
            raise DefinitionError(
                f"{what} must be a mapping with a type, not {kind_of(entry.value)}",
                location=entry.key_location,
                hint=f"write '{name}: {{type: uri_folder}}'",
            )
        output = Section(entry.value, what, loading.notices, known=keys.DECLARED_OUTPUT)
        kind = output.one_of("type", _ALL_TYPES)
        if not kind:
            raise DefinitionError(f"{what} has no type", location=entry.key_location, hint="such as 'type: uri_folder'")
        found[name] = OutputDeclaration(
            name, kind, output.one_of("mode", OUTPUT_MODES), output.text("description"), entry.key_location
        )
    return found


def read_job_inputs(
    section: Section, folder: str, loading: Loading
) -> tuple[dict[str, InputDeclaration], dict[str, InputValue]]:
    """`inputs:` of a pipeline or command job: what it declares by giving values, and the values."""
    declared: dict[str, InputDeclaration] = {}
    values: dict[str, InputValue] = {}
    for name, entry in section.items("inputs"):
        what = f"input '{name}' of {section.what}"
        require_port_name(name, entry.key_location)
        if isinstance(entry.value, Mapping):
            declared[name] = _job_declaration(name, entry.value, what, entry.key_location, loading)
        else:
            declared[name] = InputDeclaration(name, _guessed_type(entry.value), location=entry.key_location)
        value = read_input_value(entry.value, what, folder, loading, declared[name], known=_JOB_VALUE)
        if value is not None:
            values[name] = value
    return declared, values


def _job_declaration(name: str, node: Mapping, what: str, where: Location, loading: Loading) -> InputDeclaration:
    section = Section(node, what, loading.notices, known=_JOB_VALUE)
    kind = section.one_of("type", _ALL_TYPES)
    for key in sorted(keys.JOB_INPUT_REFUSED):
        if key in section:
            loading.notice(f"Azure ML refuses '{key}' in {what}", section.where(key))
    has_value = "value" in section or "default" in section
    value = section.scalar("value") or section.scalar("default")
    return InputDeclaration(
        name,
        kind or (_guessed_type(value) if has_value and value is not None else ""),
        optional=section.flag("optional"),
        minimum=section.scalar("min"),
        maximum=section.scalar("max"),
        enum=tuple(azure_text(item) for item in section.list("enum")),
        mode=section.one_of("mode", INPUT_MODES),
        description=section.text("description"),
        location=where,
    )


def _guessed_type(node: Node) -> str:
    """The Azure ML type that a literal has by itself."""
    if not isinstance(node, Scalar) or node.quoted or "${{" in node.text:
        return "string"
    if isinstance(node.value, bool):
        return "boolean"
    return "integer" if isinstance(node.value, int) else "number" if isinstance(node.value, float) else "string"
