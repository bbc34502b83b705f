"""Everything in a workspace that has a name, for the palette."""

from dataclasses import dataclass

from core.records.model import AssetKind
from core.workspace import Workspace
from tui.views import Kind


@dataclass(frozen=True, slots=True)
class Named:
    """A pipeline or an asset: `key` is its path, or its name where it has no file; and what it is."""

    kind: Kind
    key: str
    name: str
    about: str = ""


def names(workspace: Workspace) -> list[Named]:
    """Pipelines first, then assets by kind, each once."""
    found: dict[tuple[Kind, str], Named] = {}
    for entry in workspace.definitions():
        if entry.kind == "compute":
            continue
        kind = Kind(entry.kind)
        name = entry.path if kind is Kind.PIPELINE else entry.name or entry.path
        found[kind, entry.path] = Named(kind, entry.path, name, entry.display_name or entry.description)
    defined = {(named.kind, named.name) for named in found.values()}
    for asset_kind in AssetKind:
        for asset in workspace.assets(asset_kind):
            kind = Kind(asset_kind.value)
            if (kind, asset.name) not in defined:
                found[kind, asset.name] = Named(kind, asset.name, asset.name, asset.description)
    return sorted(found.values(), key=lambda each: list(Kind).index(each.kind))
