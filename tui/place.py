"""Where a command acts: the folder of -C, and the workspace found from there."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.layout import Layout
    from core.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Place:
    """The folder a command was started in, or that -C named."""

    folder: Path

    def path(self, given: str | Path) -> Path:
        """A path from the command line, seen from the folder."""
        return self.folder / given

    def layout(self, inside: Path) -> "Layout":
        """The paths of the workspace around a file, without opening it."""
        from core.layout import Layout
        from core.workspace.folder import find_root

        return Layout(find_root(inside, self.folder))

    def workspace(self, inside: Path | None = None) -> "Workspace":
        """The workspace around `inside` (a file or folder), or around the folder."""
        from core.workspace import Workspace  # --version and --help need no engine

        return Workspace.find(inside or self.folder, self.folder)
