"""The content of data or of a model on the whole screen, in the browser of files."""

import asyncio
from pathlib import Path

from tui.reading.folders import FileEntry, entry_of
from tui.screens.files import FilesScreen
from tui.views import StepState, Subject


class ContentScreen(FilesScreen):
    """One file or folder and what is in it."""

    def __init__(self, name: str, content: Path | FileEntry, crumbs: tuple[str, ...]) -> None:
        super().__init__(Subject(), name, StepState(), crumbs)
        self._name_of_content, self._content = name, content

    async def roots(self) -> list[FileEntry]:
        """The content alone."""
        if isinstance(self._content, FileEntry):
            return [self._content]
        return [await asyncio.to_thread(entry_of, self._content, self._name_of_content)]
