"""One picture of what a step reported, whatever the sources said and however often."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from core.tracking.events import (
    Artifact,
    ChildRun,
    Dataset,
    Event,
    Metric,
    Model,
    ModelEdit,
    ModelVersion,
    Param,
    Refused,
    RegistryEdit,
    Tag,
)


@dataclass(frozen=True, slots=True)
class Report:
    """What a step reported: each point, parameter, tag, file and model once.

    `metrics` are in the order of arrival. `runs` are those the script started (and, with run "", what the client said
    of the step's own). A ModelEdit or RegistryEdit is worked into `models` and `versions`; `registry` keeps those
    that concern a registered model as a whole.
    """

    metrics: tuple[Metric, ...] = ()
    params: tuple[Param, ...] = ()
    tags: tuple[Tag, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    runs: tuple[ChildRun, ...] = ()
    models: tuple[Model, ...] = ()
    versions: tuple[ModelVersion, ...] = ()
    registry: tuple[RegistryEdit, ...] = ()
    refused: tuple[Refused, ...] = ()


def make_report(sources: Iterable[Sequence[Event]]) -> Report:
    """Put the events of several sources together, the most trusted source first.

    A metric or parameter that a more trusted source reported is taken from that one alone. A point is one by key,
    value, step and time: MLflow 3 sends a run's points again, for a model, when it logs one.
    """
    builder = _Builder()
    for events in sources:
        builder.add(events)
    return builder.report()


class _Builder:
    def __init__(self) -> None:
        self._metrics: dict[tuple[object, ...], Metric] = {}
        self._params: dict[tuple[str, str], Param] = {}
        self._tags: dict[tuple[str, str], Tag] = {}
        self._artifacts: dict[tuple[str, str], Artifact] = {}
        self._datasets: dict[Dataset, None] = {}
        self._runs: dict[str, ChildRun] = {}
        self._models: dict[str, Model] = {}
        self._versions: dict[tuple[str, str], ModelVersion] = {}
        self._registry: list[RegistryEdit] = []
        self._refused: dict[Refused, None] = {}

    def add(self, events: Sequence[Event]) -> None:
        """The events of the next source."""
        metrics = {(point.run, point.key) for point in self._metrics.values()}
        params = set(self._params)
        for event in events:
            match event:
                case Metric() if (event.run, event.key) not in metrics:
                    self._add_point(event)
                case Param() if (event.run, event.key) not in params:
                    self._params[event.run, event.key] = event
                case Tag():
                    self._tags[event.run, event.key] = event
                case Artifact():
                    self._artifacts[event.run, event.path] = event
                case _:
                    self._add_other(event)

    def report(self) -> Report:
        """All of it, as values."""
        return Report(
            tuple(self._metrics.values()),
            tuple(self._params.values()),
            tuple(tag for tag in self._tags.values() if tag.value is not None),
            tuple(self._artifacts.values()),
            tuple(self._datasets),
            tuple(self._runs.values()),
            tuple(self._models.values()),
            tuple(self._versions.values()),
            tuple(self._registry),
            tuple(self._refused),
        )

    def _add_point(self, point: Metric) -> None:
        # repr: NaN is one value here, though it equals nothing
        identity = (point.run, point.key, repr(point.value), point.step, point.timestamp)
        known = self._metrics.setdefault(identity, point)
        if point.model and not known.model:
            self._metrics[identity] = replace(known, model=point.model)

    def _add_other(self, event: Event) -> None:
        match event:
            case Dataset():
                self._datasets[event] = None
            case ChildRun():
                self._runs[event.run] = _merged(self._runs.get(event.run, ChildRun(event.run)), event)
            case Model():
                self._models[event.id or f"{event.run}/{event.path}"] = event
            case ModelEdit():
                self._edit_model(event)
            case ModelVersion():
                self._versions[event.name, event.version] = event
            case RegistryEdit():
                self._edit_registry(event)
            case Refused():
                self._refused[event] = None

    def _edit_model(self, edit: ModelEdit) -> None:
        model = self._models.get(edit.id)
        if model is not None:
            tags = {key: value for key, value in {**model.tags, **edit.tags}.items() if key != edit.untag}
            status, params = edit.status or model.status, {**model.params, **edit.params}
            self._models[edit.id] = replace(model, status=status, params=params, tags=tags)

    def _edit_registry(self, edit: RegistryEdit) -> None:
        if edit.alias:
            self._move_alias(edit)
            return
        version = self._versions.get((edit.name, edit.version))
        if version is None:
            self._registry.append(edit)
            return
        description = version.description if edit.description is None else edit.description
        tags = {key: value for key, value in {**version.tags, **edit.tags}.items() if key != edit.untag}
        changed = replace(version, description=description, stage=edit.stage or version.stage, tags=tags)
        self._versions[edit.name, edit.version] = changed

    def _move_alias(self, edit: RegistryEdit) -> None:
        """An alias is at one version at most; at a version of another step it is a matter of the registry."""
        for key, version in self._versions.items():
            if key[0] == edit.name:
                kept = tuple(alias for alias in version.aliases if alias != edit.alias)
                added = (edit.alias,) if key[1] == edit.version else ()
                self._versions[key] = replace(version, aliases=kept + added)
        if (edit.name, edit.version) not in self._versions:
            self._registry.append(edit)


def _merged(known: ChildRun, said: ChildRun) -> ChildRun:
    return ChildRun(
        said.run,
        known.name if said.name is None else said.name,
        known.parent if said.parent is None else said.parent,
        known.status if said.status is None else said.status,
        known.started if said.started is None else said.started,
        known.ended if said.ended is None else said.ended,
        known.deleted if said.deleted is None else said.deleted,
    )
