"""New versions of data, components, environments and models, as `az ml KIND create` makes them from YAML."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from core.definitions import keys
from core.definitions.changes import Change, change_asset
from core.definitions.component_reader import read_component
from core.definitions.discovery import classify
from core.definitions.environment_reader import environment_from
from core.definitions.loading import Loading
from core.definitions.ports import Form, Place
from core.definitions.references import is_uri
from core.definitions.sections import Section, azure_text, require_mapping
from core.definitions.value_reader import data_place
from core.definitions.yaml_nodes import Mapping as MappingNode
from core.definitions.yaml_nodes import Scalar, plain
from core.errors import DefinitionError, Location, Notice, UsageError, did_you_mean
from core.records.model import AssetKind, AssetRecord
from core.workspace.bundles import Bundle, FollowedPlaces, PinningCatalog, bundle_of, prepare

if TYPE_CHECKING:
    from core.workspace.workspace import Workspace

#: What Azure ML allows; other characters could not stand in `azureml:NAME:VERSION`.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}\Z")
_VERSION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,29}\Z")
_KNOWN = {
    AssetKind.DATA: keys.DATA,
    AssetKind.MODEL: keys.MODEL,
    AssetKind.ENVIRONMENT: keys.ENVIRONMENT,
    AssetKind.COMPONENT: keys.COMMAND_COMPONENT | keys.PIPELINE_COMPONENT,
}
#: Types and the one that counts when none is written
#: (learn.microsoft.com/azure/machine-learning/reference-yaml-data and reference-yaml-model).
_TYPES = {
    AssetKind.DATA: ("uri_folder", frozenset({"uri_file", "uri_folder", "mltable"})),
    AssetKind.MODEL: ("custom_model", frozenset({"custom_model", "mlflow_model", "triton_model"})),
}


@dataclass(frozen=True, slots=True)
class NewVersion:
    """What is asked for: a YAML file, or values alone; `changes` as with --set, `values` replace keys at the top.

    `folder` is where relative paths in `values` start when there is no file.
    """

    kind: AssetKind
    file: Path | None = None
    folder: Path = Path()
    changes: tuple[tuple[str, str], ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A checked definition: its record without digest and definition, and where its content is."""

    record: AssetRecord
    node: MappingNode
    place: Place | None = None
    bundle: Bundle | None = None


def create_version(workspace: Workspace, asked: NewVersion) -> tuple[AssetRecord, tuple[Notice, ...]]:
    """Keep a new version with its content; the same content under the same version changes nothing.

    Raises UserError, with nothing changed, for a definition that cannot be kept or a version that has other content.
    """
    loading = Loading(workspace.root)
    places = FollowedPlaces(workspace.root, loading.workspace, loading.notices)
    places.followed = {}
    catalog = PinningCatalog(workspace.records, workspace.store)
    catalog.pins = {}
    loading.catalog = catalog
    if asked.kind not in _TYPES:  # content is copied whole, wherever its path starts
        loading.places = places
    draft = _read(asked, loading, places, catalog)
    return _keep(workspace, draft), tuple(loading.notices)


def _read(asked: NewVersion, loading: Loading, places: FollowedPlaces, catalog: PinningCatalog) -> _Draft:
    file = os.path.abspath(asked.file) if asked.file else ""
    folder = os.path.dirname(file) if file else os.path.abspath(asked.folder)
    node = _node(asked, file, loading)
    what = f"{asked.kind} {loading.shown(file)}" if file else f"the {asked.kind}"
    record = _record(asked.kind, node, what, loading)
    if asked.kind in _TYPES:
        return _content_draft(record, node, what, folder, loading)
    if asked.kind is AssetKind.ENVIRONMENT:
        environment_from(node, folder, loading, record.name)
    else:
        read_component(node, folder, loading, what=what)
    main = file or os.path.join(folder, f"{asked.kind}.yml")
    is_changed = bool(asked.changes or set(asked.values) - {"name", "version"} or not file)
    return _Draft(record, node, bundle=bundle_of(main, node, places, catalog, changed=is_changed))


def _node(asked: NewVersion, file: str, loading: Loading) -> MappingNode:
    """The YAML with every change made."""
    node = MappingNode(Location("the command line"), {})
    if file:
        node = require_mapping(loading.read(file), f"{asked.kind} {loading.shown(file)}")
        _require_kind(node, asked.kind, loading.shown(file))
    changes = [Change(key, text) for key, text in (*asked.changes, *asked.values.items())]
    return change_asset(node, changes, _KNOWN[asked.kind], f"a {asked.kind}")


def _require_kind(node: MappingNode, kind: AssetKind, shown: str) -> None:
    found = classify(node)
    is_told = "$schema" in node.entries or kind is not AssetKind.COMPONENT
    if not found or found == kind or not is_told or {found, str(kind)} == {"data", "model"}:
        return
    hint = f"run it: mlpw run {shown}" if found == "pipeline" else f"use: mlpw {found} create -f {shown}"
    raise DefinitionError(f"{shown} defines a {found}, not a {kind}", location=node.location, hint=hint)


def _record(kind: AssetKind, node: MappingNode, what: str, loading: Loading) -> AssetRecord:
    section = Section(node, what, [], known=_KNOWN[kind], lax=True)
    name, version = section.text("name"), section.text("version")
    if not name:
        raise DefinitionError(f"{what} has no name", location=node.location, hint="write 'name:' or give --name NAME")
    _require_word(name, _NAME, "name", section)
    if version:
        _require_word(version, _VERSION, "version", section)
    default, allowed = _TYPES.get(kind, ("", frozenset()))
    if kind is AssetKind.COMPONENT:
        type_ = section.text("type") or ("pipeline" if "jobs" in section else "command")
    else:
        type_ = section.one_of("type", allowed, default) if allowed else ""
    tags = {key: azure_text(value) for key, value in section.texts("tags").items()}
    return AssetRecord(kind, name, version, "", type_, {}, 0.0, description=section.text("description"), tags=tags)


def _require_word(text: str, allowed: re.Pattern[str], what: str, section: Section) -> None:
    if not allowed.match(text) or text.endswith("."):
        raise DefinitionError(
            f"'{text}' cannot be a {what}",
            location=section.where(what),
            hint="use letters, digits, '_', '-' and '.', a letter or digit first",
        )
    if what == "version" and text == "latest":
        raise DefinitionError("a version cannot be called latest", location=section.where(what))


def _content_draft(record: AssetRecord, node: MappingNode, what: str, folder: str, loading: Loading) -> _Draft:
    section = Section(node, what, loading.notices, known=_KNOWN[record.kind])
    path = section.scalar("path")
    if path is None or not path.text.strip():
        near = did_you_mean("path", node.entries)
        raise DefinitionError(f"{what} has no path", location=node.location, hint=near or "write 'path: ./data'")
    place = _place(path, what, folder, loading)
    form = Form.FOLDER if place.path and Path(place.path).is_dir() else Form.FILE
    wanted = {"uri_file": Form.FILE, "uri_folder": Form.FOLDER, "mltable": Form.FOLDER, "mlflow_model": Form.FOLDER}
    if place.path and wanted.get(record.type, form) is not form:
        other = "uri_file" if form is Form.FILE else "uri_folder"
        hint = f"write 'type: {other}'" if record.kind is AssetKind.DATA else "name the model's folder"
        raise DefinitionError(
            f"{what} is {record.type}, but '{path.text}' is a {form}", location=path.location, hint=hint
        )
    if place.path and record.type == "mltable" and not Path(place.path, "MLTable").is_file():
        loading.notice(f"'{path.text}' holds no file MLTable, which an mltable needs in Azure ML", path.location)
    if not place.path and not place.digest:
        loading.notice(f"'{place.uri}' is not on this machine yet; only its address is kept", path.location)
    return _Draft(record, node, place)


def _place(path: Scalar, what: str, folder: str, loading: Loading) -> Place:
    place = data_place(path.text.strip(), folder, f"path of {what}", path.location, loading)
    if place.late and not os.path.lexists(place.path):
        return Place(place.uri)  # Azure ML registers an address of a datastore before anything lies there
    if place.path and not place.digest and not os.path.lexists(place.path):
        raise DefinitionError(
            f"path of {what} '{path.text}' does not exist", location=path.location, hint=f"looked for {place.path}"
        )
    return place


def _keep(workspace: Workspace, draft: _Draft) -> AssetRecord:
    store, record = workspace.store, draft.record
    told: dict[str, object] = {"yaml": plain(draft.node)}
    if draft.place is not None:
        place = draft.place
        told.update({"uri": place.uri} if place.uri and not _is_local(place) else {})
        digest = place.digest or (store.hash(place.path).digest if place.path else "")
        record = replace(record, digest=digest, definition=told)
        workspace.records.assets.check_new(record)
        workspace.keep()
        with store.keeping():
            if place.path and not place.digest:
                record = replace(record, digest=store.add(place.path))
            return workspace.records.assets.create(record)
    assert draft.bundle is not None
    workspace.keep()
    with store.keeping():
        item = prepare(draft.bundle, store)
        told.update(file=draft.bundle.file, content=draft.bundle.content(item))
        record = replace(record, digest=item.digest, definition=told)
        workspace.records.assets.check_new(record)
        store.publish([item])
        return workspace.records.assets.create(record)


def _is_local(place: Place) -> bool:
    """Whether the address is only the path as written."""
    return not is_uri(place.uri)


def split_reference(text: str) -> tuple[str, str, str]:
    """'name', 'name:version' or 'name@label', with or without `azureml:` -> name, version, label.

    Raises UsageError for anything else.
    """
    body = text.removeprefix("azureml:")
    name, at, label = body.partition("@")
    name, colon, version = name.partition(":") if not at else (name, "", "")
    if not name or (at and not label) or (colon and not version) or ":" in name + version or "@" in label:
        raise UsageError(f"'{text}' names no version", hint="expected NAME, NAME:VERSION or NAME@LABEL")
    return name, version, label
