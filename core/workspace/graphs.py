"""From a pipeline's file to its graph."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.planning.graph import Graph

if TYPE_CHECKING:
    from core.workspace.workspace import Workspace


def load_graph(workspace: Workspace, pipeline: Path, changes: Sequence[tuple[str, str]]) -> Graph:
    """Read, follow and resolve; see `Workspace.graph`."""
    from core.definitions.pipeline_loader import load_pipeline
    from core.planning.resolve import resolve
    from core.workspace.catalog import WorkspaceCatalog

    catalog = WorkspaceCatalog(workspace.records, workspace.store)
    return resolve(load_pipeline(pipeline, changes=changes, root=workspace.root, catalog=catalog))
