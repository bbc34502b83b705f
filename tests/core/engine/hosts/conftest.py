"""A workspace whose steps can run on a host of ours."""

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core.engine.containers import workspace_id
from core.hosts import labels
from core.hosts.engine import Engine
from core.hosts.errors import NotThereError
from tests.support.bench import SCHEMA, Bench
from tests.support.docker_hosts import BASE_IMAGE, DockerHost, DockerHosts
from tests.support.left_over import check_left_over, things_on
from tests.support.steps import step
from tests.support.waiting import eventually
from tests.torture.killing import victims


@pytest.fixture(autouse=True)
def tidy_hosts(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test leaves no container, volume or image of ours on its hosts, or fails with their names."""
    if "docker_hosts" not in request.fixturenames:
        yield
        return
    hosts: DockerHosts = request.getfixturevalue("docker_hosts")
    before = things_on(hosts.hosts.values())
    yield
    check_left_over(hosts, before)


@pytest.fixture
def new_bench(new_bench: Callable[[str], Bench]) -> Iterator[Callable[[str], Bench]]:
    """As elsewhere; who keeps a container may remove it before all that still runs is ended."""
    made: list[Bench] = []

    def make(name: str) -> Bench:
        made.append(new_bench(name))
        return made[-1]

    yield make
    for bench in made:
        eventually(lambda bench=bench: "shim" not in victims(bench), "the end of all shims", patience=30)  # type: ignore[misc]


@pytest.fixture(scope="session")
def host(docker_hosts: DockerHosts) -> DockerHost:
    """A host that shares this machine's files."""
    return docker_hosts.start("containers")


@pytest.fixture(scope="session")
def by_ssh(docker_hosts: DockerHosts) -> DockerHost:
    """A machine of its own, called far."""
    return docker_hosts.start("far", ssh=True)


@pytest.fixture(scope="session")
def by_tls(docker_hosts: DockerHosts) -> DockerHost:
    """A machine of its own, called away."""
    return docker_hosts.start("away", tls=True)


@pytest.fixture
def engine(host: DockerHost) -> Iterator[Engine]:
    """The host's, asked directly."""
    with contextlib.closing(host.engine()) as engine:
        yield engine


@pytest.fixture
def hosted(new_bench: Callable[[str], Bench], host: DockerHost, engine: Engine) -> Iterator[Bench]:
    """A workspace with the target `box`; its containers are gone afterwards, or the test fails."""
    bench = new_bench("workspace")
    add_target(bench, "box", host)
    yield bench
    try:
        eventually(lambda: not containers_of(bench, engine), "the end of its containers")
    finally:
        for left in containers_of(bench, engine):
            engine.remove(left)


def add_target(bench: Bench, name: str, host: DockerHost, **more: Any) -> None:
    written = {"type": "docker", "name": name, "host": f"unix://{host.socket}", **more}
    bench.write({f"computes/{name}.yml": json.dumps(written)})


def pipeline(bench: Bench, steps: dict[str, dict[str, Any]], **more: Any) -> None:
    """As `Bench.pipeline` writes it, without the journal: a container does not see it."""
    bench.file.write_text(json.dumps({"$schema": SCHEMA, "type": "pipeline", "jobs": steps, **more}))


def contained(command: str, compute: str = "box", **more: Any) -> dict[str, Any]:
    """A step in a container."""
    return step(command, **{"environment": {"image": BASE_IMAGE}, "compute": compute, **more})


def containers_of(bench: Bench, engine: Engine) -> list[str]:
    """What the host has of a workspace."""
    with bench.workspace() as workspace:
        label = f"{labels.WORKSPACE}={workspace_id(workspace.layout)}"
    return [str(found["Id"]) for found in engine.containers(label)]


def state_of(bench: Bench, engine: Engine) -> str:
    """The state of a workspace's one container, "" while it has none."""
    with contextlib.suppress(IndexError, NotThereError):
        return str(engine.inspect(containers_of(bench, engine)[0])["State"]["Status"])
    return ""


def run(bench: Bench, **asked: Any) -> int:
    """Run to the end; the run's number."""
    number = bench.start(**asked)
    bench.end_of(number)
    return number


def ran(bench: Bench, number: int) -> list[str]:
    """Steps of a run that really ran in it."""
    return sorted(name for name, row in bench.steps(number).items() if row.status == "succeeded")


def has_said(bench: Bench, run: int, step: str, words: str) -> bool:
    """Whether a step's log has something by now."""
    row = bench.steps(run)[step]
    assert row.status != "failed", row.error
    return bool(row.attempt) and bench.attempt(run, step).log.exists() and words in bench.log(run, step)
