"""Compute targets of a workspace: which there are, what their hosts are and have, whether they can be used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.definitions.compute_target import LOCAL, ComputeTarget, Targets
from core.errors import NotFoundError

if TYPE_CHECKING:
    from core.environments.images.kept import KeptImage
    from core.hosts.engine import Engine
    from core.hosts.facts import HostFacts
    from core.workspace.workspace import Workspace

_LITTLE_BYTES = 2_000_000_000
_FAR_SECONDS = 0.5
_HINT = "mlpw doctor examines it; 'mlpw compute list' names the hosts"


@dataclass(frozen=True, slots=True)
class Cached:
    """What a host keeps of workspaces' data: how many objects, their bytes, and those of its disk.

    `kept` bytes of it are results that some workspace has nowhere else; `attempts` have folders there now.
    """

    objects: int
    size: int
    free: int
    total: int
    kept: int = 0
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class ComputeFacts:
    """A target and its host; without `facts`, `trouble` says why, and `advice` what to do."""

    target: ComputeTarget
    facts: HostFacts | None = None
    images: Sequence[KeptImage] = ()
    cache: Cached | None = None
    trouble: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried on a host: whether it is well, what was found, what to do about it."""

    name: str
    is_well: bool
    found: str
    advice: str = ""


def targets(workspace: Workspace) -> Targets:
    """The compute targets that the workspace defines."""
    from core.definitions.compute_reader import find_targets
    from core.definitions.loading import Loading

    return find_targets(Loading(workspace.root))


def target(found: Targets, name: str) -> ComputeTarget:
    """One of them. Raises NotFoundError with the nearest name, DefinitionError for one that cannot be used."""
    if name == LOCAL:
        raise NotFoundError(f"'{LOCAL}' is this machine with its processes, and no Docker host", hint=_HINT)
    known = found.find(name)
    if known is None:
        names = ", ".join(sorted(found.known))
        hint = found.nearest(name) or (f"hosts are {names}" if names else "none is defined here")
        raise NotFoundError(f"'{name}' is no compute target of type docker", hint=hint)
    return known


def pause(workspace: Workspace, name: str, wanted: bool) -> None:
    """Start nothing new on a target for which others could do, or use it again.

    Raises NotFoundError, DefinitionError as `target`.
    """
    from core.engine.placing import set_paused

    target(targets(workspace), name)
    workspace.keep()
    set_paused(workspace.layout, name, wanted)


def paused(workspace: Workspace) -> frozenset[str]:
    """The targets on which nothing new is started for which others could do."""
    from core.engine.placing import all_paused

    return all_paused(workspace.layout)


def compute_facts(workspace: Workspace, asked: ComputeTarget) -> ComputeFacts:
    """All about a target and its host; a host that cannot be asked is no error."""
    from core.environments.images.kept import images_on
    from core.hosts.connection import connect
    from core.hosts.errors import HostError
    from core.hosts.facts import host_facts

    try:
        with closing(connect(asked)) as engine:
            facts, cache = host_facts(engine, asked), _cached(engine)
            if cache and facts.free < 0:
                facts = replace(facts, free=cache.free, total=cache.total)
            return ComputeFacts(asked, facts, images_on(engine, workspace.layout), cache)
    except HostError as error:
        return ComputeFacts(asked, trouble=error.message, advice=error.hint)


def try_out(asked: ComputeTarget) -> Iterator[Finding]:
    """Try a host as far as a step needs it, one thing after the other; ends where nothing more can be tried."""
    from core.hosts.connection import connect
    from core.hosts.errors import HostError
    from core.hosts.facts import host_facts

    try:
        engine = connect(asked)
    except HostError as error:
        yield Finding("reach", False, error.message, error.hint)
        return
    with closing(engine):
        try:
            facts = host_facts(engine, asked)
            yield from _findings(asked, facts)
            yield _container(asked, engine)
        except HostError as error:
            yield Finding("engine", False, error.message, error.hint)


def _findings(asked: ComputeTarget, facts: HostFacts) -> Iterator[Finding]:
    far = "its network is slow: many small steps will wait for it" if facts.latency_s > _FAR_SECONDS else ""
    yield Finding("reach", True, f"answers within {facts.latency_s * 1000:.1f} ms", far)
    warned = "; ".join(facts.warnings)
    yield Finding("engine", True, f"Docker {facts.version} (API {facts.api_version}), {facts.system}", warned)
    yield _enough("cpus", asked.cpus, facts.cpus, f"{facts.cpus} cores")
    yield _enough("memory", asked.memory, facts.memory, f"{facts.memory / 1e9:.1f} GB")
    yield _cards(asked, facts)
    if facts.free >= 0:
        little = facts.free < _LITTLE_BYTES
        advice = f"make room where {facts.root} lies: 'docker system prune' there" if little else ""
        yield Finding("disk", not little, f"{facts.free / 1e9:.1f} of {facts.total / 1e9:.1f} GB free", advice)


def _enough(name: str, asked: float, there: int, found: str) -> Finding:
    if asked > there > 0:
        return Finding(name, False, f"{found}, the target says more", f"lower '{name}:' of the target")
    return Finding(name, True, found)


def _cards(asked: ComputeTarget, facts: HostFacts) -> Finding:
    found = ", ".join(facts.gpus) or ("its engine can give graphics cards" if facts.gives_gpus else "none")
    if not asked.gpus:
        return Finding("gpus", True, found)
    if not facts.gives_gpus:
        return Finding("gpus", False, f"{found}, the target says {asked.gpus}", "install the NVIDIA Container Toolkit")
    if facts.gpus and len(facts.gpus) < asked.gpus:
        return Finding("gpus", False, f"{found}, the target says {asked.gpus}", "lower 'gpus:' of the target")
    return Finding("gpus", True, found)


def _container(asked: ComputeTarget, engine: Engine) -> Finding:
    """On a host with files of its own, have the agent look at its cache, as every step there does."""
    if asked.shares_files:
        return Finding("data", True, "shares this machine's files: nothing has to be sent")
    from core.hosts.cache import HostCache

    usage = HostCache(engine).usage()
    size = sum(each for each, _ in usage["objects"].values())
    found = f"a container runs; {len(usage['objects'])} objects, {size / 1e9:.2f} GB kept"
    return Finding("data", True, f"{found}, {usage['free'] / 1e9:.1f} GB free")


def _cached(engine: Engine) -> Cached | None:
    """What the host keeps, None when nothing was ever sent there."""
    from core.hosts.agent_link import VOLUME
    from core.hosts.cache import HostCache
    from core.hosts.errors import NotThereError

    try:
        engine.volume_path(VOLUME)
    except NotThereError:
        return None
    told = HostCache(engine).usage()
    sizes = {digest: int(size) for digest, (size, _) in told["objects"].items()}
    kept = sum(sizes[digest] for digest in told["kept"])
    attempts = len(told["attempts"])
    return Cached(len(sizes), sum(sizes.values()), int(told["free"]), int(told["total"]), kept, attempts)
