"""Receives what a step reports through MLflow: a small server beside the step that journals each event.

A folder by itself: it is mounted into containers and runs under whatever Python (3.8 or newer) is there, with the
standard library alone, and under any name, so that its files import each other by their place. It lives and dies with
its step, so a step never waits for a server that is away. It answers the part of MLflow's REST API
(https://mlflow.org/docs/latest/rest-api.html) that MLflow's clients 1.30 to 3.x call; what it does not support is a
4xx, because clients retry a 5xx for minutes.

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

from .echo import echo
from .serving import serve, stop

__all__ = ["echo", "serve", "stop"]
