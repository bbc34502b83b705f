"""The same run once more: where every file is what it was and every result is kept, there is nothing to plan.

This is the way of most runs, so it imports little: a remembered plan is checked against the disk and the records.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import core
from core.layout import Layout
from core.records.database import Database
from core.records.runs import RunRecords, Submission
from core.records.traces import TraceRecords
from core.store.locks import Lock
from core.store.remembered import forget, recall, remember
from core.workspace.signs import are_unchanged, settled_signs

if TYPE_CHECKING:
    from core.planning.graph import Graph
    from core.workspace.workspace import Workspace

Changes = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Again:
    """A run that had nothing to do: its steps' names, and the notices its graph came with."""

    steps: tuple[str, ...]
    notices: tuple[str, ...]
    submission: Submission
    generation: list[int]

    def submit(self, layout: Layout) -> int:
        """Record the run; its number, 0 when it must be planned after all."""
        lock = Lock(layout.locks / "store")
        lock.acquire(shared=True)  # as `Store.keeping`: what the run names must not be collected meanwhile
        try:
            with Database(layout.database) as database:
                if TraceRecords(database).generation() != self.generation:
                    return 0
                return RunRecords(database).create_again(self.submission)
        finally:
            lock.release()


def recall_settled(layout: Layout, pipeline: Path, changes: Changes) -> Again | None:
    """What the last such run found, if it still holds; None when somebody must plan."""
    name = _name(pipeline, changes)
    found = recall(layout, name) if layout.database.exists() else None
    if found is None:
        return None
    about, text = found
    try:
        if about["version"] != core.__version__ or not _holds(layout, about):
            return None
        steps, notices, submission = json.loads(text)
        return Again(tuple(steps), tuple(notices), Submission(*submission), about["generation"])
    except (KeyError, TypeError, ValueError):
        forget(layout, name)
        return None


def remember_settled(workspace: "Workspace", graph: "Graph", changes: Changes, run: int) -> None:
    """Remember a run that had nothing to do; the next like it is recognized by what this one depended on."""
    from core.engine.deliver import asks_for_delivery
    from core.workspace.graphs import built_from

    files, folders = _paths(graph)
    signs = settled_signs({*files, *graph.made_from(), str(workspace.root / "mlpw.yml")})
    if signs is None or asks_for_delivery(graph) or workspace.graphs.asked_catalog(graph):
        return
    submission = workspace.records.runs.rows(run)
    about = {
        "version": core.__version__,
        "signs": signs,
        "real": _real_places(files, folders),
        "built": sorted(built_from(graph)),
        "folders": [[kind, path, _folder_digest(workspace.layout, kind, path)] for kind, path in folders],
        "digests": sorted({d for row in submission.rows for d in _digests(row)}),
        "generation": workspace.records.traces.generation(),
    }
    text = json.dumps([list(graph.steps), [str(notice) for notice in graph.notices], submission])
    remember(workspace.layout, _name(Path(graph.file), changes), about, text)


def _holds(layout: Layout, about: dict[str, object]) -> bool:
    signs, folders, digests, built = about["signs"], about["folders"], about["digests"], about["built"]
    real = about["real"]
    assert isinstance(signs, dict)
    assert isinstance(real, dict)
    assert isinstance(folders, list)
    assert isinstance(digests, list)
    assert isinstance(built, list)
    store = os.fspath(layout.store)
    return (
        are_unchanged(signs)
        and all(os.path.realpath(path) == place for path, place in real.items())
        and all(os.path.lexists(f"{store}/{digest[:2]}/{digest}") for digest in digests)
        and all(_folder_digest(layout, kind, path) == digest for kind, path, digest in folders)
        and (not built or _are_as_they_were(built))
        and _generation(layout) == about["generation"]
    )


def _are_as_they_were(built: list[list[str]]) -> bool:
    """Whether all that environments are built from is what it was."""
    from core.definitions.environment import BuiltFrom  # few environments have local parts
    from core.workspace.graphs import is_as_it_was

    return all(is_as_it_was(BuiltFrom(*each)) for each in built)


def _generation(layout: Layout) -> list[int]:
    with Database(layout.database) as database:
        return TraceRecords(database).generation()


def _folder_digest(layout: Layout, kind: str, path: str) -> str:
    """The digest of a folder as planning would see it."""
    from core.store.objects import Store  # single files need no store

    store = Store(layout)
    try:
        return (store.digest_of_code(path) if kind == "code" else store.hash(path)).digest
    except Exception:
        return ""


def _real_places(files: set[str], folders: set[tuple[str, str]]) -> dict[str, str]:
    """Where the folders are, and those of the files: a file that is itself moved away has another ctime."""
    places = {path for _, path in folders} | {os.path.dirname(path) for path in files}
    return {path: os.path.realpath(path) for path in places}


def _paths(graph: "Graph") -> tuple[set[str], set[tuple[str, str]]]:
    """Single files, and folders as (code or data, path), whose content the steps depend on."""
    from core.planning.graph import DataInput

    found = {("code", step.code) for step in graph.steps.values() if step.code}
    for step in graph.steps.values():
        for binding in step.inputs.values():
            if isinstance(binding, DataInput) and binding.path and not binding.digest:
                found.add(("data", binding.path))
    folders = {(kind, path) for kind, path in found if os.path.isdir(path)}
    return {path for _, path in found - folders}, folders


def _digests(row: Sequence[object]) -> list[str]:
    """Outputs and artifacts in a step's row."""
    outputs, artifacts = json.loads(str(row[-4])), str(row[-3])
    return [*outputs.values(), *([artifacts] if artifacts else [])]


def _name(pipeline: Path, changes: Changes) -> str:
    return json.dumps(["settled", os.path.abspath(pipeline), [list(pair) for pair in changes]])
