"""Many steps at once on a host with sshd as it comes: ten sessions on a connection, ten beginning connections."""

import os
from collections.abc import Callable

import pytest

from core.records.model import RunStatus
from tests.support.bench import Bench
from tests.support.crowd import crowd, write_crowd
from tests.support.docker_hosts import DockerHosts
from tests.support.far import leave_nothing

STEPS = 50 if os.environ.get("MLPW_LONG") else 12


@pytest.mark.timeout(1500)
def test_many_steps_at_once_share_one_connection(new_bench: Callable[[str], Bench], docker_hosts: DockerHosts) -> None:
    host, bench = docker_hosts.start("crowd", ssh=True), new_bench("workspace")
    write_crowd(bench, host, STEPS)

    found = crowd(bench, host, STEPS)

    run = bench.last()
    assert bench.end_of(run).status is RunStatus.SUCCEEDED, {name: row.error for name, row in bench.steps(run).items()}
    assert {row.attempt for row in bench.steps(run).values()} == {1}
    assert {bench.log(run, f"s{n:02}").partition("begun")[2] for n in range(STEPS)} == {"\nend\n"}
    assert found.connections < 10, "one asks where the socket is, one carries all, and perhaps some were made anew"
    assert found.open <= 1
    assert found.ssh <= 1
    print(found)
    leave_nothing(host)
