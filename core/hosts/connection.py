"""From a compute target to an engine that answers."""

import os

import docker

from core.definitions.compute_target import LOCAL, ComputeTarget
from core.hosts.engine import ANSWER_SECONDS, Engine
from core.hosts.errors import HostError

_SOCKET = "unix:///var/run/docker.sock"


def connect(target: ComputeTarget) -> Engine:
    """The target's engine.

    Raises HostUnreachableError when nobody answers, HostError for a `host:` that cannot or must not be used.
    """
    if target.host == LOCAL:
        return _open(target.name, os.environ.get("DOCKER_HOST") or _SOCKET)
    if target.host.startswith("unix://"):
        return _open(target.name, target.host)
    raise HostError(f"{target.name}: cannot reach '{target.host}'", hint="host: local or unix:///path")


def _open(name: str, url: str) -> Engine:
    api = docker.APIClient(base_url=url, version="1.41", timeout=int(ANSWER_SECONDS))
    api.trust_env = False  # REQUESTS_CA_BUNDLE would take the place of the certificates that the target names
    return Engine(name, api)
