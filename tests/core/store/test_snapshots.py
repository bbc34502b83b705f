"""Code on its way into the store and out of it."""

import os
import stat
from pathlib import Path

import pytest

from core.errors import InputError, StoreError
from core.layout import Layout
from core.store import copying, objects
from core.store.copying import STABLE_TIME
from core.store.filesystem import copy_bytes
from core.store.objects import Store
from tests.core.store.conftest import Tree, contents, damage, output


def test_a_snapshot_is_the_code_without_what_is_ignored(store: Store, tree: Tree) -> None:
    code = tree.write(
        {".amlignore": "*.csv\n", "train.py": "1", "lib/x.py": "2", "data.csv": "3", "lib/__pycache__/x": ""}
    )

    snapshot = store.snapshot(code)

    assert contents(store.path(snapshot.digest)) == {".amlignore": "*.csv\n", "train.py": "1", "lib/x.py": "2"}
    assert snapshot.digest == store.digest_of_code(code).digest


def test_planning_writes_nothing(store: Store, layout: Layout, tree: Tree) -> None:
    code = tree.write({"train.py": "1"})

    store.digest_of_code(code)
    store.hash(code)

    assert not layout.private.exists()


def test_running_and_cloning_code_does_not_change_its_digest(store: Store, tree: Tree, tmp_path: Path) -> None:
    code = tree.write({"train.py": "1", "lib/x.py": "2"})
    before = store.digest_of_code(code).digest
    tree.write({"__pycache__/train.pyc": "", ".git/HEAD": "", "lib/__pycache__/x.pyc": ""})
    (code / "results").mkdir()

    assert store.digest_of_code(code).digest == before


def test_going_back_to_earlier_code_finds_the_earlier_snapshot(store: Store, tree: Tree) -> None:
    first = store.snapshot(tree.write({"train.py": "1"}))
    second = store.snapshot(tree.write({"train.py": "2"}))
    third = store.snapshot(tree.write({"train.py": "1"}))

    assert first == third != second
    assert sorted(store.digests()) == sorted({first.digest, second.digest})


def test_a_single_file_of_code_is_a_folder_with_that_file(store: Store, tree: Tree) -> None:
    code = tree.write({"score.py": "1", "other.py": "2"}) / "score.py"

    snapshot = store.snapshot(code)

    assert contents(store.path(snapshot.digest)) == {"score.py": "1"}
    assert snapshot.digest == store.digest_of_code(code).digest
    assert store.snapshot(code) == snapshot


def test_code_saved_while_it_is_captured_is_bound_to_what_was_captured(
    store: Store, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = tree.write({"a.py": "old", "b.py": "old"})
    before = store.digest_of_code(code).digest
    saves = ["new, and longer"]

    def while_saving(source: int, target: int, size: int) -> int:
        copied = copy_bytes(source, target, size)
        if saves:
            tree.write({"a.py": saves[0], "b.py": saves.pop()})
        return copied

    monkeypatch.setattr(copying, "copy_bytes", while_saving)
    snapshot = store.snapshot(code)

    assert snapshot.digest != before
    assert contents(store.path(snapshot.digest)) == {"a.py": "new, and longer", "b.py": "new, and longer"}
    assert store.verify(snapshot.digest) == ()


def test_code_that_never_rests_is_not_captured(store: Store, tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    code = tree.write({"a.py": "old"})

    def while_saving(source: int, target: int, size: int) -> int:
        copied = copy_bytes(source, target, size)
        tree.write({"a.py": "x" * (size + 1)})
        return copied

    monkeypatch.setattr(copying, "copy_bytes", while_saving)

    with pytest.raises(InputError, match="changes while it is copied"):
        store.snapshot(code)
    assert list(store.digests()) == []


def test_code_that_an_editor_is_replacing_is_looked_at_again(
    store: Store, tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Moved away first, then written anew: by vim, git and JetBrains."""
    code = tree.write({"a.py": "1"}) / "a.py"
    code.rename(away := code.with_name("a.py~"))
    paused: list[float] = []

    def comes_back(seconds: float) -> None:
        if len(paused) == 1:
            away.rename(code)
        paused.append(seconds)

    monkeypatch.setattr(objects, "sleep", comes_back)
    assert set(store.snapshot(code).manifest.entries) == {"a.py"}
    assert len(paused) == 2


def test_missing_code_is_an_input_error(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        store.snapshot(tmp_path / "nothing")


def test_code_that_is_a_pipe_is_an_input_error(store: Store, tree: Tree) -> None:
    os.mkfifo(tree.root / "pipe")

    with pytest.raises(InputError, match="neither a file nor a folder"):
        store.snapshot(tree.root / "pipe")


# Out of the store


def test_a_checkout_is_private_writable_and_undated(store: Store, tree: Tree, tmp_path: Path) -> None:
    code = tree.write({"train.py": "1", "bin/go.sh": "#!"})
    (code / "bin" / "go.sh").chmod(0o755)
    tree.link("now.py", "train.py")
    digest = store.snapshot(code).digest

    work = store.checkout(digest, tmp_path / "attempt" / "code")

    assert contents(work) == {"train.py": "1", "bin/go.sh": "#!", "now.py": "-> train.py"}
    assert stat.S_IMODE((work / "bin" / "go.sh").stat().st_mode) == 0o755
    assert {p.lstat().st_mtime for p in (work, work / "bin", work / "train.py")} == {STABLE_TIME}
    (work / "train.py").write_text("edited by the step")
    (work / "bin" / "new").write_text("")
    assert store.verify(digest) == ()


def test_a_damaged_snapshot_is_not_checked_out(store: Store, tree: Tree, tmp_path: Path) -> None:
    digest = store.snapshot(tree.write({"train.py": "1"})).digest
    damage(store.path(digest) / "train.py", "")

    with pytest.raises(StoreError, match="is damaged"):
        store.checkout(digest, tmp_path / "work")


def test_what_is_not_kept_cannot_be_checked_out(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="not in the store"):
        store.checkout("0" * 64, tmp_path / "work")


@pytest.mark.parametrize("there", ["nothing", "folder", "file", "link"])
def test_a_copy_out_replaces_what_was_there(store: Store, layout: Layout, tmp_path: Path, there: str) -> None:
    digest = store.capture(output(layout, {"a": "1"}))
    target = tmp_path / "out" / "model"
    target.parent.mkdir()
    (tmp_path / "other").mkdir()
    match there:
        case "folder":
            target.mkdir()
            (target / "old").write_text("old")
        case "file":
            target.write_text("old")
        case "link":
            target.symlink_to(tmp_path / "other")

    store.copy_out(digest, target)

    assert contents(target.parent) == {"model/a": "1"}
    assert os.access(target / "a", os.W_OK)
    assert contents(tmp_path / "other") == {}


def test_a_file_is_copied_out_over_an_older_one(store: Store, layout: Layout, tmp_path: Path) -> None:
    digest = store.capture(output(layout, {"a": "new"}) / "a")
    (tmp_path / "a").write_text("old")

    store.copy_out(digest, tmp_path / "a")

    assert (tmp_path / "a").read_text() == "new"


def test_adding_a_users_data_leaves_it_alone(store: Store, tree: Tree, tmp_path: Path) -> None:
    data = tree.write({"a.csv": "1", "b/c.csv": "2"})
    tree.link("dangling", "nowhere")
    tree.link("here", "a.csv")
    before = contents(data)

    digest = store.add(data)

    assert contents(data) == before == contents(store.path(digest))
    assert digest == store.hash(data).digest == store.add(data)
    (data / "a.csv").write_text("edited")
    assert store.verify(digest) == ()


def test_a_single_file_is_added(store: Store, tree: Tree) -> None:
    digest = store.add(tree.write({"a.csv": "1"}) / "a.csv")

    assert store.path(digest).read_text() == "1"
