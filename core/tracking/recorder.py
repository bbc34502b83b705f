"""Receives what a step reports through MLflow: a small server beside the step that journals each event.

One file on purpose: it is mounted into containers and runs under whatever Python (3.8 or newer) is there, with the
standard library alone. It lives and dies with its step, so a step never waits for a server that is away. It answers
the part of MLflow's REST API (https://mlflow.org/docs/latest/rest-api.html) that MLflow's clients 1.30 to 3.x call;
what it does not support is a 4xx, because clients retry a 5xx for minutes.

The journal is the truth: one JSON object a line, one write an event, whole or not at all. Every object has `type`
and `at` (milliseconds since the epoch); most have `run` (32 hex). Paths are relative to the journal's folder where they
lie below it, so that the folder may be seen under another name outside a container. Types, with their other fields:

    log         metrics [{key, value, step, timestamp, model_id?, dataset_name?, dataset_digest?}], params {}, tags {}
    untag       key
    run         name, parent, user, start, tags {}       a run the script started beside its own
    status      status?, end?, name?, stage?             what the client says; the exit code decides
    inputs      datasets [{dataset {}, tags []}], models [model_id]
    outputs     models [{model_id, step}]
    model       path, model_id, name, kind, params {}, tags {}, description {}    model_id "": MLflow 2; path is below
                                                                                  its run's artifacts
    model_edit  model_id, status?, params {}, tags {}, untag?
    registered  name, description?, tags {}
    version     name, version, source, folder, model_id, description, tags {}
    edit        name, version?, description?, stage?, tags {}, untag?
    alias       name, alias, version (null: removed)
    artifact    path, size                               uploaded over HTTP
    experiment  tags {}
    refused     method, path, code, reason               what was asked and is not supported, once each
"""

from __future__ import annotations

import contextlib
import hmac
import json
import math
import os
import re
import socket
import sys
import threading
import time
import uuid
from array import array
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, quote, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, BinaryIO, Union

    Json = dict[str, Any]
    Answer = Union[Json, bytes, Path]

BODY_LIMIT = 32 << 20  # MLflow's largest legal body is a data set's profile of 16 MB
CONNECTIONS = 512
IDLE_SECONDS = 120
CHUNK = 1 << 20
PAGE = 25_000
OUTPUT = 4  # beside a step in a container this file is the step's output
ECHO_SECONDS = 0.2
ECHO_BYTES = 2700  # with the rest of the line less than a pipe takes at once, 4096


class Refusal(Exception):
    """An answer other than 200: HTTP status, MLflow's error code, one sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


def serve(listening_socket: socket.socket, settings: Json) -> None:
    """Answer MLflow's clients on a bound, listening socket until the process ends or `stop` is called.

    `settings`: `events` (the journal's path), `artifacts` (folder of the step's own run), `run_id` (32 hex),
    `run_name`, `experiment_id`, `experiment_name`; optional `token` (bearer), `params` and `tags` the run starts
    with, `root_run_id`, `start_time` (ms), `others` (folder for other runs and MLflow 3 models; `mlflow` beside
    `artifacts` unless given), `models`: [{name, version, path, aliases, stage}] already registered.
    """
    Server(settings).serve(listening_socket)


def stop() -> None:
    """End every `serve` of this process: no connection is taken any more."""
    for server in _SERVING:
        server.stop()


class Journal:
    """Appends events to a file, each in one write; the only writer of that file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1
        self._torn = False

    def read(self) -> Iterator[Json]:
        """The events so far; lines that are no event are passed over."""
        if not self._path.is_file():
            return
        with self._path.open("rb") as lines:
            for line in lines:
                try:
                    event = json.loads(line)
                except ValueError:
                    continue
                if isinstance(event, dict):
                    yield event

    def append(self, event: Json) -> None:
        """Write one event; raises OSError, with nothing of it readable, when the disk takes no more."""
        if self._descriptor < 0:
            self._open()
        line = json.dumps(event, separators=(",", ":")).encode() + b"\n"
        line = b"\n" + line if self._torn else line
        if os.write(self._descriptor, line) != len(line):
            self._torn = True
            raise OSError(28, "no space left for the journal")
        self._torn = False

    def _open(self) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._descriptor = os.open(str(self._path), flags, 0o600)
        size = os.fstat(self._descriptor).st_size
        self._torn = size > 0 and os.pread(self._descriptor, 1, size - 1) != b"\n"


class Echo:
    """Says what the journal holds, as it grows, among the step's output, for whoever shares no files with it.

    A piece is one line and one write that a pipe takes whole: the mark, the offset, a space, the bytes in base64.
    It waits for a reader as the step itself does, but nobody who reports waits for it.
    """

    def __init__(self, journal: Path, mark: str, descriptor: int = OUTPUT) -> None:
        self._journal, self._mark, self._descriptor = journal, mark.encode(), descriptor
        self._offset = 0

    def run(self) -> None:
        """Until the process ends."""
        with contextlib.suppress(OSError):  # nobody reads any more
            while True:
                self.say()
                time.sleep(ECHO_SECONDS)

    def say(self) -> None:
        """What is new since the last call."""
        if not self._journal.is_file():
            return
        with self._journal.open("rb") as file:
            file.seek(self._offset)
            while True:
                piece = file.read(ECHO_BYTES)
                if not piece:
                    return
                line = b"%s%d %s\n" % (self._mark, self._offset, b64encode(piece))
                os.write(self._descriptor, line)
                self._offset += len(piece)


class Series:
    """The points of one metric, 24 bytes each."""

    def __init__(self) -> None:
        self.values, self.steps, self.times = array("d"), array("q"), array("q")
        self.latest: tuple[int, int, float, float] = (-(1 << 63), -(1 << 63), -math.inf, math.nan)

    def add(self, value: float, step: int, timestamp: int) -> None:
        """Keep a point; the latest is the greatest by step, time, value, as in MLflow's stores."""
        self.values.append(value)
        self.steps.append(step)
        self.times.append(timestamp)
        rank = (step, timestamp, 0.0 if math.isnan(value) else value, value)
        if rank[:3] >= self.latest[:3]:
            self.latest = rank

    def points(self, key: str) -> list[Json]:
        """Each point once, in the order of arrival (MLflow 3 sends points again when it logs a model)."""
        triples = dict.fromkeys((wire(v), s, t) for v, s, t in zip(self.values, self.steps, self.times))
        return [{"key": key, "value": v, "step": s, "timestamp": t} for v, s, t in triples]


class Run:
    """What is known of one run."""

    def __init__(self, run_id: str, name: str, folder: Path, start: int) -> None:
        self.id, self.name, self.folder, self.start = run_id, name, folder, start
        self.status, self.stage, self.user, self.end = "RUNNING", "active", "", 0
        self.preset: dict[str, str] = {}
        self.params: dict[str, str] = {}
        self.tags: dict[str, str] = {"mlflow.runName": name}
        self.series: dict[str, Series] = {}
        self.datasets: list[Json] = []
        self.input_models: list[str] = []
        self.output_models: list[Json] = []
        self.descriptions: list[Json] = []

    def field(self, kind: str, key: str) -> object:
        """The value a search filter names, None where there is none."""
        if kind == "metric":
            return self.series[key].latest[3] if key in self.series else None
        if kind in ("param", "tag"):
            return ({**self.preset, **self.params} if kind == "param" else self.tags).get(key)
        known = {"run_id": self.id, "run_name": self.name, "status": self.status, "user_id": self.user}
        known.update(artifact_uri=self.folder.as_uri())
        times = {"start_time": self.start, "end_time": self.end, "created": self.start}
        return times.get(key.lower(), known.get(key.lower().replace(" ", "_")))

    def answer(self, experiment_id: str) -> Json:
        """The run as MLflow's `Run` message."""
        info = {"run_id": self.id, "run_uuid": self.id, "run_name": self.name, "experiment_id": experiment_id}
        info.update(user_id=self.user, status=self.status, lifecycle_stage=self.stage)
        times = {"start_time": self.start, "end_time": self.end} if self.end else {"start_time": self.start}
        metrics = [
            {"key": key, "value": wire(s.latest[3]), "timestamp": s.latest[1], "step": s.latest[0]}
            for key, s in self.series.items()
        ]
        data = {"metrics": metrics, "params": pairs({**self.preset, **self.params}), "tags": pairs(self.tags)}
        models = [{"model_id": model} for model in self.input_models]
        return {
            "info": {**info, **times, "artifact_uri": self.folder.as_uri()},
            "data": data,
            "inputs": {"dataset_inputs": self.datasets, "model_inputs": models},
            "outputs": {"model_outputs": self.output_models},
        }


class LoggedModel:
    """A model of MLflow 3, which lies beside its run's artifacts."""

    def __init__(self, event: Json, folder: Path) -> None:
        self.id, self.name, self.run = event["model_id"], event["name"], event["run"]
        self.folder, self.kind, self.at = folder, event["kind"], event["at"]
        self.status, self.changed = "LOGGED_MODEL_PENDING", event["at"]
        self.params: dict[str, str] = dict(event["params"])
        self.tags: dict[str, str] = dict(event["tags"])
        self.points: dict[tuple[str, int, int], Json] = {}

    def field(self, kind: str, key: str) -> object:
        """The value a search filter names, None where there is none."""
        if kind == "metric":
            found = [point for point in self.points.values() if point["key"] == key]
            return number(max(found, key=lambda p: (p["step"], p["timestamp"]))["value"]) if found else None
        if kind in ("param", "tag"):
            return (self.params if kind == "param" else self.tags).get(key)
        known = {"name": self.name, "model_id": self.id, "source_run_id": self.run, "model_type": self.kind}
        times = {"creation_timestamp": self.at, "creation_time": self.at, "last_updated_timestamp": self.changed}
        return times.get(key, {**known, "status": self.status}.get(key))

    def answer(self, experiment_id: str) -> Json:
        """The model as MLflow's `LoggedModel` message."""
        info = {"model_id": self.id, "experiment_id": experiment_id, "name": self.name, "source_run_id": self.run}
        info.update(artifact_uri=self.folder.as_uri(), model_type=self.kind, status=self.status)
        times = {"creation_timestamp_ms": self.at, "last_updated_timestamp_ms": self.changed}
        data = {"params": pairs(self.params), "metrics": list(self.points.values())}
        return {"info": {**info, **times, "tags": pairs(self.tags)}, "data": data}


class Registered:
    """A registered model: its versions by number, its aliases."""

    def __init__(self, name: str, at: int) -> None:
        self.name, self.at, self.description = name, at, ""
        self.tags: dict[str, str] = {}
        self.versions: dict[str, Json] = {}
        self.aliases: dict[str, str] = {}

    def field(self, kind: str, key: str) -> object:
        """The value a search filter names, None where there is none."""
        known = {"name": self.name, "creation_timestamp": self.at, "last_updated_timestamp": self.at}
        if kind == "tag":  # clients search for what is no prompt, though only prompts say whether they are
            return {"mlflow.prompt.is_prompt": "false", **self.tags}.get(key)
        return known.get(key)

    def version(self, number: str) -> Json:
        """MLflow's `ModelVersion` message."""
        version = self.versions.get(str(number)) or missing(f"Version {number} of model '{self.name}'")
        aliases = [alias for alias, target in self.aliases.items() if target == str(number)]
        shown = {key: value for key, value in version.items() if key not in ("folder", "tags")}
        return {**shown, "aliases": aliases, "tags": pairs(version["tags"])}

    def latest(self, stages: Iterable[str] = ()) -> list[Json]:
        """The newest version of each stage."""
        newest = {v["current_stage"]: n for n, v in sorted(self.versions.items(), key=lambda item: int(item[0]))}
        wanted = [stage.lower() for stage in stages]
        return [self.version(n) for stage, n in newest.items() if not wanted or stage.lower() in wanted]

    def answer(self) -> Json:
        """MLflow's `RegisteredModel` message."""
        aliases = [{"alias": alias, "version": version} for alias, version in self.aliases.items()]
        times = {"creation_timestamp": self.at, "last_updated_timestamp": self.at}
        named = {"name": self.name, "description": self.description, "tags": pairs(self.tags), "aliases": aliases}
        return {**named, **times, "latest_versions": self.latest()}


class Version:
    """A version of a registered model, as searches see it."""

    def __init__(self, model: Registered, number: str) -> None:
        self.model, self.number = model, number

    def field(self, kind: str, key: str) -> object:
        """The value a search filter names, None where there is none."""
        version = self.model.versions[self.number]
        if kind == "tag":
            return version["tags"].get(key)
        known = {"source_path": version["source"], "version_number": int(self.number)}
        return known.get(key, version.get(key))


class Book:
    """All that the journal says, kept in memory to answer from: events in, state changed."""

    def __init__(self, settings: Json) -> None:
        self.settings = settings
        self.journal = Journal(Path(settings["events"]))
        self.base = Path(settings["events"]).absolute().parent
        self.artifacts = Path(settings["artifacts"]).absolute()
        self.others = Path(settings.get("others") or self.artifacts.parent / "mlflow").absolute()
        self.experiment_id, self.experiment_name = str(settings["experiment_id"]), settings["experiment_name"]
        self.experiment_tags: dict[str, str] = {}
        self.start = int(settings.get("start_time") or now())
        self.runs: dict[str, Run] = {}
        self.models: dict[str, LoggedModel] = {}
        self.registry: dict[str, Registered] = {}
        self._refused: dict[tuple[str, ...], None] = {}
        self._begin()
        for event in self.journal.read():
            self._replay(event)

    def _replay(self, event: Json) -> None:
        # a foreign or damaged line must not keep a step from reporting
        with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError):
            self._fold(event)

    def _begin(self) -> None:
        root = self.root = self.settings.get("root_run_id") or ""
        own = Run(self.settings["run_id"], self.settings["run_name"], self.artifacts, self.start)
        if root and root != own.id:
            self.runs[root] = Run(root, self.experiment_name, self.others / "runs" / root, self.start)
            own.tags["mlflow.parentRunId"] = root
        own.preset = texts(self.settings.get("params") or {})
        own.tags.update(texts(self.settings.get("tags") or {}))
        self.own = self.runs[own.id] = own
        for model in self.settings.get("models") or ():
            known = self.registry.setdefault(model["name"], Registered(model["name"], self.start))
            event = {"at": self.start, "run": "", "source": Path(model["path"]).absolute().as_uri(), "tags": {}}
            event.update(name=model["name"], version=str(model["version"]), folder=model["path"])
            self._fold_version({**event, "stage": model.get("stage", "None")})
            known.aliases.update(dict.fromkeys(model.get("aliases", ()), str(model["version"])))

    def told(self, path: Path) -> str:
        """A path as the journal has it: below the journal's folder where it can be, for that folder may move."""
        return str(path.relative_to(self.base)) if self.base in path.parents else str(path)

    def record(self, type_: str, **fields: object) -> None:
        """Journal an event, then let it change the state; neither happens when the disk is full."""
        event: Json = {"type": type_, "at": now(), **fields}
        try:
            self.journal.append(event)
        except OSError as error:
            reason = f"mlpw could not write {self.settings['events']}: {error.strerror}"
            raise Refusal(413, "RESOURCE_LIMIT_EXCEEDED", reason) from error
        self._fold(event)

    def refuse(self, method: str, path: str, refusal: Refusal) -> None:
        """Journal that something unsupported was asked, once each and a thousand at most."""
        what = (method, path[:500], refusal.code)
        if what in self._refused or len(self._refused) >= 1000:
            return
        self._refused[what] = None
        event = {"type": "refused", "at": now(), "method": method, "path": path[:500], "code": refusal.code}
        try:
            self.journal.append({**event, "reason": str(refusal)[:500]})
        except OSError:
            return  # the disk is full; the answer itself says so

    def _fold(self, event: Json) -> None:
        fold = getattr(self, f"_fold_{event.get('type')}", None)
        if fold:
            fold(event)

    def _fold_log(self, event: Json) -> None:
        run = self.runs[event["run"]]
        for point in event.get("metrics", ()):
            value = number(point["value"])
            run.series.setdefault(point["key"], Series()).add(value, point["step"], point["timestamp"])
            model = self.models.get(point.get("model_id", ""))
            if model:
                model.points[point["key"], point["step"], point["timestamp"]] = {**point, "run_id": run.id}
        run.params.update(event.get("params", {}))
        run.tags.update(event.get("tags", {}))
        run.name = run.tags.get("mlflow.runName", run.name)

    def _fold_untag(self, event: Json) -> None:
        self.runs[event["run"]].tags.pop(event["key"], None)

    def _fold_run(self, event: Json) -> None:
        run = Run(event["run"], event["name"], self.others / "runs" / event["run"], event["start"])
        run.tags.update(event["tags"])
        run.user = event["user"]
        self.runs[run.id] = run

    def _fold_status(self, event: Json) -> None:
        run = self.runs[event["run"]]
        run.status, run.stage = event.get("status", run.status), event.get("stage", run.stage)
        run.end = event.get("end", run.end)
        run.name = run.tags["mlflow.runName"] = event.get("name", run.name)

    def _fold_inputs(self, event: Json) -> None:
        self.runs[event["run"]].datasets.extend(event["datasets"])
        self.runs[event["run"]].input_models.extend(event["models"])

    def _fold_outputs(self, event: Json) -> None:
        self.runs[event["run"]].output_models.extend(event["models"])

    def _fold_model(self, event: Json) -> None:
        if event["model_id"]:
            self.models[event["model_id"]] = LoggedModel(event, self.base / event["path"])
            return
        run = self.runs[event["run"]]  # MLflow 2 tells of its models in a tag
        run.descriptions.append(event["description"])
        run.tags["mlflow.log-model.history"] = json.dumps(run.descriptions)

    def _fold_model_edit(self, event: Json) -> None:
        model = self.models[event["model_id"]]
        model.status, model.changed = event.get("status", model.status), event["at"]
        model.params.update(event["params"])
        model.tags.update(event["tags"])
        model.tags.pop(event.get("untag", ""), None)

    def _fold_registered(self, event: Json) -> None:
        model = self.registry[event["name"]] = Registered(event["name"], event["at"])
        model.description, model.tags = event.get("description", ""), dict(event["tags"])

    def _fold_version(self, event: Json) -> None:
        times = {"creation_timestamp": event["at"], "last_updated_timestamp": event["at"], "status": "READY"}
        kept = {key: event.get(key, "") for key in ("name", "version", "source", "model_id", "description", "folder")}
        stage = {"current_stage": event.get("stage", "None"), "run_id": event["run"], "tags": dict(event["tags"])}
        self.registry[event["name"]].versions[event["version"]] = {**times, **kept, **stage}

    def _fold_edit(self, event: Json) -> None:
        model = self.registry[event["name"]]
        version = model.versions[event["version"]] if "version" in event else None
        tags = model.tags if version is None else version["tags"]
        tags.update(event["tags"])
        tags.pop(event.get("untag", ""), None)
        if version is None:
            model.description = event.get("description", model.description)
        else:
            version["description"] = event.get("description", version["description"])
            version["current_stage"] = event.get("stage", version["current_stage"])

    def _fold_alias(self, event: Json) -> None:
        aliases = self.registry[event["name"]].aliases
        aliases.pop(event["alias"], None)
        if event["version"] is not None:
            aliases[event["alias"]] = event["version"]

    def _fold_experiment(self, event: Json) -> None:
        self.experiment_tags.update(event["tags"])


class Api:
    """One method an endpoint: MLflow's request fields in, its response message out."""

    def __init__(self, book: Book) -> None:
        self.book = book

    # runs

    def get_run(self, ask: Json) -> Json:
        return {"run": self._run(ask).answer(self.book.experiment_id)}

    def create_run(self, ask: Json) -> Json:
        tags = named(ask.get("tags"))
        run_id = uuid.uuid4().hex
        name = ask.get("run_name") or tags.get("mlflow.runName") or f"run-{run_id[:8]}"
        user = ask.get("user_id") or tags.get("mlflow.user", "")
        start = integer(ask.get("start_time") or now())
        parent = tags.get("mlflow.parentRunId", "")
        self.book.record("run", run=run_id, name=name, parent=parent, user=user, start=start, tags=tags)
        return self.get_run({"run_id": run_id})

    def update_run(self, ask: Json) -> Json:
        run = self._run(ask)
        change: Json = {"status": str(ask["status"])} if ask.get("status") else {}
        change.update({"end": integer(ask["end_time"])} if ask.get("end_time") else {})
        change.update({"name": str(ask["run_name"])} if ask.get("run_name") else {})
        self.book.record("status", run=run.id, **change)
        return {"run_info": run.answer(self.book.experiment_id)["info"]}

    def delete_run(self, ask: Json) -> Json:
        run = self._run(ask)
        if run is self.book.own:
            raise invalid("A step cannot delete the run it belongs to")
        self.book.record("status", run=run.id, stage="deleted")
        return {}

    def restore_run(self, ask: Json) -> Json:
        self.book.record("status", run=self._run(ask).id, stage="active")
        return {}

    def log_metric(self, ask: Json) -> Json:
        return self._log(self._run(ask), [ask], [], [])

    def log_parameter(self, ask: Json) -> Json:
        return self._log(self._run(ask), [], [ask], [])

    def set_tag(self, ask: Json) -> Json:
        return self._log(self._run(ask), [], [], [ask])

    def log_batch(self, ask: Json) -> Json:
        return self._log(self._run(ask), ask.get("metrics"), ask.get("params"), ask.get("tags"))

    def delete_tag(self, ask: Json) -> Json:
        run = self._run(ask)
        if ask["key"] not in run.tags:
            missing(f"Tag '{ask['key']}' of run '{run.id}'")
        self.book.record("untag", run=run.id, key=ask["key"])
        return {}

    def log_inputs(self, ask: Json) -> Json:
        models = [str(model["model_id"]) for model in ask.get("models") or ()]
        datasets = [dict(dataset) for dataset in ask.get("datasets") or ()]
        self.book.record("inputs", run=self._run(ask).id, datasets=datasets, models=models)
        return {}

    def log_outputs(self, ask: Json) -> Json:
        models = [{"model_id": str(m["model_id"]), "step": integer(m.get("step"))} for m in ask.get("models") or ()]
        self.book.record("outputs", run=self._run(ask).id, models=models)
        return {}

    def log_model(self, ask: Json) -> Json:
        description = dict(json.loads(ask["model_json"]))
        fields = {"path": description["artifact_path"], "model_id": "", "name": description["artifact_path"]}
        fields.update(kind="", params={}, tags={}, description=description)
        self.book.record("model", run=self._run(ask).id, **fields)
        return {}

    def search_runs(self, ask: Json) -> Json:
        view = ask.get("run_view_type") or "ACTIVE_ONLY"
        runs = [run for run in self.book.runs.values() if run.id != self.book.root]
        shown = [run for run in runs if view == "ALL" or run.stage == view.split("_")[0].lower()]
        found = search(shown, ask, "start_time")
        return page([run.answer(self.book.experiment_id) for run in found], ask, 1000, "runs")

    def metric_history(self, ask: Json) -> Json:
        key = str(ask["metric_key"])
        series = self._run(ask).series.get(key)
        return page(series.points(key) if series else [], ask, PAGE, "metrics")

    def _run(self, ask: Json) -> Run:
        run_id = str(ask.get("run_id") or ask.get("run_uuid") or "")
        return self.book.runs.get(run_id) or missing(f"Run '{run_id}'")

    def _log(self, run: Run, metrics: object, params: object, tags: object) -> Json:
        added = [point(metric) for metric in listed(metrics)]
        values: dict[str, str] = {}
        for key, value in ((str(param["key"]), str(param.get("value", ""))) for param in listed(params)):
            old = values.get(key, run.params.get(key, value))
            if old != value:
                raise invalid(
                    f"Changing param values is not allowed. Param with key='{key}' was already logged with "
                    f"value='{old}' for run ID='{run.id}'. Attempted logging new value '{value}'."
                )
            values[key] = value
        told = {"metrics": added, "params": values, "tags": named(tags)}
        self.book.record("log", run=run.id, **{name: entries for name, entries in told.items() if entries})
        return {}

    # experiments: there is one, whatever a script calls it

    def get_experiment(self, ask: Json) -> Json:
        book = self.book
        named_ = {"experiment_id": book.experiment_id, "name": book.experiment_name, "lifecycle_stage": "active"}
        times = {"creation_time": book.start, "last_update_time": book.start}
        tags = pairs(book.experiment_tags)
        return {"experiment": {**named_, **times, "artifact_location": book.others.as_uri(), "tags": tags}}

    def create_experiment(self, ask: Json) -> Json:
        return {"experiment_id": self.book.experiment_id}

    def search_experiments(self, ask: Json) -> Json:
        return {"experiments": [self.get_experiment({})["experiment"]]}

    def tag_experiment(self, ask: Json) -> Json:
        self.book.record("experiment", tags=named([ask]))
        return {}

    # models of MLflow 3

    def create_model(self, ask: Json) -> Json:
        model_id = f"m-{uuid.uuid4().hex}"
        fields = {"model_id": model_id, "name": str(ask.get("name") or model_id), "kind": ask.get("model_type") or ""}
        fields.update(path=self.book.told(self.book.others / "models" / model_id), description={})
        run = self._run(ask) if ask.get("run_id") else self.book.runs.get(str(ask.get("source_run_id") or ""))
        run_id = (run or self.book.own).id  # outside an active run a model belongs to the step
        self.book.record("model", run=run_id, **fields, params=named(ask.get("params")), tags=named(ask.get("tags")))
        return self.get_model({"model_id": model_id})

    def get_model(self, ask: Json) -> Json:
        return {"model": self._model(ask).answer(self.book.experiment_id)}

    def edit_model(self, ask: Json) -> Json:
        model = self._model(ask)
        change = {key: str(ask[source]) for key, source in (("status", "status"), ("untag", "key")) if ask.get(source)}
        fields = {"params": named(ask.get("params")), "tags": named(ask.get("tags"))}
        self.book.record("model_edit", model_id=model.id, **change, **fields)
        return self.get_model(ask)

    def search_models(self, ask: Json) -> Json:
        order = [
            f"{by['field_name']} {'ASC' if by.get('ascending', True) else 'DESC'}" for by in listed(ask.get("order_by"))
        ]
        found = search(list(self.book.models.values()), {**ask, "order_by": order}, "creation_timestamp")
        return page([model.answer(self.book.experiment_id) for model in found], ask, 1000, "models")

    def _model(self, ask: Json) -> LoggedModel:
        return self.book.models.get(ask["model_id"]) or missing(f"Model '{ask['model_id']}'")

    # registered models

    def create_registered(self, ask: Json) -> Json:
        if ask["name"] in self.book.registry:
            reason = f"Registered Model (name={ask['name']}) already exists."
            raise Refusal(400, "RESOURCE_ALREADY_EXISTS", reason)
        described = {"description": str(ask.get("description") or ""), "tags": named(ask.get("tags"))}
        self.book.record("registered", name=str(ask["name"]), **described)
        return self.get_registered(ask)

    def get_registered(self, ask: Json) -> Json:
        return {"registered_model": self._registered(ask).answer()}

    def search_registered(self, ask: Json) -> Json:
        found = search(self.book.registry.values(), ask, "creation_timestamp")
        return page([model.answer() for model in found], ask, 1000, "registered_models")

    def latest_versions(self, ask: Json) -> Json:
        return {"model_versions": self._registered(ask).latest(listed(ask.get("stages")))}

    def create_version(self, ask: Json) -> Json:
        model = self._registered(ask)
        number_ = str(max(map(int, model.versions), default=0) + 1)
        source = str(ask["source"])
        fields = {"source": source, "folder": self.book.told(self.folder(source)), "run": str(ask.get("run_id") or "")}
        fields.update(model_id=str(ask.get("model_id") or ""), description=str(ask.get("description") or ""))
        logged = self.book.models.get(fields["model_id"])
        fields["run"] = fields["run"] or (logged.run if logged else "")
        self.book.record("version", name=model.name, version=number_, **fields, tags=named(ask.get("tags")))
        return {"model_version": model.version(number_)}

    def get_version(self, ask: Json) -> Json:
        return {"model_version": self._registered(ask).version(ask["version"])}

    def edit_registered(self, ask: Json) -> Json:
        model = self._registered(ask)
        change: Json = {"version": model.version(ask["version"])["version"]} if ask.get("version") else {}
        change.update({key: str(ask[key]) for key in ("description", "stage", "untag") if ask.get(key)})
        tags = named([ask]) if ask.get("key") else {}
        self.book.record("edit", name=model.name, tags=tags, **change)
        return self.get_version(ask) if "version" in change else self.get_registered(ask)

    def untag_registered(self, ask: Json) -> Json:
        return self.edit_registered({**ask, "untag": ask["key"], "key": ""})

    def search_versions(self, ask: Json) -> Json:
        versions = [Version(model, number) for model in self.book.registry.values() for number in model.versions]
        found = search(versions, ask, "version_number")
        return page([entry.model.version(entry.number) for entry in found], ask, 10_000, "model_versions")

    def download_uri(self, ask: Json) -> Json:
        version = self._registered(ask).version(ask["version"])
        # never file://: loading writes a file into the folder it reads from, and this may be the store
        return {"artifact_uri": f"mlflow-artifacts:/versions/{quote(version['name'])}/{version['version']}"}

    def set_alias(self, ask: Json) -> Json:
        model = self._registered(ask)
        version = model.version(ask["version"])["version"] if ask.get("version") else None
        self.book.record("alias", name=model.name, alias=str(ask["alias"]), version=version)
        return {}

    def drop_alias(self, ask: Json) -> Json:
        return self.set_alias({**ask, "version": None})

    def get_alias(self, ask: Json) -> Json:
        model = self._registered(ask)
        version = model.aliases.get(ask["alias"]) or missing(f"Alias '{ask['alias']}' of model '{model.name}'")
        return {"model_version": model.version(version)}

    def _registered(self, ask: Json) -> Registered:
        return self.book.registry.get(str(ask["name"])) or missing(f"Registered Model with name={ask['name']}")

    # artifacts over HTTP, for what cannot be a file:// address

    def folder(self, source: str) -> Path:
        """The folder a model version was made from, whatever kind of address names it."""
        scheme, _, rest = source.partition(":")
        rest = rest.lstrip("/")
        if scheme == "mlflow-artifacts":
            return self.place(rest)
        if scheme == "runs":
            return self.place(f"runs/{rest}")
        if scheme == "models":
            name, _, version = rest.partition("/")
            return self.place(f"versions/{name}/{version}" if version else f"models/{name}")
        return Path(unquote(urlsplit(source).path)) if scheme == "file" else Path(source).absolute()

    def place(self, path: str) -> Path:
        """The file or folder at `runs/ID/...`, `models/ID/...` or `versions/NAME/NUMBER/...`."""
        kind, _, rest = path.strip("/").partition("/")
        name, _, rest = rest.partition("/")
        if kind == "runs":
            return inside(self._run({"run_id": name}).folder, rest)
        if kind == "models":
            return inside(self._model({"model_id": name}).folder, rest)
        if kind == "versions":
            number_, _, rest = rest.partition("/")
            self._registered({"name": name}).version(number_)
            return inside(self.book.base / self.book.registry[name].versions[number_]["folder"], rest)
        raise missing(f"Artifact '{path}'")

    def list_place(self, path: str) -> Json:
        """The entries of a folder, as MLflow's artifact service lists them."""
        folder = self.place(path)
        entries = sorted(folder.iterdir()) if folder.is_dir() else []
        return {"files": [file_info(entry, entry.name) for entry in entries]}

    def list_artifacts(self, ask: Json) -> Json:
        run, path = self._run(ask), str(ask.get("path") or "")
        folder = inside(run.folder, path)
        entries = sorted(folder.iterdir()) if folder.is_dir() else []
        return {
            "root_uri": run.folder.as_uri(),
            "files": [file_info(e, f"{path}/{e.name}".lstrip("/")) for e in entries],
        }

    def upload(self, path: str, chunks: Iterable[bytes]) -> Json:
        """Store a file whole or not at all."""
        kind, _, rest = path.strip("/").partition("/")
        target = self.place(path)
        if kind == "versions" or "/" not in rest:
            raise Refusal(403, "PERMISSION_DENIED", f"'{path}' cannot be written")
        part = target.with_name(f".{uuid.uuid4().hex}.part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                for chunk in chunks:
                    file.write(chunk)
                size = file.tell()
            part.replace(target)
        except OSError as error:
            raise Refusal(413, "RESOURCE_LIMIT_EXCEEDED", f"mlpw could not write {target}: {error.strerror}") from error
        finally:
            with contextlib.suppress(FileNotFoundError):
                part.unlink()
        owner, _, below = rest.partition("/")
        run = owner if kind == "runs" else self.book.models[owner].run
        self.book.record("artifact", run=run, path=below if kind == "runs" else self.book.told(target), size=size)
        return {}


def nothing(api: Api, ask: Json) -> Json:
    """Traces are taken and dropped: they are no part of a step's record."""
    return {}


ROUTES: dict[str, Callable[[Api, Json], Json]] = {
    "GET runs/get": Api.get_run,
    "POST runs/create": Api.create_run,
    "POST runs/update": Api.update_run,
    "POST runs/delete": Api.delete_run,
    "POST runs/restore": Api.restore_run,
    "POST runs/log-metric": Api.log_metric,
    "POST runs/log-parameter": Api.log_parameter,
    "POST runs/log-batch": Api.log_batch,
    "POST runs/set-tag": Api.set_tag,
    "POST runs/delete-tag": Api.delete_tag,
    "POST runs/log-inputs": Api.log_inputs,
    "POST runs/outputs": Api.log_outputs,
    "POST runs/log-model": Api.log_model,
    "POST runs/search": Api.search_runs,
    "GET metrics/get-history": Api.metric_history,
    "GET artifacts/list": Api.list_artifacts,
    "GET experiments/get": Api.get_experiment,
    "GET experiments/get-by-name": Api.get_experiment,
    "POST experiments/create": Api.create_experiment,
    "GET experiments/search": Api.search_experiments,
    "POST experiments/search": Api.search_experiments,
    "POST experiments/set-experiment-tag": Api.tag_experiment,
    "POST logged-models": Api.create_model,
    "POST logged-models/search": Api.search_models,
    "GET logged-models/{model_id}": Api.get_model,
    "PATCH logged-models/{model_id}": Api.edit_model,
    "PATCH logged-models/{model_id}/tags": Api.edit_model,
    "DELETE logged-models/{model_id}/tags/{key}": Api.edit_model,
    "POST logged-models/{model_id}/params": Api.edit_model,
    "POST registered-models/create": Api.create_registered,
    "GET registered-models/get": Api.get_registered,
    "GET registered-models/search": Api.search_registered,
    "PATCH registered-models/update": Api.edit_registered,
    "POST registered-models/set-tag": Api.edit_registered,
    "DELETE registered-models/delete-tag": Api.untag_registered,
    "GET registered-models/get-latest-versions": Api.latest_versions,
    "POST registered-models/get-latest-versions": Api.latest_versions,
    "POST registered-models/alias": Api.set_alias,
    "GET registered-models/alias": Api.get_alias,
    "DELETE registered-models/alias": Api.drop_alias,
    "POST model-versions/create": Api.create_version,
    "GET model-versions/get": Api.get_version,
    "GET model-versions/search": Api.search_versions,
    "PATCH model-versions/update": Api.edit_registered,
    "POST model-versions/transition-stage": Api.edit_registered,
    "POST model-versions/set-tag": Api.edit_registered,
    "DELETE model-versions/delete-tag": Api.untag_registered,
    "GET model-versions/get-download-uri": Api.download_uri,
    "POST traces": nothing,
    "GET server-info": nothing,
}
TEMPLATES = [(key.split("/"), handler) for key, handler in ROUTES.items() if "{" in key]
API = re.compile(r"/(?:ajax-)?api/[23]\.0/(?:preview/)?mlflow/")
ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"
PLAIN = {"/version": b"3.0.0", "/health": b"OK", "/v1/traces": b""}


def route(method: str, path: str) -> tuple[Callable[[Api, Json], Json], Json]:
    """The handler of an endpoint and what its path says; raises Refusal where there is none."""
    name = f"{method} {path.rstrip('/')}"
    if name in ROUTES and "{" not in name:
        return ROUTES[name], {}
    parts = name.split("/")
    for template, handler in TEMPLATES:
        slots = [(want[1:-1], part) for want, part in zip(template, parts) if want[0] == "{"]
        if len(template) == len(parts) and all(w == p or w[0] == "{" for w, p in zip(template, parts)):
            return handler, {slot: unquote(part) for slot, part in slots}
    raise Refusal(404, "ENDPOINT_NOT_FOUND", f"mlpw's recorder does not answer {name}; MLflow's server may")


# requests and answers


class Request:
    """One HTTP request as it comes; its body is read on demand, in bounded pieces."""

    def __init__(self, line: bytes, headers: dict[str, str], stream: BinaryIO, continue_: Callable[[], None]) -> None:
        try:
            self.method, target, version = line.decode("ascii").split()
        except ValueError:
            raise Refusal(400, "MALFORMED_REQUEST", "This is no HTTP request") from None
        split = urlsplit(target)
        self.path, self.query, self.headers = split.path, split.query, headers
        self.keep = version != "HTTP/1.0" and headers.get("connection", "").lower() != "close"
        self.chunked = "chunked" in headers.get("transfer-encoding", "").lower()
        self._stream, self._continue = stream, continue_
        length = headers.get("content-length", "0")
        if not length.isdigit():
            raise Refusal(400, "MALFORMED_REQUEST", "Content-Length is no number")
        self.left = int(length)

    def chunks(self) -> Iterator[bytes]:
        """The body in pieces; raises EOFError when the client goes away in the middle."""
        if self.headers.pop("expect", "").lower() == "100-continue":
            self._continue()
        while self.chunked or self.left:
            if not self.left:
                self.left = self._chunk_size()
                if not self.left:
                    self.chunked = False
                    return
            piece = self._stream.read(min(self.left, CHUNK))
            if not piece:
                raise EOFError
            self.left -= len(piece)
            if not self.left and self.chunked:
                self._stream.readline(8)
            yield piece

    def body(self) -> bytes:
        """The body whole; raises Refusal when it is larger than anything MLflow sends."""
        kept = bytearray()
        for piece in self.chunks():
            if len(kept) + len(piece) > BODY_LIMIT:
                self.drain()
                raise Refusal(413, "RESOURCE_LIMIT_EXCEEDED", f"A request is limited to {BODY_LIMIT >> 20} MiB")
            kept += piece
        return bytes(kept)

    def drain(self) -> None:
        """Pass over what is left of the body, so that the client reads the answer."""
        for _ in self.chunks():
            pass

    def fields(self) -> Json:
        """What is asked: the query and, over it, the JSON body."""
        asked: Json = {
            key: v[0] if len(v) == 1 else v for key, v in parse_qs(self.query, keep_blank_values=True).items()
        }
        body = self.body()
        if body.strip():
            asked.update(json.loads(body))
        return asked

    def _chunk_size(self) -> int:
        line = self._stream.readline(64)
        if not line:
            raise EOFError
        try:
            size = int(line.split(b";")[0], 16)
        except ValueError:
            self.chunked = self.keep = False  # nobody knows where the next request begins
            raise Refusal(400, "MALFORMED_REQUEST", "A chunk's size is no number") from None
        if not size:
            while self._stream.readline(1 << 16).strip():
                pass
        return size


class Server:
    """Takes connections, a thread each, and answers every request with one write."""

    def __init__(self, settings: Json) -> None:
        self._bearer = f"Bearer {settings['token']}".encode() if settings.get("token") else b""
        self._book = Book(settings)
        self._api = Api(self._book)
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(CONNECTIONS)
        self._large = threading.BoundedSemaphore(4)
        self._address: Any = None
        self._stopping = False

    def serve(self, listening: socket.socket) -> None:
        """Accept until `stop`."""
        self._address = listening.getsockname()
        listening.setblocking(True)
        _SERVING.append(self)
        try:
            while not self._stopping:
                self._places.acquire()
                self._accept(listening)
        finally:
            _SERVING.remove(self)

    def stop(self) -> None:
        """Make `serve` return."""
        self._stopping = True
        if self._address:
            socket.create_connection(self._address, timeout=5).close()  # wakes accept on every system

    def _accept(self, listening: socket.socket) -> None:
        try:
            connection = listening.accept()[0]
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()
        except (OSError, RuntimeError):  # out of descriptors or threads, or the client is gone already
            self._places.release()
            time.sleep(0.02)

    def _converse(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rb", 1 << 16) as stream:
                connection.settimeout(IDLE_SECONDS)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while not self._stopping and self._exchange(connection, stream):
                    pass
        except (OSError, EOFError):
            pass  # the client is gone or silent; what it did not finish asking did not happen
        finally:
            self._places.release()

    def _exchange(self, connection: socket.socket, stream: Any) -> bool:
        line = stream.readline(1 << 16)
        if not line.strip():
            return bool(line)
        request, method, path = None, "", ""
        try:
            headers = read_headers(stream)
            request = Request(line, headers, stream, lambda: connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n"))
            method, path = request.method, request.path
            self._admit(headers)
            answer = self._answer(request)
            status = 200
        except Refusal as refusal:
            answer, status = self._refuse(method, path, refusal), refusal.status
        except (EOFError, ConnectionError, socket.timeout):
            raise
        except Exception as error:  # whatever a request does, the step goes on and the next request is served
            answer, status = self._refuse(method, path, invalid(f"{type(error).__name__}: {error}")), 400
        if request:
            with contextlib.suppress(Refusal):
                request.drain()
        keep = request is not None and request.keep
        send(connection, answer, status, keep)
        return keep

    def _admit(self, headers: dict[str, str]) -> None:
        given = headers.get("authorization", "").encode("utf-8", "replace")
        if self._bearer and not hmac.compare_digest(given, self._bearer):
            raise Refusal(401, "PERMISSION_DENIED", "The tracking token is missing or wrong")
        if "origin" in headers:
            raise Refusal(403, "PERMISSION_DENIED", "A web page has no business here")

    def _refuse(self, method: str, path: str, refusal: Refusal) -> Answer:
        if refusal.code in ("ENDPOINT_NOT_FOUND", "INVALID_PARAMETER_VALUE", "RESOURCE_LIMIT_EXCEEDED"):
            with self._lock:
                self._book.refuse(method, path, refusal)
        return {"error_code": refusal.code, "message": str(refusal)}

    def _answer(self, request: Request) -> Answer:
        if request.path in PLAIN:
            return PLAIN[request.path]
        if request.path == ARTIFACTS or request.path.startswith(ARTIFACTS + "/"):
            return self._artifact(request, unquote(request.path[len(ARTIFACTS) + 1 :]))
        api = API.match(request.path)
        handler, slots = route(request.method, request.path[api.end() :] if api else request.path)
        if handler is nothing:
            return {}
        if request.left <= CHUNK and not request.chunked:
            return self._call(handler, request, slots)
        with self._large:  # a few large bodies at a time bound the memory
            return self._call(handler, request, slots)

    def _call(self, handler: Callable[[Api, Json], Json], request: Request, slots: Json) -> Json:
        asked = {**request.fields(), **slots}
        with self._lock:
            return handler(self._api, asked)

    def _artifact(self, request: Request, path: str) -> Answer:
        if request.method == "PUT":
            return self._api.upload(path, request.chunks())
        if request.method != "GET":
            raise Refusal(404, "ENDPOINT_NOT_FOUND", f"mlpw's recorder does not {request.method} artifacts")
        if not path:
            asked = request.fields().get("path") or ""
            return self._api.list_place(asked) if asked else {"files": []}
        place = self._api.place(path)
        return place if place.is_file() else missing(f"Artifact '{path}'")


def read_headers(stream: BinaryIO) -> dict[str, str]:
    """Header fields by lower-case name; raises Refusal when there are too many."""
    headers: dict[str, str] = {}
    for _ in range(200):
        line = stream.readline(1 << 16)
        if not line:
            raise EOFError
        if not line.strip():
            return headers
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    raise Refusal(400, "MALFORMED_REQUEST", "Too many header fields")


def send(connection: socket.socket, answer: Answer, status: int, keep: bool) -> None:
    """One write an answer (two cost 40 ms each with delayed acknowledgements); files are streamed."""
    if isinstance(answer, Path):
        with answer.open("rb") as file:
            connection.sendall(head(status, os.fstat(file.fileno()).st_size, "application/octet-stream", keep))
            connection.sendfile(file)
        return
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    kind = "text/plain" if isinstance(answer, bytes) else "application/json"
    connection.sendall(head(status, len(body), kind, keep) + body)


def head(status: int, length: int, kind: str, keep: bool) -> bytes:
    """Status line and header fields."""
    reason = "OK" if status == 200 else "Refused"
    close = "" if keep else "Connection: close\r\n"
    return f"HTTP/1.1 {status} {reason}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{close}\r\n".encode()


# values


def now() -> int:
    """Milliseconds since the epoch."""
    return int(time.time() * 1000)


def wire(value: float) -> object:
    """A number as protobuf's JSON writes it: NaN and the infinities are text."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")


def number(value: Any) -> float:
    """The float that `wire` wrote."""
    return float(value)


def integer(value: Any) -> int:
    """An int64, which clients send as a number or as text."""
    whole = int(value or 0)
    if not -(1 << 63) <= whole < 1 << 63:
        raise invalid(f"{whole} does not fit into 64 bits")
    return whole


def point(metric: Json) -> Json:
    """A metric's point as the journal has it."""
    extra = {key: str(metric[key]) for key in ("model_id", "dataset_name", "dataset_digest") if metric.get(key)}
    step, timestamp = integer(metric.get("step")), integer(metric.get("timestamp") or now())
    return {
        "key": str(metric["key"]),
        "value": wire(float(metric["value"])),
        "step": step,
        "timestamp": timestamp,
        **extra,
    }


def listed(value: Any) -> list[Any]:
    """A repeated field: absent, one (in a query) or several."""
    return [] if value is None else (list(value) if isinstance(value, (list, tuple)) else [value])


def named(entries: Any) -> dict[str, str]:
    """MLflow's list of {key, value} as a mapping."""
    return {str(entry["key"]): str(entry.get("value", "")) for entry in listed(entries)}


def pairs(values: dict[str, str]) -> list[Json]:
    """The other way round."""
    return [{"key": key, "value": value} for key, value in values.items()]


def texts(values: Json) -> dict[str, str]:
    """Parameters as MLflow keeps them: text."""
    return {str(key): str(value) for key, value in values.items()}


def invalid(message: str) -> Refusal:
    """A request that cannot be right."""
    return Refusal(400, "INVALID_PARAMETER_VALUE", message)


def missing(what: str) -> Any:
    """Raise that something is not here."""
    raise Refusal(404, "RESOURCE_DOES_NOT_EXIST", f"{what} not found")


def inside(root: Path, path: str) -> Path:
    """The file below `root` that `path` names; raises Refusal when it would lie elsewhere, links followed."""
    parts = [part for part in path.split("/") if part]
    if any(part in (".", "..") or "\0" in part or "\\" in part for part in parts):
        raise invalid(f"Invalid path: {path!r}")
    target = root.joinpath(*parts)
    resolved, top = target.resolve(), root.resolve()
    if resolved != top and top not in resolved.parents:
        raise invalid(f"Invalid path: {path!r}")
    return target


def file_info(path: Path, name: str) -> Json:
    """MLflow's `FileInfo` message."""
    return (
        {"path": name, "is_dir": True}
        if path.is_dir()
        else {"path": name, "is_dir": False, "file_size": path.stat().st_size}
    )


# searches: https://mlflow.org/docs/latest/search-runs

CLAUSE = re.compile(
    r"""\s*((?:\w+\.)?(?:`[^`]+`|"[^"]+"|[\w./-]+))\s*
    (!=|>=|<=|=|>|<|NOT\s+IN\b|IN\b|LIKE\b|ILIKE\b|IS\s+NOT\s+NULL\b|IS\s+NULL\b)\s*
    ('[^']*'|"[^"]*"|\([^()]*\)|[-+.\w]+)?\s*(AND\b|$)""",
    re.IGNORECASE | re.VERBOSE,
)
KINDS = {"metrics": "metric", "params": "param", "parameters": "param", "parameter": "param", "tags": "tag"}
KINDS.update({"attributes": "attribute", "attribute": "attribute", "attr": "attribute", "run": "attribute"})
KINDS.update({"metric": "metric", "param": "param", "tag": "tag"})
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: bool(a == b),
    "!=": lambda a, b: bool(a != b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    "LIKE": lambda a, b: bool(re.fullmatch(like(b), a, re.DOTALL)),
    "ILIKE": lambda a, b: bool(re.fullmatch(like(b), a, re.DOTALL | re.IGNORECASE)),
    "IN": lambda a, b: a in b,
    "NOT IN": lambda a, b: a not in b,
}


def search(entries: Iterable[Any], ask: Json, newest: str) -> list[Any]:
    """The entries a filter keeps, ordered as asked, and with the newest first where that says nothing."""
    clauses = parse(str(ask.get("filter") or ""))
    found = [entry for entry in entries if all(holds(entry, clause) for clause in clauses)]
    for order in [f"{newest} DESC", *reversed(listed(ask.get("order_by")))]:
        name, _, direction = str(order).strip().rpartition(" ")
        if direction.upper() not in ("ASC", "DESC"):
            name, direction = str(order).strip(), "ASC"
        found = ordered(found, field_of(name.strip()), direction.upper() == "DESC")
    return found


def ordered(entries: list[Any], field: tuple[str, str], descending: bool) -> list[Any]:
    """Sorted by a field, either way with NaN after the rest and what lacks the field at the end."""
    groups: tuple[list[tuple[Any, Any]], ...] = ([], [], [])
    for entry in entries:
        value = entry.field(*field)
        rank = 2 if value is None else int(isinstance(value, float) and math.isnan(value))
        groups[rank].append((value, entry))
    groups[0].sort(key=lambda pair: pair[0], reverse=descending)
    return [entry for group in groups for _, entry in group]


def parse(text: str) -> list[tuple[tuple[str, str], str, Any]]:
    """A filter as (field, operator, value) clauses, all of which must hold."""
    clauses, at = [], 0
    while at < len(text.rstrip()):
        clause = CLAUSE.match(text, at)
        if not clause:
            raise invalid(f"Invalid filter string: {text!r}; mlpw's recorder reads clauses joined by AND")
        operator = " ".join(clause.group(2).upper().split())
        clauses.append((field_of(clause.group(1)), operator, literal(clause.group(3) or "")))
        at = clause.end()
    return clauses


def field_of(name: str) -> tuple[str, str]:
    """`metrics.loss` as ("metric", "loss"); a bare name is an attribute."""
    first, dot, rest = name.partition(".")
    if not dot:
        return "attribute", name.strip('`"')
    if first.lower() not in KINDS:
        raise invalid(f"Invalid field {name!r}; one of metrics., params., tags., attributes. was expected")
    return KINDS[first.lower()], rest.strip('`"')


def literal(text: str) -> Any:
    """The value a filter writes: text in quotes, a list in brackets, a number."""
    if text[:1] in ("'", '"'):
        return text[1:-1]
    if text[:1] == "(":
        return [entry[0] or entry[1] for entry in re.findall(r"'([^']*)'|\"([^\"]*)\"", text)]
    return float(text) if text else None


def holds(entry: Any, clause: tuple[tuple[str, str], str, Any]) -> bool:
    """Whether one clause is true; what is absent is in no comparison, as in SQL."""
    field, operator, wanted = clause
    value = entry.field(*field)
    if operator.startswith("IS "):
        return (value is None) == (operator == "IS NULL")
    if value is None:
        return False
    if isinstance(value, str) and isinstance(wanted, float):
        raise invalid(f"{field[0]} '{field[1]}' is text; write the value in quotes")
    if isinstance(value, (int, float)) and isinstance(wanted, str):
        wanted = float(wanted)
    return COMPARE[operator](value, wanted)


def like(pattern: str) -> str:
    """SQL's LIKE as a regular expression."""
    return "".join({"%": ".*", "_": "."}.get(char, re.escape(char)) for char in pattern)


def page(entries: list[Json], ask: Json, default: int, name: str) -> Json:
    """A part of a long list and the token that leads on."""
    start, size = integer(ask.get("page_token")), integer(ask.get("max_results")) or default
    rest = {"next_page_token": str(start + size)} if start + size < len(entries) else {}
    return {name: entries[start : start + size], **rest}


_SERVING: list[Server] = []


def main() -> None:
    """Serve beside a step in a container; called with the settings and the number of a socket that listens.

    With `echo`, a mark, the settings ask for what is journaled to be said in the step's output, too; see `Echo`.
    """
    settings = json.loads(sys.argv[1])
    mark = settings.pop("echo", "")
    if mark:
        threading.Thread(target=Echo(Path(settings["events"]), mark).run, name="echo", daemon=True).start()
    serve(socket.socket(fileno=int(sys.argv[2])), settings)


if __name__ == "__main__":
    main()
