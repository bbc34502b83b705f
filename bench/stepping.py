"""Runs of the step workload: cold, no-op, one change, early cutoff."""

import sys
import time
from collections import defaultdict
from collections.abc import Iterator

from bench.measuring import CommandError, Timing, figure
from bench.peers import Peer
from bench.results import Measurement
from bench.rig import Rig
from bench.workload import Workload

#: Files younger than this are read again by tools that do not trust the clock's grain.
_SETTLED_SECONDS = 2.5

Timings = dict[str, list[Timing]]
Counts = dict[str, int]


def measure_steps(rig: Rig, count: int) -> Iterator[Measurement]:
    """All four workloads at one size, every tool in turn."""
    left_out = {
        peer.name: f"limited to {rig.settings.limits[peer.name]} steps"
        for peer in rig.peers
        if count > rig.settings.limits.get(peer.name, count)
    }
    peers = [peer for peer in rig.peers if peer.name not in left_out]
    spaces: dict[str, Workload] = {}
    yield _measured("cold", count, _cold(rig, count, peers, spaces), left_out)
    time.sleep(_SETTLED_SECONDS)
    yield _measured("first no-op", count, _again(rig, peers, spaces, 1), left_out)
    yield _measured("no-op", count, _again(rig, peers, spaces, rig.settings.repeats), left_out)
    yield _measured("one change", count, _edited(rig, peers, spaces, changes_output=True), left_out)
    yield _measured("early cutoff", count, _edited(rig, peers, spaces, changes_output=False), left_out)


def _measured(name: str, count: int, found: tuple[Timings, Counts], left_out: dict[str, str]) -> Measurement:
    timings, ran = found
    return Measurement(name, count, {tool: figure(each) for tool, each in timings.items()}, ran, left_out)


def _cold(rig: Rig, count: int, peers: list[Peer], spaces: dict[str, Workload]) -> tuple[Timings, Counts]:
    timings: Timings = defaultdict(list)
    ran: Counts = {}
    for repeat in range(rig.settings.cold_repeats):
        for peer in rig.turn(repeat, peers):
            workload = Workload(rig.new_folder(f"{peer.name}-{count}"), count)
            workload.write_sources()
            peer.write(workload)
            peer.prepare(workload, rig.variables)
            _take(rig, peer, workload, timings, ran, much=True)
            spaces[peer.name] = workload
    return timings, ran


def _again(rig: Rig, peers: list[Peer], spaces: dict[str, Workload], repeats: int) -> tuple[Timings, Counts]:
    timings: Timings = defaultdict(list)
    ran: Counts = {}
    for repeat in range(repeats):
        for peer in rig.turn(repeat, peers):
            _take(rig, peer, spaces[peer.name], timings, ran)
    return timings, ran


def _edited(
    rig: Rig, peers: list[Peer], spaces: dict[str, Workload], *, changes_output: bool
) -> tuple[Timings, Counts]:
    timings: Timings = defaultdict(list)
    ran: Counts = {}
    for repeat in range(rig.settings.repeats):
        for peer in rig.turn(repeat, peers):
            spaces[peer.name].edit(f"edit{repeat}-{changes_output}", changes_output=changes_output)
            _take(rig, peer, spaces[peer.name], timings, ran)
    return timings, ran


def _take(rig: Rig, peer: Peer, workload: Workload, timings: Timings, ran: Counts, *, much: bool = False) -> None:
    """One timing; a tool that fails is said and left out of this one."""
    try:
        timing = rig.stopwatch.run(peer.command(much=much), workload.folder, rig.variables)
    except CommandError as error:
        print(error, file=sys.stderr)
        return
    timings[peer.name].append(timing)
    ran[peer.name] = max(ran.get(peer.name, 0), workload.take_ran())
