"""`mlpw gc`: removes what no record or live run needs; rows first, then bytes: a crash leaves only more to do."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import EngineError
from core.store.copying import remove_tree
from core.store.locks import is_held
from core.store.small_texts import MOST_FILES
from core.workspace.host_claims import QUIET_DAYS, Claim
from core.workspace.host_sweep import Visit
from core.workspace.needs import Needs, Remembered, needs_of, old_runs, old_traces, without
from core.workspace.remembering import remember

if TYPE_CHECKING:
    from core.workspace.workspace import Workspace

_PATIENCE_SECONDS = 2.0
_DAY_SECONDS = 86_400
#: What a step worked in; log, result and metrics of an attempt stay.
WORKING_FOLDERS = ("code", "outputs", "inputs", "artifacts")
_ENVIRONMENT = re.compile(rb"/envs/([0-9a-f]{32})/")
_IMAGE = re.compile(rb'"image": ?"(sha256:[0-9a-f]{64})"')


@dataclass(frozen=True, slots=True)
class Wishes:
    """What may go beyond garbage: runs but the `keep_runs` newest, runs older than days, environments nobody used.

    Of workspaces that were not on a host for `quiet_days` it is told what they keep there.
    """

    keep_runs: int | None = None
    older_than: float | None = None
    environments: bool = False
    dry_run: bool = False
    quiet_days: float = QUIET_DAYS


@dataclass(slots=True)
class Freed:
    """What was removed (or would be): number and bytes by kind of thing; `troubles` are hosts that were not asked.

    `claims` are of workspaces that seem to be gone and keep something on a host.
    """

    counts: dict[str, int] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)

    def add(self, kind: str, size: int = 0) -> None:
        """One more thing of a kind."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        self.sizes[kind] = self.sizes.get(kind, 0) + size

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(self.sizes.values())


def collect(workspace: Workspace, wishes: Wishes) -> Freed:
    """Remove what nothing needs, here while nobody else puts anything here, and then on hosts.

    Raises EngineError, with nothing removed, while a run is going on.
    """
    freed = Freed()
    if not workspace.is_kept:
        return freed
    with alone(workspace):
        records = workspace.records
        remembered = remember(records)
        before = None if wishes.older_than is None else time.time() - wishes.older_than * _DAY_SECONDS
        runs = old_runs(remembered.runs, wishes.keep_runs, before)
        forgets = wishes.keep_runs is not None or wishes.older_than is not None
        traces = old_traces(remembered, runs) if forgets else []
        for _ in runs:
            freed.add("runs")
        for _ in traces:
            freed.add("results")
        if not wishes.dry_run and (runs or traces):
            records.runs.delete(runs)
            records.traces.forget(traces)
        left = without(remembered, runs, traces)
        used = _Sweep(workspace, freed, needs_of(left), left, wishes.dry_run).all(wishes.environments)
        newest = next(iter(records.runs.find(1)), None)
    images = used if wishes.environments else None
    Visit(workspace, freed, images, newest, wishes.quiet_days, wishes.dry_run).everywhere()
    return freed


@contextmanager
def alone(workspace: Workspace) -> Iterator[None]:
    """While no run is going on and nobody puts things into the store.

    Raises EngineError that says which run is going on.
    """
    workspace.recover()
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        with workspace.store.try_collecting(max(0.0, deadline - time.monotonic())) as is_alone:
            live = workspace.records.runs.unfinished()
            if is_alone and not live:
                yield
                return
        if time.monotonic() >= deadline:
            break
        time.sleep(0.05)
    if live:
        numbers = ", ".join(str(run.number) for run in live)
        verb = "run {} is" if len(live) == 1 else "runs {} are"
        raise EngineError(
            f"{verb.format(numbers)} going on, and nothing was changed",
            hint=f"wait for the end, or stop it: mlpw cancel {live[0].number}",
        )
    raise EngineError("another mlpw is putting things into the store, and nothing was changed", hint="try again")


@dataclass(frozen=True, slots=True)
class _Sweep:
    workspace: Workspace
    freed: Freed
    needs: Needs
    left: Remembered
    dry_run: bool

    def all(self, environments: bool) -> set[str]:
        """Everything of this machine; gives the environments and the images that the remaining attempts ran in."""
        self._objects()
        self._texts()
        self._manifests()
        used = self._attempts()
        if environments:
            self._environments(used)
        self._temporary()
        self._locks()
        return used

    def _objects(self) -> None:
        store = self.workspace.store
        for digest in store.digests():
            if digest not in self.needs.content:
                self.freed.add("objects", disk_size(store.path(digest)))
                if not self.dry_run:
                    store.remove(digest)
        for digest in store.elsewhere:
            if (digest not in self.needs.content or store.has(digest)) and not self.dry_run:
                store.elsewhere.forget(digest)  # its host removes it when it needs the room

    def _manifests(self) -> None:
        store = self.workspace.store
        for digest in store.manifests:
            if digest not in self.needs.manifests:
                self.freed.add("manifests", disk_size(store.layout.store / "manifests" / digest))
                if not self.dry_run:
                    store.manifests.forget(digest)

    def _texts(self) -> None:
        """Small texts that no result was made from; those of folders by their manifests."""
        store = self.workspace.store
        needed = set(self.needs.manifests)
        for digest in self.needs.manifests:
            manifest = store.manifests.read(digest)
            if manifest is not None and len(manifest.entries) <= MOST_FILES:
                needed.update(entry.digest for entry in manifest.entries.values())
        for path in store.texts:
            if path.name not in needed:
                self._remove("kept texts", path)

    def _attempts(self) -> set[str]:
        """Folders of attempts; gives the environments that the remaining ones ran in."""
        used: set[str] = set()
        runs = {run.number for run in self.left.runs}
        for number, folder in _numbered(self.workspace.layout.runs):
            for attempt in sorted(folder.glob("*/*")):
                key = (number, attempt.parent.name, int(attempt.name) if attempt.name.isdecimal() else -1)
                if is_held(attempt / "lock"):
                    continue
                if number not in runs and key not in self.needs.attempts and attempt.is_dir():
                    self._remove("attempts", attempt)
                    continue
                used.update(_environments_of(attempt))
                if number not in self.needs.working:
                    self._working_folders(attempt)
            if number not in runs and not is_held(folder / "supervisor.lock"):
                self._run_folder(number, folder)
        return used

    def _run_folder(self, number: int, folder: Path) -> None:
        """A forgotten run's folder goes when nothing needs an attempt in it."""
        if not any(run == number for run, _, _ in self.needs.attempts) and folder.exists():
            size = 0 if self.dry_run else disk_size(folder)
            self.freed.add("run folders", size)
            if not self.dry_run:
                remove_tree(os.fspath(folder))

    def _working_folders(self, attempt: Path) -> None:
        for name in WORKING_FOLDERS:
            if (attempt / name).is_dir() and not (attempt / name).is_symlink():
                self._remove("working folders", attempt / name)

    def _environments(self, used: set[str]) -> None:
        """Those in which no remaining attempt ran; where attempts don't say, those not used since the oldest run."""
        from core.environments.kept import PythonEnvironment, last_used, read_kept, remove

        layout = self.workspace.layout
        used = {digest for digest in used if not digest.startswith("sha256:")}  # the others are images
        oldest = min((run.created_at for run in self.left.runs), default=float("inf"))
        for path in sorted(layout.environments.iterdir()) if layout.environments.is_dir() else []:
            is_of_image = "." in path.stem  # host_sweep knows which of those are needed
            is_left_log = path.suffix == ".log" and not is_of_image and not path.with_suffix("").exists()
            kept = read_kept(path) if path.is_dir() else None
            is_used = kept is not None and (path.name in used if used else last_used(kept) >= oldest)
            if path.is_dir() and not is_used:
                self.freed.add("environments", disk_size(path))
                if not self.dry_run:
                    remove(PythonEnvironment(path, ""), layout)
            elif is_left_log:
                self._remove("build logs", path)

    def _temporary(self) -> None:
        store = self.workspace.store
        for name in store.orphans():
            self.freed.add("temporary things", disk_size(store.layout.temporary / name))
        if not self.dry_run:
            store.clean_temporary()
        half = store.layout.half_fetched
        for path in sorted(half.iterdir()) if half.is_dir() else []:
            if time.time() - path.lstat().st_mtime > _DAY_SECONDS:
                self._remove("half fetched content", path)

    def _locks(self) -> None:
        """Of fingerprints: only runs take them, and none goes on; what still ends keeps its own."""
        folder = self.workspace.layout.locks / "fingerprints"
        for path in folder.iterdir() if folder.is_dir() and not self.dry_run else []:
            if not is_held(path):
                path.unlink()

    def _remove(self, kind: str, path: Path) -> None:
        self.freed.add(kind, disk_size(path))
        if not self.dry_run:
            remove_tree(os.fspath(path))


def disk_size(path: Path) -> int:
    """Bytes of a file, or of all files in a folder, that removing it frees; 0 when it is not there."""
    try:
        status = path.lstat()
    except OSError:
        return 0
    if not path.is_dir() or path.is_symlink():
        return status.st_size if status.st_nlink == 1 else 0
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            try:
                status = os.lstat(os.path.join(folder, name))
            except OSError:
                continue
            total += status.st_size if status.st_nlink == 1 else 0
    return total


def _numbered(runs: Path) -> list[tuple[int, Path]]:
    """The folders of runs by number."""
    if not runs.is_dir():
        return []
    return [(int(folder.name), folder) for folder in sorted(runs.iterdir()) if folder.name.isdecimal()]


def _environments_of(attempt: Path) -> set[str]:
    """Digests of the environments that an attempt's command was given, and the id of its image."""
    try:
        text = (attempt / "spec.json").read_bytes()
        return {found.decode() for found in (*_ENVIRONMENT.findall(text), *_IMAGE.findall(text))}
    except OSError:
        return set()
