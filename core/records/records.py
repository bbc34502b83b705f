"""All records of a workspace behind one connection."""

from pathlib import Path
from types import TracebackType
from typing import Self

from core.records.assets import AssetRecords
from core.records.database import Database
from core.records.redefinitions import RedefinitionRecords
from core.records.runs import RunRecords
from core.records.traces import TraceRecords


class Records:
    """Runs, traces and assets; for one thread."""

    def __init__(self, path: Path | None) -> None:
        """Open the database at `path`; None keeps nothing, for a workspace that was never written to."""
        self.database = Database(path)
        self.runs = RunRecords(self.database)
        self.redefinitions = RedefinitionRecords(self.database)
        self.traces = TraceRecords(self.database)
        self.assets = AssetRecords(self.database)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self.database.close()
