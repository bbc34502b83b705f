"""Components, data, environments and models as `create -f FILE` registers them."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.definitions import keys
from core.definitions.catalog import Catalog
from core.definitions.component_reader import read_component
from core.definitions.components import Component
from core.definitions.discovery import classify
from core.definitions.environment import EnvironmentSpec
from core.definitions.environment_reader import environment_from
from core.definitions.loading import Loading
from core.definitions.portable import portable_component, portable_environment
from core.definitions.ports import Form, Place
from core.definitions.sections import Section, azure_text, require_mapping
from core.definitions.value_reader import data_place
from core.definitions.yaml_nodes import Mapping as MappingNode
from core.definitions.yaml_nodes import plain
from core.errors import DefinitionError, Notice

KINDS = ("component", "data", "environment", "model")
_DATA_TYPES = frozenset({"uri_file", "uri_folder", "mltable"})
_MODEL_TYPES = frozenset({"custom_model", "mlflow_model", "triton_model"})


@dataclass(frozen=True, slots=True)
class AssetDefinition:
    """A definition that can be registered under its name.

    `definition` holds it as plain values that need no other file but those that `keep` was given; `version` is "" when
    the YAML names none. `place` says where the content of data or of a model lies.
    """

    kind: str
    name: str
    version: str = ""
    type: str = ""
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    definition: Mapping[str, object] = field(default_factory=dict)
    place: Place | None = None
    component: Component | None = None
    environment: EnvironmentSpec | None = None
    notices: tuple[Notice, ...] = ()
    sources: tuple[str, ...] = ()


def load_asset(
    path: Path, kind: str, *, root: Path, catalog: Catalog | None = None, keep: Callable[[str], str] | None = None
) -> AssetDefinition:
    """The definition in the YAML at `path`, checked as a pipeline that uses it would be.

    `keep` is called with the absolute path of every local file and folder that the definition needs (code, build
    contexts, local packages) and gives the path to write instead, relative to what will be the entry's folder in the
    catalog. Without it the paths stay as written.
    Raises DefinitionError when the file defines something else, has no name, or cannot be used.
    """
    loading = Loading(root, catalog)
    file = os.path.abspath(path)  # noqa: PTH100
    node = require_mapping(loading.read(file), f"a {kind}")
    _require_kind(node, kind)
    loading.entered.append(file)
    folder = os.path.dirname(file)  # noqa: PTH120
    section = Section(node, f"the {kind}", [], known=frozenset(node.entries))
    return _READERS[kind](node, _Common(section, kind), folder, loading, keep)


def _require_kind(node: MappingNode, kind: str) -> None:
    actual = classify(node)
    if actual and actual != kind and not (actual == "pipeline" and kind == "component"):
        raise DefinitionError(
            f"this defines another kind of thing, {actual}, not {kind}",
            location=node.location,
            hint=f"use 'mlpw {actual} create'" if actual in KINDS else "run it with 'mlpw run'",
        )


class _Common:
    """What every asset has."""

    def __init__(self, section: Section, kind: str) -> None:
        self.kind = kind
        self.name = section.text("name")
        if not self.name:
            raise DefinitionError(f"the {kind} has no name", location=section.location, hint="add 'name:'")
        self.version = section.text("version")
        self.type = section.text("type").lower()
        self.description = section.text("description")
        self.tags = {name: azure_text(scalar) for name, scalar in section.texts("tags").items()}


_Keep = Callable[[str], str] | None


def _component(node: MappingNode, common: _Common, folder: str, loading: Loading, keep: _Keep) -> AssetDefinition:
    component = read_component(node, folder, loading)
    definition = portable_component(node, folder, loading, keep) if keep else plain(node)
    return _asset(common, loading, definition=definition, component=component, kind_type="component")


def _environment(node: MappingNode, common: _Common, folder: str, loading: Loading, keep: _Keep) -> AssetDefinition:
    spec = environment_from(node, folder, loading)
    definition: object = plain(node)
    if keep:
        written = {key: value for key, value in _dict(definition).items() if key not in {"conda_file", "build"}}
        definition = {**written, **portable_environment(spec, keep)}
    return _asset(common, loading, definition=definition, environment=spec, kind_type="environment")


def _data(node: MappingNode, common: _Common, folder: str, loading: Loading, keep: _Keep) -> AssetDefinition:
    return _content(node, common, folder, loading, known=keys.DATA, types=_DATA_TYPES)


def _model(node: MappingNode, common: _Common, folder: str, loading: Loading, keep: _Keep) -> AssetDefinition:
    return _content(node, common, folder, loading, known=keys.MODEL, types=_MODEL_TYPES)


def _content(
    node: MappingNode,
    common: _Common,
    folder: str,
    loading: Loading,
    *,
    known: frozenset[str],
    types: frozenset[str],
) -> AssetDefinition:
    what = f"{common.kind} '{common.name}'"
    section = Section(node, what, loading.notices, known=known)
    default = "custom_model" if common.kind == "model" else "uri_folder"
    kind_type = section.one_of("type", types, default)
    path = section.scalar("path", "a path")
    if path is None:
        raise DefinitionError(f"{what} has no path", location=node.location)
    place = data_place(path.text, folder, f"path of {what}", path.location, loading)
    if kind_type == "uri_file" and place.form is Form.FOLDER:
        raise DefinitionError(f"{what} is uri_file, but '{path.text}' is a folder", location=path.location)
    if kind_type in {"uri_folder", "mltable"} and place.form is Form.FILE:
        raise DefinitionError(
            f"{what} is {kind_type}, but '{path.text}' is a file", location=path.location, hint="write 'type: uri_file'"
        )
    return _asset(common, loading, definition=plain(node), place=place, kind_type=kind_type)


def _asset(
    common: _Common,
    loading: Loading,
    *,
    definition: object,
    kind_type: str,
    place: Place | None = None,
    component: Component | None = None,
    environment: EnvironmentSpec | None = None,
) -> AssetDefinition:
    return AssetDefinition(
        kind=common.kind,
        name=common.name,
        version=common.version,
        type=common.type or ("command" if kind_type == "component" else kind_type),
        description=common.description,
        tags=common.tags,
        definition=_dict(definition),
        place=place,
        component=component,
        environment=environment,
        notices=tuple(loading.notices),
        sources=tuple(loading.sources),
    )


def _dict(value: object) -> dict[str, object]:
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else {}


_READERS: Mapping[str, Callable[[MappingNode, _Common, str, Loading, _Keep], AssetDefinition]] = {
    "component": _component,
    "environment": _environment,
    "data": _data,
    "model": _model,
}
