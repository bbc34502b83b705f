"""What is known of a run, a model, a registered model and its versions, and how MLflow writes them."""

from __future__ import annotations

import math
from array import array
from typing import TYPE_CHECKING

from .values import missing, number, pairs, wire

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from .values import Json


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
