"""A step whose data takes long to reach its host says how that goes."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from core.hosts.cache import HostCache
from tests.core.engine.hosts.conftest import contained, pipeline, ran
from tests.support.bench import Bench
from tests.support.docker_hosts import DockerHost, DockerHosts
from tests.support.far import leave_nothing, until_left, write_target
from tests.support.steps import file
from tests.support.waiting import eventually


@pytest.fixture
def host(docker_hosts: DockerHosts) -> Iterator[DockerHost]:
    host = docker_hosts.start("far", ssh=True)
    with closing(host.engine()) as engine:
        HostCache(engine).usage()  # the agent's image is there
    yield host
    host.slow_link(0)
    leave_nothing(host)


@pytest.fixture
def bench(new_bench: Callable[[str], Bench], host: DockerHost) -> Bench:
    bench = new_bench("workspace")
    write_target(bench.root, host)
    return bench


def test_a_step_says_how_its_data_goes_to_its_host(bench: Bench, host: DockerHost) -> None:
    (bench.root / "raw").mkdir()
    (bench.root / "raw" / "rows").write_bytes(os.urandom(24_000_000))
    counts = contained("wc -c < ${{inputs.x}} > ${{outputs.out}}", "far", data={"x": "raw/rows"}, makes={"out": file()})
    pipeline(bench, {"count": counts})
    host.slow_link(4)  # until somebody has seen it
    number = bench.start()

    eventually(lambda: bench.steps(number)["count"].detail.startswith("sent "), "the words about it")
    assert bench.steps(number)["count"].detail.endswith("of 24 MB to far")
    host.slow_link(0)
    bench.end_of(number)

    assert ran(bench, number) == ["count"], bench.steps(number)["count"].error
    assert bench.text(number, "count").strip() == "24000000"
    assert bench.steps(number)["count"].detail == ""
    assert "sent 24 MB of 24 MB to far" in bench.log(number, "count")
    until_left(host)
