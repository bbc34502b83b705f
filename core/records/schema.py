"""The tables, made through sqlite-utils."""

from typing import Any

from sqlite_utils import Database as Tables


def create_tables(connection: Any) -> None:
    """Make every table and index that is not there."""
    tables = Tables(connection)
    _create_runs(tables)
    _create_traces(tables)
    _create_assets(tables)


def _create_runs(tables: Tables) -> None:
    # AUTOINCREMENT, which sqlite-utils cannot ask for: the number of a deleted run must not come back
    tables.conn.execute(
        """CREATE TABLE IF NOT EXISTS runs (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            pipeline TEXT NOT NULL,
            name TEXT NOT NULL,
            status TEXT NOT NULL,
            created_at REAL NOT NULL,
            started_at REAL NOT NULL DEFAULT 0,
            ended_at REAL NOT NULL DEFAULT 0,
            request TEXT NOT NULL DEFAULT '{}',
            graph TEXT NOT NULL DEFAULT '',
            error TEXT NOT NULL DEFAULT '',
            notices TEXT NOT NULL DEFAULT '[]',
            cancel_requested INTEGER NOT NULL DEFAULT 0
        )"""
    )
    tables.table("graphs").create({"digest": str, "text": str}, pk="digest", if_not_exists=True)
    tables.table("runs").create_index(["status"], if_not_exists=True)
    tables.table("runs").create_index(["pipeline", "number"], if_not_exists=True)
    _create_redefinitions(tables)
    _create_step_runs(tables)


def _create_redefinitions(tables: Tables) -> None:
    """Since version 3: graphs that runs which go on are asked to take, the newest of each counts."""
    tables.table("redefinitions").create(
        {"number": int, "run": int, "graph": str, "is_answered": int},
        pk="number",
        not_null={"run", "graph"},
        defaults={"is_answered": 0},
        if_not_exists=True,
    )
    tables.table("redefinitions").create_index(["run"], if_not_exists=True)


def _create_step_runs(tables: Tables) -> None:
    tables.table("step_runs").create(
        {
            "run": int,
            "step": str,
            "position": int,
            "status": str,
            "reasons": str,
            "fingerprint": str,
            "attempt": int,
            "source_run": int,
            "source_attempt": int,
            "exit_code": int,
            "started_at": float,
            "ended_at": float,
            "outputs": str,
            "artifacts": str,
            "error": str,
            "detail": str,
        },
        pk=("run", "step"),
        foreign_keys=[("run", "runs", "number")],
        not_null={"position", "status"},
        defaults={
            "reasons": "[]",
            "fingerprint": "",
            "attempt": 0,
            "source_run": 0,
            "source_attempt": 0,
            "started_at": 0,
            "ended_at": 0,
            "outputs": "{}",
            "artifacts": "",
            "error": "",
            "detail": "",
        },
        if_not_exists=True,
    )
    _index_fingerprints(tables)


def _index_fingerprints(tables: Tables) -> None:
    """Only the rows that somebody looks for by fingerprint: an index of all costs a reused step most of its row."""
    tables.conn.execute("DROP INDEX IF EXISTS idx_step_runs_fingerprint")
    for status in ("running", "failed"):
        tables.conn.execute(
            f"CREATE INDEX IF NOT EXISTS idx_step_runs_{status} ON step_runs (fingerprint) WHERE status = '{status}'"
        )


def _create_traces(tables: Tables) -> None:
    tables.table("traces").create(
        {
            "fingerprint": str,
            "outputs": str,
            "artifacts": str,
            "parts": str,
            "pipeline": str,
            "step": str,
            "run": int,
            "attempt": int,
            "duration": float,
            "created_at": float,
        },
        pk="fingerprint",
        if_not_exists=True,
    )
    tables.table("latest_traces").create(
        {"pipeline": str, "step": str, "fingerprint": str}, pk=("pipeline", "step"), if_not_exists=True
    )
    tables.table("latest_traces").create_index(["fingerprint"], if_not_exists=True)
    _create_code_uses(tables)


def _create_code_uses(tables: Tables) -> None:
    """Since version 2. A trace without a row is of a time when nobody looked: all of its code counts."""
    tables.table("code_uses").create(
        {"fingerprint": str, "identity": str, "opened": str, "content": str, "note": str},
        pk="fingerprint",
        if_not_exists=True,
    )
    tables.table("code_uses").create_index(["identity", "opened", "content"], if_not_exists=True)
    tables.table("opened_files").create({"digest": str, "names": str}, pk="digest", if_not_exists=True)


def _create_assets(tables: Tables) -> None:
    tables.table("assets").create(
        {
            "kind": str,
            "name": str,
            "version": str,
            "position": int,
            "digest": str,
            "type": str,
            "definition": str,
            "description": str,
            "tags": str,
            "archived": int,
            "created_at": float,
            "made_by_run": int,
            "made_by_step": str,
        },
        pk=("kind", "name", "version"),
        if_not_exists=True,
    )
    tables.table("asset_labels").create(
        {"kind": str, "name": str, "label": str, "version": str}, pk=("kind", "name", "label"), if_not_exists=True
    )
