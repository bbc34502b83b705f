"""What the records still need: decided from values, without touching a disk."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.planning.fingerprint import is_digest
from core.planning.trace import Parts, Trace
from core.records.model import AssetRecord, RunRecord, StepRunRecord

#: Run, step and attempt: the folder of one try.
Attempt = tuple[int, str, int]


@dataclass(frozen=True, slots=True)
class Remembered:
    """The records as they stand: all runs, their steps, all traces with their parts, all versions."""

    runs: Sequence[RunRecord]
    steps: Sequence[StepRunRecord]
    traces: Sequence[Trace]
    parts: Mapping[str, Parts]
    assets: Sequence[AssetRecord]


@dataclass(frozen=True, slots=True)
class Needs:
    """What must stay: content by digest, manifests by digest, attempt folders; `working` are those left as they are."""

    content: frozenset[str]
    manifests: frozenset[str]
    attempts: frozenset[Attempt]
    working: frozenset[int]


def old_runs(runs: Iterable[RunRecord], keep: int | None, before: float | None) -> list[int]:
    """Finished runs to forget: beyond the `keep` newest and ended before `before` (epoch), as far as either is given.

    Nothing is forgotten when neither is.
    """
    if keep is None and before is None:
        return []
    newest = sorted(runs, key=lambda run: -run.number)
    beyond = newest[keep or 0 :]
    return [run.number for run in beyond if run.status.is_final and (before is None or run.ended_at < before)][::-1]


def old_traces(remembered: Remembered, forgotten: Iterable[int]) -> list[str]:
    """Results of forgotten runs (of those forgotten earlier too) that no other run took."""
    gone = set(forgotten)
    kept = {run.number for run in remembered.runs} - gone
    used = {step.fingerprint for step in remembered.steps if step.run in kept}
    return [trace.fingerprint for trace in remembered.traces if trace.run not in kept and trace.fingerprint not in used]


def without(remembered: Remembered, runs: Iterable[int], fingerprints: Iterable[str]) -> Remembered:
    """The records as they will be without these runs and traces."""
    gone, lost = set(runs), set(fingerprints)
    return Remembered(
        [run for run in remembered.runs if run.number not in gone],
        [step for step in remembered.steps if step.run not in gone],
        [trace for trace in remembered.traces if trace.fingerprint not in lost],
        {fingerprint: parts for fingerprint, parts in remembered.parts.items() if fingerprint not in lost},
        remembered.assets,
    )


def needs_of(remembered: Remembered) -> Needs:
    """What these records need of the store and of the runs' folders."""
    content = {asset.digest for asset in remembered.assets}
    content.update(digest for trace in remembered.traces for digest in trace.digests())
    content.update(digest for step in remembered.steps for digest in (*step.outputs.values(), step.artifacts))
    content.update(code for parts in remembered.parts.values() for code in parts.get("code", {}).values())
    compared = {
        digest.split(" ")[0] for parts in remembered.parts.values() for digest in parts.get("inputs", {}).values()
    }
    compared.update(
        filter(is_digest, (v for parts in remembered.parts.values() for v in parts.get("environment", {}).values()))
    )
    attempts = {(trace.run, trace.step, trace.attempt) for trace in remembered.traces}
    attempts.update((step.run, step.step, step.attempt) for step in remembered.steps)
    attempts.update((step.source_run, step.step, step.source_attempt) for step in remembered.steps)
    newest: dict[str, int] = {}
    for run in remembered.runs:
        newest[run.pipeline] = max(run.number, newest.get(run.pipeline, 0))
    return Needs(
        frozenset(content - {""}),
        frozenset((content | compared) - {""}),
        frozenset(attempts),
        frozenset(newest.values()),
    )
