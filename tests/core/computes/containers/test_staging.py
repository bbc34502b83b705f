"""A container's data on a host that shares no files with us."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from core.computes.containers.staging import StagedData, collected
from core.computes.protocol import ContainerSpec, Mount, Staged, Staging
from core.hosts.cache import HostCache
from core.hosts.engine import Engine
from core.layout import AttemptFolder, Layout
from core.store.objects import Store
from tests.support.docker_hosts import BASE_IMAGE, DockerHost, DockerHosts


@pytest.fixture
def host(docker_hosts: DockerHosts) -> DockerHost:
    return docker_hosts.start("staging")


@pytest.fixture
def engine(host: DockerHost) -> Iterator[Engine]:
    with closing(host.engine()) as engine:
        yield engine


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "workspace")


@pytest.fixture
def attempt(layout: Layout) -> AttemptFolder:
    attempt = layout.attempt(1, "train", 1)
    attempt.root.mkdir(parents=True)
    return attempt


@pytest.fixture
def spec(layout: Layout, attempt: AttemptFolder, host: DockerHost, tmp_path: Path) -> ContainerSpec:
    """Code with a file that joined it, a folder of data, and one output."""
    with closing(Store(layout)) as store:
        code = tmp_path / "code"
        code.mkdir()
        (code / "train.sh").write_text(
            "cat helper.txt ../inputs/rows/a >$OUT/model; mkdir -p logs; echo done >logs/log"
        )
        helper = tmp_path / "helper.txt"
        helper.write_text("helped ")
        rows = tmp_path / "rows"
        rows.mkdir()
        (rows / "a").write_text("by rows")
        staging = Staging(
            workspace=str(layout.root),
            needs=(Staged(store.hash(rows).digest, f"{attempt.root}/inputs/rows", str(rows)),),
            copies=(
                Staged(store.snapshot(code).digest, f"{attempt.code}"),
                Staged(store.snapshot(helper).digest, f"{attempt.code}/helper.txt", inside="helper.txt"),
            ),
            folders=[f"{attempt.outputs}/model", f"{attempt.code}/outputs", f"{attempt.code}/logs"],
            mounted=[str(attempt.code), str(attempt.outputs)],
            places={"model": f"{attempt.outputs}/model", "artifacts": f"{attempt.root}/artifacts"},
            gathered={"artifacts": [f"{attempt.code}/outputs", f"{attempt.code}/logs"]},
        )
    user = f"{os.getuid()}:{os.getgid()}"
    return ContainerSpec(host.target(), BASE_IMAGE, "mlpw-test-1-train-1", {}, user=user, staging=staging)


def run(engine: Engine, spec: ContainerSpec, mounts: tuple[Mount, ...], attempt: AttemptFolder) -> None:
    """Run the step as its shim would."""
    binds = [f"{mount.source}:{mount.target}{'' if mount.writable else ':ro'}" for mount in mounts]
    container = engine.create(
        spec.name,
        {
            "Image": spec.image,
            "Cmd": ["sh", "train.sh"],
            "WorkingDir": str(attempt.code),
            "Env": [f"OUT={attempt.outputs}/model"],
            "User": spec.user,
            "HostConfig": {"Binds": binds},
        },
    )
    try:
        engine.start(container)
        assert engine.wait(container) == 0
    finally:
        engine.remove(container)


def test_a_step_runs_far_away_as_it_would_here(
    engine: Engine, spec: ContainerSpec, attempt: AttemptFolder, layout: Layout
) -> None:
    mounts = StagedData(spec, attempt, lambda words: None).stage(engine)
    run(engine, spec, mounts, attempt)

    made = StagedData(spec, attempt, lambda words: None).collect(engine)

    assert sorted(made) == ["artifacts", "model"]
    with closing(Store(layout)) as store:
        cache = HostCache(engine)
        for each in made.values():
            cache.fetch(each.digest, store)
        assert (store.path(made["model"].digest) / "model").read_text() == "helped by rows"
        assert (store.path(made["artifacts"].digest) / "logs" / "log").read_text() == "done\n"
        assert not (store.path(made["artifacts"].digest) / "outputs").exists()
    StagedData(spec, attempt, lambda words: None).leave(engine)
    assert cache.usage()["attempts"] == []


def test_staging_and_collecting_again_changes_nothing(
    engine: Engine, spec: ContainerSpec, attempt: AttemptFolder
) -> None:
    mounts = StagedData(spec, attempt, lambda words: None).stage(engine)
    run(engine, spec, mounts, attempt)

    assert StagedData(spec, attempt, lambda words: None).stage(engine) == mounts
    first = StagedData(spec, attempt, lambda words: None).collect(engine)
    assert StagedData(spec, attempt, lambda words: None).collect(engine) == first == collected(attempt)
    StagedData(spec, attempt, lambda words: None).leave(engine)


def test_a_specification_survives_being_written(spec: ContainerSpec) -> None:
    assert ContainerSpec.from_json(spec.as_json()).staging == spec.staging
