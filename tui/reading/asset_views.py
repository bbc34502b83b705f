"""What the screens of data, models, environments and components show, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tui.reading.folders import FileEntry
from tui.views import Kind, Trouble


@dataclass(frozen=True, slots=True)
class VersionView:
    """A registered version; `size` in bytes, -1 when it has no content or that is gone; `path` is where it lies.

    Where only the target `host` has it there is no path.
    """

    name: str
    type: str = ""
    labels: tuple[str, ...] = ()
    created_at: float = 0.0
    digest: str = ""
    size: int = -1
    archived: bool = False
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    made_by_run: int = 0
    made_by_step: str = ""
    path: Path | None = None
    uri: str = ""
    host: str = ""


@dataclass(frozen=True, slots=True)
class AssetView:
    """An asset: what its file says (`path` relative to the workspace, None without one) and its versions, newest first.

    `version` is the one that the file gives.
    """

    kind: Kind
    name: str
    path: Path | None = None
    version: str = ""
    type: str = ""
    title: str = ""
    description: str = ""
    trouble: Trouble | None = None
    versions: tuple[VersionView, ...] = ()

    @property
    def key(self) -> str:
        """What it is known by in a list: its file, since several may give one name, or its name where it has none."""
        return str(self.path) if self.path else self.name

    @property
    def title_or_name(self) -> str:
        """What it is called: its name, or its file where it has none."""
        return self.name or str(self.path)

    @property
    def newest(self) -> VersionView | None:
        """The newest version that is not archived."""
        return next((version for version in self.versions if not version.archived), None)

    @property
    def is_archived(self) -> bool:
        """Whether every version is archived, and no file defines it."""
        return self.path is None and self.newest is None


@dataclass(frozen=True, slots=True)
class Facts:
    """What can be said about an asset beyond its versions: titled tables of (name, text), and files to show.

    `source` is its YAML, `content` where its data lie, `listing` what a folder holds, `build_log` that of an
    environment. `far` is content that lies on a host.
    """

    tables: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    command: str = ""
    source: Path | None = None
    content: Path | None = None
    listing: tuple[tuple[str, int], ...] = ()
    build_log: Path | None = None
    text: Path | None = None
    trouble: Trouble | None = None
    far: FileEntry | None = None


@dataclass(frozen=True, slots=True)
class Uses:
    """What one pipeline refers to: files that define (relative to the workspace), data by path, digest or address."""

    pipeline: str
    files: frozenset[str] = frozenset()
    data: frozenset[str] = frozenset()
    environments: frozenset[str] = frozenset()
