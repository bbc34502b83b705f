import os
import stat
from contextlib import suppress
from pathlib import Path

import pytest

from core.errors import StepError, StoreError
from core.layout import Layout
from core.store.locks import Lock
from core.store.objects import Store
from tests.core.store.conftest import Tree, contents, damage, output
from tests.support.children import start_child

_NOBODY = 65534


# Capture


def test_a_captured_folder_lies_under_its_digest_and_is_read_only(store: Store, layout: Layout) -> None:
    made = output(layout, {"a.txt": "a", "deep/run.sh": "#!"})
    (made / "deep" / "run.sh").chmod(0o700)
    (made / "empty").mkdir()

    digest = store.capture(made)

    kept = store.path(digest)
    assert store.has(digest)
    assert not made.exists()
    assert contents(kept) == {"a.txt": "a", "deep/run.sh": "#!", "empty": ""}
    modes = {p.relative_to(kept).as_posix(): stat.S_IMODE(p.stat().st_mode) for p in (kept, *kept.rglob("*"))}
    assert modes == {".": 0o555, "a.txt": 0o444, "deep": 0o555, "deep/run.sh": 0o555, "empty": 0o555}
    assert store.verify(digest) == ()


def test_the_digest_is_that_of_the_same_data_in_the_workspace(store: Store, layout: Layout, tree: Tree) -> None:
    files = {"a.txt": "a", "b/c": "d"}

    assert store.capture(output(layout, files)) == store.hash(tree.write(files)).digest


def test_a_single_file_is_captured_as_a_file(store: Store, layout: Layout) -> None:
    digest = store.capture(output(layout, {"scores.csv": "1,2"}) / "scores.csv")

    assert store.path(digest).read_text() == "1,2"
    assert stat.S_IMODE(store.path(digest).stat().st_mode) == 0o444
    assert (store.size(digest), store.manifest(digest)) == (3, None)


def test_the_same_content_is_kept_once(store: Store, layout: Layout) -> None:
    first = store.capture(output(layout, {"a": "1"}, "one"))
    inode = store.path(first).stat().st_ino
    again = output(layout, {"a": "1"}, "two")

    assert store.capture(again) == first
    assert store.path(first).stat().st_ino == inode
    assert not again.exists()
    assert list(store.digests()) == [first]


def test_two_outputs_with_the_same_content_in_one_batch(store: Store, layout: Layout) -> None:
    made = [output(layout, {"a": "1"}, name) for name in ("one", "two")]

    digests = store.capture_many([*made, output(layout, {"a": "2"}, "three")])

    assert digests[0] == digests[1] != digests[2]
    assert all(store.verify(digest) == () for digest in digests)


def test_a_damaged_object_is_replaced_by_a_good_one(store: Store, layout: Layout) -> None:
    digest = store.capture(output(layout, {"a": "whole"}, "one"))
    damage(store.path(digest) / "a", "torn.")
    damage(store.path(digest) / "a", "tor")

    store.capture(output(layout, {"a": "whole"}, "two"))

    assert store.verify(digest) == ()


def test_a_folder_where_a_file_belongs_is_replaced(store: Store, layout: Layout) -> None:
    digest = store.capture(output(layout, {"a": "1"}, "one") / "a")
    store.path(digest).unlink()
    store.path(digest).mkdir()

    store.capture(output(layout, {"a": "1"}, "two") / "a")

    assert store.path(digest).read_text() == "1"


def test_publishing_goes_on_after_a_crash_between_preparing_and_moving(store: Store, layout: Layout) -> None:
    made = output(layout, {"a": "1", "d/b": "2"})
    prepared = store.prepare(made)

    recovered = Store(layout)

    assert recovered.capture(made) == prepared.digest
    assert recovered.verify(prepared.digest) == ()


def test_links_out_of_an_output_become_what_they_reach(store: Store, layout: Layout, tree: Tree) -> None:
    outside = tree.write({"x/y.txt": "y", "z.txt": "z"})
    made = output(layout, {"a": "1"})
    (made / "folder").symlink_to(outside / "x")
    (made / "file").symlink_to(outside / "z.txt")
    (made / "near").symlink_to("a")

    digest = store.capture(made)

    assert contents(store.path(digest)) == {"a": "1", "folder/y.txt": "y", "file": "z", "near": "-> a"}
    assert contents(outside) == {"x/y.txt": "y", "z.txt": "z"}
    assert os.access(outside / "z.txt", os.W_OK)


def test_an_output_that_is_itself_a_link_is_copied(store: Store, layout: Layout, tree: Tree) -> None:
    outside = tree.write({"model/weights": "w"})
    made = output(layout, {})
    made.rmdir()
    made.symlink_to(outside / "model")

    digest = store.capture(made)

    assert contents(store.path(digest)) == {"weights": "w"}
    assert contents(outside) == {"model/weights": "w"}


def test_a_hard_link_to_the_users_file_is_not_shared(store: Store, layout: Layout, tree: Tree) -> None:
    mine = tree.write({"big.bin": "mine"}) / "big.bin"
    made = output(layout, {})
    os.link(mine, made / "big.bin")

    digest = store.capture(made)
    mine.write_text("edited later")

    assert store.path(digest).joinpath("big.bin").read_text() == "mine"
    assert store.verify(digest) == ()
    assert stat.S_IMODE(mine.stat().st_mode) & stat.S_IWUSR


def test_a_dangling_link_in_an_output_is_an_error_and_nothing_is_kept(store: Store, layout: Layout) -> None:
    good, bad = output(layout, {"a": "1"}, "good"), output(layout, {}, "bad")
    (bad / "gone").symlink_to("nowhere")

    with pytest.raises(StepError, match="gone' is a link to 'nowhere', which is not there"):
        store.capture_many([good, bad])
    assert list(store.digests()) == []
    assert good.exists()


def test_an_output_that_was_not_written_is_an_error(store: Store, layout: Layout) -> None:
    with pytest.raises(StepError, match="was not written"):
        store.capture(layout.runs / "nothing")


def test_an_output_its_maker_locked_is_kept_all_the_same(tmp_path: Path) -> None:
    """Told by a process that is not root, who reads everything."""
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    child = start_child(keep_what_is_locked, tmp_path / "open")
    said, _ = child.communicate()

    assert said.decode().splitlines() == ["{'b': '2', 'd/a': '1'}", "3"]


def _keep(layout: Layout, files: dict[str, str]) -> None:
    store = Store(layout)
    store.capture(output(layout, files))
    store.close()


def keep_what_is_locked(root: str) -> None:
    """Stands in the folder, as those above it may be closed to whoever is not root."""
    os.chdir(root)
    _keep(Layout(Path("first")), {"a": "1"})  # imports what that takes, which may lie where only root reads
    if os.geteuid() == 0:
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)
    layout = Layout(Path())
    made, file = output(layout, {"d/a": "1", "b": "2"}), output(layout, {"c": "3"}, "file") / "c"
    for path in (made / "d" / "a", made / "d", made / "b", file):
        path.chmod(0)
    with suppress(PermissionError):
        file.read_text()
        print("it could be read at once")
    store = Store(layout)
    print(contents(store.path(store.capture(made))))
    print(store.path(store.capture(file)).read_text())
    store.close()


def test_an_output_on_another_disk_is_copied(store: Store, layout: Layout) -> None:
    other = Path("/dev/shm")
    layout.store.mkdir(parents=True)
    if not other.is_dir() or other.stat().st_dev == layout.store.stat().st_dev:
        pytest.skip("needs a second file system")
    made = other / f"mlpw-test-{os.getpid()}"
    made.mkdir()
    (made / "a").write_text("1")

    digest = store.capture(made)

    assert store.verify(digest) == ()
    assert not made.exists()


# Looking at what is there


def test_manifests_stay_when_the_content_goes_and_come_back_from_content(store: Store, layout: Layout) -> None:
    digest = store.capture(output(layout, {"a": "1"}))
    manifest = store.manifest(digest)
    assert manifest is not None

    store.manifests.forget(digest)
    assert store.manifest(digest) == manifest
    store.remove(digest)
    assert not store.has(digest)
    assert store.manifest(digest) == manifest
    assert list(store.manifests) == [digest]


def test_a_torn_manifest_is_made_again(store: Store, layout: Layout) -> None:
    digest = store.capture(output(layout, {"a": "1"}))
    whole = store.manifest(digest)
    (layout.store / "manifests" / digest).write_bytes(b"mlpw man")

    assert store.manifest(digest) == whole


def test_missing_digests_are_found(store: Store, layout: Layout) -> None:
    digest = store.capture(output(layout, {"a": "1"}))

    assert store.missing([digest, "0" * 64]) == {"0" * 64}


@pytest.mark.parametrize("text", ["", "../../etc/passwd", "a" * 63, "A/" * 32])
def test_what_is_no_digest_is_refused(store: Store, text: str) -> None:
    with pytest.raises(StoreError, match="is no digest"):
        store.path(text)


def test_verify_names_what_is_wrong(store: Store, layout: Layout) -> None:
    digest = store.capture(output(layout, {"a": "1", "b": "2", "c": "3"}))
    kept = store.path(digest)
    kept.chmod(0o755)
    damage(kept / "a", "X")
    (kept / "b").unlink()
    (kept / "new").write_text("")

    assert store.verify(digest) == ("'b' is missing", "'new' was added", "'a' was changed")
    assert store.verify("0" * 64) == ("missing",)


def test_verify_sees_a_file_replaced_by_a_link_to_a_copy(store: Store, layout: Layout, tree: Tree) -> None:
    digest = store.capture(output(layout, {"a": "1"}))
    kept = store.path(digest)
    kept.chmod(0o755)
    (kept / "a").unlink()
    (kept / "a").symlink_to(tree.write({"a": "1"}) / "a")

    assert store.verify(digest) == ("'a' was changed",)


def test_a_step_that_changed_its_input_is_found_out(store: Store, layout: Layout, tree: Tree) -> None:
    data = tree.write({"a": "1", "b": "2"})
    given = store.hash(data)
    manifest = given.manifest()
    assert manifest is not None
    store.manifests.keep(manifest)
    kept = store.capture(output(layout, {"a": "1", "b": "2"}))

    assert not store.changes(data, given.digest)
    assert not store.changes(store.path(kept), kept)
    (data / "b").write_text("3")
    damage(store.path(kept) / "a", "3")
    assert store.changes(data, given.digest).changed == ("b",)
    assert store.changes(store.path(kept), kept).changed == ("a",)
    assert store.changes(data / "gone", given.digest).removed == ("gone",)


# Upkeep


def test_removed_content_is_gone_with_everything_in_it(store: Store, layout: Layout) -> None:
    digest = store.capture(output(layout, {"a": "1", "d/e/f": "2"}))
    file = store.capture(output(layout, {"a": "1"}, "two") / "a")

    store.remove(digest)
    store.remove(file)
    store.remove(digest)

    assert list(store.digests()) == []
    with pytest.raises(StoreError, match="not in the store"):
        store.size(digest)


def test_collecting_waits_for_those_who_are_keeping(store: Store, layout: Layout) -> None:
    with store.keeping(), Store(layout).keeping(), pytest.raises(StoreError, match="in use by a run"):
        store.collecting().__enter__()
    with store.collecting():
        assert not Lock(layout.locks / "store").try_acquire(shared=True)


def test_closing_leaves_nothing_half_made(store: Store, layout: Layout, tree: Tree) -> None:
    store.snapshot(tree.write({"a": "1"}))
    store.new_temporary_path("import").write_text("half")

    store.close()

    assert list(layout.temporary.iterdir()) == []


def test_a_full_disk_is_one_line_and_leaves_nothing_half_made(small_disk: Path, tree: Tree) -> None:
    code = tree.write({"train.py": "x" * (3 << 20), "lib.py": "y"})
    store = Store(Layout(small_disk))
    (small_disk / "big").write_bytes(b"x" * (6 << 20))

    with pytest.raises(StoreError, match="capturing code failed: No space left on device"):
        store.snapshot(code)
    assert list(store.digests()) == []

    (small_disk / "big").unlink()
    store.close()
    assert store.verify(store.snapshot(code).digest) == ()
    store.close()
