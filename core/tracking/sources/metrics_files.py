"""`metrics.json` and `metrics.jsonl` among a step's outputs: numbers by their paths, one object or one a line."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from core.tracking.events import Event, Metric
from core.tracking.sources.numbers import milliseconds, numbers_in, step_in

NAME = "metrics file"
#: What the files are called.
METRICS_FILES = ("metrics.json", "metrics.jsonl")
_SIZE_LIMIT = 64 << 20


class MetricsFiles:
    """Looks into outputs by port, one folder deep; with several files a metric's name starts with where it is from."""

    def __init__(self, outputs: Mapping[str, Path]) -> None:
        self._outputs = outputs
        self._seen: dict[Path, tuple[int, int]] = {}

    def poll(self) -> tuple[Event, ...]:
        """The points of files that are new or changed since the last poll; a file that is no JSON has none."""
        found = sorted((name, path) for port, output in self._outputs.items() for name, path in _files(port, output))
        several = len({path.parent for _, path in found}) > 1
        return tuple(
            event for name, path in found if self._is_new(path) for event in _read(path, f"{name}/" if several else "")
        )

    def _is_new(self, path: Path) -> bool:
        status = path.stat()
        signature = (status.st_size, status.st_mtime_ns)
        known, self._seen[path] = self._seen.get(path), signature
        return known != signature and status.st_size <= _SIZE_LIMIT


def _files(port: str, output: Path) -> Iterator[tuple[str, Path]]:
    if output.name in METRICS_FILES and output.is_file():
        yield port, output
    if output.is_dir():
        folders = [output, *sorted(entry for entry in output.iterdir() if entry.is_dir() and not entry.is_symlink())]
        for folder in folders:
            name = port if folder == output else f"{port}/{folder.name}"
            yield from ((name, folder / file) for file in METRICS_FILES if (folder / file).is_file())


def _read(path: Path, prefix: str) -> Iterator[Metric]:
    modified = path.stat().st_mtime_ns // 1_000_000
    text = path.read_text(encoding="utf-8", errors="replace")
    objects = text.splitlines() if path.suffix == ".jsonl" else [text]
    for index, line in enumerate(line for line in objects if line.strip()):
        yield from _points(line, index, modified, prefix)


def _points(line: str, index: int, modified: int, prefix: str) -> Iterator[Metric]:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return
    if not isinstance(said, dict):
        return
    step = step_in(said) if isinstance(said.get("metrics", {}), dict) else None
    time = milliseconds(said.get("timestamp")) or modified
    group = said["metrics"] if isinstance(said.get("metrics"), dict) else said
    for key, value in numbers_in(group):
        if key != "timestamp" and not (step and key == step[0]):
            yield Metric(f"{prefix}{key}", value, step[1] if step else index, time, NAME)
