"""Definitions that are looked for by name in the whole workspace, and what changes which one is found."""

from collections.abc import Callable
from contextlib import closing

import pytest

import core.watching.watcher
from core.errors import MlpwError
from core.records.model import AssetKind
from core.watching.watcher import Watcher
from core.workspace import Workspace
from core.workspace.replanning import Replanned, Replanner
from core.workspace.versions import NewVersion
from tests.support.bench import Bench
from tests.support.steps import step
from tests.support.waiting import PATIENCE_SECONDS
from tests.support.watching import after_next_change, follow

TEAM, BOX = "name: team\nimage: ubuntu:22.04\n", "type: docker\nname: box\n"


@pytest.fixture
def standing_in(bench: Bench) -> Bench:
    """A step of an environment that a definition far away stands in for, on a host that nobody defines."""
    bench.write({"far/away/env.yml": "name: team\nimage: ubuntu:20.04\n", "src/a.sh": "echo 1"})
    bench.pipeline({"a": step("sh a.sh", code="src/", environment="azureml:team@latest", compute="azureml:box")})
    return bench


def image(replanned: Replanned) -> str:
    assert replanned.graph is not None
    return replanned.graph.steps["a"].environment.image


def test_a_nearer_definition_stands_in_as_soon_as_it_is_there(standing_in: Bench) -> None:
    with standing_in.workspace() as workspace, closing(Watcher()) as watcher:
        workspace.keep()
        replanner = Replanner(workspace, standing_in.file)
        assert image(replanner.plan()) == "ubuntu:20.04"
        watcher.set_roots(replanner.roots())

        standing_in.write({"near.yml": "name: team\nimage: ubuntu:22.04\n"})
        found = watcher.wait(PATIENCE_SECONDS)
        assert found is not None
        assert image(replanner.plan(found.paths)) == "ubuntu:22.04"

        (standing_in.root / "near.yml").unlink()
        watcher.set_roots(replanner.roots())
        found = watcher.wait(PATIENCE_SECONDS)
        assert found is not None
        assert image(replanner.plan(found.paths)) == "ubuntu:20.04"


def test_a_remembered_graph_knows_of_a_nearer_definition(standing_in: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.workspace.signs._SETTLED_NS", -(10**12))  # files count as old, however young they are
    with standing_in.workspace() as workspace:
        workspace.keep()
        assert workspace.graph(standing_in.file).steps["a"].environment.image == "ubuntu:20.04"
    standing_in.write({"src/near.yml": "name: other\nimage: ubuntu:22.04\n"})
    with standing_in.workspace() as workspace:
        assert workspace.graph(standing_in.file).steps["a"].environment.image == "ubuntu:20.04"
    standing_in.write({"src/near.yml": "name: team\nimage: ubuntu:22.04\n"})
    with standing_in.workspace() as workspace:
        assert workspace.graph(standing_in.file).steps["a"].environment.image == "ubuntu:22.04"


# What changes which one is found, without a YAML file that comes or goes


def on_box(bench: Bench) -> None:
    """Only a host is looked for, in a file that is empty still."""
    bench.write({"box.yml": ""})
    bench.pipeline({"a": step(compute="azureml:box")})


Change = Callable[[Bench], object]
CHANGES: dict[str, tuple[Change, Change]] = {
    "a file is filled after it was made": (
        lambda bench: bench.write({"near.yml": ""}),
        lambda bench: bench.write({"near.yml": TEAM}),
    ),
    "a file is filled that makes a host": (
        on_box,
        lambda bench: bench.write({"box.yml": BOX}),
    ),
    "a file is too large and then is not": (
        lambda bench: bench.write({"near.yml": TEAM + "#" * (1 << 20)}),
        lambda bench: bench.write({"near.yml": TEAM}),
    ),
    "a link leads somewhere at last": (
        lambda bench: (bench.root / "near.yml").symlink_to(bench.outside / "env.yml"),
        lambda bench: (bench.outside / "env.yml").write_text(TEAM),
    ),
    "git ignores it now": (
        lambda bench: bench.write({".gitignore": ".mlpw\n"}),
        lambda bench: bench.write({".gitignore": ".mlpw\nfar\n"}),
    ),
    "git ignores it for the first time": (
        lambda bench: None,
        lambda bench: bench.write({".gitignore": "far\n"}),
    ),
    "its folder is somebody's environment": (
        lambda bench: bench.write({"far/away/notes": ""}),
        lambda bench: bench.write({"far/away/pyvenv.cfg": ""}),
    ),
}


def found_by(workspace: Workspace, bench: Bench) -> str:
    """Which definitions a graph took, or why there is none."""
    try:
        graph = workspace.graph(bench.file)
    except MlpwError as error:
        return str(error)
    return f"{graph.steps['a'].environment.image} on {graph.steps['a'].compute}"


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_which_one_is_found_is_told(
    standing_in: Bench, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(core.watching.watcher, "_ANYWAY_SECONDS", 10**9)
    before, after = CHANGES[change]
    before(standing_in)
    with standing_in.workspace() as workspace, closing(Watcher()) as watcher:
        workspace.keep()
        replanner = Replanner(workspace, standing_in.file)
        first = follow(replanner, watcher, None)
        was = found_by(workspace, standing_in)
        after(standing_in)
        then = after_next_change(replanner, watcher)
        assert found_by(workspace, standing_in) != was, "the change matters"
        assert (then.error is not None) or then.graph != first.graph


@pytest.mark.parametrize("change", CHANGES)
def test_a_remembered_graph_knows_of_it(standing_in: Bench, change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.workspace.signs._SETTLED_NS", -(10**12))  # files count as old, however young they are
    before, after = CHANGES[change]
    before(standing_in)
    with standing_in.workspace() as workspace:
        workspace.keep()
        was = found_by(workspace, standing_in)
    after(standing_in)
    with standing_in.workspace() as workspace:
        assert found_by(workspace, standing_in) != was


def test_a_remembered_graph_knows_that_the_name_has_versions_though_archived_ones(
    standing_in: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.workspace.signs._SETTLED_NS", -(10**12))
    with standing_in.workspace() as workspace:
        workspace.keep()
        assert found_by(workspace, standing_in) == "ubuntu:20.04 on local"
        file = standing_in.root / "far/away/env.yml"
        version, _ = workspace.create_version(NewVersion(AssetKind.ENVIRONMENT, file))
        workspace.set_archived(version.kind, version.name, version.version, archived=True)
        assert "has no label 'latest'" in found_by(workspace, standing_in)


def test_who_only_might_have_been_found_is_not_used(standing_in: Bench) -> None:
    standing_in.write({"other.yml": "name: other\nimage: ubuntu:22.04\n"})
    graph = standing_in.graph()
    assert str(standing_in.root / "far/away/env.yml") in graph.sources
    assert str(standing_in.root / "other.yml") not in graph.sources
