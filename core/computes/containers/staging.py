"""A container's data on a host that shares no files with us: there before it starts, kept there when it has ended."""

import json
import os
import platform
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import asdict
from pathlib import Path

from core.computes.protocol import ContainerSpec, Mount
from core.hosts.cache import HostCache, Made, Work
from core.hosts.contents import Content, content_at
from core.hosts.engine import Engine
from core.hosts.fetching import bring
from core.layout import AttemptFolder, Layout
from core.store.objects import Store


class StagedData:
    """One attempt's data on its host; `heard` is told in words how a transfer goes. Everything may be asked again."""

    def __init__(self, spec: ContainerSpec, attempt: AttemptFolder, heard: Callable[[str], None]) -> None:
        assert spec.staging is not None
        self._spec, self._staging, self._attempt, self._heard = spec, spec.staging, attempt, heard

    def stage(self, engine: Engine) -> tuple[Mount, ...]:
        """Bring what the attempt needs to the host, and say what its container mounts.

        Raises HostError, StoreError.
        """
        sources = {each.digest: each.source for each in (*self._staging.needs, *self._staging.copies)}
        cache = HostCache(engine, self._heard)
        with closing(Store(Layout(Path(self._staging.workspace)))) as store:

            def find(digest: str) -> Content:
                bring(store, [digest], self._heard)  # it may lie on another host
                return content_at(store, sources[digest], digest)

            cache.lay_out(self._work(), find)
            mounted = (*self._staging.mounted, *self._staging.files)
            owned = [Mount(cache.work_place(self._spec.name, self._place(path)), path, True) for path in mounted]
            read = [Mount(cache.place(each.digest, each.inside), each.target) for each in self._staging.needs]
        return (*owned, *read)

    def collect(self, engine: Engine) -> Mapping[str, Made]:
        """Keep on the host what the step left there, and note it beside the attempt."""
        known = collected(self._attempt)
        if known is not None:
            return known
        places = {name: self._place(path) for name, path in self._staging.places.items()}
        gathered = {name: [self._place(path) for path in paths] for name, paths in self._staging.gathered.items()}
        cache = HostCache(engine, self._heard)
        made = cache.collect(self._spec.name, places, gathered, self._staging.keeper, self._staging.told)
        for name, each in made.items():
            _write(self._attempt.told / name, each.texts)
        half = self._attempt.collected.with_suffix(".tmp")
        half.write_text(json.dumps({name: {**asdict(each), "texts": {}} for name, each in made.items()}), "utf-8")
        half.replace(self._attempt.collected)
        return made

    def bring(self, engine: Engine) -> None:
        """Copy here what is wanted here though it is no result: what the step reported."""
        cache = HostCache(engine)
        for path in self._staging.brought:
            cache.bring(self._spec.name, self._place(path), Path(path))

    def leave(self, engine: Engine) -> None:
        """Be rid of what the attempt worked on."""
        HostCache(engine).forget([self._spec.name])

    def _work(self) -> Work:
        user, _, group = self._spec.user.partition(":")
        return Work(
            self._spec.name,
            needs=[each.digest for each in self._staging.needs],
            copies=[(each.digest, each.inside, self._place(each.target)) for each in self._staging.copies],
            folders=[self._place(path) for path in self._staging.folders],
            files=[self._place(path) for path in self._staging.files],
            owner=(int(user or 0), int(group or 0)),
            keeper=self._staging.keeper,
            workspace=f"{platform.node()}:{self._staging.workspace}",
            folder=str(self._attempt.root),
        )

    def _place(self, path: str) -> str:
        """Where something of the attempt lies on its host: as it lies in the attempt's folder here."""
        return os.path.relpath(path, self._attempt.root)


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    for place, text in texts.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(text, "utf-8")


def collected(attempt: AttemptFolder) -> Mapping[str, Made] | None:
    """What `collect` noted, None before it did, and of an attempt whose data is here."""
    with suppress(FileNotFoundError):
        plain = json.loads(attempt.collected.read_text("utf-8"))
        return {name: Made(**each) for name, each in plain.items()}
    return None
