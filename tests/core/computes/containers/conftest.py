"""A host of our own, and a desk that runs commands in its containers."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from core.computes.local import LocalCompute
from core.computes.protocol import AttemptSpec, ContainerSpec, Mount, Outcome
from core.definitions.compute_target import ComputeTarget
from core.hosts.engine import Engine
from core.layout import AttemptFolder
from tests.support.docker_hosts import BASE_IMAGE, DockerHost, DockerHosts
from tests.support.waiting import PATIENCE_SECONDS, eventually

LABEL = "mlpw.attempt_folder"


@pytest.fixture(scope="session")
def host(docker_hosts: DockerHosts) -> DockerHost:
    """A host that shares this machine's files."""
    return docker_hosts.start("containers")


@dataclass
class Desk:
    """Runs commands as attempts in containers, below one folder."""

    root: Path
    target: ComputeTarget
    compute: LocalCompute = field(default_factory=LocalCompute)

    def attempt(self, name: str = "a") -> AttemptFolder:
        folder = AttemptFolder(self.root / name)
        folder.code.mkdir(parents=True, exist_ok=True)
        return folder

    def spec(self, attempt: AttemptFolder, command: str, **changes: Any) -> AttemptSpec:
        container = ContainerSpec(
            target=self.target,
            image=BASE_IMAGE,
            name=f"mlpw-test-{self.root.parent.name}-{self.root.name}-{attempt.root.name}",
            labels={LABEL: str(attempt.root)},
            mounts=(Mount(str(attempt.code), str(attempt.code), writable=True),),
            user=f"{os.getuid()}:{os.getgid()}",
        )
        made = replace(container, **{k: changes.pop(k) for k in list(changes) if k in ContainerSpec.__slots__})
        spec = AttemptSpec(("bash", "-c", command), str(attempt.code), {}, container=made)
        return replace(spec, **changes)

    def start(self, command: str, name: str = "a", **changes: Any) -> AttemptFolder:
        attempt = self.attempt(name)
        self.compute.submit(attempt, self.spec(attempt, command, **changes))
        return attempt

    def start_and_see(self, command: str, text: str = "ready", **changes: Any) -> AttemptFolder:
        """Start a command and wait until it has said something."""
        attempt = self.start(command, **changes)
        eventually(lambda: text in log_of(attempt))
        return attempt

    def end_of(self, attempt: AttemptFolder) -> Outcome:
        assert self.compute.wait(PATIENCE_SECONDS) == [attempt], "the end of the attempt"
        outcome = self.compute.outcome(attempt)
        assert outcome is not None
        assert not attempt.fault.exists(), attempt.fault.read_text()
        return outcome

    def run(self, command: str, **changes: Any) -> tuple[Outcome, str]:
        """Run a command to its end: how it ended, and its log."""
        attempt = self.start(command, **changes)
        outcome = self.end_of(attempt)
        return outcome, log_of(attempt)

    def containers(self, engine: Engine) -> list[str]:
        """What the host has of this desk."""
        return [
            str(found["Id"])
            for found in engine.containers(LABEL)
            if str(found["Labels"][LABEL]).startswith(str(self.root))
        ]


@pytest.fixture
def desk(tmp_path: Path, host: DockerHost) -> Iterator[Desk]:
    """A desk at the host; its containers are gone afterwards, or the test fails."""
    made = Desk(tmp_path, host.target())
    yield made
    made.compute.close()
    with contextlib.closing(host.engine()) as engine:
        try:
            eventually(lambda: not made.containers(engine))
        finally:
            for left in made.containers(engine):
                engine.remove(left)


def log_of(attempt: AttemptFolder) -> str:
    return attempt.log.read_text("utf-8", "replace") if attempt.log.exists() else ""
