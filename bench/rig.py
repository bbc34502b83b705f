"""What every workload measures with."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.measuring import Stopwatch
from bench.peers import Mlpw, Peer
from bench.settings import Settings


@dataclass(frozen=True, slots=True)
class Rig:
    """The tools, a folder to work in, and how much to do."""

    settings: Settings
    mlpw: Mlpw
    peers: Sequence[Peer]
    scratch: Path
    stopwatch: Stopwatch
    variables: Mapping[str, str]

    def new_folder(self, name: str) -> Path:
        """An empty place for a workspace; what was there is gone."""
        folder = self.scratch / "work" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        return folder

    def turn(self, number: int, peers: Sequence[Peer] | None = None) -> list[Peer]:
        """The tools in another order each time, so that no tool always follows the same one."""
        tools = list(self.peers if peers is None else peers)
        start = number % max(1, len(tools))
        return tools[start:] + tools[:start]
