"""A save in what an environment is built from makes exactly the steps stale that run in it, and the reason names it."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any

import pytest

from core.planning.graph import Graph
from core.watching.watcher import Watcher
from core.workspace.again import recall_settled, remember_settled
from core.workspace.comparison import Topic
from core.workspace.housekeeping import Wishes, collect
from core.workspace.replanning import Replanner
from core.workspace.step_diff import step_diffs
from core.workspace.workspace import Workspace
from tests.support.bench import Bench
from tests.support.steps import step
from tests.support.waiting import PATIENCE_SECONDS
from tests.support.watching import after_next_change, follow, words
from tests.support.wheels import make_wheel

OUT = "${{outputs.out}}/f"
ENVIRONMENT = {"build": {"path": "./image"}}
PACKAGES = {"conda_file": {"dependencies": [{"pip": ["-e ./lib", "./wheels/one-1.0-py3-none-any.whl"]}]}}


@pytest.fixture
def ran(bench: Bench) -> Bench:
    """a runs in what a build context makes, b takes what it made, c runs in another environment."""
    bench.write(
        {
            "image/Dockerfile": "FROM ubuntu:22.04\nCOPY . /all\n",
            "image/tools/t.sh": "echo 1\n",
            "image/dist/one.txt": "1\n",
            "image/.dockerignore": "*.log\nnotes\n",
            "image/notes/n.txt": "1\n",
        }
    )
    bench.pipeline(
        {
            "a": step(f"echo a > {OUT}", makes=["out"], environment=ENVIRONMENT),
            "b": step(f"cat ${{{{inputs.x}}}}/f > {OUT}", takes={"x": "a.out"}, makes=["out"]),
            "c": step(f"echo c > {OUT}", makes=["out"]),
        }
    )
    bench.run()
    return bench


@pytest.fixture
def watcher(ran: Bench, replanner: Replanner) -> Iterator[Watcher]:
    """Looks at what the plan depends on."""
    with closing(Watcher()) as made:
        follow(replanner, made, None)
        yield made


def save(bench: Bench, name: str, text: str) -> None:
    """At once, so that nobody sees a part of it."""
    new = bench.outside / "new"
    new.write_text(text)
    new.replace(bench.root / name)


def until_stale(replanner: Replanner, watcher: Watcher, step: str = "a") -> dict[str, str]:
    """What the plan says once a step is."""
    while (found := words(after_next_change(replanner, watcher)))[step] == "up to date":
        pass
    return found


def saves() -> dict[str, tuple[Callable[[Bench], object], str]]:
    def write(name: str, text: str) -> Callable[[Bench], object]:
        return lambda bench: bench.write({f"image/{name}": text})

    def replace(bench: Bench) -> None:
        shutil.copytree(bench.root / "image", bench.root / "new")
        (bench.root / "new/tools/u.sh").write_text("")
        (bench.root / "image").rename(bench.root / "old")
        (bench.root / "new").rename(bench.root / "image")

    return {
        "a file": (write("tools/t.sh", "echo 2\n"), "tools/t.sh changed"),
        "a new file": (write("tools/more/u.sh", ""), "tools/more/u.sh added"),
        "one that goes": (lambda bench: (bench.root / "image/tools/t.sh").unlink(), "tools added, tools/t.sh removed"),
        "one that is renamed": (
            lambda bench: (bench.root / "image/tools/t.sh").rename(bench.root / "image/tools/u.sh"),
            "tools/u.sh added, tools/t.sh removed",
        ),
        "a program": (lambda bench: (bench.root / "image/tools/t.sh").chmod(0o755), "tools/t.sh changed"),
        "a new folder": (lambda bench: (bench.root / "image/empty").mkdir(), "empty added"),
        "what a build left": (write("dist/one.txt", "2\n"), "dist/one.txt changed"),
        "the Dockerfile": (write("Dockerfile", "FROM ubuntu:22.04\n"), "Dockerfile changed"),
        "what is ignored": (write(".dockerignore", "*.log\nnotes\ntools\n"), "tools/t.sh removed"),
        "the whole folder": (replace, "tools/u.sh added"),
    }


@pytest.mark.parametrize("save", saves())
def test_a_save_in_a_build_context_is_seen(ran: Bench, replanner: Replanner, watcher: Watcher, save: str) -> None:
    change, reason = saves()[save]
    change(ran)
    found = until_stale(replanner, watcher)
    assert found["a"] == f"environment changed: {reason} in build context"
    assert found["b"].startswith("waits for a")
    assert found["c"] == "up to date"
    assert found == ran.plan()


def test_what_is_ignored_in_a_build_context_causes_nothing(ran: Bench, watcher: Watcher) -> None:
    ran.write({"image/a.log": "", "image/notes/n.txt": "2", "image/__pycache__/x.pyc": "", "image/.git/x": ""})
    ran.write({"image/.dockerignore": "# words\n*.log\nnotes\n"})
    counts = ran.root / "image/tools/t.sh"
    counts.write_text("echo 2\n")
    told: set[str] = set()
    while str(counts) not in told:
        change = watcher.wait(PATIENCE_SECONDS)
        assert change is not None
        told.update(change.paths)
    assert told == {str(counts)}


def test_a_context_that_comes_back_is_up_to_date(ran: Bench, replanner: Replanner, watcher: Watcher) -> None:
    save(ran, "image/tools/t.sh", "echo 2\n")
    until_stale(replanner, watcher)
    save(ran, "image/tools/t.sh", "echo 1\n")
    assert set(words(after_next_change(replanner, watcher)).values()) == {"up to date"}


def test_a_context_that_is_written_while_it_is_looked_at_is_looked_at_again(
    ran: Bench, replanner: Replanner, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(ran, "image/tools/t.sh", "echo 2\n")
    with monkeypatch.context() as patch:
        patch.setattr(Workspace, "graph", and_then(Workspace.graph, lambda: save(ran, "image/tools/t.sh", "")))
        assert until_stale(replanner, watcher)["a"] == "environment changed: build context changed"
    save(ran, "image/tools/t.sh", "echo 2\n")  # as the graph was read from
    found = words(after_next_change(replanner, watcher))
    assert found["a"] == "environment changed: tools/t.sh changed in build context"


def test_a_context_that_is_away_while_it_is_looked_at_is_looked_at_again(
    ran: Bench, replanner: Replanner, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, away = ran.root / "image", ran.root / "away"
    save(ran, "image/tools/t.sh", "echo 2\n")
    with monkeypatch.context() as patch:
        patch.setattr(Workspace, "graph", and_then(Workspace.graph, lambda: place.rename(away)))
        assert until_stale(replanner, watcher)["a"] == "environment changed: build context changed"
    away.rename(place)
    found = words(after_next_change(replanner, watcher))
    assert found["a"] == "environment changed: tools/t.sh changed in build context"


def and_then(read: Callable[..., Graph], act: Callable[[], object]) -> Callable[..., Graph]:
    """Something happens as soon as a graph is read."""

    def reading(*arguments: Any) -> Graph:
        graph = read(*arguments)
        act()
        return graph

    return reading


def test_a_context_that_is_lost_is_told_and_comes_back(ran: Bench, replanner: Replanner, watcher: Watcher) -> None:
    place, away = ran.root / "image", ran.root / "away"
    place.rename(away)
    assert "build context './image' does not exist" in str(after_next_change(replanner, watcher).error)
    away.rename(place)
    assert set(words(after_next_change(replanner, watcher)).values()) == {"up to date"}


def test_the_difference_is_shown_line_by_line(ran: Bench) -> None:
    ran.write({"image/tools/t.sh": "echo 2\n", "image/tools/new": "n\n"})
    with ran.workspace() as workspace:
        (found,) = step_diffs(workspace, workspace.graph(ran.file), steps=["a"])
    new, changed = found.changes
    assert (changed.topic, changed.path, changed.kind) == (Topic.ENVIRONMENT, "build context/tools/t.sh", "changed")
    assert {"-echo 1", "+echo 2"} <= set(changed.lines)
    assert (new.path, new.kind) == ("build context/tools/new", "added")


def test_what_a_result_was_built_from_is_not_collected(ran: Bench) -> None:
    with ran.workspace() as workspace:
        collect(workspace, Wishes())
    test_the_difference_is_shown_line_by_line(ran)


@pytest.fixture
def packed(bench: Bench) -> Bench:
    """a runs with a local project and a wheel of the workspace; their builds are not the matter here."""
    bench.write(
        {"lib/pyproject.toml": "", "lib/lib/__init__.py": "1", "lib/dist/lib-1.whl": "", "lib/build/lib/x.py": ""}
    )
    (bench.root / "wheels").mkdir()
    make_wheel(bench.root / "wheels", "one", "1.0")
    bench.pipeline({"a": step(makes=["out"], environment=PACKAGES), "c": step(makes=["out"])})
    return bench


def test_a_local_package_is_watched(packed: Bench) -> None:
    with packed.workspace() as workspace, closing(Watcher()) as watcher:
        replanner = Replanner(workspace, packed.file)
        before = follow(replanner, watcher, None).graph
        packed.write({"lib/build/lib/x.py": "2", "lib/dist/lib-2.whl": "", "lib/lib/__pycache__/x.pyc": ""})
        (packed.root / "lib/lib.egg-info").mkdir()
        for name in ("lib/lib/__init__.py", "lib/lib/new.py", "wheels/one-1.0-py3-none-any.whl"):
            save(packed, name, "2")
            change = watcher.wait(PATIENCE_SECONDS)
            assert change is not None
            assert change.paths == (str(packed.root / name),)
            found = follow(replanner, watcher, change.paths)
            assert found.decided == ("a",)
            assert environment(found.graph) != environment(before)
            before = found.graph


def test_what_a_link_of_a_package_leads_to_is_watched_though_a_build_left_it(packed: Bench) -> None:
    packed.write({"lib/dist/lib-1.whl": "1"})
    (packed.root / "lib/made").symlink_to("build/lib")
    (packed.root / "lib/lib/wheel").symlink_to("../dist/lib-1.whl")
    with packed.workspace() as workspace, closing(Watcher()) as watcher:
        replanner = Replanner(workspace, packed.file)
        before = follow(replanner, watcher, None).graph
        for name in ("lib/build/lib/x.py", "lib/build/lib/new.py", "lib/dist/lib-1.whl"):
            save(packed, name, "2")
            found = after_next_change(replanner, watcher)
            assert environment(found.graph) != environment(before)
            before = found.graph


def environment(graph: Graph | None) -> Mapping[str, str]:
    assert graph is not None
    return graph.steps["a"].environment.parts()


@pytest.fixture
def old_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files count as old, however young they are."""
    monkeypatch.setattr("core.workspace.signs._SETTLED_NS", -(10**12))


def test_a_remembered_graph_knows_what_its_environments_are_built_from(
    ran: Bench, old_files: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ran.graph()
    with monkeypatch.context() as patch:
        patch.delattr("core.definitions.pipeline_loader.load_pipeline")  # whoever reads now fails
        assert ran.graph() == before
        ran.write({"image/notes/n.txt": "ignored"})
        assert ran.graph() == before
    ran.write({"image/tools/t.sh": "echo 2\n"})
    assert environment(ran.graph()) != environment(before)


def test_a_remembered_run_knows_what_its_environments_are_built_from(ran: Bench, old_files: None) -> None:
    with ran.workspace() as workspace:
        remember_settled(workspace, workspace.graph(ran.file), (), 1)
        assert recall_settled(workspace.layout, ran.file, ()) is not None
        ran.write({"image/notes/n.txt": "ignored"})
        assert recall_settled(workspace.layout, ran.file, ()) is not None
        ran.write({"image/new": ""})
        assert recall_settled(workspace.layout, ran.file, ()) is None
