"""A step's container: its image, its name, and what of this machine it sees, each path inside as it is outside."""

import getpass
import os
import platform
import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from pathlib import Path

from core.computes.protocol import ContainerSpec, Mount, RecorderHook
from core.definitions.compute_target import ComputeTarget
from core.definitions.docker_arguments import host_config
from core.definitions.workspace_reader import parse_size
from core.environments.images.value import ImageEnvironment
from core.errors import DefinitionError
from core.hosts import labels
from core.layout import AttemptFolder, Layout
from core.planning.graph import Step
from core.store.objects import Store

_UNFIT = re.compile(r"[^a-zA-Z0-9_.-]")
_MACHINE_ID = Path("/etc/machine-id")


def container_spec(
    target: ComputeTarget,
    image: ImageEnvironment,
    step: Step,
    attempt: AttemptFolder,
    layout: Layout,
    *,
    run: int,
    number: int,
) -> ContainerSpec:
    """What to make the container of a step's attempt from, but for its data.

    Raises DefinitionError for `docker_args` or a `shm_size` that cannot be.
    """
    workspace = workspace_id(layout)
    asked = step.resources
    return ContainerSpec(
        target=target,
        image=image.id,
        name=_name(workspace, run, step.name, attempt),
        labels={
            labels.WORKSPACE: workspace,
            labels.RUN: str(run),
            labels.STEP: step.name,
            labels.ATTEMPT: str(number),
            labels.FOLDER: str(attempt.root),
        },
        user="0:0" if image.is_rootless else f"{os.getuid()}:{os.getgid()}",
        cpus=asked.cpus,
        memory=asked.memory,
        gpus=asked.gpus,
        shm_size=parse_size(asked.shm_size, step.location) if asked.shm_size else target.shm_size,
        arguments={**({} if image.is_rootless else _groups()), **host_config(asked.docker_args, step.location)},
    )


def check_container(step: Step, target: ComputeTarget | None = None) -> None:
    """Refuse what no container may be asked for, or none of the one target that a step has. Raises DefinitionError."""
    host_config(step.resources.docker_args, step.location)
    gpus = step.resources.gpus
    if target is not None and 0 < target.gpus < gpus:
        raise DefinitionError(
            f"step '{step.name}' asks for {gpus} GPUs, and compute '{target.name}' is to give {target.gpus}",
            location=step.location,
            hint=f"ask for fewer, or change gpus: in {target.location.file if target.location else 'its definition'}",
        )
    if step.resources.shm_size:
        parse_size(step.resources.shm_size, step.location)
    if not (step.environment.image or step.environment.build_context or step.environment.has_python):
        raise DefinitionError(
            f"step '{step.name}' runs on compute '{step.compute}' but has no environment",
            location=step.location,
            hint="give it an environment with an image",
        )


def mounts_of(attempt: AttemptFolder, given: Mapping[str, str], recorder: RecorderHook | None) -> tuple[Mount, ...]:
    """What the step sees: its own folders to write in, and `given`, paths by input, to read."""
    writable = [attempt.code, attempt.outputs, attempt.root / "inputs"]
    found = {str(path): Mount(str(path), str(path), writable=True) for path in writable if path.exists()}
    for path in given.values():
        found.setdefault(path, Mount(path, path))
    if recorder is not None:
        found.update((mount.target, mount) for mount in _recording(attempt, recorder))
    return tuple(found.values())


def own_variables(image: ImageEnvironment) -> dict[str, str]:
    """What programs expect of a user that the image does not know: a name, and a home that can be written."""
    if os.getuid() == 0 or image.is_rootless:
        return {}
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = str(os.getuid())
    return {"HOME": "/tmp", "USER": name, "LOGNAME": name}


def workspace_id(layout: Layout) -> str:
    """Eight hex digits for this workspace of this machine: a host may be others' too."""
    try:
        machine = _MACHINE_ID.read_text("ascii")
    except (OSError, ValueError):
        machine = platform.node()
    return blake2b(f"{machine.strip()}\0{layout.private}".encode("utf-8", "surrogateescape"), digest_size=4).hexdigest()


def keeper_of(store: Store) -> str:
    """The workspace's name where a host keeps its results: of its own store, on this machine, in this folder.

    A copy of it elsewhere must never say what this one needs no more.
    """
    return f"{workspace_id(store.layout)}-{store.elsewhere.mark()}"


def _name(workspace: str, run: int, step: str, attempt: AttemptFolder) -> str:
    """At most 200 characters of what a container's name may hold; the attempt's folder makes it one of its kind."""
    wanted = f"mlpw-{workspace}-{run}-{step}-{attempt.root.name}"
    fit = _UNFIT.sub("-", wanted)[:180]
    if fit == wanted and attempt.root.name.isdecimal():
        return fit
    whole = f"{wanted}\0{attempt.root}".encode("utf-8", "surrogateescape")
    return f"{fit}-{blake2b(whole, digest_size=4).hexdigest()}"


def _groups() -> dict[str, object]:
    """The user's other groups: what they may read, their steps may."""
    others = [] if os.getuid() == 0 else [group for group in os.getgroups() if group not in (0, os.getgid())]
    return {"GroupAdd": [str(group) for group in others]} if others else {}


def _recording(attempt: AttemptFolder, recorder: RecorderHook) -> Iterator[Mount]:
    """The recorder and what it writes, which must be there to be mounted."""
    yield Mount(recorder.folder, recorder.folder)
    attempt.events.touch()
    yield Mount(str(attempt.events), str(attempt.events), writable=True)
    for folder in (attempt.root / "tracked", attempt.root / "mlflow"):
        folder.mkdir(exist_ok=True)
        yield Mount(str(folder), str(folder), writable=True)
