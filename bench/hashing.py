"""How long it takes to take up data: one big file, and many small ones; the first time, and when nothing changed."""

import os
import shutil
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from bench.measuring import Timing, figure
from bench.results import Measurement
from bench.rig import Rig

_BLOCK = 1 << 20
_FILE_BYTES = 4096
_FILES_A_FOLDER = 100
_SETTLED_SECONDS = 2.5


def measure_hashing(rig: Rig) -> Iterator[Measurement]:
    """Runs of one step that reads the data; `bytes` next to nothing shows what such a run takes by itself."""
    for kind, size in (("nothing", 1), ("bytes", rig.settings.data_bytes), ("files", rig.settings.data_files)):
        data = rig.new_folder("data")
        data.mkdir()
        if kind == "files":
            write_files(data, size)
        else:
            write_bytes(data / "big.bin", size)
        time.sleep(_SETTLED_SECONDS)
        yield from _measure(rig, kind, size, data)
        shutil.rmtree(data)


def _measure(rig: Rig, kind: str, size: int, data: Path) -> Iterator[Measurement]:
    first: dict[str, list[Timing]] = defaultdict(list)
    second: dict[str, list[Timing]] = defaultdict(list)
    for repeat in range(rig.settings.cold_repeats):
        for peer in rig.turn(repeat):
            folder = rig.new_folder(f"hash-{peer.name}")
            folder.mkdir()
            lent = data.rename(folder / "data")
            peer.hash_workspace(folder, lent, rig.variables)
            first[peer.name].append(rig.stopwatch.run(peer.command(much=False), folder, rig.variables))
            rig.stopwatch.run(peer.command(much=False), folder, rig.variables)
            second[peer.name].append(rig.stopwatch.run(peer.command(much=False), folder, rig.variables))
            lent.rename(data)
    for name, timings in ((f"hash {kind}, first", first), (f"hash {kind}, again", second)):
        yield Measurement(name, size, {tool: figure(each) for tool, each in timings.items()})


def write_bytes(path: Path, size: int) -> None:
    """Different from block to block, without the cost of so much randomness."""
    block = bytearray(os.urandom(min(_BLOCK, size)))
    with path.open("wb") as file:
        for start in range(0, size, _BLOCK):
            block[:8] = start.to_bytes(8, "little")[: len(block)]
            file.write(block[: size - start])


def write_files(folder: Path, count: int) -> None:
    """Small files, a hundred a folder."""
    block = bytearray(os.urandom(_FILE_BYTES))
    for number in range(count):
        inside = folder / f"part{number // _FILES_A_FOLDER:04d}"
        if number % _FILES_A_FOLDER == 0:
            inside.mkdir()
        block[:8] = number.to_bytes(8, "little")
        (inside / f"{number:06d}.bin").write_bytes(block)
