"""Templates: each makes a workspace whose pipeline runs at once, and says of itself only what is so."""

from pathlib import Path

import pytest

from core.errors import NotFoundError, WorkspaceError
from core.records.model import RunStatus
from core.workspace import Workspace, templates
from core.workspace.starting import start_workspace
from tests.support.bench import Bench

NAMES = [template.name for template in templates.TEMPLATES]


@pytest.mark.parametrize("name", NAMES)
def test_a_template_runs_green_at_once_and_then_has_nothing_to_do(bench: Bench, name: str) -> None:
    started = templates.create(name, bench.root)
    bench.name = started.pipeline
    first = bench.start()
    assert bench.end_of(first).status is RunStatus.SUCCEEDED, bench.statuses(first)
    assert set(bench.statuses(bench.start()).values()) == {"reused"}


@pytest.mark.parametrize("name", NAMES)
def test_a_template_is_explained_and_reads_without_a_warning(tmp_path: Path, name: str) -> None:
    started = templates.create(name, tmp_path / "made")
    assert started.pipeline in started.made
    with Workspace.open(started.root) as workspace:
        assert workspace.graph(started.root / started.pipeline).notices == ()
        assert {entry.error for entry in workspace.definitions()} == {""}
    for file in started.root.rglob("*.yml"):
        assert file.read_text().startswith("# "), file


def test_a_template_overwrites_nothing(tmp_path: Path) -> None:
    mine = tmp_path / "pipelines" / "pipeline.yml"
    mine.parent.mkdir()
    mine.write_text("mine")
    with pytest.raises(WorkspaceError, match="is there already"):
        templates.create("blank", tmp_path)
    assert [mine] == [path for path in tmp_path.rglob("*") if path.is_file()]
    assert mine.read_text() == "mine"


def test_a_template_goes_into_a_workspace_beside_what_is_there(tmp_path: Path) -> None:
    start_workspace(tmp_path)
    made = templates.create("batch-score", tmp_path).made
    assert "mlpw.yml" not in made
    assert "pipelines/batch_score.yml" in made
    assert (tmp_path / "pipelines" / "hello.yml").exists()


def test_a_misspelt_template_gets_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="did you mean 'blank'"):
        templates.create("blnk", tmp_path / "new")
    assert not (tmp_path / "new").exists()
