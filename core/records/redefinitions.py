"""Graphs that runs are asked to go on with, because their pipelines were saved meanwhile."""

from collections.abc import Sequence
from typing import NamedTuple

from core.records.database import Database
from core.records.model import StepRunRecord
from core.records.runs import graph_digest, put_steps


class Redefinition(NamedTuple):
    """One request, by its number: the pipeline's graph as JSON, and whether the run's supervisor has heeded it."""

    number: int
    graph: str
    is_answered: bool


class RedefinitionRecords:
    """The table of such requests; of each run the newest counts, and stays for what begins anew later."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, run: int, graph: str) -> int:
        """Ask a run to go on with a graph; the request's number, 0 when the run has ended."""
        with self._database.write() as connection:
            cursor = connection.execute(
                "INSERT INTO redefinitions (run, graph) SELECT number, ? FROM runs"
                " WHERE number = ? AND status IN ('queued', 'running')",
                (graph, run),
            )
            number = int(cursor.lastrowid) if cursor.rowcount else 0
            if number:
                connection.execute("DELETE FROM redefinitions WHERE run = ? AND number < ?", (run, number))
        return number

    def newest(self, run: int) -> Redefinition | None:
        """What a run was asked last, if anything."""
        row = self._database.row(
            "SELECT number, graph, is_answered FROM redefinitions WHERE run = ? ORDER BY number DESC LIMIT 1", (run,)
        )
        return Redefinition(int(row[0]), str(row[1]), bool(row[2])) if row else None

    def is_asked(self, run: int) -> bool:
        """Whether there is something to heed."""
        query = "SELECT 1 FROM redefinitions WHERE run = ? AND is_answered = 0"
        return self._database.row(query, (run,)) is not None

    def decline(self, number: int) -> None:
        """The run goes on as it is."""
        with self._database.write() as connection:
            connection.execute("UPDATE redefinitions SET is_answered = 1 WHERE number = ?", (number,))

    def take(self, number: int, run: int, graph: str, order: Sequence[str], steps: Sequence[StepRunRecord]) -> None:
        """The run has another graph, whose steps stand in this order; of these `steps` the rows are new."""
        digest, places = graph_digest(graph), {name: place for place, name in enumerate(order)}
        with self._database.write() as connection:
            connection.execute("INSERT OR IGNORE INTO graphs (digest, text) VALUES (?,?)", (digest, graph))
            connection.execute("UPDATE runs SET graph = ? WHERE number = ?", (digest, run))
            connection.executemany(
                "UPDATE step_runs SET position = ? WHERE run = ? AND step = ?",
                [(place, run, name) for name, place in places.items()],
            )
            put_steps(connection, [(places[step.step], step) for step in steps])
            connection.execute("UPDATE redefinitions SET is_answered = 1 WHERE number = ?", (number,))
