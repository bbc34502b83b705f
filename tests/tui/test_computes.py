"""The Computes screen: hosts live, what they have, whether they can be used; nobody asks them when it is not shown."""

import threading
from contextlib import closing

import pytest

from core.definitions.compute_target import ComputeTarget
from core.hosts.cache import HostCache
from tests.support.bench import Bench
from tests.support.docker_hosts import BASE_IMAGE, DockerHost, DockerHosts
from tests.support.screen import screen_text, until, until_gone, until_shown
from tui.app import Workbench


@pytest.fixture
def far(words: Bench, docker_hosts: DockerHosts) -> DockerHost:
    """A workspace with a host behind SSH, one that is away, and one that must not be used."""
    host = docker_hosts.start("far", ssh=True)
    words.write(
        {
            "far.yml": _yaml(host.target()),
            "gone.yml": "type: docker\nname: gone\nhost: ssh://127.0.0.1:1\n",
            "bad.yml": "type: docker\nname: bad\nhost: tcp://127.0.0.1:1\n",
        }
    )
    return host


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (160, 45)])
@pytest.mark.usefixtures("far")
async def test_every_target_is_shown_with_its_state(app: Workbench, size: tuple[int, int]) -> None:
    async with app.run_test(size=size) as pilot:
        await pilot.press("9")
        await until_shown(pilot, "Computes 4", "far      ✓ ready", "gone     ✗ away", "bad      ✗ broken", "local    ✓")


async def test_what_runs_on_a_host_is_seen(app: Workbench, far: DockerHost) -> None:
    config = {"Image": BASE_IMAGE, "Cmd": ["sleep", "600"], "Labels": {"mlpw.step": "x"}, "HostConfig": {"Init": True}}
    with closing(far.engine()) as engine:
        container = engine.create("", config)
        async with app.run_test(size=(100, 30)) as pilot:
            await pilot.press("9", "j")
            await until_shown(pilot, "running   0", "by steps")
            engine.start(container)
            await until_shown(pilot, "running   1")
            engine.remove(container)
            await until_shown(pilot, "running   0")


@pytest.mark.usefixtures("far")
async def test_enter_asks_a_host_what_it_has(app: Workbench) -> None:
    async with app.run_test(size=(160, 45)) as pilot:
        await pilot.press("9")
        await until_shown(pilot, "✓ ready")
        await pilot.press("j", "enter")
        await until_shown(pilot, "engine    Docker", "GB free", "none of an environment yet")
        await pilot.press("at")
        await until_shown(pilot, "mlpw compute show far")


async def test_a_key_tries_a_host(app: Workbench, far: DockerHost) -> None:
    with closing(far.engine()) as engine:
        HostCache(engine).usage()  # sends the agent, which takes long where much else goes on
    async with app.run_test(size=(160, 45)) as pilot:
        await pilot.press("9")
        await until_shown(pilot, "✗ away")
        await pilot.press("j", "j", "t")
        await until_shown(pilot, "reach     ✗ gone cannot be reached", "does sshd run there")
        await pilot.press("k", "t")
        await until_shown(pilot, "reach     ✓ answers within", "data      ✓ a container runs")
        await until_gone(pilot, "trying ...")


@pytest.mark.usefixtures("far")
async def test_hosts_are_asked_only_while_they_are_shown(app: Workbench) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        assert not _watching()
        await pilot.press("9")
        await until_shown(pilot, "✓ ready", "✗ away")
        assert {"mlpw-watch-far", "mlpw-watch-gone", "mlpw-watch-local"} == set(_watching())
        await pilot.press("1")
        await until(pilot, lambda: not _watching(), "the end of watching")
        await pilot.press("colon", *"computes", "enter")
        await until_shown(pilot, "Computes 4", "✓ ready")


async def test_a_target_that_comes_is_shown(app: Workbench, words: Bench) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("9")
        await until_shown(pilot, "Computes 1", "Processes of this machine")
        words.write({"late.yml": "type: docker\nname: late\nhost: unix:///nowhere/docker.sock\n"})
        await until_shown(pilot, "Computes 2", "late     ✗ away")
        await pilot.press("j")
        assert "there is no socket" in await until_shown(pilot, "/nowhere/docker.sock")
        assert "late" in screen_text(app)


def _watching() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("mlpw-watch-")]


def _yaml(target: ComputeTarget) -> str:
    return f"type: docker\nname: {target.name}\nhost: {target.host}\nssh_config: {target.ssh_config}\n"
