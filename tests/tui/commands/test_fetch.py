"""Results that lie on the host they were made on: said where, fetched when asked for."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.core.engine.hosts.conftest import contained, pipeline, ran, run
from tests.support.bench import Bench
from tests.support.commands import Bench as Commands
from tests.support.docker_hosts import DockerHost, DockerHosts
from tests.support.far import leave_nothing, lose_all, until_left, write_target
from tests.support.steps import file, folder, step


@pytest.fixture(scope="session")
def far_host(docker_hosts: DockerHosts) -> DockerHost:
    return docker_hosts.start("far", ssh=True)


@pytest.fixture
def far(new_bench: Callable[[str], Bench], far_host: DockerHost) -> Iterator[Bench]:
    """A workspace with a host that shares no files with it, where it leaves nothing."""
    bench = new_bench("workspace")
    write_target(bench.root, far_host)
    yield bench
    leave_nothing(far_host)


@pytest.fixture
def trained(far: Bench, far_host: DockerHost) -> Commands:
    """A model was trained far away and registered."""
    command = "echo weights > ${{outputs.model}}/w; echo '{\"loss\": 0.5}' > ${{outputs.model}}/metrics.json"
    model = folder(type="custom_model", name="best")
    pipeline(
        far, {"train": contained(command + "; mkdir -p logs; echo said > logs/said", "far", makes={"model": model})}
    )
    number = run(far)
    assert ran(far, number) == ["train"], far.steps(number)["train"].error
    until_left(far_host)
    return Commands(far.root)


def test_show_says_where_a_result_lies(trained: Commands) -> None:
    said = trained.ok("show", "1/train").out
    assert "on far, 22 B: mlpw fetch 1/train model" in said
    assert "on far, 5 B: mlpw fetch 1/train artifacts" in said
    assert str(trained.root / ".mlpw/store") not in said
    made = trained.ok("show", "1", "--json").json["steps"]["train"]["outputs"]["model"]
    assert (made["path"], made["host"], made["size"]) == ("", "far", 22)
    assert "on far, 22 B: mlpw fetch model:best:1" in trained.ok("model", "show", "best").out
    assert trained.ok("show", "model:best:1", "--json").json["host"] == "far"
    verified = trained.ok("verify")
    assert "are as they were kept" in verified.out
    assert "2 objects lie on hosts and were not read" in verified.err


def test_fetch_brings_one_output_or_all(trained: Commands) -> None:
    fetched = trained.ok("fetch", "1/train", "artifacts", "--json").json["fetched"]
    assert (Path(fetched["artifacts"]["path"]) / "logs" / "said").read_text() == "said\n"
    assert "on far, 22 B" in trained.ok("show", "1/train").out

    said = trained.ok("fetch", "latest").out

    path = trained.ok("show", "1", "--json").json["steps"]["train"]["outputs"]["model"]["path"]
    assert f"train.model  {path}  22 B from far" in said
    assert (Path(path) / "w").read_text() == "weights\n"
    assert "far" not in trained.ok("fetch", "model:best:1").out.replace(path, "")


def test_what_cannot_be_fetched_is_said(trained: Commands, far_host: DockerHost) -> None:
    assert "did you mean 'model'?" in trained.mlpw("fetch", "1/train", "modl").err
    assert "ports are of a step" in trained.mlpw("fetch", "1", "model").err
    far_host.cut_link()
    try:
        assert "cannot be reached" in trained.mlpw("fetch", "1/train").err
    finally:
        far_host.mend_link()
    lose_all(far_host)
    said = trained.mlpw("fetch", "1/train", "model")
    assert (said.code, "is not on far any more; run again: the step that makes it is stale now" in said.err) == (
        1,
        True,
    )


def test_runs_are_compared_by_what_lies_far_away(trained: Commands, far: Bench) -> None:
    pipeline(far, {"train": contained("echo other > ${{outputs.model}}/w", "far", makes=["model"])})
    run(far)

    said = trained.ok("compare", "1", "2", "--json").json

    assert "22" in str(said)


def test_a_registered_model_that_lies_far_away_is_taken(trained: Commands, far: Bench) -> None:
    use = step(
        "cat ${{inputs.model}}/w > ${{outputs.out}}",
        values={"model": {"type": "custom_model", "path": "azureml:best:1"}},
        makes={"out": file()},
    )
    pipeline(far, {"use": use})

    number = run(far)

    assert ran(far, number) == ["use"], far.steps(number)["use"].error
    assert far.text(number, "use") == "weights\n"
    assert trained.root == far.root
