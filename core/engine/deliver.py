"""Outputs that go somewhere besides the store: to a path, or into the list of assets under a name."""

from collections.abc import Iterator

from core.engine.naming import with_run_name
from core.errors import NotFoundError
from core.hosts.fetching import bring
from core.planning.graph import Graph, OutputPort, Step
from core.records.model import AssetKind, AssetRecord, StepRunRecord
from core.records.records import Records
from core.store.objects import Store

#: Types whose versions are models; every other registered output is data
#: (learn.microsoft.com/azure/machine-learning/how-to-manage-models, "type").
MODEL_TYPES = frozenset({"mlflow_model", "custom_model", "triton_model"})


def deliver(store: Store, records: Records, graph: Graph, step: Step, record: StepRunRecord) -> None:
    """Copy and register what the step's declarations and the pipeline's outputs ask for; done twice changes nothing.

    Raises MlpwError or OSError when a place cannot be written or a version exists with other content.
    """
    for port, wanted in _wanted(step):
        digest = record.outputs.get(port)
        if digest is None:
            continue
        path = with_run_name(wanted.path, graph, record.run)
        if path and store.changes(path, digest):
            bring(store, [digest])
            store.copy_out(digest, path)
        if wanted.asset_name:
            _register(records, wanted, digest, record)


def asks_for_delivery(graph: Graph) -> bool:
    """Whether any output goes somewhere besides the store."""
    return any(next(_wanted(step), None) is not None for step in graph.steps.values())


def _wanted(step: Step) -> Iterator[tuple[str, OutputPort]]:
    """What the pipeline says of an output promoted to it stands in the step's port too."""
    return ((port, out) for port, out in step.outputs.items() if out.path or out.asset_name)


def _register(records: Records, wanted: OutputPort, digest: str, record: StepRunRecord) -> None:
    """A new version, unless the newest has this content already and no version was asked for."""
    kind = AssetKind.MODEL if wanted.type in MODEL_TYPES else AssetKind.DATA
    if not wanted.asset_version:
        try:
            if records.assets.get(kind, wanted.asset_name).digest == digest:
                return
        except NotFoundError:
            pass
    records.assets.create(
        AssetRecord(
            kind=kind,
            name=wanted.asset_name,
            version=wanted.asset_version,
            digest=digest,
            type=wanted.type,
            definition={"name": wanted.asset_name, "type": wanted.type},
            created_at=0.0,
            made_by_run=record.source_run,
            made_by_step=record.step,
        )
    )
