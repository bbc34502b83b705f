"""The Run screen while a host is away that a step runs on: it says so, goes on, and says it no more."""

import json
from contextlib import closing

import pytest

from tests.support.bench import SCHEMA, Bench
from tests.support.docker_hosts import BASE_IMAGE, DockerHost, DockerHosts
from tests.support.far import leave_nothing, write_target
from tests.support.screen import until_gone, until_shown
from tui.app import Workbench

pytestmark = pytest.mark.timeout(300)
_COMMAND = "echo says $((40 + 1)); until [ -e /tmp/open ]; do sleep 0.1; done; echo says $((40 + 2))"


@pytest.fixture
def far(words: Bench, docker_hosts: DockerHosts) -> DockerHost:
    """The pipeline's one step runs on a host that SSH reaches, until it is let go."""
    host = docker_hosts.start("far", ssh=True)
    write_target(words.root, host)
    step = {"command": _COMMAND, "environment": {"image": BASE_IMAGE}, "compute": "far"}
    words.file.write_text(json.dumps({"$schema": SCHEMA, "type": "pipeline", "jobs": {"long": step}}))
    return host


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_a_host_that_is_away_is_shown_at_its_step(
    app: Workbench, words: Bench, far: DockerHost, size: tuple[int, int]
) -> None:
    number = words.start()
    async with app.run_test(size=size) as pilot:
        await until_shown(pilot, "▶ long", "says 41")
        far.stop_sshd()
        try:
            await until_shown(pilot, "▶ long", "far unreachable")
        finally:
            far.start_sshd()
        await until_gone(pilot, "far unreachable")
        with closing(far.engine()) as engine:
            (container,) = engine.containers("mlpw.workspace")
        far.run(f"docker -H unix:///run/docker.sock exec {container['Id']} touch /tmp/open")
        await until_shown(pilot, "✓ long", "says 42")
    words.end_of(number)
    assert words.steps(number)["long"].attempt == 1
    leave_nothing(far)
