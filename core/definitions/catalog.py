"""What the loader asks of the workspace's registered assets, without knowing how they are kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from core.definitions.environment import EnvironmentSpec


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """A registered version. `definition` is its YAML as plain values; paths in it are relative to `folder` (absolute).

    `file` is the absolute path of that YAML where it is kept as a file, with everything it names beside it.

    For data and models `path` is where the content lies ("" when only `digest` names it in the store) and `type` the
    Azure ML type; `uri` is set instead for data that stays in a cloud. `archived` versions run when named exactly.
    `file_name` is what a single file was called when it was registered.
    """

    name: str
    version: str
    definition: Mapping[str, object] = field(default_factory=dict)
    folder: str = ""
    file: str = ""
    path: str = ""
    uri: str = ""
    digest: str = ""
    type: str = ""
    archived: bool = False
    file_name: str = ""


class Catalog(Protocol):
    """Registered components, environments, data and models; `kind` is one of those words in the singular."""

    def find(self, kind: str, name: str, *, version: str = "", label: str = "") -> CatalogEntry | None:
        """The version, or what the label points to ("latest" is the newest that is not archived)."""
        ...

    def names(self, kind: str) -> Sequence[str]:
        """Every registered "name:version", for suggestions."""
        ...

    def curated(self, reference: str) -> EnvironmentSpec | None:
        """The built-in equivalent of an environment that Azure ML curates, by its reference as written."""
        ...

    def curated_names(self) -> Sequence[str]:
        """References that `curated` knows, for suggestions."""
        ...


class EmptyCatalog:
    """A workspace where nothing is registered."""

    def find(self, kind: str, name: str, *, version: str = "", label: str = "") -> CatalogEntry | None:
        """None."""
        return None

    def names(self, kind: str) -> Sequence[str]:
        """None."""
        return ()

    def curated(self, reference: str) -> EnvironmentSpec | None:
        """None."""
        return None

    def curated_names(self) -> Sequence[str]:
        """None."""
        return ()
