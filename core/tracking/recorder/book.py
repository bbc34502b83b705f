"""All that a step reported so far, folded from the journal's events."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from .journal import Journal
from .known import LoggedModel, Registered, Run, Series
from .values import Refusal, missing, now, number, texts

if TYPE_CHECKING:
    from .values import Json


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

    def run_of(self, ask: Json) -> Run:
        """The run that a request names; raises Refusal when there is none."""
        run_id = str(ask.get("run_id") or ask.get("run_uuid") or "")
        return self.runs.get(run_id) or missing(f"Run '{run_id}'")

    def model_of(self, ask: Json) -> LoggedModel:
        """The model that a request names; raises Refusal when there is none."""
        return self.models.get(ask["model_id"]) or missing(f"Model '{ask['model_id']}'")

    def registered_of(self, ask: Json) -> Registered:
        """The registered model that a request names; raises Refusal when there is none."""
        return self.registry.get(str(ask["name"])) or missing(f"Registered Model with name={ask['name']}")

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
