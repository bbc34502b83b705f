"""What `mlpw gc` removes on Docker hosts: containers nobody keeps, images nothing uses, leftovers of builds, data.

A host is others' too: what another workspace has only there is never removed, nor what its attempts work on. No run
waits for a host that is slow or away: hosts are visited while runs go on. So a host is asked first what it has, and the
records afterwards what is needed of that: a run that has ended by then needs no container any more, and what a run
leaves on the host meanwhile is not in what the host said.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from core.definitions.compute_target import ComputeTarget
from core.store.locks import is_held
from core.workspace.host_claims import quiet_claims
from core.workspace.needs import needs_of
from core.workspace.remembering import remember

#: No request and no transfer takes so long; whoever made a container for one has died.
_ABANDONED_SECONDS = 86_400.0
#: An image of the agent that is not this mlpw's own is another's, who still may use it, for so long.
_AGENT_SECONDS = 30 * 86_400.0
#: An image is removed while no run goes on; one is waited for so long.
_PATIENCE_SECONDS = 2.0

if TYPE_CHECKING:
    from core.hosts.engine import Engine
    from core.records.model import RunRecord
    from core.workspace.housekeeping import Freed
    from core.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Visit:
    """What one visit of all hosts is to do.

    `images` holds the ids of images that attempts ran in, up to the run `newest`; None leaves images alone.
    """

    workspace: Workspace
    freed: Freed
    images: Set[str] | None
    newest: RunRecord | None
    quiet_days: float
    dry_run: bool = False

    def everywhere(self) -> None:
        """Tidy up on every host of the workspace. One that cannot be asked is told in `freed.troubles`."""
        from core.definitions.compute_reader import find_targets
        from core.definitions.loading import Loading

        for target in find_targets(Loading(self.workspace.root)).known.values():
            self._visit(target)

    def _visit(self, target: ComputeTarget) -> None:
        from core.hosts.connection import connect  # docker takes long to import, and most workspaces have no host
        from core.hosts.errors import HostError

        try:
            with closing(connect(target)) as engine:
                self._containers(engine)
                self._agents(engine)
                try:
                    self._leftovers(engine)
                    if self.images is not None:
                        self._images(engine, self.images)
                except _DisturbedError as error:
                    self.freed.troubles.append(f"{error}, and no image is removed from {engine.name}")
                if not target.shares_files:
                    self._data(engine, target)
        except HostError as error:
            self.freed.troubles.append(str(error))

    def _containers(self, engine: Engine) -> None:
        """Those of attempts of ended runs, of shells that are gone, and of transfers whose makers died long ago."""
        from core.engine.containers import workspace_id
        from core.hosts import labels
        from core.hosts.agent_image import HELPER_LABEL

        found = engine.containers(f"{labels.WORKSPACE}={workspace_id(self.workspace.layout)}")
        used = self._used(each["Labels"].get(labels.FOLDER, "") for each in found)
        left = [each for each in found if each["Labels"].get(labels.FOLDER, "") not in used]
        helpers = engine.containers(HELPER_LABEL)
        left += [each for each in helpers if time.time() - each["Created"] > _ABANDONED_SECONDS]
        for each in left:
            self._remove("containers", lambda each=each: engine.remove(each["Id"]))  # type: ignore[misc]

    def _agents(self, engine: Engine) -> None:
        """Images that keep data on the host, of another mlpw or Python than this one: who needs one sends it again."""
        from core.hosts.agent_image import other_agents

        for image in other_agents(engine, _AGENT_SECONDS):
            self._remove("images", lambda image=image: engine.remove_image(image["Id"]), int(image["Size"]))  # type: ignore[misc]

    def _leftovers(self, engine: Engine) -> None:
        """Containers and volumes of builds of this workspace that were killed."""
        from core.environments.images import kept

        for kind, _, remove in list(kept.leftovers(engine, self.workspace.layout)):
            self._remove(kind, remove, moment=self._undisturbed)

    def _images(self, engine: Engine, used: Set[str]) -> None:
        """Of environments that no attempt ran in, with the logs of what built them, and what builds left half made."""
        from core.environments.images import kept

        layout = self.workspace.layout
        unused = kept.unused_images(engine, layout, lambda image: image.id in used)
        for image in unused:
            self._remove("images", partial(kept.remove_image, engine, image), image.own_size, moment=self._undisturbed)
        if kept.layers(engine, layout) and not self.dry_run:
            with self._undisturbed():
                gone = kept.clear_layers(engine, layout)
            for _ in range(gone):
                self.freed.add("build layers")
        needed = {image.digest for image in kept.images_on(engine, layout)} - {image.digest for image in unused}
        for log in sorted(layout.environments.glob(f"*.{engine.name}.log")):
            if log.name.partition(".")[0] not in needed:
                self._remove("build logs", partial(log.unlink, missing_ok=True), log.stat().st_size)

    def _data(self, engine: Engine, target: ComputeTarget) -> None:
        """Of the host's cache: attempts of runs that have ended, and what was used longest ago beyond the limit."""
        from core.engine.containers import keeper_of
        from core.hosts.agent_link import VOLUME
        from core.hosts.cache import HostCache, Sweep
        from core.hosts.errors import NotThereError

        try:
            engine.volume_path(VOLUME)
        except NotThereError:  # nothing was ever sent there
            return
        cache, keeper = HostCache(engine), keeper_of(self.workspace.store)
        told = cache.usage(keeper)
        ours = {attempt: folder for attempt, (owner, folder) in told["whose"].items() if owner == keeper}
        used = self._used(ours.values())
        ended = [attempt for attempt, folder in ours.items() if folder not in used]
        for _ in ended:
            self.freed.add("cached attempts")
        keep, released = self._kept(told["claims"])
        asked = Sweep(keeper, ended, tuple(keep), target.cache_limit, release=released)
        for size in cache.sweep(asked, dry_run=self.dry_run).values():
            self.freed.add("cached objects", size)
        self.freed.claims.extend(quiet_claims(target.name, told, keeper, self.quiet_days))

    def _kept(self, claims: Sequence[str]) -> tuple[Set[str], list[str]]:
        """Digests that lie only elsewhere and are needed, and which of the `claims` that a host told are for others.

        While a run goes on, what it left there may not be in the records yet: then all stay.
        """
        goes_on = bool(self.workspace.records.runs.unfinished())
        needed, store = needs_of(remember(self.workspace.records)).content, self.workspace.store
        keep = {digest for digest in store.elsewhere if digest in needed and not store.has(digest)}
        return keep, [] if goes_on else [line for line in claims if line.partition(" ")[0] not in keep]

    def _used(self, folders: Iterable[str]) -> set[str]:
        """Of attempts' folders, those whose run goes on or that have a shim, and shells that somebody works in.

        Ask for what there is before: a run that has ended by now begins none of them again.
        """
        layout = self.workspace.layout
        going = [layout.run(run.number) for run in self.workspace.records.runs.unfinished()]

        def is_used(folder: Path) -> bool:
            is_shell = folder.is_relative_to(layout.temporary) and folder.is_dir()
            return is_shell or any(folder.is_relative_to(run) for run in going) or is_held(folder / "lock")

        return {folder for folder in folders if is_used(Path(folder))}

    def _remove(
        self,
        kind: str,
        remove: Callable[[], object],
        size: int = 0,
        moment: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        if not self.dry_run:
            with moment():
                remove()
        self.freed.add(kind, size)

    @contextmanager
    def _undisturbed(self) -> Iterator[None]:
        """While no run goes on, and none was started since this visit began: for what a run may rely on."""
        from core.environments.images import kept

        with self.workspace.store.try_collecting(_PATIENCE_SECONDS) as is_alone:
            if not is_alone or self.workspace.records.runs.find(1) != ([self.newest] if self.newest else []):
                raise _DisturbedError("a run was started meanwhile")
            if kept.is_building(self.workspace.layout):
                raise _DisturbedError("an image is being built")
            yield


class _DisturbedError(Exception):
    """Somebody may need what was to go."""
