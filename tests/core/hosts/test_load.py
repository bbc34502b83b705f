"""How busy steps make a host, by its engine's figures."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from core.hosts.engine import Engine
from core.hosts.facts import host_facts
from core.hosts.load import StepsMeter
from tests.support.docker_hosts import BASE_IMAGE, DockerHost, DockerHosts
from tests.support.waiting import eventually


@pytest.fixture
def busy(docker_hosts: DockerHosts) -> DockerHost:
    return docker_hosts.start("busy", ssh=True)


@pytest.fixture
def engine(busy: DockerHost) -> Iterator[Engine]:
    with closing(busy.engine()) as engine:
        yield engine
        for container in engine.containers("test"):
            engine.remove(str(container["Id"]))


def test_what_steps_take_is_told_apart_from_other_containers(engine: Engine) -> None:
    _start(engine, "while :; do :; done", "mlpw.step")
    _start(engine, "sleep 600")
    meter = StepsMeter()
    first = meter.look(engine)
    assert (first.running, first.cores) == (1, -1.0), "a first look cannot tell"
    eventually(lambda: meter.look(engine).cores > 0.05, "a busy core")
    assert meter.look(engine).memory > 0


def test_a_step_that_ended_takes_nothing(engine: Engine) -> None:
    container = _start(engine, "sleep 600", "mlpw.step")
    meter = StepsMeter()
    assert meter.look(engine).running == 1
    engine.kill(container)
    eventually(lambda: meter.look(engine).running == 0, "the step's end")
    assert (meter.look(engine).cores, meter.look(engine).memory) == (0.0, 0)


def test_facts_of_a_host_name_its_disk_and_what_runs(engine: Engine, busy: DockerHost) -> None:
    _start(engine, "sleep 600", "mlpw.step")
    facts = host_facts(engine, busy.target())
    assert 0 < facts.free < facts.total
    assert (facts.running, facts.containers) == (1, 1)
    assert facts.api_version
    assert not facts.live_restore
    busy.set_live_restore(True)
    assert host_facts(engine, busy.target(), disk=False).live_restore
    busy.set_live_restore(False)


def _start(engine: Engine, command: str, *labels: str) -> str:
    config = {
        "Image": BASE_IMAGE,
        "Cmd": ["sh", "-c", command],
        "Labels": dict.fromkeys(("test", *labels), ""),
        "HostConfig": {"Init": True},
    }
    container = engine.create("", config)
    engine.start(container)
    return container
