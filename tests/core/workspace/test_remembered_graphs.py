"""A graph is remembered only for as long as its definitions, read anew, would make the same one."""

from collections.abc import Callable
from contextlib import closing

import pytest

from core.errors import MlpwError
from core.watching.watcher import Watcher
from core.workspace import Workspace
from core.workspace.again import recall_settled, remember_settled
from core.workspace.replanning import Replanner
from tests.support.bench import Bench
from tests.support.steps import step
from tests.support.watching import after_next_change, follow

Change = Callable[[Bench], object]


def link_out(bench: Bench, name: str) -> None:
    """Move a file or folder out of the workspace, with a link to it in its place."""
    (bench.root / name).rename(bench.outside / name)
    (bench.root / name).symlink_to(bench.outside / name)


def make_folder(bench: Bench) -> None:
    """A folder where a file was."""
    (bench.root / "one.csv").unlink()
    (bench.root / "one.csv").mkdir()


CHANGES: dict[str, tuple[Change, str]] = {
    "data lead out of the workspace": (
        lambda bench: link_out(bench, "one.csv"),
        "step 'a' 'one.csv' leaves",
    ),
    "code leads out of the workspace": (lambda bench: link_out(bench, "src"), "code of step 'a' 'src/' leaves"),
    "the data's folder leads out": (lambda bench: link_out(bench, "raw"), "input 'e' of step 'a' 'raw/x' leaves"),
    "a file is a folder": (make_folder, "is uri_file, but 'one.csv' is a folder"),
    "data are gone": (lambda bench: (bench.root / "one.csv").unlink(), "'one.csv' does not exist"),
}


def said_of(workspace: Workspace, bench: Bench) -> str:
    """What is wrong with a pipeline or to be noticed about it."""
    try:
        return "\n".join(map(str, workspace.graph(bench.file).notices))
    except MlpwError as error:
        return str(error)


@pytest.fixture
def remembered(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A workspace that remembers its pipeline's graph."""
    monkeypatch.setattr("core.workspace.signs._SETTLED_NS", -(10**12))  # files count as old, however young they are
    bench.write({"one.csv": "1", "src/a.sh": "echo 1", "raw/x": "1"})
    bench.pipeline({"a": step("sh a.sh", code="src/", data={"d": "one.csv", "e": "raw/x"})})
    with bench.workspace() as workspace:
        workspace.keep()
        assert said_of(workspace, bench) == said_of(workspace, bench)
    return bench


@pytest.mark.parametrize("change", CHANGES)
def test_what_lies_at_its_paths_is_looked_at_again(remembered: Bench, change: str) -> None:
    happens, said = CHANGES[change]
    happens(remembered)
    with remembered.workspace() as workspace:
        assert said in said_of(workspace, remembered)


@pytest.mark.parametrize("change", CHANGES)
def test_a_remembered_run_does_not_hold_then(remembered: Bench, change: str) -> None:
    remembered.run()
    with remembered.workspace() as workspace:
        remember_settled(workspace, workspace.graph(remembered.file), (), 1)
        assert recall_settled(workspace.layout, remembered.file, ()) is not None
        CHANGES[change][0](remembered)
        assert recall_settled(workspace.layout, remembered.file, ()) is None


@pytest.mark.parametrize("change", CHANGES)
def test_a_session_that_follows_it_says_so_too(remembered: Bench, change: str) -> None:
    happens, said = CHANGES[change]
    with remembered.workspace() as workspace, closing(Watcher()) as watcher:
        replanner = Replanner(workspace, remembered.file)
        assert follow(replanner, watcher, None).error is None
        happens(remembered)
        found = after_next_change(replanner, watcher)
        notices = "" if found.graph is None else "\n".join(map(str, found.graph.notices))
        assert said in f"{found.error}\n{notices}"
