"""MLflow's calls about models and registered models: request fields in, response message out."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING
from urllib.parse import quote

from .artifacts import folder
from .known import Version
from .searching import page, search
from .values import Refusal, listed, missing, named

if TYPE_CHECKING:
    from .book import Book
    from .values import Json


def create_model(book: Book, ask: Json) -> Json:
    model_id = f"m-{uuid.uuid4().hex}"
    fields = {"model_id": model_id, "name": str(ask.get("name") or model_id), "kind": ask.get("model_type") or ""}
    fields.update(path=book.told(book.others / "models" / model_id), description={})
    run = book.run_of(ask) if ask.get("run_id") else book.runs.get(str(ask.get("source_run_id") or ""))
    run_id = (run or book.own).id  # outside an active run a model belongs to the step
    book.record("model", run=run_id, **fields, params=named(ask.get("params")), tags=named(ask.get("tags")))
    return get_model(book, {"model_id": model_id})


def get_model(book: Book, ask: Json) -> Json:
    return {"model": book.model_of(ask).answer(book.experiment_id)}


def edit_model(book: Book, ask: Json) -> Json:
    model = book.model_of(ask)
    change = {key: str(ask[source]) for key, source in (("status", "status"), ("untag", "key")) if ask.get(source)}
    fields = {"params": named(ask.get("params")), "tags": named(ask.get("tags"))}
    book.record("model_edit", model_id=model.id, **change, **fields)
    return get_model(book, ask)


def search_models(book: Book, ask: Json) -> Json:
    order = [
        f"{by['field_name']} {'ASC' if by.get('ascending', True) else 'DESC'}" for by in listed(ask.get("order_by"))
    ]
    found = search(list(book.models.values()), {**ask, "order_by": order}, "creation_timestamp")
    return page([model.answer(book.experiment_id) for model in found], ask, 1000, "models")


# Registered models


def create_registered(book: Book, ask: Json) -> Json:
    if ask["name"] in book.registry:
        reason = f"Registered Model (name={ask['name']}) already exists."
        raise Refusal(400, "RESOURCE_ALREADY_EXISTS", reason)
    described = {"description": str(ask.get("description") or ""), "tags": named(ask.get("tags"))}
    book.record("registered", name=str(ask["name"]), **described)
    return get_registered(book, ask)


def get_registered(book: Book, ask: Json) -> Json:
    return {"registered_model": book.registered_of(ask).answer()}


def search_registered(book: Book, ask: Json) -> Json:
    found = search(book.registry.values(), ask, "creation_timestamp")
    return page([model.answer() for model in found], ask, 1000, "registered_models")


def latest_versions(book: Book, ask: Json) -> Json:
    return {"model_versions": book.registered_of(ask).latest(listed(ask.get("stages")))}


def create_version(book: Book, ask: Json) -> Json:
    model = book.registered_of(ask)
    number_ = str(max(map(int, model.versions), default=0) + 1)
    source = str(ask["source"])
    fields = {"source": source, "folder": book.told(folder(book, source)), "run": str(ask.get("run_id") or "")}
    fields.update(model_id=str(ask.get("model_id") or ""), description=str(ask.get("description") or ""))
    logged = book.models.get(fields["model_id"])
    fields["run"] = fields["run"] or (logged.run if logged else "")
    book.record("version", name=model.name, version=number_, **fields, tags=named(ask.get("tags")))
    return {"model_version": model.version(number_)}


def get_version(book: Book, ask: Json) -> Json:
    return {"model_version": book.registered_of(ask).version(ask["version"])}


def edit_registered(book: Book, ask: Json) -> Json:
    model = book.registered_of(ask)
    change: Json = {"version": model.version(ask["version"])["version"]} if ask.get("version") else {}
    change.update({key: str(ask[key]) for key in ("description", "stage", "untag") if ask.get(key)})
    tags = named([ask]) if ask.get("key") else {}
    book.record("edit", name=model.name, tags=tags, **change)
    return get_version(book, ask) if "version" in change else get_registered(book, ask)


def untag_registered(book: Book, ask: Json) -> Json:
    return edit_registered(book, {**ask, "untag": ask["key"], "key": ""})


def search_versions(book: Book, ask: Json) -> Json:
    versions = [Version(model, number) for model in book.registry.values() for number in model.versions]
    found = search(versions, ask, "version_number")
    return page([entry.model.version(entry.number) for entry in found], ask, 10_000, "model_versions")


def download_uri(book: Book, ask: Json) -> Json:
    version = book.registered_of(ask).version(ask["version"])
    # never file://: loading writes a file into the folder it reads from, and this may be the store
    return {"artifact_uri": f"mlflow-artifacts:/versions/{quote(version['name'])}/{version['version']}"}


def set_alias(book: Book, ask: Json) -> Json:
    model = book.registered_of(ask)
    version = model.version(ask["version"])["version"] if ask.get("version") else None
    book.record("alias", name=model.name, alias=str(ask["alias"]), version=version)
    return {}


def drop_alias(book: Book, ask: Json) -> Json:
    return set_alias(book, {**ask, "version": None})


def get_alias(book: Book, ask: Json) -> Json:
    model = book.registered_of(ask)
    version = model.aliases.get(ask["alias"]) or missing(f"Alias '{ask['alias']}' of model '{model.name}'")
    return {"model_version": model.version(version)}
