"""Outputs that go somewhere besides the store: to a path, or into the list of assets under a name."""

from collections.abc import Iterator

from core.errors import NotFoundError
from core.planning.graph import Graph, OutputPort, PipelineOutput, Step
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
    for port, wanted in _wanted(graph, step):
        digest = record.outputs.get(port)
        if digest is None:
            continue
        if wanted.path and store.changes(wanted.path, digest):
            store.copy_out(digest, wanted.path)
        if wanted.asset_name:
            _register(records, wanted, digest, record)


def asks_for_delivery(graph: Graph) -> bool:
    """Whether any output goes somewhere besides the store."""
    return any(next(_wanted(graph, step), None) is not None for step in graph.steps.values())


def _wanted(graph: Graph, step: Step) -> Iterator[tuple[str, OutputPort | PipelineOutput]]:
    for port, declared in step.outputs.items():
        if declared.path or declared.asset_name:
            yield port, declared
    for output in graph.outputs.values():
        if output.step == step.name and (output.path or output.asset_name):
            yield output.port, output


def _register(records: Records, wanted: OutputPort | PipelineOutput, digest: str, record: StepRunRecord) -> None:
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
