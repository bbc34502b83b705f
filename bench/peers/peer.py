"""What bench asks of a tool."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from bench.workload import Workload


class Peer(Protocol):
    """A tool with the same workload in its own words."""

    @property
    def name(self) -> str:
        """What the report calls it."""

    @property
    def version(self) -> str:
        """The installed version."""

    def write(self, workload: Workload) -> None:
        """Write the pipeline's definition into the workload's folder, where the sources are already."""

    def prepare(self, workload: Workload, variables: Mapping[str, str]) -> None:
        """What a person does once before the first run; not measured."""

    def command(self, *, much: bool) -> list[str]:
        """Run what changed, in the tool's fastest way for `much` to do, or for little; two steps at a time at most."""

    def hash_workspace(self, folder: Path, data: Path, variables: Mapping[str, str]) -> None:
        """Write a pipeline of one trivial step that reads `data`, inside `folder`, and do what comes before a run."""


def installed_version(package: str, scripts: Path) -> str:
    """The version of a package in an environment, from the name of its metadata's folder."""
    prefix = f"{package}-"
    found = (path.name for path in scripts.parent.glob(f"lib/*/site-packages/{prefix}*.dist-info"))
    return next((name.removeprefix(prefix).removesuffix(".dist-info") for name in found), "?")
