"""Inputs and outputs read from YAML: declarations of components, values of steps and of pipeline jobs."""

from core.definitions import keys
from core.definitions.loading import Loading
from core.definitions.ports import (
    DATA_TYPES,
    FILE_TYPES,
    FOLDER_TYPES,
    INPUT_MODES,
    OUTPUT_MODES,
    PARAMETER_TYPES,
    Bound,
    Data,
    Form,
    InputDeclaration,
    InputValue,
    Literal,
    OutputDeclaration,
    OutputValue,
    Place,
)
from core.definitions.references import is_uri, local_text, parse_datastore_path, parse_reference
from core.definitions.registered import registered_data
from core.definitions.sections import Section, azure_text, kind_of
from core.definitions.workspace_file import match
from core.definitions.yaml_nodes import Mapping, Node, Scalar, Sequence
from core.errors import DefinitionError, Location, did_you_mean

_JOB_VALUE = keys.INPUT_VALUE | keys.JOB_INPUT_REFUSED
_ALL_TYPES = DATA_TYPES | PARAMETER_TYPES


def read_input_declarations(section: Section, folder: str, loading: Loading) -> dict[str, InputDeclaration]:
    """`inputs:` of a component."""
    found: dict[str, InputDeclaration] = {}
    for name, entry in section.items("inputs"):
        what = f"input '{name}' of {section.what}"
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
        if not isinstance(entry.value, Mapping):
            raise DefinitionError(
                f"{what} must be a mapping with a type, not {kind_of(entry.value)}",
                location=entry.key_location,
                hint=f"write '{name}: {{type: uri_folder}}'",
            )
        output = Section(entry.value, what, loading.notices, known=keys.DECLARED_OUTPUT, lax=True)
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


def read_input_value(
    node: Node,
    what: str,
    folder: str,
    loading: Loading,
    declaration: InputDeclaration | None,
    *,
    known: frozenset[str] = keys.INPUT_VALUE,
) -> InputValue | None:
    """What fills an input: a literal, an expression or data; None when only its type is said."""
    if isinstance(node, Sequence):
        raise DefinitionError(
            f"{what} cannot be a list", location=node.location, hint="put it in quotes to pass it as text"
        )
    if isinstance(node, Mapping):
        return _long_form(node, what, folder, loading, declaration=declaration, known=known)
    if node.value is None:
        raise DefinitionError(f"{what} has no value", location=node.location, hint="give one, or leave the line out")
    if "${{" not in node.text and declaration is not None and declaration.is_data:
        return _data_from_text(node, what, folder, loading, declaration)
    return Literal(node)


def _data_from_text(
    node: Scalar, what: str, folder: str, loading: Loading, declaration: InputDeclaration
) -> InputValue:
    if not isinstance(node.value, str):
        raise DefinitionError(
            f"{what} is {declaration.type}, so '{node.text}' would have to be a path", location=node.location
        )
    place = data_place(node.text, folder, what, node.location, loading)
    return _data(place, declaration.type, "", what, where=node.location, loading=loading)


def _long_form(
    node: Mapping,
    what: str,
    folder: str,
    loading: Loading,
    *,
    declaration: InputDeclaration | None,
    known: frozenset[str],
) -> InputValue | None:
    section = Section(node, what, loading.notices, known=known)
    kind = section.one_of("type", _ALL_TYPES)
    mode = section.one_of("mode", INPUT_MODES)
    value = section.scalar("value") or (section.scalar("default") if "default" in known else None)
    if value is not None:
        return Literal(value)
    path = section.scalar("path") or section.scalar("path_on_compute")
    if path is None:
        if kind in DATA_TYPES or (not kind and declaration is not None and declaration.is_data):
            return Data(None, kind, mode, node.location)
        return None
    if _is_binding(path.text):
        return Bound(path, kind, mode)
    if kind in PARAMETER_TYPES:
        return Literal(path)
    place = data_place(path.text, folder, what, path.location, loading)
    return _data(
        place, kind or (declaration.type if declaration else ""), mode, what, where=path.location, loading=loading
    )


def _is_binding(text: str) -> bool:
    stripped = text.strip()
    return stripped.startswith("${{") and stripped.endswith("}}") and stripped.count("${{") == 1


def _data(place: Place, kind: str, mode: str, what: str, *, where: Location, loading: Loading) -> Data:
    is_given = bool(kind) and kind != "path"
    kind = kind if is_given else place.type or ("uri_file" if place.form is Form.FILE else "uri_folder")
    if is_given and place.form is Form.FOLDER and kind in FILE_TYPES:
        loading.notice(f"{what} is {kind}, but '{place.uri}' is a folder", where)
    elif is_given and place.form is Form.FILE and kind in FOLDER_TYPES:
        loading.notice(f"{what} is {kind}, but '{place.uri}' is a file", where)
    elif is_given and place.type and place.type != kind:
        loading.notice(f"{what} is {kind}, but '{place.uri}' is {place.type}", where)
    return Data(place, kind, mode, where)


def data_place(text: str, folder: str, what: str, where: Location | None, loading: Loading) -> Place:
    """Where data lies that is named by a path, a URI or a registered version."""
    text = text.replace("${{default_datastore}}", loading.default_datastore)
    if match(loading.workspace.data, text) is None:
        reference = parse_reference(text)
        if reference is not None and parse_datastore_path(text) is None:
            return registered_data(reference, text, where, loading)
    return loading.places.data(text, folder, what, where)


def read_output_values(section: Section, folder: str, loading: Loading) -> dict[str, OutputValue]:
    """`outputs:` of a step or of a pipeline job."""
    return {
        name: _output_value(entry.value, f"output '{name}' of {section.what}", entry.key_location, folder, loading)
        for name, entry in section.items("outputs")
    }


def _output_value(node: Node, what: str, where: Location, folder: str, loading: Loading) -> OutputValue:
    if isinstance(node, Scalar):
        if node.value is None:
            return OutputValue(location=where)
        if _is_binding(node.text):
            return OutputValue(binding=node, location=where)
    if not isinstance(node, Mapping):
        near = did_you_mean(node.text, OUTPUT_MODES) if isinstance(node, Scalar) else ""
        raise DefinitionError(
            f"{what} must be '${{{{parent.outputs.NAME}}}}', a mapping or nothing, not {kind_of(node)}",
            location=node.location,
            hint=near,
        )
    section = Section(node, what, loading.notices, known=keys.OUTPUT_VALUE)
    path = section.scalar("path")
    bound = path is not None and _is_binding(path.text)
    return OutputValue(
        binding=path if bound else None,
        type=section.one_of("type", _ALL_TYPES),
        mode=section.one_of("mode", OUTPUT_MODES),
        path="" if path is None or bound else _output_path(path, what, folder, loading),
        asset_name=section.text("name"),
        asset_version=section.text("version"),
        location=where,
    )


def _output_path(path: Scalar, what: str, folder: str, loading: Loading) -> str:
    text = path.text.replace("${{default_datastore}}", loading.default_datastore)
    mapped = match(loading.workspace.data, text)
    if mapped is not None:
        return loading.places.mapped(mapped)
    datastore = loading.places.datastore(text, path.location)
    if datastore:
        return datastore
    if is_uri(text) or parse_reference(text) is not None:
        loading.notice(f"{what} cannot be written to '{text}' from here; it is kept in the store", path.location)
        return ""
    return loading.places.absolute(local_text(text), folder, what, path.location)
