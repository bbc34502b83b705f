"""Containers of attempts that nobody keeps any more."""

from collections.abc import Mapping
from contextlib import closing, suppress
from typing import Any

from core.computes.protocol import ContainerSpec
from core.hosts.connection import connect
from core.hosts.errors import HostError


def remove(spec: Mapping[str, Any]) -> None:
    """Be rid of the container of an attempt's spec, when its host can be reached now."""
    container = ContainerSpec.from_json(spec["container"])
    with suppress(HostError), closing(connect(container.target)) as engine:
        engine.remove(container.name)
