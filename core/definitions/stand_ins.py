"""Definitions of the workspace that stand in for the newest version of a name that nobody registered."""

import os

from core.definitions.catalog import Catalog
from core.definitions.discovery import DefinitionEntry
from core.definitions.loading import Loading
from core.definitions.references import Reference
from core.errors import Location


def stand_in(kind: str, reference: Reference, where: Location | None, loading: Loading) -> str:
    """The absolute path of the YAML that defines what the reference names, "" when none does or it is not clear which.

    Only for a label, never for a version: a version never changes, and a file may. Of several definitions the one that
    is nearest to the file with the reference is meant. Public repositories keep the definitions that their build
    registers beside the pipeline: https://github.com/Azure/mlops-v2 and its templates.
    """
    if reference.registry or reference.label != "latest" or is_registered(kind, reference.name, loading.catalog):
        return ""
    found = [entry for entry in _definitions(loading) if entry.kind == kind and entry.name == reference.name]
    nearest = _nearest([entry.path for entry in found], where.file if where else "")
    if not nearest:
        return ""
    loading.notice_once(
        f"{kind} '{reference.name}' is not registered: {nearest} stands in for it;"
        f" 'mlpw {kind} create -f {nearest}' keeps a version",
        where,
    )
    return os.path.join(loading.root, nearest)  # noqa: PTH118


def is_registered(kind: str, name: str, catalog: Catalog) -> bool:
    """Whether the catalog knows any version of a name, also an archived one."""
    return any(known.split(":")[0] == name for known in catalog.names(kind))


def _definitions(loading: Loading) -> list[DefinitionEntry]:
    if loading.definitions is None:
        # reads every YAML: only for names that nobody registered
        from core.definitions.discovery import definitions_in, search

        found = search(loading.root)
        loading.definitions = definitions_in(loading.root, found.files)
        loading.looked(found)
    return loading.definitions


def _nearest(paths: list[str], file: str) -> str:
    """The path with the fewest steps from `file`; "" when two are as near."""
    ranked = sorted((_distance(path, file), path) for path in paths)
    if not ranked or (len(ranked) > 1 and ranked[0][0] == ranked[1][0]):
        return ""
    return ranked[0][1]


def _distance(path: str, file: str) -> int:
    """How many folders up and down lie between two files: 'a/b/x' and 'a/c/y' -> 2."""
    here, there = file.split("/")[:-1], path.split("/")[:-1]
    apart = (at for at, (one, other) in enumerate(zip(here, there, strict=False)) if one != other)
    shared = next(apart, min(len(here), len(there)))
    return len(here) + len(there) - 2 * shared
