"""Runs and their steps: who asked for what, and where it stands."""

import json
import time
from _blake2 import blake2b  # hashlib would load OpenSSL, 5 ms of start-up
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from core.errors import NotFoundError
from core.records.database import Database, Row
from core.records.model import RunRecord, RunStatus, StepRunRecord, StepStatus

_RUN = "number, pipeline, name, status, created_at, started_at, ended_at, request, error, notices, cancel_requested"
_STEP = (
    "run, step, status, reasons, fingerprint, attempt, source_run, source_attempt, exit_code, started_at, ended_at, "
    "outputs, artifacts, error, detail"
)
#: Made once: `json.dumps` makes one anew for each of the thousands of values of a run.
_encode = json.JSONEncoder(separators=(",", ":")).encode


class Submission(NamedTuple):
    """A run to be: its pipeline, name and graph's digest, and the rows of its steps without the run's number."""

    pipeline: str
    name: str
    graph: str
    rows: Sequence[Sequence[object]]


class RunRecords:
    """The table of runs and that of their steps."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self,
        pipeline: str,
        name: str,
        steps: Iterable[StepRunRecord],
        *,
        status: RunStatus,
        request: Mapping[str, object],
        graph: str,
    ) -> int:
        """A new run with its steps as they stand; gives its number."""
        rows = [_step_values(step, 0)[1:] for step in steps]
        digest = graph_digest(graph)
        with self._database.write() as connection:
            connection.execute("INSERT OR IGNORE INTO graphs (digest, text) VALUES (?,?)", (digest, graph))
            return _insert(connection, Submission(pipeline, name, digest, rows), str(status), request)

    def create_again(self, submission: Submission) -> int:
        """A run like an earlier one that had nothing to do, ended already; 0 when its graph is no longer known."""
        with self._database.write() as connection:
            known = connection.execute("SELECT 1 FROM graphs WHERE digest = ?", (submission.graph,)).fetchone()
            return _insert(connection, submission, "succeeded", {}) if known else 0

    def rows(self, number: int) -> Submission:
        """What `create_again` needs to make the same run again."""
        run = self._database.row("SELECT pipeline, name, graph FROM runs WHERE number = ?", (number,))
        assert run is not None
        return Submission(
            str(run[0]), str(run[1]), str(run[2]), [_step_values(step, 0)[1:] for step in self.steps(number)]
        )

    def get(self, number: int) -> RunRecord:
        """One run with its counts.

        Raises NotFoundError.
        """
        found = self.find(where="number = ?", values=(number,))
        if not found:
            newest = self._database.row("SELECT max(number) FROM runs")
            hint = f"the newest is {newest[0]}" if newest and newest[0] else "there is no run yet; start one: mlpw run"
            raise NotFoundError(f"no run {number}", hint=hint)
        return found[0]

    def find(self, limit: int = -1, *, where: str = "1", values: Sequence[object] = ()) -> list[RunRecord]:
        """Runs, newest first."""
        rows = self._database.rows(
            f"SELECT {_RUN} FROM runs WHERE {where} ORDER BY number DESC LIMIT ?", (*values, limit)
        )
        numbers = _json([row[0] for row in rows])
        counts: dict[int, dict[str, int]] = {}
        for run, status, count in self._database.rows(
            "SELECT run, status, count(*) FROM step_runs WHERE run IN (SELECT value FROM json_each(?)) GROUP BY 1, 2",
            (numbers,),
        ):
            counts.setdefault(run, {})[status] = count
        return [_run(row, counts.get(row[0], {})) for row in rows]

    def unfinished(self) -> list[RunRecord]:
        """Runs that are queued or running, oldest first."""
        return self.find(where="status IN ('queued', 'running')")[::-1]

    def graph(self, number: int) -> str:
        """The run's graph as it was recorded, JSON."""
        row = self._database.row(
            "SELECT g.text FROM runs r JOIN graphs g ON g.digest = r.graph WHERE r.number = ?", (number,)
        )
        if row is None:
            raise NotFoundError(f"no run {number}")
        return str(row[0])

    def graph_name(self, number: int) -> str:
        """The name under which the run's graph is kept, "" when there is no such run."""
        row = self._database.row("SELECT graph FROM runs WHERE number = ?", (number,))
        return str(row[0]) if row else ""

    def labels(self, numbers: Sequence[int]) -> dict[int, tuple[str, dict[str, str]]]:
        """Title and tags that the pipelines of runs give themselves; runs without are left out."""
        rows = self._database.rows(
            "WITH asked AS (SELECT number, graph FROM runs WHERE number IN (SELECT value FROM json_each(?))),"
            " told AS (SELECT digest, json_extract(text, '$.display_name') title, json_extract(text, '$.tags') tags"
            " FROM graphs WHERE digest IN (SELECT graph FROM asked))"
            " SELECT number, coalesce(title, ''), coalesce(tags, '{}') FROM asked JOIN told ON digest = graph"
            " WHERE title IS NOT NULL OR tags IS NOT NULL",
            (_json(list(numbers)),),
        )
        return {number: (title, json.loads(tags)) for number, title, tags in rows}

    def steps(self, number: int) -> list[StepRunRecord]:
        """The run's steps in graph order."""
        rows = self._database.rows(f"SELECT {_STEP} FROM step_runs WHERE run = ? ORDER BY position", (number,))
        return [_step(row) for row in rows]

    def history(self, pipeline: str, step: str, limit: int) -> list[StepRunRecord]:
        """A step of a pipeline in every run that has it, newest first."""
        columns = ", ".join(f"s.{column}" for column in _STEP.split(", "))
        rows = self._database.rows(
            f"SELECT {columns} FROM runs r JOIN step_runs s ON s.run = r.number AND s.step = ?"
            " WHERE r.pipeline = ? ORDER BY r.number DESC LIMIT ?",
            (step, pipeline, limit),
        )
        return [_step(row) for row in rows]

    def changed_steps(self, number: int, known: dict[str, Row]) -> list[StepRunRecord]:
        """Steps that differ from `known`, which learns them: what a viewer asks for again and again."""
        changed = []
        for row in self._database.rows(f"SELECT {_STEP} FROM step_runs WHERE run = ? ORDER BY position", (number,)):
            if known.get(row[1]) != row:
                known[row[1]] = row
                changed.append(_step(row))
        return changed

    def start(self, number: int) -> None:
        """The supervisor has begun, which a power cut makes untrue; a run taken up again keeps its first start."""
        with self._database.write(flushed=False) as connection:
            connection.execute(
                "UPDATE runs SET status = 'running', started_at = CASE started_at WHEN 0 THEN ? ELSE started_at END"
                " WHERE number = ? AND status IN ('queued', 'running')",
                (time.time(), number),
            )

    def finish(self, number: int, status: RunStatus, error: str = "") -> None:
        """The run has reached a final status."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE runs SET status = ?, error = ?, ended_at = ? WHERE number = ? AND ended_at = 0",
                (str(status), error, time.time(), number),
            )

    def abandon(self, number: int, error: str) -> None:
        """End a run that cannot go on, with whatever steps it has open."""
        now = time.time()
        with self._database.write() as connection:
            connection.execute(
                "UPDATE step_runs SET status = 'cancelled', ended_at = ? WHERE run = ?"
                " AND status IN ('waiting', 'preparing', 'running')",
                (now, number),
            )
            connection.execute(
                "UPDATE runs SET status = 'failed', error = ?, ended_at = ? WHERE number = ? AND ended_at = 0",
                (error, now, number),
            )

    def request_cancel(self, number: int) -> None:
        """Ask the run's supervisor to stop."""
        with self._database.write() as connection:
            connection.execute("UPDATE runs SET cancel_requested = 1 WHERE number = ?", (number,))

    def cancel_requested(self, number: int) -> bool:
        """Whether somebody asked for it."""
        row = self._database.row("SELECT cancel_requested FROM runs WHERE number = ?", (number,))
        return bool(row and row[0])

    def save_steps(self, steps: Sequence[StepRunRecord], *, flushed: bool = True) -> None:
        """Write steps as they stand now, in one transaction; `Database.write` says what `flushed` is."""
        with self._database.write(flushed=flushed) as connection:
            update_steps(connection, steps)

    def add_notices(self, number: int, notices: Sequence[str]) -> None:
        """Say once what was assumed for the run."""
        with self._database.write() as connection:
            row = connection.execute("SELECT notices FROM runs WHERE number = ?", (number,)).fetchone()
            known = list(dict.fromkeys([*json.loads(row[0]), *notices]))
            connection.execute("UPDATE runs SET notices = ? WHERE number = ?", (_json(known), number))

    def running_elsewhere(self, fingerprint: str, run: int) -> int:
        """Another unfinished run in which a step with this fingerprint is on its way, 0 for none."""
        row = self._database.row(
            "SELECT s.run FROM step_runs s JOIN runs r ON r.number = s.run"
            " WHERE s.fingerprint = ? AND s.status = 'running' AND s.run <> ? AND r.status IN ('queued', 'running')",
            (fingerprint, run),
        )
        return int(row[0]) if row else 0

    def failed_in(self, fingerprint: str) -> int:
        """The newest run in which a step with this fingerprint failed, 0 for none."""
        row = self._database.row(
            "SELECT max(run) FROM step_runs WHERE fingerprint = ? AND status = 'failed'", (fingerprint,)
        )
        return int(row[0]) if row and row[0] else 0

    def failing(self, pipeline: str, runs: int) -> frozenset[str]:
        """Steps of a pipeline that failed in one of its newest runs."""
        rows = self._database.rows(
            "SELECT DISTINCT step FROM step_runs WHERE status = 'failed'"
            " AND run IN (SELECT number FROM runs WHERE pipeline = ? ORDER BY number DESC LIMIT ?)",
            (pipeline, runs),
        )
        return frozenset(str(row[0]) for row in rows)

    def used(self) -> list[tuple[StepRunRecord, frozenset[str]]]:
        """Every step of every run with the digests its row names."""
        rows = self._database.rows(f"SELECT {_STEP} FROM step_runs ORDER BY run, position")
        steps = map(_step, rows)
        return [(step, frozenset({*step.outputs.values(), step.artifacts} - {""})) for step in steps]

    def close_steps(self, run: int) -> None:
        """End whatever steps of a final run are still open."""
        with self._database.write() as connection:
            connection.execute(
                "UPDATE step_runs SET status = 'cancelled', ended_at = ? WHERE run = ?"
                " AND status IN ('waiting', 'preparing', 'running')",
                (time.time(), run),
            )

    def delete(self, numbers: Sequence[int]) -> None:
        """Forget finished runs and their steps; traces stay."""
        with self._database.write() as connection:
            for number in numbers:
                connection.execute(
                    "DELETE FROM step_runs WHERE run IN (SELECT number FROM runs WHERE number = ? AND ended_at > 0)",
                    (number,),
                )
                connection.execute("DELETE FROM runs WHERE number = ? AND ended_at > 0", (number,))
            connection.execute("DELETE FROM graphs WHERE digest NOT IN (SELECT graph FROM runs)")
            connection.execute("DELETE FROM redefinitions WHERE run NOT IN (SELECT number FROM runs)")


def update_steps(connection: Any, steps: Sequence[StepRunRecord]) -> None:
    """Write steps inside a transaction that is already open."""
    connection.executemany(
        "UPDATE step_runs SET status=?, reasons=?, fingerprint=?, attempt=?, source_run=?, source_attempt=?,"
        " exit_code=?, started_at=?, ended_at=?, outputs=?, artifacts=?, error=?, detail=? WHERE run=? AND step=?",
        [(*_step_values(step, step.run)[2:], step.run, step.step) for step in steps],
    )


def put_steps(connection: Any, steps: Iterable[tuple[int, StepRunRecord]]) -> None:
    """Write whole rows, new ones too, each with its position, inside a transaction that is already open."""
    _put(connection, [(*_step_values(step, step.run), position) for position, step in steps])


def graph_digest(text: str) -> str:
    """The name under which a graph is kept, once for all runs that had it."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()


def _insert(connection: Any, submission: Submission, status: str, request: Mapping[str, object]) -> int:
    now = time.time()
    ended = now if status == "succeeded" else 0.0
    cursor = connection.execute(
        "INSERT INTO runs (pipeline, name, graph, status, created_at, started_at, ended_at, request)"
        " VALUES (?,?,?,?,?,?,?,?)",
        (*submission[:3], status, now, ended, ended, _json(request)),
    )
    number = int(cursor.lastrowid)
    _put(connection, [(number, *row, position) for position, row in enumerate(submission.rows)])
    return number


def _put(connection: Any, rows: Sequence[Sequence[object]]) -> None:
    connection.executemany(f"INSERT OR REPLACE INTO step_runs ({_STEP}, position) VALUES ({','.join('?' * 16)})", rows)


def _run(row: Row, counts: Mapping[str, int]) -> RunRecord:
    number, pipeline, name, status, created, started, ended, request, error, notices, cancel = row
    return RunRecord(
        number=number,
        pipeline=pipeline,
        name=name,
        status=RunStatus(status),
        created_at=created,
        started_at=started,
        ended_at=ended,
        request=json.loads(request),
        error=error,
        counts=counts,
        notices=tuple(json.loads(notices)),
        cancel_requested=bool(cancel),
    )


def _step(row: Row) -> StepRunRecord:
    run, step, status, reasons, fingerprint, attempt, source_run, source_attempt, code, start, end, *rest = row
    outputs, artifacts, error, detail = rest
    return StepRunRecord(
        run=run,
        step=step,
        status=StepStatus(status),
        reasons=tuple(json.loads(reasons)),
        fingerprint=fingerprint,
        attempt=attempt,
        source_run=source_run,
        source_attempt=source_attempt,
        exit_code=code,
        started_at=start,
        ended_at=end,
        outputs=json.loads(outputs),
        artifacts=artifacts,
        error=error,
        detail=detail,
    )


def _step_values(step: StepRunRecord, run: int) -> tuple[object, ...]:
    return (
        run,
        step.step,
        str(step.status),
        _json(list(step.reasons)),
        step.fingerprint,
        step.attempt,
        step.source_run,
        step.source_attempt,
        step.exit_code,
        step.started_at,
        step.ended_at,
        _json(dict(step.outputs)),
        step.artifacts,
        step.error,
        step.detail,
    )


def _json(value: object) -> str:
    return _encode(value)
