"""The front door: open a folder, list what it defines, plan, submit a run, observe it."""

from core.workspace.workspace import Workspace

__all__ = ["Workspace"]
