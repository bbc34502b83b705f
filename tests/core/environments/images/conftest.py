"""A Docker host with an image of Python, and a package index of this test run's own."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.hosts.engine import Engine
from core.hosts.errors import ConflictError
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
    made = {image["Id"] for image in engine.images(every=True)} - before
    while made:  # those that others are made from go after them
        for image in made:
            with contextlib.suppress(ConflictError):
                engine.remove_image(image, force=True)
        left = {image["Id"] for image in engine.images(every=True)} - before
        assert left < made
        made = left
    engine.close()
