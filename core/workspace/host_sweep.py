"""What `mlpw gc` removes on Docker hosts: images that this workspace built and nothing uses, leftovers of builds."""

from __future__ import annotations

from collections.abc import Set
from contextlib import closing
from typing import TYPE_CHECKING

from core.definitions.compute_target import ComputeTarget

if TYPE_CHECKING:
    from core.workspace.housekeeping import Freed
    from core.workspace.workspace import Workspace


def sweep_hosts(workspace: Workspace, freed: Freed, used: Set[str], *, dry_run: bool) -> None:
    """Remove on every host of the workspace what no remaining attempt ran in; `used` holds the ids of images.

    A host that cannot be asked is told in `freed.troubles`.
    """
    from core.definitions.compute_reader import find_targets
    from core.definitions.loading import Loading

    for target in find_targets(Loading(workspace.root)).known.values():
        _sweep(workspace, target, freed, used, dry_run)


def _sweep(workspace: Workspace, target: ComputeTarget, freed: Freed, used: Set[str], dry_run: bool) -> None:
    from core.environments.images import kept  # docker takes long to import, and most workspaces have no host
    from core.hosts.connection import connect
    from core.hosts.errors import HostError

    layout = workspace.layout
    try:
        with closing(connect(target)) as engine:
            for kind, _, remove in kept.leftovers(engine, layout):
                freed.add(kind)
                if not dry_run:
                    remove()
            for image in kept.unused_images(engine, layout, lambda image: image.id in used):
                freed.add("images", image.size)
                if not dry_run:
                    kept.remove_image(engine, image)
            if not dry_run:
                for _ in range(kept.clear_layers(engine, layout)):
                    freed.add("build layers")
    except HostError as error:
        freed.troubles.append(str(error))
