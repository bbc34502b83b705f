"""Data of which a few files were edited: the digest is that of a look at everything, and nothing else is looked at."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from core.store import hashing
from core.store.hashing import hash_edited, hash_path
from core.store.signatures import SignatureCache


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Files, a link, an empty folder."""
    root = tmp_path / "data"
    (root / "part").mkdir(parents=True)
    (root / "none").mkdir()
    for name in ("a", "b", "part/c"):
        (root / name).write_text(name)
    (root / "link").symlink_to("a")
    return root


def add(data: Path) -> list[str]:
    (data / "part/new").write_text("1")
    return ["part/new"]


def remove(data: Path) -> list[str]:
    shutil.rmtree(data / "part")
    return ["part/c"]


def replace_by_link(data: Path) -> list[str]:
    (data / "a").unlink()
    (data / "a").symlink_to("b")
    return ["a"]


def replace_by_folder(data: Path) -> list[str]:
    (data / "a").unlink()
    (data / "a").mkdir()
    return ["a"]


def fill(data: Path) -> list[str]:
    (data / "none/first").write_text("1")
    return ["none/", "none/first"]


def point_elsewhere(data: Path) -> list[str]:
    (data / "link").unlink()
    (data / "link").symlink_to("b")
    return ["link"]


def make_executable(data: Path) -> list[str]:
    (data / "b").chmod(0o755)
    return ["b"]


def write(data: Path) -> list[str]:
    (data / "b").write_text("other")
    (data / "part/c").write_text("longer than it was")
    return ["b", "part/c"]


WAYS = (add, remove, replace_by_link, replace_by_folder, fill, point_elsewhere, make_executable, write)


@pytest.mark.parametrize("way", WAYS)
def test_the_digest_is_that_of_a_look_at_everything(
    data: Path, tmp_path: Path, way: Callable[[Path], list[str]]
) -> None:
    cache = SignatureCache(tmp_path / "cache")
    before = hash_path(data, cache)
    found = hash_edited(data, before, way(data), cache)
    assert found == hash_path(data)
    assert found.manifest() == hash_path(data).manifest()
    assert found.listing() == found.manifest().listing()  # type: ignore[union-attr]
    assert hash_path(data, cache) == found, "what is remembered is right"


def test_nothing_but_the_edited_file_is_looked_at(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = hash_path(data)
    (data / "b").write_text("other")
    wanted = hash_path(data).digest
    monkeypatch.delattr(hashing, "scan")
    monkeypatch.delattr(os, "scandir")
    assert hash_edited(data, before, ["b"]).digest == wanted


def test_what_another_look_remembered_meanwhile_is_not_mixed_up(data: Path, tmp_path: Path) -> None:
    cache = SignatureCache(tmp_path / "cache")
    for name in ("a", "b", "part/c"):
        os.utime(data / name, (1, 1))
    before = hash_path(data, cache)
    (data / "part/c").write_text("seen by another look")
    hash_path(data, cache)
    (data / "b").write_text("other")
    hash_edited(data, before, ["b"], cache)  # it was not told of part/c
    assert hash_path(data, cache) == hash_path(data)
