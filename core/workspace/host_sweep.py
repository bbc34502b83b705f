"""What `mlpw gc` removes on Docker hosts: containers nobody keeps, images nothing uses, leftovers of builds, data.

A host is others' too: what another workspace has only there is never removed, nor what its attempts work on.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Set
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from core.definitions.compute_target import ComputeTarget
from core.store.locks import is_held

#: No request and no transfer takes so long; whoever made a container for one has died.
_ABANDONED_SECONDS = 86_400.0

if TYPE_CHECKING:
    from core.hosts.engine import Engine
    from core.layout import Layout
    from core.workspace.housekeeping import Freed
    from core.workspace.workspace import Workspace


def sweep_hosts(
    workspace: Workspace, freed: Freed, used: Set[str] | None, needed: Collection[str], *, dry_run: bool
) -> None:
    """Remove on every host of the workspace containers that nobody keeps, images in which no attempt ran, and data.

    `used` holds the ids of images that remaining attempts ran in; None leaves images alone. `needed` are digests that
    records name: those that lie only on a host stay there. A host that cannot be asked is told in `freed.troubles`.
    """
    from core.definitions.compute_reader import find_targets
    from core.definitions.loading import Loading

    store = workspace.store
    keep = [digest for digest in store.elsewhere if digest in needed and not store.has(digest)]
    for target in find_targets(Loading(workspace.root)).known.values():
        _sweep(workspace, target, freed, used, keep, dry_run)


def _sweep(
    workspace: Workspace,
    target: ComputeTarget,
    freed: Freed,
    used: Set[str] | None,
    keep: Collection[str],
    dry_run: bool,
) -> None:
    from core.hosts.connection import connect  # docker takes long to import, and most workspaces have no host
    from core.hosts.errors import HostError

    try:
        with closing(connect(target)) as engine:
            _sweep_containers(engine, workspace.layout, freed, dry_run)
            if used is not None:
                _sweep_images(engine, workspace.layout, freed, used, dry_run)
            if not target.shares_files:
                _sweep_data(engine, workspace, target, freed, keep, dry_run)
    except HostError as error:
        freed.troubles.append(str(error))


def _sweep_containers(engine: Engine, layout: Layout, freed: Freed, dry_run: bool) -> None:
    """Those of attempts without a shim, of shells that are gone, and of transfers whose makers died long ago."""
    from core.engine.containers import workspace_id
    from core.hosts import labels
    from core.hosts.agent_image import HELPER_LABEL

    for found in engine.containers(f"{labels.WORKSPACE}={workspace_id(layout)}"):
        if _is_used(Path(found["Labels"].get(labels.FOLDER, "")), layout):
            continue
        freed.add("containers")
        if not dry_run:
            engine.remove(found["Id"])
    for found in engine.containers(HELPER_LABEL):
        if time.time() - found["Created"] > _ABANDONED_SECONDS:
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


def _is_used(folder: Path, layout: Layout) -> bool:
    """Whether an attempt has a shim, or is a shell that somebody works in."""
    is_shell = folder.is_relative_to(layout.temporary) and folder.is_dir()
    return is_shell or is_held(folder / "lock")


def _sweep_data(
    engine: Engine, workspace: Workspace, target: ComputeTarget, freed: Freed, keep: Collection[str], dry_run: bool
) -> None:
    """Of the host's cache: attempts of ours that have ended, and what was used longest ago beyond the limit."""
    from core.engine.containers import keeper_of
    from core.hosts.agent_link import VOLUME
    from core.hosts.cache import HostCache, Sweep
    from core.hosts.errors import NotThereError

    try:
        engine.volume_path(VOLUME)
    except NotThereError:  # nothing was ever sent there
        return
    cache, keeper = HostCache(engine), keeper_of(workspace.store)
    whose = cache.usage()["whose"]
    ended = [
        attempt
        for attempt, (owner, folder) in whose.items()
        if owner == keeper and not _is_used(Path(folder), workspace.layout)
    ]
    for _ in ended:
        freed.add("cached attempts")
    removed = cache.sweep(Sweep(keeper, ended, tuple(keep), target.cache_limit), dry_run=dry_run)
    for size in removed.values():
        freed.add("cached objects", size)
