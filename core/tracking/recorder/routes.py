"""Which call of MLflow's REST API is answered by what."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from . import artifacts, models, runs
from .values import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from .book import Book
    from .values import Json

    Call = Callable[[Book, Json], Json]


def nothing(book: Book, ask: Json) -> Json:
    """Traces are taken and dropped: they are no part of a step's record."""
    return {}


ROUTES: dict[str, Call] = {
    "GET runs/get": runs.get_run,
    "POST runs/create": runs.create_run,
    "POST runs/update": runs.update_run,
    "POST runs/delete": runs.delete_run,
    "POST runs/restore": runs.restore_run,
    "POST runs/log-metric": runs.log_metric,
    "POST runs/log-parameter": runs.log_parameter,
    "POST runs/log-batch": runs.log_batch,
    "POST runs/set-tag": runs.set_tag,
    "POST runs/delete-tag": runs.delete_tag,
    "POST runs/log-inputs": runs.log_inputs,
    "POST runs/outputs": runs.log_outputs,
    "POST runs/log-model": runs.log_model,
    "POST runs/search": runs.search_runs,
    "GET metrics/get-history": runs.metric_history,
    "GET artifacts/list": artifacts.list_artifacts,
    "GET experiments/get": runs.get_experiment,
    "GET experiments/get-by-name": runs.get_experiment,
    "POST experiments/create": runs.create_experiment,
    "GET experiments/search": runs.search_experiments,
    "POST experiments/search": runs.search_experiments,
    "POST experiments/set-experiment-tag": runs.tag_experiment,
    "POST logged-models": models.create_model,
    "POST logged-models/search": models.search_models,
    "GET logged-models/{model_id}": models.get_model,
    "PATCH logged-models/{model_id}": models.edit_model,
    "PATCH logged-models/{model_id}/tags": models.edit_model,
    "DELETE logged-models/{model_id}/tags/{key}": models.edit_model,
    "POST logged-models/{model_id}/params": models.edit_model,
    "POST registered-models/create": models.create_registered,
    "GET registered-models/get": models.get_registered,
    "GET registered-models/search": models.search_registered,
    "PATCH registered-models/update": models.edit_registered,
    "POST registered-models/set-tag": models.edit_registered,
    "DELETE registered-models/delete-tag": models.untag_registered,
    "GET registered-models/get-latest-versions": models.latest_versions,
    "POST registered-models/get-latest-versions": models.latest_versions,
    "POST registered-models/alias": models.set_alias,
    "GET registered-models/alias": models.get_alias,
    "DELETE registered-models/alias": models.drop_alias,
    "POST model-versions/create": models.create_version,
    "GET model-versions/get": models.get_version,
    "GET model-versions/search": models.search_versions,
    "PATCH model-versions/update": models.edit_registered,
    "POST model-versions/transition-stage": models.edit_registered,
    "POST model-versions/set-tag": models.edit_registered,
    "DELETE model-versions/delete-tag": models.untag_registered,
    "GET model-versions/get-download-uri": models.download_uri,
    "POST traces": nothing,
    "GET server-info": nothing,
}
TEMPLATES = [(key.split("/"), handler) for key, handler in ROUTES.items() if "{" in key]
API = re.compile(r"/(?:ajax-)?api/[23]\.0/(?:preview/)?mlflow/")
ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"
PLAIN = {"/version": b"3.0.0", "/health": b"OK", "/v1/traces": b""}


def route(method: str, path: str) -> tuple[Call, Json]:
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
