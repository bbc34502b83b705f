"""What a workspace has registered, as the loader of definitions asks for it."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from core.definitions.catalog import CatalogEntry
from core.definitions.environment import EnvironmentSpec
from core.errors import NotFoundError
from core.records.model import AssetKind, AssetRecord
from core.records.records import Records
from core.store.objects import Store


class WorkspaceCatalog:
    """Registered versions from the records, their content from the store, curated environments from mlpw's lists."""

    def __init__(self, records: Records, store: Store) -> None:
        self._records, self._store = records, store

    def find(self, kind: str, name: str, *, version: str = "", label: str = "") -> CatalogEntry | None:
        """The version, or what the label points to; None when there is none."""
        try:
            asset = self._records.assets.get(AssetKind(kind), name, version, label)
        except NotFoundError:
            return None
        return _entry(asset, self._store)

    def names(self, kind: str) -> Sequence[str]:
        """Every "name:version", archived ones too."""
        return [f"{asset.name}:{asset.version}" for asset in self._records.assets.all() if asset.kind == kind]

    def curated(self, reference: str) -> EnvironmentSpec | None:
        """The package list for an environment that Azure ML curates."""
        from core.environments.curated import resolve_curated

        return resolve_curated(reference)

    def curated_names(self) -> Sequence[str]:
        """References that `curated` knows."""
        from core.environments.curated import curated_references

        return curated_references()


def _file_name(asset: AssetRecord) -> str:
    """The last part of the path it was registered from; a run's output is called after its port."""
    definition = asset.definition.get("yaml")
    path = str(definition.get("path") or "") if isinstance(definition, dict) else ""
    return "" if path.startswith("azureml:") else PurePosixPath(path).name


def _entry(asset: AssetRecord, store: Store) -> CatalogEntry:
    """A component's or environment's files are a bundle in the store, with its YAML at the path it names."""
    is_content = asset.kind in (AssetKind.DATA, AssetKind.MODEL)
    file = str(asset.definition.get("file", ""))
    kept = store.path(asset.digest) / file if asset.digest and file and not is_content else None
    definition = asset.definition.get("yaml", {})
    return CatalogEntry(
        name=asset.name,
        version=asset.version,
        definition=definition if isinstance(definition, dict) else {},
        folder=str(kept.parent) if kept else "",
        file=str(kept) if kept else "",
        path=str(store.path(asset.digest)) if is_content and asset.digest else "",
        uri=str(asset.definition.get("uri", "")),
        digest=asset.digest if is_content else "",
        type=asset.type,
        archived=asset.archived,
        file_name=_file_name(asset) if is_content else "",
    )
