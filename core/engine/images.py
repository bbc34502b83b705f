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

_NO_GPUS = (
    "install nvidia-container-toolkit there and run 'nvidia-ctk runtime configure', say gpus: in the target's "
    "definition if its engine gives them another way, or ask for none"
)


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
    gpus: int,
    cancelled: Callable[[], bool],
    read_yaml: YamlText,
) -> ImageThere:
    """Have the image there, if the host can give as many `gpus` as a step wants; `heard` is told how that goes.

    Raises EnvironmentBuildError, HostUnreachableError, HostError for a host that cannot be used.
    """
    from core.environments.images.prepare import prepare_image  # most runs have no hosts: docker is slow to import
    from core.hosts.connection import connect
    from core.hosts.errors import HostError
    from core.hosts.facts import gives_gpus

    with closing(connect(target)) as engine:
        told = engine.info()
        if gpus and not target.gpus and not gives_gpus(told):
            raise HostError(f"{target.name} has no GPU for containers, and the step asks for {gpus}", hint=_NO_GPUS)
        image = prepare_image(engine, spec, layout, heard, cancelled=cancelled, read_yaml=read_yaml)
    is_rootless = _ROOTLESS in told.get("SecurityOptions", ())
    return ImageThere(replace(image, is_rootless=is_rootless), int(told.get("NCPU", 0)), int(told.get("MemTotal", 0)))
