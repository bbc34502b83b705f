"""The workbench's first frame on a real pseudo-terminal, beside an app of Textual that shows one word."""

import os
import resource
import shutil
import signal
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.installing import CHECKOUT
from bench.measuring import CommandError, Timing, figure
from bench.results import MLPW, Measurement
from bench.rig import Rig
from bench.screens import open_screen

_PATIENCE = 60.0
_BARE = (
    "from textual.app import App\n"
    "from textual.widgets import Static\n"
    "class Bare(App):\n"
    "    def compose(self):\n"
    "        yield Static('bare-word')\n"
    "Bare().run()\n"
)


def measure_first_frame(rig: Rig) -> Iterator[Measurement]:
    """Until the sample's pipeline stands in the tree; the bare app until its word is there."""
    folder = rig.new_folder("first-frame")
    shutil.copytree(CHECKOUT / "sample_workspace", folder, ignore=shutil.ignore_patterns(".mlpw"))
    variables = {
        **rig.variables,
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "XDG_CONFIG_HOME": str(folder.parent / "config"),
        "XDG_STATE_HOME": str(folder.parent / "state"),
    }
    commands = {
        MLPW: ([str(rig.mlpw.scripts / "mlpw"), str(folder)], b"flight_delays"),
        "textual": ([str(rig.mlpw.scripts / "python"), "-c", _BARE], b"bare-word"),
    }
    timings: dict[str, list[Timing]] = defaultdict(list)
    for command, word in commands.values():
        _until_painted(command, word, variables)  # once for the caches of both
    for _ in range(rig.settings.repeats):
        for tool, (command, word) in commands.items():
            timings[tool].append(_until_painted(command, word, variables))
    yield Measurement("first frame", 0, {tool: figure(each) for tool, each in timings.items()})


def _until_painted(command: Sequence[str], word: bytes, variables: Mapping[str, str]) -> Timing:
    """Start it, read until `word` was painted, end it. Its processor time includes that of its end."""
    master, slave = open_screen()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=dict(variables), start_new_session=True, cwd=Path.home()
    )
    os.close(slave)
    painted = b""
    while word not in painted:
        painted += os.read(master, 1 << 16)
        if time.perf_counter() - start > _PATIENCE:
            raise CommandError(f"{command[0]} painted nothing in {_PATIENCE:.0f} s")
    wall = time.perf_counter() - start
    process.send_signal(signal.SIGKILL)
    process.wait()
    os.close(master)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Timing(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
