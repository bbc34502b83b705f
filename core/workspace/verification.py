"""`mlpw verify`: is what is kept what was kept, and do the records name only what is there?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.planning.fingerprint import fingerprint_of
from core.workspace.housekeeping import alone
from core.workspace.needs import Remembered
from core.workspace.remembering import remember

if TYPE_CHECKING:
    from core.workspace.workspace import Workspace

#: Called with the number of objects looked at and that of all.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong: what, who made it (0 and "" when nobody knows), what to do, and whether it was put right."""

    what: str
    digest: str = ""
    run: int = 0
    step: str = ""
    hint: str = ""
    repaired: bool = False


@dataclass(frozen=True, slots=True)
class Verification:
    """How many objects and results were looked at, and what is wrong; `elsewhere` objects lie on hosts, unread."""

    objects: int
    results: int
    problems: tuple[Problem, ...]
    elsewhere: int = 0

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong any more."""
        return all(problem.repaired for problem in self.problems)


def verify(workspace: Workspace, *, repair: bool, progress: Progress = lambda done, total: None) -> Verification:
    """Look at everything kept; with `repair` forget damaged content and what it led to, so that its steps run again.

    Raises EngineError, with nothing changed, when something is to be repaired while a run is going on.
    """
    if not workspace.is_kept:
        return Verification(0, 0, ())
    with alone(workspace) if repair else nullcontext():
        found = workspace.records.database.problems()
        if found:  # rows of a damaged database lead anywhere
            hint = f"copy {workspace.layout.private} away and run again, or restore it from a backup"
            return Verification(0, 0, tuple(Problem(f"the database is damaged: {text}", hint=hint) for text in found))
        return _Check(workspace, remember(workspace.records), repair).all(progress)


@dataclass(frozen=True, slots=True)
class _Check:
    workspace: Workspace
    remembered: Remembered
    repair: bool

    def all(self, progress: Progress) -> Verification:
        damaged, problems = self._objects(progress)
        problems += self._missing(damaged)
        problems += self._assets(damaged)
        problems += self._records()
        store = self.workspace.store
        elsewhere = sum(1 for digest in store.elsewhere if not store.has(digest))
        return Verification(self._count(), len(self.remembered.traces), tuple(problems), elsewhere)

    def _count(self) -> int:
        return sum(1 for _ in self.workspace.store.digests())

    def _objects(self, progress: Progress) -> tuple[set[str], list[Problem]]:
        store = self.workspace.store
        digests = list(store.digests())
        damaged: set[str] = set()
        problems: list[Problem] = []
        for done, digest in enumerate(digests, 1):
            wrong = store.verify(digest)
            progress(done, len(digests))
            if not wrong or not store.has(digest):
                continue
            damaged.add(digest)
            problems.append(self._blame(f"{digest[:12]} is damaged: {_some(wrong)}", digest))
            if self.repair:
                self._forget(digest)
        return damaged, problems

    def _missing(self, damaged: set[str]) -> list[Problem]:
        """Results whose content is gone; a step of them runs again by itself, so repairing only forgets them."""
        problems = []
        for trace in self.remembered.traces:
            names = {**trace.outputs, **({"its artifacts": trace.artifacts} if trace.artifacts else {})}
            for port, digest in names.items():
                if digest in damaged or not self.workspace.store.missing([digest]):
                    continue
                what = f"output '{port}'" if port in trace.outputs else port
                told = f"{what} of step '{trace.step}' of run {trace.run} is not in the store any more"
                hint = "the step runs again when it is needed"
                problems.append(Problem(told, digest, trace.run, trace.step, hint, self.repair))
                if self.repair:
                    self._forget(digest)
        return problems

    def _assets(self, damaged: set[str]) -> list[Problem]:
        problems = []
        for asset in self.remembered.assets:
            if asset.digest and asset.digest not in damaged and self.workspace.store.missing([asset.digest]):
                hint = f"register the same content again: mlpw {asset.kind} create, --version {asset.version}"
                what = f"the content of {asset.kind} {asset.name}:{asset.version} is not in the store any more"
                problems.append(Problem(what, asset.digest, asset.made_by_run, asset.made_by_step, hint))
        return problems

    def _records(self) -> list[Problem]:
        """Rows that contradict each other."""
        problems = []
        for fingerprint, parts in self.remembered.parts.items():
            if fingerprint_of(parts) != fingerprint:
                told = f"the result {fingerprint[:12]} is kept under a fingerprint that its parts do not give"
                problems.append(Problem(told, hint="its step runs again when it is needed", repaired=self.repair))
                if self.repair:
                    self.workspace.records.traces.forget([fingerprint])
        for pipeline, step, fingerprint in self.workspace.records.traces.dangling():
            told = f"the newest result of '{step}' in {pipeline} is not kept"
            problems.append(Problem(told, hint="its step runs again when it is needed", repaired=self.repair))
            if self.repair:
                self.workspace.records.traces.forget([fingerprint])
        for number in self._half_ended():
            told = f"run {number} has ended, but some of its steps have not"
            problems.append(Problem(told, run=number, hint="mlpw verify --repair ends them", repaired=self.repair))
            if self.repair:
                self.workspace.records.runs.close_steps(number)
        return problems

    def _half_ended(self) -> Iterator[int]:
        for run in self.remembered.runs:
            if run.status.is_final and {"waiting", "preparing", "running"} & set(run.counts):
                yield run.number

    def _forget(self, digest: str) -> None:
        """First the rows that name the content, then its bytes."""
        named = [trace.fingerprint for trace in self.remembered.traces if digest in trace.digests()]
        self.workspace.records.traces.forget(named)
        self.workspace.store.remove(digest)
        self.workspace.store.manifests.forget(digest)

    def _blame(self, what: str, digest: str) -> Problem:
        """Who made it, and what to do about it."""
        for trace in self.remembered.traces:
            if digest in trace.digests():
                port = next((port for port, made in trace.outputs.items() if made == digest), "artifacts")
                return Problem(
                    f"{what} ('{port}' of step '{trace.step}', run {trace.run})",
                    digest,
                    trace.run,
                    trace.step,
                    "mlpw verify --repair forgets it, and the step runs again",
                    self.repair,
                )
        for asset in self.remembered.assets:
            if asset.digest == digest:
                name = f"{asset.kind} {asset.name}:{asset.version}"
                hint = f"register the same content again: mlpw {asset.kind} create, --version {asset.version}"
                return replace(Problem(f"{what} ({name})", digest, hint=hint), run=asset.made_by_run)
        for parts in self.remembered.parts.values():
            if digest in parts.get("code", {}).values():
                told = f"{what} (a snapshot of code)"
                return Problem(told, digest, hint="mlpw verify --repair removes it", repaired=self.repair)
        return Problem(f"{what} (nothing names it)", digest, hint="mlpw gc removes it", repaired=self.repair)


def _some(wrong: tuple[str, ...]) -> str:
    shown = ", ".join(wrong[:3])
    return shown if len(wrong) <= 3 else f"{shown} and {len(wrong) - 3} more"
