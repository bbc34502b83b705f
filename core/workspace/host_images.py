"""Images of environments on the workspace's Docker hosts: which are there, built ahead, moved, removed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.definitions.compute_target import ComputeTarget
from core.environments.images.kept import KeptImage, find_image, images_on, remove_image
from core.environments.images.moving import move_image
from core.environments.images.prepare import prepare_image
from core.errors import Location, NotFoundError, UsageError
from core.hosts.connection import connect
from core.hosts.errors import HostError
from core.workspace.computes import target as target_of
from core.workspace.computes import targets

if TYPE_CHECKING:
    from core.definitions.environment import EnvironmentSpec
    from core.environments.images.value import ImageEnvironment
    from core.errors import Notice
    from core.hosts.engine import Engine
    from core.workspace.workspace import Workspace

Heard = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class HostImages:
    """What a host has; `trouble` says why that is not known."""

    host: str
    images: Sequence[KeptImage] = ()
    trouble: str = ""


def host_images(workspace: Workspace, names: Sequence[str] = (), *, others: bool = False) -> list[HostImages]:
    """The images on some hosts, or on all; of a host that cannot be asked, why.

    Raises NotFoundError for a name that is no target.
    """
    found = targets(workspace)
    return [_images_of(workspace, target_of(found, name), others) for name in names or sorted(found.known)]


def build_image(workspace: Workspace, environment: str, host: str, heard: Heard) -> ImageEnvironment:
    """Have the image of an environment on a host before a step needs it.

    `environment` is a YAML file of the workspace or a reference as a step would write it. Raises EnvironmentBuildError,
    HostUnreachableError, DefinitionError, NotFoundError for a host that is no target.
    """
    spec, notices = environment_spec(workspace, environment)
    with engine_of(workspace, host) as engine:
        for notice in notices:
            heard(str(notice))
        return prepare_image(engine, spec, workspace.layout, heard)


def move(workspace: Workspace, image: str, source: str, target: str, heard: Heard) -> str:
    """Have an image of one host on another: one that mlpw built, by what it is called, or any by its name; its id.

    Raises EnvironmentBuildError, UsageError, HostUnreachableError.
    """
    if source == target:
        raise UsageError(f"the image is on {source} already", hint="--from and --to name two hosts")
    with engine_of(workspace, source) as here, engine_of(workspace, target) as there:
        try:
            reference = find_image(here, workspace.layout, image).reference
        except NotFoundError:
            reference = image
        return move_image(here, there, reference, heard)


def remove(workspace: Workspace, image: str, host: str) -> KeptImage:
    """Be rid of an image that mlpw built on a host. Raises NotFoundError, UsageError while a container uses it."""
    with engine_of(workspace, host) as engine:
        found = find_image(engine, workspace.layout, image)
        remove_image(engine, found)
        return found


def only_host(workspace: Workspace) -> str:
    """The host that is meant when none is named. Raises UsageError when there is not exactly one."""
    names = sorted(targets(workspace).known)
    if len(names) != 1:
        told = f"hosts are {', '.join(names)}" if names else "no compute target of type docker is defined here"
        raise UsageError("a host is needed", hint=f"name one with --on HOST; {told}")
    return names[0]


@contextmanager
def engine_of(workspace: Workspace, name: str) -> Iterator[Engine]:
    """The engine of a target, for a while."""
    with closing(connect(target_of(targets(workspace), name))) as engine:
        yield engine


def environment_spec(workspace: Workspace, text: str) -> tuple[EnvironmentSpec, Sequence[Notice]]:
    """What a file or a reference names, and what its definition wants to say."""
    from core.definitions.environment_reader import read_environment
    from core.definitions.loading import Loading
    from core.definitions.yaml_nodes import Scalar
    from core.workspace.catalog import WorkspaceCatalog

    loading = Loading(workspace.root, WorkspaceCatalog(workspace.records, workspace.store))
    path = Path(os.path.abspath(workspace.root / text))
    written = f"file:{path}" if path.is_file() else text
    spec = read_environment(Scalar(Location(text), written, written, quoted=True), str(workspace.root), loading)
    return spec, loading.notices


def _images_of(workspace: Workspace, target: ComputeTarget, others: bool) -> HostImages:
    try:
        with closing(connect(target)) as engine:
            return HostImages(target.name, images_on(engine, workspace.layout, others=others))
    except HostError as error:
        return HostImages(target.name, trouble=str(error))
