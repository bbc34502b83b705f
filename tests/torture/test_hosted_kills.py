"""Hosted steps under fire: whatever is killed or cut whenever, the run ends with the same results and whole logs."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator

import pytest

from core.engine.crashes import POINTS
from core.workspace.host_sweep import Visit
from core.workspace.housekeeping import Freed
from tests.core.engine.hosts.conftest import add_target
from tests.support.bench import Bench
from tests.support.docker_hosts import DockerHosts
from tests.support.far import leave_nothing, write_target
from tests.support.waiting import eventually
from tests.torture.hosted import HostedTorture

LONG = bool(os.environ.get("MLPW_LONG"))
#: A short torture begins no round later than that.
SHORT_SECONDS = 30.0
#: The moments of a supervisor's life that have to do with hosts, the ones for a short torture first.
SHORT_POINTS = ("submitted", "ended", "assembled", "published", "attempt_opened", "noted", "harvested", "recorded")


@pytest.fixture
def torture(new_bench: Callable[[str], Bench], docker_hosts: DockerHosts) -> Iterator[HostedTorture]:
    """A workspace with a host here and one that SSH reaches, where nothing is left that `mlpw gc` does not find."""
    box, far = docker_hosts.start("containers"), docker_hosts.start("far", ssh=True)
    bench = new_bench("workspace")
    add_target(bench, "box", box)
    write_target(bench.root, far)
    made = HostedTorture(bench, box, far, seed=int(os.environ.get("MLPW_SEED", "1")))
    yield made
    eventually(lambda: made.is_quiet, "the end of all processes")
    freed = Freed()
    with bench.workspace() as workspace:
        Visit(workspace, freed, None, None, quiet_days=90).everywhere()
    leave_nothing(far)
    with contextlib.closing(box.engine()) as engine:
        assert engine.containers("mlpw.workspace") == []


@pytest.mark.timeout(36000 if LONG else 400)
def test_whatever_dies_whenever_no_hosted_step_is_lost_or_doubled(torture: HostedTorture) -> None:
    points = [*SHORT_POINTS, *(point for point in POINTS if point not in SHORT_POINTS)] * (5 if LONG else 1)
    until = time.monotonic() + SHORT_SECONDS
    while points and not torture.broken and (LONG or not torture.hits.total() or time.monotonic() < until):
        torture.round(crash_at=points.pop(0))
        print(f"{torture.rounds} rounds, {dict(torture.hits)}", flush=True)

    assert torture.broken == [], f"{torture.rounds} rounds, {dict(torture.hits)}"
    assert torture.hits.total() > 0
