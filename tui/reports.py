"""The JSON that scripts read: documented in README.md, and stable."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.planning.graph import Graph
from core.planning.plan import Decision, NotSelected, UpToDate, Waiting
from core.records.model import AssetRecord, RunRecord, StepRunRecord

if TYPE_CHECKING:  # only listings read definitions
    from core.definitions.discovery import DefinitionEntry
    from core.workspace.whereabouts import Whereabouts

#: Digest -> where its content lies.
PlaceOf = Callable[[str], "Whereabouts"]


def decision_word(decision: Decision) -> str:
    """up_to_date, stale, waiting or not_selected."""
    if isinstance(decision, UpToDate):
        return "up_to_date"
    if isinstance(decision, NotSelected):
        return "not_selected"
    return "waiting" if isinstance(decision, Waiting) else "stale"


def decision_reasons(decision: Decision) -> list[str]:
    """The reasons in words."""
    return [] if isinstance(decision, UpToDate | NotSelected) else [str(reason) for reason in decision.reasons]


def run_report(run: RunRecord, steps: Sequence[StepRunRecord], graph: Graph, place_of: PlaceOf) -> dict[str, Any]:
    """`mlpw run --json` and `mlpw show RUN --json`."""
    by_name = {step.step: step for step in steps}
    return {
        "run": str(run.number),
        "pipeline": run.pipeline,
        "status": str(run.status),
        "error": run.error,
        "steps": {step.step: step_report(step, place_of) for step in steps},
        "outputs": {
            name: _content(by_name[output.step].outputs.get(output.port, ""), place_of)
            for name, output in graph.outputs.items()
            if output.step in by_name
        },
    }


def step_report(step: StepRunRecord, place_of: PlaceOf) -> dict[str, Any]:
    """One step of a run."""
    return {
        "status": str(step.status),
        "reasons": list(step.reasons),
        "exit_code": step.exit_code,
        "duration_s": round(step.ended_at - step.started_at, 3) if step.ended_at and step.started_at else 0.0,
        "outputs": {port: _content(digest, place_of) for port, digest in step.outputs.items()},
        "error": step.error,
    }


def run_summary(run: RunRecord) -> dict[str, Any]:
    """One entry of `mlpw runs --json`."""
    return {
        "run": str(run.number),
        "pipeline": run.pipeline,
        "name": run.name,
        "status": str(run.status),
        "created_at": run.created_at,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "steps": dict(run.counts),
        "error": run.error,
    }


def asset_report(asset: AssetRecord, place_of: PlaceOf) -> dict[str, Any]:
    """One version of an asset."""
    return {
        "kind": str(asset.kind),
        "name": asset.name,
        "version": asset.version,
        "type": asset.type,
        "description": asset.description,
        "tags": dict(asset.tags),
        "labels": list(asset.labels),
        "archived": asset.archived,
        "created_at": asset.created_at,
        "digest": asset.digest,
        **_place(asset.digest, place_of),
        "made_by": {"run": str(asset.made_by_run), "step": asset.made_by_step} if asset.made_by_run else None,
        "definition": dict(asset.definition),
    }


def definition_report(entry: "DefinitionEntry") -> dict[str, Any]:
    """One definition on disk, as `mlpw ls --json` lists it."""
    return {
        "kind": entry.kind,
        "path": entry.path,
        "name": entry.name,
        "version": entry.version,
        "type": entry.type,
        "display_name": entry.display_name,
        "description": entry.description,
        "error": entry.error,
    }


def _content(digest: str, place_of: PlaceOf) -> Mapping[str, Any] | None:
    return {"digest": digest, **_place(digest, place_of)} if digest else None


def _place(digest: str, place_of: PlaceOf) -> dict[str, Any]:
    """Its path; of what lies on a host, that host and the bytes."""
    if not digest:
        return {"path": ""}
    place = place_of(digest)
    return {"path": place.path} | ({"host": place.host, "size": place.size} if place.host else {})
