"""MLflow's calls about runs and their experiment: request fields in, response message out."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

from .searching import page, search
from .values import integer, invalid, listed, missing, named, now, pairs, point

if TYPE_CHECKING:
    from .book import Book
    from .known import Run
    from .values import Json

#: A page of a metric's history.
PAGE = 25_000


def get_run(book: Book, ask: Json) -> Json:
    return {"run": book.run_of(ask).answer(book.experiment_id)}


def create_run(book: Book, ask: Json) -> Json:
    tags = named(ask.get("tags"))
    run_id = uuid.uuid4().hex
    name = ask.get("run_name") or tags.get("mlflow.runName") or f"run-{run_id[:8]}"
    user = ask.get("user_id") or tags.get("mlflow.user", "")
    start = integer(ask.get("start_time") or now())
    parent = tags.get("mlflow.parentRunId", "")
    book.record("run", run=run_id, name=name, parent=parent, user=user, start=start, tags=tags)
    return get_run(book, {"run_id": run_id})


def update_run(book: Book, ask: Json) -> Json:
    run = book.run_of(ask)
    change: Json = {"status": str(ask["status"])} if ask.get("status") else {}
    change.update({"end": integer(ask["end_time"])} if ask.get("end_time") else {})
    change.update({"name": str(ask["run_name"])} if ask.get("run_name") else {})
    book.record("status", run=run.id, **change)
    return {"run_info": run.answer(book.experiment_id)["info"]}


def delete_run(book: Book, ask: Json) -> Json:
    run = book.run_of(ask)
    if run is book.own:
        raise invalid("A step cannot delete the run it belongs to")
    book.record("status", run=run.id, stage="deleted")
    return {}


def restore_run(book: Book, ask: Json) -> Json:
    book.record("status", run=book.run_of(ask).id, stage="active")
    return {}


def log_metric(book: Book, ask: Json) -> Json:
    return _log(book, book.run_of(ask), [ask], [], [])


def log_parameter(book: Book, ask: Json) -> Json:
    return _log(book, book.run_of(ask), [], [ask], [])


def set_tag(book: Book, ask: Json) -> Json:
    return _log(book, book.run_of(ask), [], [], [ask])


def log_batch(book: Book, ask: Json) -> Json:
    return _log(book, book.run_of(ask), ask.get("metrics"), ask.get("params"), ask.get("tags"))


def delete_tag(book: Book, ask: Json) -> Json:
    run = book.run_of(ask)
    if ask["key"] not in run.tags:
        missing(f"Tag '{ask['key']}' of run '{run.id}'")
    book.record("untag", run=run.id, key=ask["key"])
    return {}


def log_inputs(book: Book, ask: Json) -> Json:
    models = [str(model["model_id"]) for model in ask.get("models") or ()]
    datasets = [dict(dataset) for dataset in ask.get("datasets") or ()]
    book.record("inputs", run=book.run_of(ask).id, datasets=datasets, models=models)
    return {}


def log_outputs(book: Book, ask: Json) -> Json:
    models = [{"model_id": str(m["model_id"]), "step": integer(m.get("step"))} for m in ask.get("models") or ()]
    book.record("outputs", run=book.run_of(ask).id, models=models)
    return {}


def log_model(book: Book, ask: Json) -> Json:
    description = dict(json.loads(ask["model_json"]))
    fields = {"path": description["artifact_path"], "model_id": "", "name": description["artifact_path"]}
    fields.update(kind="", params={}, tags={}, description=description)
    book.record("model", run=book.run_of(ask).id, **fields)
    return {}


def search_runs(book: Book, ask: Json) -> Json:
    view = ask.get("run_view_type") or "ACTIVE_ONLY"
    runs = [run for run in book.runs.values() if run.id != book.root]
    shown = [run for run in runs if view == "ALL" or run.stage == view.split("_")[0].lower()]
    found = search(shown, ask, "start_time")
    return page([run.answer(book.experiment_id) for run in found], ask, 1000, "runs")


def metric_history(book: Book, ask: Json) -> Json:
    key = str(ask["metric_key"])
    series = book.run_of(ask).series.get(key)
    return page(series.points(key) if series else [], ask, PAGE, "metrics")


def _log(book: Book, run: Run, metrics: object, params: object, tags: object) -> Json:
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
    book.record("log", run=run.id, **{name: entries for name, entries in told.items() if entries})
    return {}


# There is one experiment, whatever a script calls it


def get_experiment(book: Book, ask: Json) -> Json:
    named_ = {"experiment_id": book.experiment_id, "name": book.experiment_name, "lifecycle_stage": "active"}
    times = {"creation_time": book.start, "last_update_time": book.start}
    tags = pairs(book.experiment_tags)
    return {"experiment": {**named_, **times, "artifact_location": book.others.as_uri(), "tags": tags}}


def create_experiment(book: Book, ask: Json) -> Json:
    return {"experiment_id": book.experiment_id}


def search_experiments(book: Book, ask: Json) -> Json:
    return {"experiments": [get_experiment(book, {})["experiment"]]}


def tag_experiment(book: Book, ask: Json) -> Json:
    book.record("experiment", tags=named([ask]))
    return {}
