import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.store import filesystem
from core.store.copying import copy_file, remove_tree
from core.store.filesystem import copy_bytes, missing_abilities, rename_without_replacing, sync_filesystem


@pytest.fixture(params=["of the kernel", "in two steps"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Rename as this system does it, and as one does that offers nothing."""
    if request.param == "in two steps":
        monkeypatch.setattr(filesystem, "_library", lambda: None)
        filesystem._rename_by.cache_clear()
    yield
    filesystem._rename_by.cache_clear()


@pytest.mark.usefixtures("way")
class TestRenaming:
    def test_to_a_free_name(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("1")
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / "x").write_text("2")

        rename_without_replacing(str(tmp_path / "file"), str(tmp_path / "file2"))
        rename_without_replacing(str(tmp_path / "folder"), str(tmp_path / "folder2"))

        assert sorted(p.name for p in tmp_path.iterdir()) == ["file2", "folder2"]
        assert (tmp_path / "file2").stat().st_nlink == 1

    @pytest.mark.parametrize("kind", ["file", "folder"])
    def test_never_over_what_is_there(self, tmp_path: Path, kind: str) -> None:
        for name in ("new", "old"):
            folder = tmp_path / name if kind == "folder" else tmp_path
            folder.mkdir(exist_ok=True)
            (folder / ("x" if kind == "folder" else name)).write_text(name)

        with pytest.raises(FileExistsError):
            rename_without_replacing(str(tmp_path / "new"), str(tmp_path / "old"))

        kept = tmp_path / "old" / "x" if kind == "folder" else tmp_path / "old"
        assert kept.read_text() == "old"
        assert (tmp_path / "new").exists()

    def test_a_missing_source_says_so(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            rename_without_replacing(str(tmp_path / "none"), str(tmp_path / "x"))


@pytest.mark.usefixtures("way")
def test_flushing_says_whether_it_could(tmp_path: Path) -> None:
    assert sync_filesystem(str(tmp_path)) is (filesystem._library() is not None)


def test_a_poor_system_is_told_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filesystem, "_library", lambda: None)

    assert len(missing_abilities()) == 2


@pytest.mark.parametrize("size", [0, 1, 1 << 22, (3 << 22) + 7])
def test_copies_are_whole(tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    (tmp_path / "a").write_bytes(data)

    copy_file(str(tmp_path / "a"), str(tmp_path / "b"))

    assert (tmp_path / "b").read_bytes() == data


@pytest.mark.parametrize("hint", [0, 5, 1 << 23])
def test_a_wrong_size_does_not_cut_a_copy(tmp_path: Path, hint: int) -> None:
    data = os.urandom(100_000)
    (tmp_path / "a").write_bytes(data)

    with (tmp_path / "a").open("rb") as source, (tmp_path / "b").open("wb") as target:
        assert copy_bytes(source.fileno(), target.fileno(), hint) == len(data)

    assert (tmp_path / "b").read_bytes() == data


def test_a_deep_read_only_tree_is_removed(tmp_path: Path) -> None:
    deep = tmp_path / "t" / "/".join("d" * 40)
    deep.mkdir(parents=True)
    (deep / "x").write_text("")
    (deep / "link").symlink_to("/nowhere")
    for folder in (deep, *deep.parents):
        if folder == tmp_path:
            break
        folder.chmod(0o555)

    remove_tree(str(tmp_path / "t"))

    assert list(tmp_path.iterdir()) == []
