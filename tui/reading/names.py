"""Everything in a workspace that has a name, for the palette."""

from dataclasses import dataclass

from core.records.model import AssetKind
from core.workspace import Workspace
from tui.views import Kind


@dataclass(frozen=True, slots=True)
class Named:
    """A pipeline by its path, or an asset by its name (its path where it has none), and what it is."""

    kind: Kind
    key: str
    about: str = ""


def names(workspace: Workspace) -> list[Named]:
    """Pipelines first, then assets by kind, each once."""
    found: dict[tuple[Kind, str], Named] = {}
    for entry in workspace.definitions():
        kind = Kind(entry.kind)
        key = entry.path if kind is Kind.PIPELINE else entry.name or entry.path
        found.setdefault((kind, key), Named(kind, key, entry.display_name or entry.description))
    for asset_kind in AssetKind:
        for asset in workspace.assets(asset_kind):
            found.setdefault(
                (Kind(asset_kind.value), asset.name), Named(Kind(asset_kind.value), asset.name, asset.description)
            )
    return sorted(found.values(), key=lambda each: list(Kind).index(each.kind))
