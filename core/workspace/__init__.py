"""The front door: open a folder, list what it defines, plan, submit a run, observe it."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.workspace.workspace import Workspace

__all__ = ["Workspace"]


def __getattr__(name: str) -> Any:
    """Import the workspace when somebody asks for it: a run with nothing to do needs only `core.workspace.again`."""
    if name != "Workspace":
        raise AttributeError(name)
    from core.workspace.workspace import Workspace

    return Workspace
