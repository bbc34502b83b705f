import os
import threading
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3

from core.errors import InputError
from core.store import hashing
from core.store.hashing import hash_path
from core.store.manifest import make_manifest
from core.store.signatures import SignatureCache, TreeSignatures, decode, encode, now
from tests.core.store.conftest import Tree

OLD = 1_000_000_000


class Reader:
    """Counts the files that are really opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.names: list[str] = []
        original = os.open

        def noting(path: str, flags: int, *options: Any, **more: Any) -> int:
            if not flags & os.O_DIRECTORY:
                self.names.append(Path(path).name)
            return original(path, flags, *options, **more)

        monkeypatch.setattr(os, "open", noting)

    def take(self) -> list[str]:
        names, self.names = sorted(self.names), []
        return names


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    return Reader(monkeypatch)


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock that dates a reading is an hour ahead, so that files just written count as old."""
    monkeypatch.setattr(hashing, "now", lambda: now() + 3600 * 10**9)


def test_a_file_is_named_by_the_hash_of_its_bytes(tree: Tree) -> None:
    root = tree.write({"a": "abc"})

    assert hash_path(root / "a").digest == blake3(b"abc").hexdigest()


def test_a_folder_never_has_the_digest_of_a_file(tree: Tree, tmp_path: Path) -> None:
    hashed = hash_path(tree.write({"a": "abc"}))
    manifest = hashed.manifest()
    assert manifest is not None
    (tmp_path / "manifest").write_bytes(manifest.encode())

    assert hash_path(tmp_path / "manifest").digest != hashed.digest


@pytest.mark.parametrize("size", [0, 1, (1 << 22) - 1, 1 << 22, (1 << 22) + 1, (1 << 26) + 5])
def test_files_of_any_size_are_read_whole(tmp_path: Path, size: int) -> None:
    data = bytes(range(251)) * (size // 251 + 1)
    (tmp_path / "a").write_bytes(data[:size])

    assert hash_path(tmp_path / "a").digest == blake3(data[:size]).hexdigest()


def test_big_files_are_read_by_threads_that_are_gone_afterwards(tree: Tree) -> None:
    for i in range(4):
        (tree.root / f"{i}.bin").write_bytes(os.urandom(1 << 18))
    threads = threading.active_count()

    hashed = hash_path(tree.root)

    assert (hashed.count, hashed.size) == (4, 1 << 20)
    assert threading.active_count() == threads


def test_what_did_not_change_is_not_read_again(tree: Tree, tmp_path: Path, reader: Reader, settled: None) -> None:
    root = tree.write({"a": "1", "b/c": "2"})
    (root / "e").mkdir()
    tree.link("l", "a")
    cache = SignatureCache(tmp_path / "cache")
    first = hash_path(root, cache)
    cache.flush()
    reader.take()

    again = hash_path(root, SignatureCache(tmp_path / "cache"))

    assert reader.take() == []
    assert (again.digest, again.manifest()) == (first.digest, first.manifest())


def test_only_what_changed_is_read_again(tree: Tree, tmp_path: Path, reader: Reader, settled: None) -> None:
    root = tree.write({"a": "1", "b": "2", "c": "3"})
    cache = SignatureCache(tmp_path / "cache")
    hash_path(root, cache)
    reader.take()
    tree.write({"b": "9"})

    changed = hash_path(root, cache)

    assert reader.take() == ["b"]
    assert changed == hash_path(root)


@pytest.mark.parametrize("trick", ["same size and mtime", "replaced by rename", "made executable", "removed", "added"])
def test_no_change_escapes(tree: Tree, tmp_path: Path, trick: str, settled: None) -> None:
    root = tree.write({"a": "1", "b": "2"})
    os.utime(root / "a", (OLD, OLD))
    cache = SignatureCache(tmp_path / "cache")
    before = hash_path(root, cache).digest

    match trick:
        case "same size and mtime":
            (root / "a").write_text("9")
            os.utime(root / "a", (OLD, OLD))
        case "replaced by rename":
            (root / "new").write_text("9")
            os.utime(root / "new", (OLD, OLD))
            (root / "new").rename(root / "a")
        case "made executable":
            (root / "a").chmod(0o755)
        case "removed":
            (root / "a").unlink()
        case "added":
            (root / "sub").mkdir()

    assert hash_path(root, cache).digest == hash_path(root).digest != before


def test_touching_changes_nothing(tree: Tree) -> None:
    root = tree.write({"a": "1"})
    before = hash_path(root).digest
    os.utime(root / "a")

    assert hash_path(root).digest == before


def test_a_file_just_written_is_read_again(tree: Tree, tmp_path: Path, reader: Reader) -> None:
    root = tree.write({"a": "1"}, age=0)
    cache = SignatureCache(tmp_path / "cache")
    hash_path(root, cache)
    hash_path(root / "a", cache)
    reader.take()

    hash_path(root, cache)
    hash_path(root / "a", cache)

    assert reader.take() == ["a", "a"]


def test_a_single_file_is_remembered_too(tree: Tree, tmp_path: Path, reader: Reader, settled: None) -> None:
    root = tree.write({"a": "1", "b": "2"})
    cache = SignatureCache(tmp_path / "cache")
    hash_path(root / "a", cache)
    hash_path(root / "b", cache)
    cache.flush()
    reader.take()

    again = SignatureCache(tmp_path / "cache")

    assert hash_path(root / "a", again).digest == blake3(b"1").hexdigest()
    assert hash_path(root / "b", again).digest == blake3(b"2").hexdigest()
    assert reader.take() == []


def test_a_cache_cut_at_any_length_is_only_a_slower_start(tree: Tree, tmp_path: Path, settled: None) -> None:
    root = tree.write({"a": "1", "b": "2"})
    cache = SignatureCache(tmp_path / "cache")
    digest = hash_path(root, cache).digest
    cache.flush()
    [file] = (tmp_path / "cache" / "signatures").iterdir()
    whole = file.read_bytes()

    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        assert not SignatureCache(tmp_path / "cache").tree(str(root)).entries
    file.write_bytes(whole[:-1] + b"?")
    assert hash_path(root, SignatureCache(tmp_path / "cache")).digest == digest
    file.write_bytes(whole)
    assert SignatureCache(tmp_path / "cache").tree(str(root)).digest == digest


def test_another_trees_signatures_are_not_taken() -> None:
    data = encode(TreeSignatures({"a": ("f", (1, -2, 3, 2**63), "ab" * 32), "e": ("d", (0, 0, 0, 0), "")}), "one")

    assert decode(data, "one").entries["a"] == ("f", (1, -2, 3, 2**63), "ab" * 32)
    assert decode(data, "one").entries["e"] == ("d", (0, 0, 0, 0), "")
    with pytest.raises(ValueError, match="another"):
        decode(data, "two")


def test_a_file_that_never_rests_is_an_error(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tree.write({"a": "1"}) / "a"
    original = hashing._digest_open

    def growing(fd: int, size: int) -> str:
        with path.open("a") as file:
            file.write("more")
        return original(fd, size)

    monkeypatch.setattr(hashing, "_digest_open", growing)

    with pytest.raises(InputError, match="changes while it is read"):
        hash_path(path)


def test_missing_data_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        hash_path(tmp_path / "nothing")


def test_an_empty_folder_has_a_manifest(tree: Tree) -> None:
    assert hash_path(tree.root).manifest() == make_manifest({})
