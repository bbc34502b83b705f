"""Fifty steps at once on a host that SSH reaches: how long until all run, and what that takes of this machine."""

import os
from collections.abc import Iterator

from bench.measuring import Figure
from bench.results import MLPW, Measurement
from bench.rig import Rig
from tests.support.bench import Bench, mark_of
from tests.support.crowd import crowd, write_crowd
from tests.support.docker_hosts import DockerHosts


def measure_crowding(rig: Rig) -> Iterator[Measurement]:
    """One run whose steps all run at the same time; `notes` counts connections, processes and memory meanwhile."""
    steps, hosts = rig.settings.crowd, DockerHosts()
    try:
        host = hosts.start("crowd", ssh=True)
        bench = Bench(rig.new_folder("crowding") / "workspace")
        os.environ.update({mark_of(bench)[0]: mark_of(bench)[1], "MLPW_RUNTIME_DIR": str(hosts.runtime)})
        write_crowd(bench, host, steps)
        found = crowd(bench, host, steps)
        notes = {
            MLPW: f"{found.connections} connections in all, {found.open} open, {found.ssh} ssh,"
            f" {found.processes} processes, {found.memory / 1e6:,.0f} MB"
        }
        figures = {MLPW: Figure(found.until_all_ran, 0.0, found.until_all_ran, 1)}
        yield Measurement("steps at once by SSH, until all run", steps, figures, notes=notes)
    finally:
        hosts.close()
