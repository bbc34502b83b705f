"""What a single definition file says: a component with its ports, an environment with its packages, where data lies."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from core.definitions.component_reader import read_component
from core.definitions.components import Component
from core.definitions.environment import EnvironmentSpec
from core.definitions.environment_reader import environment_from
from core.definitions.loading import Loading
from core.definitions.ports import Place
from core.definitions.sections import Section, require_mapping
from core.definitions.value_reader import data_place
from core.errors import DefinitionError
from core.records.model import AssetKind
from core.workspace.catalog import WorkspaceCatalog

if TYPE_CHECKING:
    from core.workspace.workspace import Workspace

Described = Component | EnvironmentSpec | Place


def describe(workspace: Workspace, kind: AssetKind, file: Path) -> Described:
    """The component or environment that `file` defines, or the place that a data asset or model names.

    A path seen from the workspace, or an absolute one. Raises DefinitionError with file, line and column.
    """
    loading = Loading(workspace.root, WorkspaceCatalog(workspace.records, workspace.store))
    path = os.path.join(loading.root, file)
    folder = os.path.dirname(path)
    what = f"{kind} {loading.shown(path)}"
    node = require_mapping(loading.read(path), what)
    if kind is AssetKind.COMPONENT:
        return read_component(node, folder, loading, what=what)
    if kind is AssetKind.ENVIRONMENT:
        return environment_from(node, folder, loading)
    place = Section(node, what, [], known=frozenset(node.entries)).scalar("path")
    if place is None or not place.text.strip():
        raise DefinitionError(f"{what} has no path", location=node.location, hint="write 'path: ./data'")
    return data_place(place.text.strip(), folder, f"path of {what}", place.location, loading)
