"""A container's data on a host that shares no files with us: there before it starts, kept there when it has ended."""

import json
import os
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import asdict
from pathlib import Path

from core.computes.protocol import ContainerSpec, Mount, Staging
from core.hosts.cache import HostCache, Made, Work
from core.hosts.contents import Content, content_at
from core.hosts.engine import Engine
from core.layout import AttemptFolder, Layout
from core.store.objects import Store


def stage(
    engine: Engine, spec: ContainerSpec, attempt: AttemptFolder, heard: Callable[[str], None]
) -> tuple[Mount, ...]:
    """Bring what the attempt needs to the host, and say what its container mounts; again changes nothing.

    Raises HostError, StoreError.
    """
    staging = _staging(spec)
    cache = HostCache(engine, heard)
    sources = {each.digest: each.source for each in (*staging.needs, *staging.copies)}
    with closing(Store(Layout(Path(staging.workspace)))) as store:

        def find(digest: str) -> Content:
            return content_at(store, sources[digest], digest)

        cache.lay_out(_work(spec, staging, attempt), find)
    owned = [Mount(cache.work_place(spec.name, _place(path, attempt)), path, True) for path in staging.mounted]
    read = [Mount(cache.place(each.digest, each.inside), each.target) for each in staging.needs]
    return (*owned, *read)


def collect(
    engine: Engine, spec: ContainerSpec, attempt: AttemptFolder, heard: Callable[[str], None]
) -> Mapping[str, Made]:
    """Keep on the host what the step left there, and note it beside the attempt; again changes nothing."""
    known = collected(attempt)
    if known is not None:
        return known
    staging = _staging(spec)
    places = {name: _place(path, attempt) for name, path in staging.places.items()}
    gathered = {name: [_place(path, attempt) for path in paths] for name, paths in staging.gathered.items()}
    made = HostCache(engine, heard).collect(spec.name, places, gathered)
    half = attempt.collected.with_suffix(".tmp")
    half.write_text(json.dumps({name: asdict(each) for name, each in made.items()}), "utf-8")
    half.replace(attempt.collected)
    return made


def leave(engine: Engine, spec: ContainerSpec) -> None:
    """Be rid of what the attempt worked on."""
    HostCache(engine).forget([spec.name])


def collected(attempt: AttemptFolder) -> Mapping[str, Made] | None:
    """What `collect` noted, None before it did, and of an attempt whose data is here."""
    with suppress(FileNotFoundError):
        plain = json.loads(attempt.collected.read_text("utf-8"))
        return {name: Made(**each) for name, each in plain.items()}
    return None


def _staging(spec: ContainerSpec) -> Staging:
    assert spec.staging is not None
    return spec.staging


def _work(spec: ContainerSpec, staging: Staging, attempt: AttemptFolder) -> Work:
    user, _, group = spec.user.partition(":")
    return Work(
        spec.name,
        needs=[each.digest for each in staging.needs],
        copies=[(each.digest, each.inside, _place(each.target, attempt)) for each in staging.copies],
        folders=[_place(path, attempt) for path in staging.folders],
        owner=(int(user or 0), int(group or 0)),
    )


def _place(path: str, attempt: AttemptFolder) -> str:
    """Where something of an attempt lies on its host: as it lies in the attempt's folder here."""
    return os.path.relpath(path, attempt.root)
