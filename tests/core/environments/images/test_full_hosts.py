"""A host whose disk is full says so, with what to do, whatever was to come there."""

import contextlib
from collections.abc import Iterator

import pytest

from core.definitions.environment import EnvironmentSpec
from core.environments.images.moving import move_image
from core.environments.images.prepare import prepare_image
from core.errors import EnvironmentBuildError
from core.hosts.engine import Engine
from core.layout import Layout
from tests.support.docker_hosts import BASE_IMAGE, DockerHosts, import_base
from tests.support.registry import serving

#: Of the host's disk and of a file in the image, in megabytes: it can be fetched, and not be unpacked.
_DISK, _FILE = 90, 60


@pytest.fixture
def small(docker_hosts: DockerHosts) -> Iterator[Engine]:
    """A host with a disk of its own that takes little."""
    host = docker_hosts.start("small")
    host.stop_engine()
    host.run(f"mount -t tmpfs -o size={_DISK}m tmpfs /run/host/data")
    host.start_engine()
    import_base(host)
    try:
        with contextlib.closing(host.engine()) as engine:
            yield engine
    finally:
        host.kill()
        host.remove()
        del docker_hosts.hosts["small"]


@pytest.fixture
def big(engine: Engine) -> Iterator[str]:
    """An image of another host that the small one cannot take; what lacks there looks like another complaint."""
    made = engine.create("", {"Image": BASE_IMAGE, "Cmd": ["dd", "if=/dev/urandom", "of=/timeout.eof", "bs=1M",
                                                           f"count={_FILE}"]})  # fmt: skip
    engine.start(made)
    assert b"".join(engine.output(made))
    engine.tag(engine.commit(made, {}), "big:1")
    engine.remove(made)
    yield "big:1"
    engine.remove_image("big:1")


def test_an_image_that_is_pulled(
    docker_hosts: DockerHosts, small: Engine, engine: Engine, big: str, workspace: Layout
) -> None:
    host = docker_hosts.hosts["small"]
    with serving(docker_hosts.network.address(1)) as registry:
        host.run(f'echo \'{{"insecure-registries": ["{registry.address}"]}}\' >/run/host/daemon.json')
        host.run("kill -HUP $(cat /run/docker.pid)")
        with engine.save(big) as saved:
            registry.add("big", "1", b"".join(saved))
        with pytest.raises(EnvironmentBuildError, match="small has no space left for it") as caught:
            prepare_image(small, EnvironmentSpec("big", image=f"{registry.address}/big:1"), workspace)
    assert "mlpw gc" in caught.value.hint


def test_an_image_that_is_moved(small: Engine, engine: Engine, big: str) -> None:
    with pytest.raises(EnvironmentBuildError, match="no space left on device") as caught:
        move_image(engine, small, big)
    assert "docker system prune" in caught.value.hint
