"""What steps report, as frozen values, and the reader of the recorder's journal.

Every source of a step's reports (MLflow's clients through the recorder, printed lines, files) gives these values;
`core.tracking.report` makes one picture of them. Times are milliseconds since the epoch; `run` is "" for the step's
own run, else the 32 hex digits of a run that the script started or of the pipeline's run.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

MLFLOW = "mlflow"
_Line = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Metric:
    """One point of a metric; `value` may be NaN or infinite."""

    key: str
    value: float
    step: int
    timestamp: int
    source: str = MLFLOW
    run: str = ""
    model: str = ""
    dataset: str = ""


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter; MLflow knows only text."""

    key: str
    value: str
    source: str = MLFLOW
    run: str = ""


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag; None as value takes it away."""

    key: str
    value: str | None
    source: str = MLFLOW
    run: str = ""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file the step points at; `path` is relative to its run's artifacts, or absolute."""

    path: str
    size: int = -1
    source: str = MLFLOW
    run: str = ""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Data that a run says it used; `context` is a word such as "training"."""

    name: str
    digest: str
    source_type: str
    origin: str
    context: str
    run: str = ""


@dataclass(frozen=True, slots=True)
class ChildRun:
    """A run that the script started beside the step's own; what is None is not said here."""

    run: str
    name: str | None = None
    parent: str | None = None
    status: str | None = None
    started: int | None = None
    ended: int | None = None
    deleted: bool | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """A logged model. `path` is relative to its run's artifacts (MLflow 2) or absolute (MLflow 3, with an `id`).

    `status` is MLflow's (LOGGED_MODEL_READY and so on), "" for MLflow 2.
    """

    name: str
    path: str
    id: str = ""
    kind: str = ""
    status: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    run: str = ""


@dataclass(frozen=True, slots=True)
class ModelEdit:
    """What changed at a logged model of MLflow 3; `untag` names a tag that goes."""

    id: str
    status: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    untag: str = ""


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A version of a registered model; `folder` holds its files. Numbers are as the step saw them."""

    name: str
    version: str
    folder: str
    source: str = ""
    model_id: str = ""
    description: str = ""
    stage: str = "None"
    aliases: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    run: str = ""


@dataclass(frozen=True, slots=True)
class RegistryEdit:
    """A change of a registered model (version "") or of one of its versions; None is not said here."""

    name: str
    version: str = ""
    description: str | None = None
    stage: str | None = None
    alias: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    untag: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """Something a script asked of MLflow that mlpw does not answer."""

    method: str
    path: str
    code: str
    reason: str


Event = Metric | Param | Tag | Artifact | Dataset | ChildRun | Model | ModelEdit | ModelVersion | RegistryEdit | Refused


class JournalReader:
    """Follows a journal: each `poll` gives what was appended since, whole lines only.

    `own` is the step's run id, which becomes "". Lines that are damaged or of a kind unknown here are passed over
    and counted in `damaged`.
    """

    def __init__(self, path: Path, own: str, offset: int = 0) -> None:
        self._path = path
        self._own = own
        self.offset = offset
        self.damaged = 0

    def poll(self) -> tuple[Event, ...]:
        """The events since the last poll; an absent journal has none."""
        try:
            with self._path.open("rb") as file:
                file.seek(self.offset)
                whole, newline, _ = file.read().rpartition(b"\n")
        except FileNotFoundError:
            return ()
        self.offset += len(whole) + len(newline)
        return tuple(event for line in whole.split(b"\n") if line.strip() for event in self._events(line))

    def _events(self, line: bytes) -> tuple[Event, ...]:
        try:
            entry = json.loads(line)
            run = entry.get("run", "")
            events = _READERS[entry["type"]](entry, "" if run == self._own else run)
            return tuple(self._placed(event) for event in events)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            self.damaged += 1
            return ()

    def _placed(self, event: Event) -> Event:
        """With paths that are relative to the journal's folder made absolute."""
        folder = self._path.parent
        if isinstance(event, Model) and event.id:
            return replace(event, path=str(folder / event.path))
        return replace(event, folder=str(folder / event.folder)) if isinstance(event, ModelVersion) else event


def _log(entry: _Line, run: str) -> Iterator[Event]:
    for point in _entries(entry, "metrics"):
        value, step, timestamp = float(str(point["value"])), int(str(point["step"])), int(str(point["timestamp"]))
        model, dataset = _text(point, "model_id"), _text(point, "dataset_name")
        yield Metric(str(point["key"]), value, step, timestamp, MLFLOW, run, model, dataset)
    yield from (Param(key, value, MLFLOW, run) for key, value in _texts(entry, "params").items())
    yield from (Tag(key, value, MLFLOW, run) for key, value in _texts(entry, "tags").items())


def _untag(entry: _Line, run: str) -> Iterator[Event]:
    yield Tag(str(entry["key"]), None, MLFLOW, run)


def _run(entry: _Line, run: str) -> Iterator[Event]:
    yield ChildRun(run, str(entry["name"]), _text(entry, "parent"), "RUNNING", int(str(entry["start"])))
    yield from (Tag(key, value, MLFLOW, run) for key, value in _texts(entry, "tags").items())


def _status(entry: _Line, run: str) -> Iterator[Event]:
    stage = entry.get("stage")
    ended = int(str(entry["end"])) if "end" in entry else None
    deleted = None if stage is None else stage == "deleted"
    yield ChildRun(run, _maybe(entry, "name"), None, _maybe(entry, "status"), None, ended, deleted)


def _inputs(entry: _Line, run: str) -> Iterator[Event]:
    for used in _entries(entry, "datasets"):
        dataset = used["dataset"]
        if not isinstance(dataset, dict):
            raise TypeError
        contexts = [_text(tag, "value") for tag in _entries(used, "tags") if tag.get("key") == "mlflow.data.context"]
        name, digest, source_type, source = (_text(dataset, key) for key in ("name", "digest", "source_type", "source"))
        yield Dataset(name, digest, source_type, source, " ".join(contexts), run)


def _model(entry: _Line, run: str) -> Iterator[Event]:
    name, path, model_id, kind = (_text(entry, key) for key in ("name", "path", "model_id", "kind"))
    status = "LOGGED_MODEL_PENDING" if model_id else ""
    yield Model(name, path, model_id, kind, status, _texts(entry, "params"), _texts(entry, "tags"), run)


def _model_edit(entry: _Line, run: str) -> Iterator[Event]:
    params, tags = _texts(entry, "params"), _texts(entry, "tags")
    yield ModelEdit(str(entry["model_id"]), _text(entry, "status"), params, tags, _text(entry, "untag"))


def _version(entry: _Line, run: str) -> Iterator[Event]:
    name, version, folder = str(entry["name"]), str(entry["version"]), str(entry["folder"])
    source, model_id, description = (_text(entry, key) for key in ("source", "model_id", "description"))
    yield ModelVersion(name, version, folder, source, model_id, description, tags=_texts(entry, "tags"), run=run)


def _registered(entry: _Line, run: str) -> Iterator[Event]:
    yield RegistryEdit(str(entry["name"]), description=_maybe(entry, "description"), tags=_texts(entry, "tags"))


def _edit(entry: _Line, run: str) -> Iterator[Event]:
    description, stage = _maybe(entry, "description"), _maybe(entry, "stage")
    tags, untag = _texts(entry, "tags"), _text(entry, "untag")
    yield RegistryEdit(str(entry["name"]), _text(entry, "version"), description, stage, "", tags, untag)


def _alias(entry: _Line, run: str) -> Iterator[Event]:
    yield RegistryEdit(str(entry["name"]), _text(entry, "version"), alias=str(entry["alias"]))


def _artifact(entry: _Line, run: str) -> Iterator[Event]:
    yield Artifact(str(entry["path"]), int(str(entry["size"])), MLFLOW, run)


def _refused(entry: _Line, run: str) -> Iterator[Event]:
    yield Refused(*(_text(entry, key) for key in ("method", "path", "code", "reason")))


def _nothing(entry: _Line, run: str) -> Iterator[Event]:
    yield from ()


_READERS: dict[str, Callable[[_Line, str], Iterator[Event]]] = {
    "log": _log,
    "untag": _untag,
    "run": _run,
    "status": _status,
    "inputs": _inputs,
    "outputs": _nothing,  # which models a run made is said by the models themselves
    "model": _model,
    "model_edit": _model_edit,
    "registered": _registered,
    "version": _version,
    "edit": _edit,
    "alias": _alias,
    "artifact": _artifact,
    "experiment": _nothing,
    "refused": _refused,
}


def _entries(entry: _Line, key: str) -> list[dict[str, object]]:
    value = entry.get(key) or []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise TypeError
    return value


def _texts(entry: _Line, key: str) -> dict[str, str]:
    value = entry.get(key) or {}
    if not isinstance(value, dict):
        raise TypeError
    return {str(name): str(text) for name, text in value.items()}


def _text(entry: _Line, key: str) -> str:
    value = entry.get(key)
    return "" if value is None else str(value)


def _maybe(entry: _Line, key: str) -> str | None:
    return None if entry.get(key) is None else str(entry[key])
