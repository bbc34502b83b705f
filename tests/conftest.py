"""What several rooms' tests share."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.definitions.environment import EnvironmentSpec
from core.environments.builder import prepare
from core.layout import Layout
from tests.support.bench import Bench, mark_of
from tests.support.docker_hosts import DockerHosts
from tests.support.steps import ENVIRONMENT


@pytest.fixture(scope="session")
def prepared_environments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the one bare Python environment that benches' steps run in."""
    layout = Layout(tmp_path_factory.mktemp("prepared"))
    prepare(EnvironmentSpec(name="bare", image=ENVIRONMENT["image"]), layout)
    return layout.environments


@pytest.fixture(scope="session")
def docker_hosts() -> Iterator[DockerHosts]:
    """Machines with Docker engines, started as tests ask for them."""
    hosts = DockerHosts()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLPW_RUNTIME_DIR", str(hosts.runtime))
        yield hosts
    hosts.close()


@pytest.fixture
def new_bench(
    tmp_path: Path, prepared_environments: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Bench]]:
    """Make workspaces by name; whatever still runs in them at the test's end is ended."""
    made: list[Bench] = []
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)  # each supervisor would compile all it imports

    def make(name: str) -> Bench:
        bench = Bench(tmp_path / name, prepared_environments)
        if made:
            bench.mark = made[0].mark
        made.append(bench)
        monkeypatch.setenv(*mark_of(bench))
        return bench

    yield make
    for bench in made:
        bench.end()


@pytest.fixture
def bench(new_bench: Callable[[str], Bench]) -> Bench:
    """An empty workspace."""
    return new_bench("workspace")
