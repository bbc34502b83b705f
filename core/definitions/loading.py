"""What the readers of one load share: where they are, what they read already, what they have to say."""

import collections.abc
import os
from pathlib import Path
from typing import TYPE_CHECKING

from core.definitions.catalog import Catalog, EmptyCatalog
from core.definitions.components import Component
from core.definitions.environment import EnvironmentSpec
from core.definitions.places import DEFAULT_DATASTORE, Places
from core.definitions.ports import Place
from core.definitions.workspace_file import FILE_NAME, WorkspaceFile
from core.definitions.workspace_reader import read_workspace_file
from core.definitions.yaml_nodes import Entry, Mapping, Node, Scalar, Sequence
from core.definitions.yaml_reader import parse_yaml, read_yaml
from core.errors import DefinitionError, Location, Notice

if TYPE_CHECKING:
    from core.definitions.discovery import DefinitionEntry, Search


class Loading:
    """One load of a pipeline or asset and of everything it refers to; files are read once.

    `texts` stand in for what files hold, by absolute path: an edit that is not written yet.
    """

    def __init__(
        self, root: Path, catalog: Catalog | None = None, texts: collections.abc.Mapping[str, bytes] | None = None
    ) -> None:
        self.root = os.path.abspath(root)  # noqa: PTH100 - Path.resolve would follow links
        self.catalog: Catalog = catalog if catalog is not None else EmptyCatalog()
        self.notices: list[Notice] = []
        self.sources: dict[str, None] = {}
        self.workspace: WorkspaceFile = read_workspace_file(Path(self.root))
        if self.workspace.is_written:
            self.sources[os.path.join(self.root, FILE_NAME)] = None  # noqa: PTH118
        self.places = Places(Path(self.root), self.workspace, self.notices)
        self.default_datastore = DEFAULT_DATASTORE
        self.environments: dict[tuple[str, str], EnvironmentSpec] = {}
        self.assets: dict[str, Place] = {}
        self.components: dict[str, Component] = {}
        #: Files of the components that are being read, outermost first.
        self.entered: list[str] = []
        #: Every definition of the workspace, once one was looked for by name.
        self.definitions: list[DefinitionEntry] | None = None
        #: Folders (absolute paths) in which one was looked for, and the files that decided which one was found.
        self.looked_in: dict[str, None] = {}
        self.looked_at: dict[str, None] = {}
        self._nodes: dict[str, Node] = {
            path: parse_yaml(text, self.shown(path)) for path, text in (texts or {}).items()
        }
        self._said: set[str] = set()

    def read(self, path: str) -> Node:
        """The YAML file at an absolute path."""
        self.sources[path] = None
        node = self._nodes.get(path)
        if node is None:
            node = self._nodes[path] = read_yaml(Path(path), shown=self.shown(path))
        return node

    def looked(self, search: "Search") -> None:
        """Something was looked for by name: whatever changes there, something else may be found."""
        self.looked_in.update(dict.fromkeys(search.folders))
        self.looked_at.update(dict.fromkeys((*search.files, search.rules)))

    def shown(self, path: str) -> str:
        """How messages name a file: relative to the workspace when it lies in it."""
        inside = self.root.rstrip("/") + "/"
        return path.removeprefix(inside)

    def notice(self, message: str, location: Location | None = None) -> None:
        """Say something once for each place."""
        self.notices.append(Notice(message, location))

    def notice_once(self, message: str, location: Location | None = None) -> None:
        """Say something once for the whole load."""
        if message not in self._said:
            self._said.add(message)
            self.notices.append(Notice(message, location))


def node_from(value: object, location: Location) -> Node:
    """Plain values, as records keep a definition, back as a located node.

    Raises DefinitionError for values that YAML cannot hold.
    """
    if value is None or isinstance(value, bool | int | float | str):
        text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        return Scalar(location, text, value, isinstance(value, str))
    if isinstance(value, dict):
        return Mapping(location, {str(key): Entry(location, node_from(item, location)) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return Sequence(location, tuple(node_from(item, location) for item in value))
    raise DefinitionError(f"a definition cannot hold {type(value).__name__}", location=location)
