"""A Docker host with an image of Python, and a package index of this test run's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.hosts.engine import Engine
from tests.support.docker_hosts import DockerHost, DockerHosts
from tests.support.python_image import import_python, write_python_image


@pytest.fixture(scope="session")
def python_image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_python_image(tmp_path_factory.mktemp("python-image") / "image.tar")


@pytest.fixture(scope="session")
def builder(docker_hosts: DockerHosts, python_image: Path) -> DockerHost:
    """A host with the image of Python."""
    host = docker_hosts.start("builder")
    import_python(host, python_image)
    return host


@pytest.fixture
def engine(builder: DockerHost) -> Iterator[Engine]:
    """The host's engine; no build has left anything on it but images, which are removed."""
    engine = builder.engine()
    before = {image["Id"] for image in engine.images(every=True)}
    yield engine
    assert [found["Names"] for found in engine.containers()] == []
    assert [found["Name"] for found in engine.volumes()] == []
    for _ in range(2):  # those that others are made from go with them, or after
        for image in engine.images(every=True):
            if image["Id"] not in before:
                engine.remove_image(image["Id"], force=True)
    engine.close()
