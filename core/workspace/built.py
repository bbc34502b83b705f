"""Whether an environment is built in this workspace, where it lies and how large it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.engine.builds import build_log
from core.environments.kept import last_used, read_kept, size

if TYPE_CHECKING:
    from core.definitions.environment import EnvironmentSpec
    from core.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Built:
    """A built environment: its folder, its Python ("3.10.13"), when a step last ran in it, what is not as asked for."""

    path: Path
    python: str
    last_used: float
    remarks: tuple[str, ...] = ()


def built(workspace: Workspace, spec: EnvironmentSpec) -> Built | None:
    """The environment of a spec, None when it is not built (yet) or does not work any more."""
    folder = build_log(spec, workspace.layout).with_suffix("")
    kept = read_kept(folder) if folder.is_dir() else None
    return Built(kept.path, kept.python, last_used(kept), kept.remarks) if kept else None


def built_size(workspace: Workspace, spec: EnvironmentSpec) -> int:
    """Bytes that removing the built environment would free; -1 when it is not built. Walks every file of it."""
    folder = build_log(spec, workspace.layout).with_suffix("")
    kept = read_kept(folder) if folder.is_dir() else None
    return size(kept) if kept else -1
