"""Pipelines that use a component's file, and what an edit of it would make of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from core.definitions.pipeline_loader import load_pipeline
from core.errors import MlpwError, Notice
from core.planning.resolve import resolve
from core.workspace.catalog import WorkspaceCatalog

if TYPE_CHECKING:
    from core.workspace.workspace import Workspace


def broken_users(workspace: "Workspace", path: Path, text: str) -> Iterator[Notice]:
    """One notice for each pipeline that can be read now, and could not if the component in `path` held `text`."""
    for user in users_of(workspace, path):
        catalog = WorkspaceCatalog(workspace.records, workspace.store)
        texts = {str(path): text.encode()}
        try:
            resolve(load_pipeline(user, root=workspace.root, catalog=catalog, texts=texts))
        except MlpwError as error:
            where = user.relative_to(workspace.root)
            hint = f"; {error.hint}" if error.hint else ""
            yield Notice(f"{where} cannot run until it is changed too: {error.message}{hint}", error.location)


def users_of(workspace: "Workspace", path: Path) -> Iterator[Path]:
    """The pipelines of the workspace that are made from a file, not the file itself; unreadable ones are left out."""
    for entry in workspace.definitions():
        user = (workspace.root / entry.path).resolve()
        if entry.kind != "pipeline" or entry.error or user == path:
            continue
        try:
            sources = workspace.graph(user).sources
        except MlpwError:
            continue
        if str(path) in sources:
            yield user
