"""The SQLite file: opened once per process and thread, written in short transactions that never deadlock."""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from core.errors import MlpwError, StoreError, WorkspaceError

try:  # SQLite before 3.51.3 can corrupt a WAL that several processes write
    from pysqlite3 import dbapi2 as sqlite3
except ImportError:
    import sqlite3

#: Whatever SQLite raises: the disk is full, the file is damaged, somebody holds the lock too long.
DatabaseError = sqlite3.Error
#: Marks the file as ours ("mlpw" in ASCII); PRAGMA application_id.
_APPLICATION = 0x6D6C7077
#: PRAGMA user_version; raised with every change of schema.py.
SCHEMA_VERSION = 3
_BUSY_SECONDS = 30.0
#: Filesystems on which SQLite's shared memory or locks do not hold (sqlite.org/wal.html, "Overview").
_NETWORK_FILESYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs"})

Row = Sequence[Any]


class Database:
    """One connection; not shared between threads."""

    def __init__(self, path: Path | None) -> None:
        """Open the file, making or migrating it when needed; None is an empty database that nothing keeps.

        Raises WorkspaceError for a file that is not ours, is newer than this program, or lies on a network filesystem,
        StoreError for one that is damaged.
        """
        self.path = path or Path(":memory:")
        self._is_flushing = True
        if path is None:
            self.connection = _connect(self.path)
            self._create()
            return
        existed = path.exists()
        if not existed:
            _refuse_network_filesystem(path)
        try:
            self.connection = _connect(path)
        except sqlite3.DatabaseError as error:
            raise _no_database(path, error) from None
        try:
            if not (existed and self._is_current()):
                self._migrate(existed)
        except BaseException:
            self.connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    @contextmanager
    def write(self, *, flushed: bool = True) -> Iterator[Any]:
        """A transaction that takes the write lock at once: a read that later becomes a write could be refused.

        One that is not `flushed` outlives any killed process, and a power cut once a flushed one has followed
        (sqlite.org/pragma.html#pragma_synchronous): enough for what a power cut makes untrue anyway.
        """
        if flushed != self._is_flushing:
            self.connection.execute(f"PRAGMA synchronous={'FULL' if flushed else 'NORMAL'}")
            self._is_flushing = flushed
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
            self.connection.execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:  # on a full disk SQLite may have rolled back by itself
                self.connection.execute("ROLLBACK")
            raise

    def rows(self, query: str, parameters: Sequence[object] = ()) -> list[Row]:
        """All rows of a query."""
        found: list[Row] = self.connection.execute(query, parameters).fetchall()
        return found

    def row(self, query: str, parameters: Sequence[object] = ()) -> Row | None:
        """The first row of a query."""
        found: Row | None = self.connection.execute(query, parameters).fetchone()
        return found

    def data_version(self) -> int:
        """A number that changes when another connection has written."""
        found = self.row("PRAGMA data_version")
        return int(found[0]) if found else 0

    def problems(self) -> list[str]:
        """What SQLite's own check finds wrong, empty when nothing."""
        try:
            found = [str(row[0]) for row in self.rows("PRAGMA integrity_check") if row[0] != "ok"]
            found += [
                f"a row of {row[0]} belongs to no row of {row[2]}" for row in self.rows("PRAGMA foreign_key_check")
            ]
        except sqlite3.DatabaseError as error:
            return [str(error)]
        return found

    def _is_current(self) -> bool:
        """Whether the tables are there as this program knows them: one look, as others may be making them."""
        query = "SELECT application_id, user_version FROM pragma_application_id, pragma_user_version"
        try:
            found = self.row(query)
        except DatabaseError:
            return False
        return found is not None and tuple(found) == (_APPLICATION, SCHEMA_VERSION)

    def _version(self) -> int:
        try:
            application, version = self.row("PRAGMA application_id"), self.row("PRAGMA user_version")
        except sqlite3.DatabaseError as error:
            raise _no_database(self.path, error) from None
        assert application is not None
        assert version is not None
        if version[0] > SCHEMA_VERSION:
            raise WorkspaceError(
                f"{self.path} was written by a newer mlpw (schema {version[0]}, this one knows {SCHEMA_VERSION})",
                hint="upgrade mlpw",
            )
        if application[0] != _APPLICATION and (version[0] or self.row("SELECT 1 FROM sqlite_master")):
            raise WorkspaceError(
                f"{self.path} belongs to another program", hint="move the .mlpw folder away and run again"
            )
        return int(version[0])

    def _migrate(self, existed: bool) -> None:
        """Make the tables, one process at a time: first openers would collide otherwise."""
        lock = self.path.with_suffix(".lock")
        if existed and not lock.exists():
            self._version()  # nobody is making it: refuse what is not ours without leaving a trace
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if self._version() == SCHEMA_VERSION:
                return
            self.connection.execute("PRAGMA journal_mode=WAL")
            self._create()
        finally:
            os.close(descriptor)

    def _create(self) -> None:
        from core.records.schema import create_tables  # sqlite-utils takes 90 ms to import

        # First, so that whoever is killed before the end leaves a file that is known as ours
        self.connection.execute(f"PRAGMA application_id={_APPLICATION}")
        create_tables(self.connection)
        self.connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")


def sqlite_version() -> tuple[int, ...]:
    """The version of the SQLite in use, such as (3, 51, 3)."""
    return tuple(int(part) for part in sqlite3.sqlite_version.split(".")[:3])


def filesystem_of(folder: Path) -> str:
    """The kind of the filesystem that holds a folder, "" when the system does not say."""
    try:
        mounts = Path("/proc/self/mounts").read_text(errors="replace").splitlines()
    except OSError:
        return ""
    resolved = str(folder.resolve())
    best, kind = "", ""
    for line in mounts:
        fields = line.split(" ")
        point = fields[1].encode().decode("unicode_escape") if "\\" in fields[1] else fields[1]
        inside = resolved == point or resolved.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, fields[2]
    return kind


def is_refused(filesystem: str) -> bool:
    """Whether records cannot be kept on this kind of filesystem."""
    return filesystem in _NETWORK_FILESYSTEMS or (filesystem.startswith("fuse.") and filesystem != "fuse.ext4")


def _no_database(path: Path, error: Exception) -> MlpwError:
    if "not a database" not in str(error):  # its first page is one
        return StoreError(f"{path} is damaged ({error})", hint="move the .mlpw folder away and run again")
    return WorkspaceError(
        f"{path} is not a database of mlpw ({error})", hint="move the .mlpw folder away and run again"
    )


def _connect(path: Path) -> Any:
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    return connection


def _refuse_network_filesystem(path: Path) -> None:
    kind = filesystem_of(path.parent)
    if is_refused(kind):
        raise WorkspaceError(
            f"{path.parent} lies on {kind}, where SQLite cannot keep records safely",
            hint="copy the workspace to a local disk",
        )
