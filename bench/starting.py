"""Start-up: the shortest command of every tool, and a plan of the sample."""

import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from bench.installing import CHECKOUT
from bench.measuring import Timing, figure
from bench.results import MLPW, Measurement
from bench.rig import Rig

_SAMPLE = Path("sample_workspace")
_PIPELINE = "pipelines/flight_delays.yml"


def measure_starting(rig: Rig) -> Iterator[Measurement]:
    """`--version` beside the peers; `plan` of the sample, planned before and for the first time."""
    timings: dict[str, list[Timing]] = defaultdict(list)
    here = rig.scratch
    for repeat in range(rig.settings.repeats):
        for peer in rig.turn(repeat):
            timings[peer.name].append(
                rig.stopwatch.run([peer.command(much=False)[0], "--version"], here, rig.variables)
            )
    yield Measurement("--version", 0, {tool: figure(each) for tool, each in timings.items()})
    yield Measurement("plan of the sample, first", 0, {MLPW: figure(list(_plans(rig, fresh=True)))})
    yield Measurement("plan of the sample", 0, {MLPW: figure(list(_plans(rig, fresh=False)))})


def _plans(rig: Rig, *, fresh: bool) -> Iterator[Timing]:
    folder = rig.new_folder("sample")
    shutil.copytree(CHECKOUT / _SAMPLE, folder, ignore=shutil.ignore_patterns(".mlpw"))
    plan = [str(rig.mlpw.scripts / "mlpw"), "plan", _PIPELINE]
    if not fresh:
        rig.mlpw.prepare_in(folder, rig.variables)
        rig.stopwatch.run(plan, folder, rig.variables)
    for _ in range(rig.settings.repeats):
        yield rig.stopwatch.run(plan, folder, rig.variables)
