"""How large hosts are, as they said when a step was last made ready there: for estimates, which ask nobody."""

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from core.definitions.compute_target import ComputeTarget
from core.engine.places import bounded
from core.layout import Layout
from core.planning.graph import Resources


def remember(layout: Layout, name: str, cores: int, memory_bytes: int) -> None:
    """Note what a host said; a disk that takes no more keeps the older word."""
    place = _place(layout, name)
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        half = place.with_suffix(f".{os.getpid()}.tmp")
        half.write_text(json.dumps([cores, memory_bytes]), "ascii")
        half.replace(place)


def host_bounds(layout: Layout, targets: Iterable[ComputeTarget]) -> Mapping[str, Resources]:
    """What mlpw takes of each target at a time, as far as is known; 0 for no bound."""
    found: dict[str, Resources] = {}
    for target in targets:
        cores, memory = _remembered(layout, target.name)
        capacity = bounded(target, cores, memory)
        cpus = capacity.cores if target.cpus or cores else 0
        most = capacity.memory_bytes if target.memory or memory else 0
        found[target.name] = Resources(cpus=cpus, memory=most, gpus=capacity.gpus)
    return found


def _remembered(layout: Layout, name: str) -> tuple[int, int]:
    try:
        cores, memory = json.loads(_place(layout, name).read_bytes())
        return int(cores), int(memory)
    except (OSError, ValueError, TypeError):
        return 0, 0


def _place(layout: Layout, name: str) -> Path:
    return layout.cache / "hosts" / f"{name}.json"
