"""A workspace's folder, opened: its store, its records, and what makes it one that is kept."""

from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from core.layout import Layout
from core.records.records import Records
from core.store.objects import Store
from core.workspace.folder import check_private, find_root, make_private

if TYPE_CHECKING:
    from core.engine.spare import Spare


class OpenFolder:
    """One folder; for one thread. Reading changes nothing on disk until something is to be kept."""

    def __init__(self, root: Path) -> None:
        """Take `root` as the workspace.

        Raises WorkspaceError when its .mlpw is not ours or is newer than this program.
        """
        self.root = root.resolve()
        self.layout = Layout(self.root)
        check_private(self.layout)
        self.store = Store(self.layout)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The workspace around a folder, or the folder itself."""
        return cls(find_root(folder, folder))

    @classmethod
    def find(cls, inside: Path, fallback: Path) -> Self:
        """The workspace around a file or folder; `fallback` when no folder above is marked as one."""
        return cls(find_root(inside, fallback))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Write what was learned about files, close the records."""
        if self.is_kept:
            self.store.close()
        self.expect_no_run()
        self.let_go()

    def let_go(self) -> None:
        """Close the records until somebody asks for them again."""
        if "records" in self.__dict__:
            self.records.close()
            del self.records

    # A supervisor that waits for the next run

    @cached_property
    def spare(self) -> "Spare":
        """What may wait to be the supervisor of the next run that is submitted here."""
        from core.engine.spare import Spare  # most commands start no run, or are over when they have

        return Spare(self.layout)

    @property
    def has_spare(self) -> bool:
        """Whether anything ever waited."""
        return "spare" in self.__dict__

    def expect_no_run(self) -> None:
        """None waits any more."""
        if self.has_spare:
            self.spare.close()

    @property
    def is_kept(self) -> bool:
        """Whether this workspace has a .mlpw folder."""
        return self.layout.database.exists()

    @cached_property
    def records(self) -> Records:
        """The records; of a workspace that was never written to, an empty set that nothing keeps."""
        return Records(self.layout.database if self.is_kept else None)

    def keep(self) -> None:
        """Make the .mlpw folder: from now on there is something to keep.

        What was learned about files is written at once, so that a supervisor started next need not read them again.
        """
        if not self.is_kept:
            make_private(self.layout)
            self.let_go()
            Records(self.layout.database).close()
        self.store.signatures.flush()
