"""Gathers what is compared of runs, and the differences of the code they ran, from the records and the store."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import StoreError, UsageError
from core.records.model import StepRunRecord
from core.tracking.events import JournalReader, Metric
from core.tracking.sources.metrics_files import MetricsFiles
from core.workspace.comparison import ComparedRun, Comparison, FileChange, compare
from core.workspace.made_from import parts_of
from core.workspace.text_diff import file_diff

if TYPE_CHECKING:
    from core.workspace.workspace import Workspace

MOST_RUNS = 6
_MOST_FILES = 200


def compare_runs(workspace: Workspace, numbers: Sequence[int]) -> Comparison:
    """See `Workspace.compare`."""
    chosen = list(dict.fromkeys(numbers))
    if not 2 <= len(chosen) <= MOST_RUNS:
        raise UsageError(f"{len(chosen)} runs cannot be compared", hint=f"name two to {MOST_RUNS} different runs")
    runs = [_compared(workspace, number) for number in chosen]
    return Comparison(tuple(run.run for run in runs), compare(runs), tuple(_code_changes(workspace, runs)))


def _compared(workspace: Workspace, number: int) -> ComparedRun:
    run = workspace.run(number)
    steps = {record.step: record for record in workspace.steps(number)}
    parts = {name: found for name, record in steps.items() if (found := parts_of(workspace, record)) is not None}
    metrics = {name: _metrics(workspace, record) for name, record in steps.items()}
    digests = {digest for record in steps.values() for digest in record.outputs.values()}
    digests |= {text.split(" ")[0] for each in parts.values() for text in each.get("inputs", {}).values()}
    return ComparedRun(run, workspace.run_graph(number), steps, parts, _sizes(workspace, digests), metrics)


def _sizes(workspace: Workspace, digests: Iterable[str]) -> dict[str, int]:
    """Bytes by digest, also of folders that are gone but whose manifest is kept."""
    found = {}
    for digest in digests:
        try:
            found[digest] = workspace.store.size(digest)
        except (StoreError, OSError):
            manifest = workspace.store.manifests.read(digest) if digest else None
            if manifest is not None:
                found[digest] = manifest.size
    return found


def _metrics(workspace: Workspace, record: StepRunRecord) -> dict[str, float]:
    """The last value of each metric that the step reported, or left in a file of metrics."""
    if not (record.attempt or record.source_attempt):
        return {}
    attempt = workspace.attempt(record)
    kept = {port: workspace.content_path(digest) for port, digest in record.outputs.items()}
    outputs = {port: path if os.path.lexists(path) else attempt.told / port for port, path in kept.items()}
    points = [*MetricsFiles(outputs).poll(), *JournalReader(attempt.events, "").poll()]
    return {point.key: point.value for point in points if isinstance(point, Metric)}


def _code_changes(workspace: Workspace, runs: Sequence[ComparedRun]) -> Iterator[FileChange]:
    """Per step and run, the files that differ from those of the first run; equal differences are told once a step."""
    first = runs[0]
    for step in dict.fromkeys(name for run in runs for name in run.graph.steps):
        before = first.parts.get(step, {}).get("code")
        told: set[str] = set()
        for run in runs[1:]:
            after = run.parts.get(step, {}).get("code")
            if before is None or after is None or before == after or repr(sorted(after.items())) in told:
                continue
            told.add(repr(sorted(after.items())))
            yield from islice(_changes(workspace, step, run.run.number, before, after), _MOST_FILES)


def _changes(
    workspace: Workspace, step: str, run: int, before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[FileChange]:
    lost = [digest for digest in (*before.values(), *after.values()) if not workspace.store.has(digest)]
    if lost:
        yield FileChange(step, run, "", "changed", note=f"its snapshot {lost[0][:12]} is not in the store any more")
        return
    old, new = _files(workspace, before), _files(workspace, after)
    for path in sorted({*old, *new}):
        one, other = old.get(path), new.get(path)
        if one is None or other is None or _digest_differs(one, other):
            kind = "added" if one is None else "removed" if other is None else "changed"
            yield _file_change(step, run, path, kind, (one, other))


def _files(workspace: Workspace, code: Mapping[str, str]) -> dict[str, Path]:
    """Files of a working folder by their path in it: the snapshot, and what joined it."""
    found = {}
    for place, digest in code.items():
        root = workspace.content_path(digest)
        for folder, _, names in os.walk(root):
            for name in names:
                path = Path(folder, name)
                inside = path.relative_to(root).as_posix()
                found[inside if not place or place == inside else f"{place}/{inside}"] = path
    return found


def _digest_differs(one: Path, other: Path) -> bool:
    if one.stat().st_size != other.stat().st_size:
        return True
    with one.open("rb") as left, other.open("rb") as right:
        while (chunk := left.read(1 << 16)) == right.read(1 << 16):
            if not chunk:
                return bool(os.access(one, os.X_OK)) != bool(os.access(other, os.X_OK))
    return True


def _file_change(step: str, run: int, path: str, kind: str, files: tuple[Path | None, Path | None]) -> FileChange:
    found = file_diff(path, *files)
    return FileChange(step, run, path, kind, found.lines, found.note, sizes=found.sizes)
