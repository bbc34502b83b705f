"""What a real engine refuses, in words with what to do."""

import contextlib
import io
import tarfile

import docker
import pytest

from core.computes.protocol import Ending
from core.definitions.docker_arguments import host_config
from tests.core.computes.containers.conftest import Desk
from tests.support.docker_hosts import DockerHost

MIB = 1 << 20


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("--cpuset-cpus 4000", "Requested CPUs are not available - requested 4000"),
        ("--cpuset-cpus 4000", "; change cpuset-cpus in docker_args"),
        ("--runtime nvidia", "Unknown runtime specified nvidia; install nvidia-container-toolkit there"),
        ("--ulimit bogus=1", "RLIMIT_BOGUS; change ulimit in docker_args"),
        ("--tmpfs /x:size=lots", "; change tmpfs in docker_args, as in /scratch:size=1g"),
        ("--memory-reservation 900m", "memory reservation limit, see usage; ask for more memory in docker_args"),
    ],
)
def test_arguments_that_an_engine_refuses(desk: Desk, written: str, words: str) -> None:
    outcome, _ = desk.run("true", arguments=host_config(written.split()), memory=64 * MIB)
    assert outcome.ending is Ending.NOT_STARTED
    assert words in str(outcome)


def test_less_memory_than_a_container_can_have(desk: Desk) -> None:
    outcome, _ = desk.run("true", memory=MIB)
    assert "Minimum memory limit allowed is" in str(outcome)
    assert str(outcome).endswith("; ask for more memory in docker_args")


def test_an_image_without_a_shell(desk: Desk, host: DockerHost) -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("nothing"))
    with contextlib.closing(docker.APIClient(base_url=f"unix://{host.socket}", version="1.41")) as api:
        api.import_image_from_data(made.getvalue(), repository="empty", tag="1")
    outcome, _ = desk.run("true", image="empty:1")
    assert outcome.ending is Ending.NOT_STARTED
    assert str(outcome).endswith("; a step's command runs in sh, which the image must have")
