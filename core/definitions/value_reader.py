"""What fills inputs and outputs, read from YAML: literals, expressions, data, places to write to."""

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
    OutputValue,
    Place,
)
from core.definitions.references import fill_macro, is_uri, parse_datastore_path, parse_reference
from core.definitions.registered import registered_data
from core.definitions.sections import Section, kind_of, require_port_name
from core.definitions.workspace_file import match
from core.definitions.yaml_nodes import Mapping, Node, Scalar, Sequence
from core.errors import DefinitionError, Location, did_you_mean

_ALL_TYPES = DATA_TYPES | PARAMETER_TYPES


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
    implied = declaration.type if declaration is not None and declaration.is_data else ""
    return _data(place, kind or implied, mode, what, where=path.location, loading=loading)


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
    text = fill_macro(text, "default_datastore", loading.default_datastore)
    if match(loading.workspace.data, text) is None:
        reference = parse_reference(text)
        if reference is not None and parse_datastore_path(text) is None:
            return registered_data(reference, text, where, loading)
    return loading.places.data(text, folder, what, where)


def read_output_values(section: Section, folder: str, loading: Loading) -> dict[str, OutputValue]:
    """`outputs:` of a step or of a pipeline job."""
    found: dict[str, OutputValue] = {}
    for name, entry in section.items("outputs"):
        require_port_name(name, entry.key_location)
        what = f"output '{name}' of {section.what}"
        found[name] = _output_value(entry.value, what, entry.key_location, folder, loading)
    return found


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
    text = fill_macro(path.text, "default_datastore", loading.default_datastore)
    text = fill_macro(text, "name", "${{name}}")
    mapped = match(loading.workspace.data, text)
    if mapped is not None:
        return loading.places.mapped(mapped)
    datastore = loading.places.datastore(text, path.location, writing=True)
    if datastore:
        return datastore
    if is_uri(text) or parse_reference(text) is not None:
        loading.notice(f"{what} cannot be written to '{text}' from here; it is kept in the store", path.location)
        return ""
    return loading.places.own(text, folder, what, path.location)
