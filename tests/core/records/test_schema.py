"""Databases of earlier versions are brought up to date, and the lookups of a run in progress need no scan."""

from pathlib import Path

import pytest

from core.records.database import Database
from core.records.records import Records


def test_a_database_of_the_first_schema_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "mlpw.db"
    with Database(path) as database:
        for name in _indexes(database):
            database.connection.execute(f"DROP INDEX {name}")
        database.connection.execute("CREATE INDEX idx_step_runs_fingerprint ON step_runs (fingerprint)")
        database.connection.execute("PRAGMA user_version = 1")

    with Database(path) as database:
        assert _indexes(database) == ["idx_step_runs_failed", "idx_step_runs_running"]


@pytest.mark.parametrize("method", ["running_elsewhere", "failed_in"])
def test_a_fingerprint_is_looked_up_by_an_index(tmp_path: Path, method: str) -> None:
    with Records(tmp_path / "mlpw.db") as records:
        asked: list[str] = []
        records.database.connection.set_trace_callback(asked.append)
        getattr(records.runs, method)(*("f" * 64, 1)[: 2 if method == "running_elsewhere" else 1])
        records.database.connection.set_trace_callback(None)
        plan = " ".join(str(row[3]) for row in records.database.rows(f"EXPLAIN QUERY PLAN {asked[0]}"))

    assert "USING INDEX idx_step_runs_" in plan.replace("COVERING ", "")


def _indexes(database: Database) -> list[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'step_runs' AND sql IS NOT NULL"
    return sorted(str(row[0]) for row in database.rows(query))
