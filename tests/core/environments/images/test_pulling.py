"""Images as they are: used when they are there, pulled when not, and words for what a registry refuses."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.definitions.environment import EnvironmentSpec
from core.environments.images.logs import image_build_log
from core.environments.images.prepare import prepare_image
from core.errors import EnvironmentBuildError
from core.hosts.engine import Engine
from core.layout import Layout
from tests.core.environments.images.test_packages import says
from tests.support.docker_hosts import BASE_IMAGE, DockerHost, DockerHosts
from tests.support.registry import Registry, serving
from tests.support.waiting import eventually


@pytest.fixture
def registry(docker_hosts: DockerHosts, builder: DockerHost, engine: Engine) -> Iterator[Registry]:
    """A registry that the host trusts, with the image of busybox under another name."""
    with serving(docker_hosts.network.address(1)) as registry:
        settings = builder.folder / "daemon.json"
        settings.write_text(json.dumps({**json.loads(settings.read_text()), "insecure-registries": [registry.address]}))
        builder.run("kill -HUP $(cat /run/docker.pid)")
        eventually(lambda: registry.address in engine.info()["RegistryConfig"]["IndexConfigs"], "the new settings")
        reference = f"{registry.address}/tools/box:1"
        container = engine.create("", {"Image": BASE_IMAGE, "Cmd": ["touch", "/pulled"]})
        engine.start(container)
        assert b"".join(engine.output(container)) == b""
        engine.tag(engine.commit(container, {}), reference)
        engine.remove(container)
        with engine.save(reference) as saved:
            registry.add("tools/box", "1", b"".join(saved))
        engine.remove_image(reference)
        yield registry


def test_an_image_that_is_there_is_used_as_it_is(engine: Engine, workspace: Layout) -> None:
    heard: list[str] = []
    spec = EnvironmentSpec("box", image=BASE_IMAGE, environment_variables={"A": "1"})
    found = prepare_image(engine, spec, workspace, heard.append)
    assert found.id == (engine.image(BASE_IMAGE) or {})["Id"]
    assert (found.reference, found.digest, found.variables) == (BASE_IMAGE, "", {"A": "1"})
    assert heard == []
    assert not image_build_log(spec, workspace, engine.name).exists()


def test_a_missing_image_is_pulled(engine: Engine, workspace: Layout, registry: Registry) -> None:
    heard: list[str] = []
    spec = EnvironmentSpec("box", image=f"{registry.address}/tools/box:1")
    found = prepare_image(engine, spec, workspace, heard.append)
    assert says(engine, found, "ls", "/pulled") == "/pulled"
    assert heard[0] == f"pulling {spec.image} to builder"
    assert "of 2 layers" in heard[-1]
    log = image_build_log(spec, workspace, engine.name).read_text()
    assert "Pull complete" in log or "Already exists" in log
    engine.remove_image(spec.image)


@pytest.mark.parametrize(
    ("image", "message", "hint"),
    [
        ("{registry}/tools/box:7", "the registry has no such tag", "behind the colon"),
        ("{registry}/tools/bix:1", "no image of that name|no such tag", "check"),
        ("{registry}/private:1", "or wants a login", "docker login"),
        ("127.0.0.1:1/a:b", "its registry cannot be reached from builder", "check the network"),
        ("nobody.invalid/a:b", "its registry cannot be reached from builder", "mlpw environment move"),
        ("No Name", "is no image's name", "write NAME:TAG"),
    ],
)
def test_what_a_registry_refuses_is_said_in_words(
    engine: Engine, workspace: Layout, registry: Registry, image: str, message: str, hint: str
) -> None:
    spec = EnvironmentSpec("wrong", image=image.format(registry=registry.address))
    with pytest.raises(EnvironmentBuildError, match=message) as caught:
        prepare_image(engine, spec, workspace)
    assert "environment 'wrong'" in caught.value.message
    assert hint in caught.value.hint


def test_a_pull_can_be_cancelled(engine: Engine, workspace: Layout, registry: Registry) -> None:
    waits, may_go, cancelled = threading.Event(), threading.Event(), threading.Event()

    def wait() -> None:
        waits.set()
        may_go.wait()

    registry.gate = wait
    spec = EnvironmentSpec("box", image=f"{registry.address}/tools/box:1")
    try:
        with ThreadPoolExecutor(1) as pool:
            pull = pool.submit(prepare_image, engine, spec, workspace, cancelled=cancelled.is_set)
            eventually(waits.is_set, "the request for a layer")
            cancelled.set()
            with pytest.raises(EnvironmentBuildError, match="was cancelled"):
                pull.result()
    finally:
        may_go.set()
    assert engine.image(spec.image) is None
