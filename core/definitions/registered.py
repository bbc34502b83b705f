"""Names of registered assets: what they stand for, and what to do about those that stand for nothing."""

import os
from dataclasses import replace

from core.definitions.loading import Loading
from core.definitions.ports import Place
from core.definitions.references import Reference
from core.definitions.sections import Section, require_mapping
from core.definitions.stand_ins import stand_in
from core.errors import DefinitionError, Location, did_you_mean

_SECTIONS = {"component": "components", "environment": "environments", "data": "data", "model": "data"}
_DEFAULT_TYPES = {"data": "uri_folder", "model": "custom_model"}


def unregistered(
    kind: str, text: str, reference: Reference, where: Location | None, loading: Loading
) -> DefinitionError:
    """The error for a reference that nothing here answers, with the next thing to do."""
    if reference.registry:
        message = f"'{text}' lives in the registry '{reference.registry}', which this machine does not have"
        names = list(loading.catalog.curated_names()) if kind == "environment" else []
        near = did_you_mean(text, names)
        return DefinitionError(message, location=where, hint=" ".join(filter(None, (near, _mapping(kind, text)))))
    known = loading.catalog.names(kind)
    near = did_you_mean(str(reference), known) or did_you_mean(reference.name, {name.split(":")[0] for name in known})
    if any(name.split(":")[0] == reference.name for name in known):
        versions = ", ".join(name.split(":", 1)[1] for name in known if name.split(":")[0] == reference.name)
        which = f"version {reference.version}" if reference.version else f"label '{reference.label}'"
        return DefinitionError(f"{kind} '{reference.name}' has no {which}", location=where, hint=f"it has {versions}")
    hint = near or f"register it with 'mlpw {kind} create -f {_file_of(kind, reference.name, loading)}'"
    return DefinitionError(
        f"{kind} '{reference}' is not registered in this workspace",
        location=where,
        hint=f"{hint}, or {_mapping(kind, text)}",
    )


def registered_data(reference: Reference, text: str, where: Location | None, loading: Loading) -> Place:
    """The place of a registered version of data or of a model.

    Raises DefinitionError when there is none.
    """
    known = loading.assets.get(text)
    if known is not None:
        return known
    for kind in ("data", "model"):
        entry = loading.catalog.find(kind, reference.name, version=reference.version, label=reference.label)
        if entry is not None:
            if entry.archived:
                loading.notice_once(f"{kind} {entry.name}:{entry.version} is archived", where)
            if entry.uri and not entry.digest:
                place = replace(loading.places.data(entry.uri, "", f"{kind} {entry.name}", where), type=entry.type)
            else:
                place = Place(
                    entry.uri or text, entry.path, digest=entry.digest, type=entry.type, file_name=entry.file_name
                )
            loading.assets[text] = place
            return place
    for kind in ("data", "model"):
        file = stand_in(kind, reference, where, loading)
        if file:
            loading.assets[text] = place = _defined(kind, file, where, loading)
            return place
    raise unregistered("model" if "/models/" in text else "data", text, reference, where, loading)


def _defined(kind: str, file: str, where: Location | None, loading: Loading) -> Place:
    """The place that the YAML of data or of a model names."""
    node = require_mapping(loading.read(file), f"a {kind}")
    section = Section(node, f"the {kind}", [], known=frozenset(node.entries))
    path = section.scalar("path", "a path")
    if path is None:
        raise DefinitionError(f"the {kind} in {loading.shown(file)} has no path", location=where)
    place = loading.places.data(path.text, os.path.dirname(file), f"path of the {kind}", path.location)  # noqa: PTH120
    return replace(place, type=section.text("type").lower() or _DEFAULT_TYPES[kind])


def _mapping(kind: str, text: str) -> str:
    example = {"component": "./component.yml", "environment": "./environment.yml"}.get(kind, "./data")
    return f"map it in mlpw.yml: '{_SECTIONS[kind]}: {{\"{text}\": {example}}}'"


def _file_of(kind: str, name: str, loading: Loading) -> str:
    """The definition in this workspace that has the name, FILE when there is none."""
    from pathlib import Path

    from core.definitions.discovery import discover  # only a mistake needs it

    found = [entry.path for entry in discover(Path(loading.root)) if entry.kind == kind and entry.name == name]
    return min(found, key=lambda path: (path.count("/"), path), default="FILE")
