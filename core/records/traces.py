"""Traces: what finished steps were made from and what they made."""

import json
from _blake2 import blake2b  # hashlib would load OpenSSL, 5 ms of start-up
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from core.planning.code_use import CodeUse
from core.planning.trace import Parts, Trace
from core.records.database import Database, Row
from core.records.model import StepRunRecord
from core.records.runs import update_steps

_TRACE = "fingerprint, outputs, artifacts, pipeline, step, run, attempt, duration, created_at"


class Finished(NamedTuple):
    """A step that ended well, to be recorded; `use` is None when it has no code."""

    trace: Trace
    parts: Parts
    step: StepRunRecord
    use: CodeUse | None = None


class LastingUse(NamedTuple):
    """The code that a result was made from, digests by place, and what of it its step used."""

    code: Mapping[str, str]
    opened: frozenset[str]
    use: CodeUse


class TraceRecords:
    """The table of traces."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, fingerprint: str) -> Trace | None:
        """The result kept under a fingerprint."""
        row = self._database.row(f"SELECT {_TRACE} FROM traces WHERE fingerprint = ?", (fingerprint,))
        return _trace(row) if row else None

    def latest(self, pipeline: str) -> dict[str, Trace]:
        """The newest result of every step of a pipeline."""
        rows = self._database.rows(
            f"SELECT l.step, {_columns('t')} FROM latest_traces l JOIN traces t USING (fingerprint)"
            " WHERE l.pipeline = ?",
            (pipeline,),
        )
        return {row[0]: _trace(row[1:]) for row in rows}

    def durations(self, pipeline: str) -> dict[str, float]:
        """Seconds that the newest result of every step of a pipeline took."""
        rows = self._database.rows(
            "SELECT l.step, t.duration FROM latest_traces l JOIN traces t USING (fingerprint) WHERE l.pipeline = ?",
            (pipeline,),
        )
        return {row[0]: row[1] for row in rows}

    def latest_of(self, pipeline: str, step: str) -> Trace | None:
        """The newest result of one step of a pipeline."""
        row = self._database.row(
            f"SELECT {_columns('t')} FROM latest_traces l JOIN traces t USING (fingerprint)"
            " WHERE l.pipeline = ? AND l.step = ?",
            (pipeline, step),
        )
        return _trace(row) if row else None

    def parts(self, fingerprint: str) -> Parts | None:
        """What a kept result was made from."""
        row = self._database.row("SELECT parts FROM traces WHERE fingerprint = ?", (fingerprint,))
        return json.loads(row[0]) if row else None

    def opened_by(self, identity: str) -> list[tuple[str, ...]]:
        """Which files the steps of an identity opened, each set once."""
        rows = self._database.rows(
            "SELECT names FROM opened_files WHERE digest IN (SELECT opened FROM code_uses WHERE identity = ?)",
            (identity,),
        )
        return [tuple(json.loads(row[0])) for row in rows]

    def by_content(self, identity: str, opened: Sequence[str], content: str) -> Trace | None:
        """The newest result of a step of an identity that found this content in the files it opened."""
        row = self._database.row(
            f"SELECT {_columns('t')} FROM code_uses u JOIN traces t USING (fingerprint)"
            " WHERE u.identity = ? AND u.opened = ? AND u.content = ? ORDER BY t.rowid DESC LIMIT 1",
            (identity, _names_digest(_names(opened)), content),
        )
        return _trace(row) if row else None

    def code_use(self, fingerprint: str) -> CodeUse | None:
        """What the step of a kept result used of its code, None when nobody looked."""
        row = self._database.row(
            "SELECT u.identity, o.names, u.content, u.note FROM code_uses u LEFT JOIN opened_files o"
            " ON o.digest = u.opened WHERE u.fingerprint = ?",
            (fingerprint,),
        )
        return CodeUse(row[0], tuple(json.loads(row[1] or "[]")), row[2], row[3]) if row else None

    def lasting_uses(self, pipeline: str) -> dict[str, LastingUse]:
        """By fingerprint, those newest results of a pipeline that hold as long as the files they opened do.

        Each is the newest of its identity with this content, and steps of its identity never opened other files.
        """
        rows = self._database.rows(
            "SELECT u.fingerprint, u.opened, json_extract(t.parts, '$.code'), u.identity, u.content"
            " FROM latest_traces l JOIN traces t USING (fingerprint) JOIN code_uses u USING (fingerprint)"
            " WHERE l.pipeline = ? AND u.note = ''"
            " AND NOT EXISTS (SELECT 1 FROM code_uses v WHERE v.identity = u.identity AND v.opened <> u.opened)"
            " AND NOT EXISTS (SELECT 1 FROM code_uses v JOIN traces w USING (fingerprint) WHERE v.identity = u.identity"
            " AND v.opened = u.opened AND v.content = u.content AND w.rowid > t.rowid)",
            (pipeline,),
        )
        names = self._database.rows(
            "SELECT digest, names FROM opened_files WHERE digest IN (SELECT u.opened FROM latest_traces l"
            " JOIN code_uses u USING (fingerprint) WHERE l.pipeline = ?)",
            (pipeline,),
        )
        opened = {digest: tuple(json.loads(text)) for digest, text in names}
        code = {text: json.loads(text) for text in {row[2] for row in rows}}
        return {
            row[0]: LastingUse(code[row[2]], frozenset(opened[row[1]]), CodeUse(row[3], opened[row[1]], row[4]))
            for row in rows
            if row[1] in opened
        }

    def keep(self, finished: Sequence[Finished], noted: Sequence[StepRunRecord] = ()) -> None:
        """Record results and their steps in one transaction; the bytes must be in the store and synced before.

        `noted` are steps as they stand whose bytes are still to come.
        """
        with self._database.write() as connection:
            for trace, parts, _, use in finished:
                _insert(connection, trace, parts)
                if use is not None:
                    _insert_use(connection, trace.fingerprint, use)
            update_steps(connection, [*(step for _, _, step, _ in finished), *noted])

    def point_latest(self, pipeline: str, fingerprints: Mapping[str, str]) -> None:
        """Make results the newest of their steps in this pipeline (fingerprint by step)."""
        with self._database.write() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO latest_traces (pipeline, step, fingerprint) VALUES (?,?,?)",
                [(pipeline, step, fingerprint) for step, fingerprint in fingerprints.items()],
            )

    def forget(self, fingerprints: Sequence[str]) -> None:
        """Forget results; their steps run again when asked for."""
        with self._database.write() as connection:
            for fingerprint in fingerprints:
                connection.execute("DELETE FROM latest_traces WHERE fingerprint = ?", (fingerprint,))
                connection.execute("DELETE FROM traces WHERE fingerprint = ?", (fingerprint,))
                connection.execute("DELETE FROM code_uses WHERE fingerprint = ?", (fingerprint,))
            connection.execute("DELETE FROM opened_files WHERE digest NOT IN (SELECT opened FROM code_uses)")

    def generation(self) -> list[int]:
        """Numbers that differ whenever a result was added, replaced or forgotten."""
        row = self._database.row("SELECT coalesce(max(rowid), 0), count(*) FROM traces")
        return [int(number) for number in row] if row else []

    def all(self) -> list[Trace]:
        """Every trace, oldest first."""
        return [_trace(row) for row in self._database.rows(f"SELECT {_TRACE} FROM traces ORDER BY created_at")]

    def all_parts(self) -> dict[str, Parts]:
        """What every kept result was made from, by fingerprint."""
        return {row[0]: json.loads(row[1]) for row in self._database.rows("SELECT fingerprint, parts FROM traces")}

    def dangling(self) -> list[tuple[str, str, str]]:
        """Newest results (pipeline, step, fingerprint) that no trace is kept of."""
        rows = self._database.rows(
            "SELECT pipeline, step, fingerprint FROM latest_traces"
            " WHERE fingerprint NOT IN (SELECT fingerprint FROM traces)"
        )
        return [(row[0], row[1], row[2]) for row in rows]


def _insert(connection: Any, trace: Trace, parts: Parts) -> None:
    connection.execute(
        f"INSERT OR REPLACE INTO traces ({_TRACE}, parts) VALUES ({','.join('?' * 10)})",
        (
            trace.fingerprint,
            json.dumps(dict(trace.outputs)),
            trace.artifacts,
            trace.pipeline,
            trace.step,
            trace.run,
            trace.attempt,
            trace.duration,
            trace.created_at,
            json.dumps(parts, separators=(",", ":")),
        ),
    )
    connection.execute(
        "INSERT OR REPLACE INTO latest_traces (pipeline, step, fingerprint) VALUES (?,?,?)",
        (trace.pipeline, trace.step, trace.fingerprint),
    )


def _insert_use(connection: Any, fingerprint: str, use: CodeUse) -> None:
    digest = ""
    if not use.note:
        names = _names(use.opened)
        digest = _names_digest(names)
        connection.execute("INSERT OR IGNORE INTO opened_files (digest, names) VALUES (?,?)", (digest, names))
    connection.execute(
        "INSERT OR REPLACE INTO code_uses (fingerprint, identity, opened, content, note) VALUES (?,?,?,?,?)",
        (fingerprint, use.identity, digest, use.content, use.note),
    )


def _names(opened: Sequence[str]) -> str:
    return json.dumps(list(opened), separators=(",", ":"))


def _names_digest(names: str) -> str:
    return blake2b(names.encode(), digest_size=16).hexdigest()


def _columns(alias: str) -> str:
    return ", ".join(f"{alias}.{name}" for name in _TRACE.split(", "))


def _trace(row: Row) -> Trace:
    fingerprint, outputs, artifacts, pipeline, step, run, attempt, duration, created = row
    return Trace(
        fingerprint=fingerprint,
        outputs=json.loads(outputs),
        artifacts=artifacts,
        pipeline=pipeline,
        step=step,
        run=run,
        attempt=attempt,
        duration=duration,
        created_at=created,
    )
