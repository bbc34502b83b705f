"""The image of a step's environment on the host that is to run it."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from typing import NamedTuple

from core.definitions.compute_target import ComputeTarget
from core.definitions.environment import EnvironmentSpec
from core.environments.images.value import ImageEnvironment
from core.environments.recipe import YamlText
from core.layout import Layout

#: How an engine says that it runs as a user (https://docs.docker.com/engine/security/rootless).
_ROOTLESS = "name=rootless"


class ImageThere(NamedTuple):
    """An image on a host, and what the host has: cores, and bytes of memory."""

    image: ImageEnvironment
    cores: int
    memory: int


def image_on(
    target: ComputeTarget,
    spec: EnvironmentSpec,
    layout: Layout,
    heard: Callable[[str], None],
    *,
    cancelled: Callable[[], bool],
    read_yaml: YamlText,
) -> ImageThere:
    """Have the image there; `heard` is told how that goes.

    Raises EnvironmentBuildError, HostUnreachableError, HostError for a host that cannot be used.
    """
    from core.environments.images.prepare import prepare_image  # most runs have no hosts: docker is slow to import
    from core.hosts.connection import connect

    with closing(connect(target)) as engine:
        told = engine.info()
        image = prepare_image(engine, spec, layout, heard, cancelled=cancelled, read_yaml=read_yaml)
    is_rootless = _ROOTLESS in told.get("SecurityOptions", ())
    return ImageThere(replace(image, is_rootless=is_rootless), int(told.get("NCPU", 0)), int(told.get("MemTotal", 0)))
