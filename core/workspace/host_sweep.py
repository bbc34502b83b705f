"""What `mlpw gc` removes on Docker hosts: containers nobody keeps, images nothing uses, leftovers of builds."""

from __future__ import annotations

from collections.abc import Set
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from core.definitions.compute_target import ComputeTarget
from core.store.locks import is_held

if TYPE_CHECKING:
    from core.hosts.engine import Engine
    from core.layout import Layout
    from core.workspace.housekeeping import Freed
    from core.workspace.workspace import Workspace


def sweep_hosts(workspace: Workspace, freed: Freed, used: Set[str] | None, *, dry_run: bool) -> None:
    """Remove on every host of the workspace containers that nobody keeps, and images in which no attempt ran.

    `used` holds the ids of images that remaining attempts ran in; None leaves images alone. A host that cannot be asked
    is told in `freed.troubles`.
    """
    from core.definitions.compute_reader import find_targets
    from core.definitions.loading import Loading

    for target in find_targets(Loading(workspace.root)).known.values():
        _sweep(workspace, target, freed, used, dry_run)


def _sweep(workspace: Workspace, target: ComputeTarget, freed: Freed, used: Set[str] | None, dry_run: bool) -> None:
    from core.hosts.connection import connect  # docker takes long to import, and most workspaces have no host
    from core.hosts.errors import HostError

    try:
        with closing(connect(target)) as engine:
            _sweep_containers(engine, workspace.layout, freed, dry_run)
            if used is not None:
                _sweep_images(engine, workspace.layout, freed, used, dry_run)
    except HostError as error:
        freed.troubles.append(str(error))


def _sweep_containers(engine: Engine, layout: Layout, freed: Freed, dry_run: bool) -> None:
    """Those of attempts without a shim, and of shells that are gone."""
    from core.engine.containers import FOLDER_LABEL, WORKSPACE_LABEL, workspace_id

    for found in engine.containers(f"{WORKSPACE_LABEL}={workspace_id(layout)}"):
        folder = Path(found["Labels"].get(FOLDER_LABEL, ""))
        is_shell = folder.is_relative_to(layout.temporary) and folder.is_dir()
        if is_shell or is_held(folder / "lock"):
            continue
        freed.add("containers")
        if not dry_run:
            engine.remove(found["Id"])


def _sweep_images(engine: Engine, layout: Layout, freed: Freed, used: Set[str], dry_run: bool) -> None:
    from core.environments.images import kept

    if kept.is_building(layout):
        freed.troubles.append(f"an image is being built, and no image was removed from {engine.name}")
        return
    for kind, _, remove in kept.leftovers(engine, layout):
        freed.add(kind)
        if not dry_run:
            remove()
    unused = kept.unused_images(engine, layout, lambda image: image.id in used)
    for image in unused:
        freed.add("images", image.own_size)
        if not dry_run:
            kept.remove_image(engine, image)
    if not dry_run:
        for _ in range(kept.clear_layers(engine, layout)):
            freed.add("build layers")
    needed = {image.digest for image in kept.images_on(engine, layout)} - {image.digest for image in unused}
    for log in sorted(layout.environments.glob(f"*.{engine.name}.log")):
        if log.name.partition(".")[0] not in needed:
            freed.add("build logs", log.stat().st_size)
            if not dry_run:
                log.unlink(missing_ok=True)
