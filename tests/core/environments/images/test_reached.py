"""Images on hosts that are reached by SSH and by TLS."""

import io
import tarfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from core.environments.images.moving import move_image
from core.environments.images.prepare import prepare_image
from core.errors import EnvironmentBuildError
from core.hosts.connection import connect
from core.hosts.engine import Engine
from core.hosts.errors import HostUnreachableError
from core.layout import Layout
from tests.core.environments.images.test_contexts import context
from tests.core.environments.images.test_packages import ALPHA, gated, is_running, says
from tests.support.docker_hosts import BASE_IMAGE, DockerHost, DockerHosts
from tests.support.python_image import PYTHON_IMAGE, import_python
from tests.support.waiting import eventually


@pytest.fixture(params=["ssh", "tls"])
def far(request: pytest.FixtureRequest, docker_hosts: DockerHosts, python_image: Path) -> DockerHost:
    kind = request.param
    host = docker_hosts.start(f"images{kind}", ssh=kind == "ssh", tls=kind == "tls")
    with closing(host.engine()) as engine:
        if engine.image(PYTHON_IMAGE) is None:
            import_python(host, python_image)
    return host


@pytest.fixture
def reached(far: DockerHost) -> Iterator[Engine]:
    """The host's engine as a run reaches it."""
    with closing(connect(far.target())) as engine:
        yield engine
        for image in engine.images("mlpw.environment"):
            engine.remove_image(str(image["Id"]), force=True)
        assert list(engine.containers()) == list(engine.volumes("mlpw.build")) == []


def test_packages_and_dockerfiles_are_built(reached: Engine, workspace: Layout) -> None:
    assert says(reached, prepare_image(reached, ALPHA, workspace), "alpha") == "1.0"
    spec = context(workspace, f"FROM {BASE_IMAGE}\nCOPY a.txt /\nRUN cat /a.txt > /b.txt\n", {"a.txt": "words"})
    assert says(reached, prepare_image(reached, spec, workspace), "cat", "/b.txt") == "words"


def test_a_build_is_cancelled(reached: Engine, workspace: Layout) -> None:
    cancelled = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        build = pool.submit(prepare_image, reached, gated(workspace), workspace, cancelled=cancelled.is_set)
        eventually(lambda: is_running(reached), "the build's container")
        cancelled.set()
        with pytest.raises(EnvironmentBuildError, match="was cancelled"):
            build.result()


def test_an_image_is_moved_there(reached: Engine, engine: Engine, workspace: Layout) -> None:
    made = prepare_image(engine, ALPHA, workspace)
    assert move_image(engine, reached, made.reference) == made.id
    assert prepare_image(reached, ALPHA, workspace) == made


def test_an_image_goes_over_a_slow_link_packed(far: DockerHost, reached: Engine, engine: Engine) -> None:
    size = 12_000_000
    engine.import_image(
        _archive("table", b"".join(b"%d\n" % number for number in range(size // 6))[:size]), "slow", "1"
    )
    far.slow_link(16)
    before = far.carried()[0]
    try:
        assert move_image(engine, reached, "slow:1") == (engine.image("slow:1") or {})["Id"]
        assert far.carried()[0] - before < 0.6 * size
    finally:
        far.slow_link(0)
        reached.remove_image("slow:1")


def _archive(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))
    return out.getvalue()


def test_a_crash_of_the_engine_is_no_failure_of_the_environment(
    far: DockerHost, reached: Engine, workspace: Layout
) -> None:
    spec = gated(workspace)
    with ThreadPoolExecutor(1) as pool:
        build = pool.submit(prepare_image, reached, spec, workspace)
        eventually(lambda: is_running(reached), "the build's container")
        far.stop_engine(signal="KILL")
        try:
            with pytest.raises(HostUnreachableError):
                build.result()
        finally:
            far.start_engine()
    crashed = {each["Id"] for each in reached.containers()}
    cancelled = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        build = pool.submit(prepare_image, reached, spec, workspace, cancelled=cancelled.is_set)
        eventually(lambda: {each["Id"] for each in reached.containers()} - crashed, "the next build's container")
        cancelled.set()
        with pytest.raises(EnvironmentBuildError, match="was cancelled"):
            build.result()
