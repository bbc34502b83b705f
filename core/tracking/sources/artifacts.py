"""The files a step logged: MLflow's clients write them into the artifacts folder themselves and tell nobody."""

import os
from pathlib import Path

from core.tracking.events import Artifact, Event

NAME = "artifacts folder"


class ArtifactsFolder:
    """Lists the folder of the step's own run; None or an absent folder has no files."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._seen: dict[str, int] = {}

    def poll(self) -> tuple[Event, ...]:
        """The files that are new or of another size since the last poll; links are not followed."""
        if self._folder is None:
            return ()
        sizes = {
            os.path.relpath(Path(root, name), self._folder): Path(root, name).lstat().st_size
            for root, _, names in os.walk(self._folder)
            for name in names
        }
        new = sorted(path for path, size in sizes.items() if self._seen.get(path) != size)
        self._seen = sizes
        return tuple(Artifact(path, sizes[path], NAME) for path in new)
