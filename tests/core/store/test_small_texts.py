"""Small texts kept aside: few bytes, no NUL, and only under the digest that they have."""

from pathlib import Path

import pytest
from blake3 import blake3

from core.store.manifest import Entry, make_manifest
from core.store.small_texts import MOST_BYTES, MOST_FILES, SmallTexts


@pytest.fixture
def texts(tmp_path: Path) -> SmallTexts:
    return SmallTexts(tmp_path / "texts")


def keep(texts: SmallTexts, path: Path, data: bytes) -> str:
    path.write_bytes(data)
    digest = blake3(data).hexdigest()
    texts.keep(digest, str(path))
    return digest


def test_a_small_text_is_kept(texts: SmallTexts, tmp_path: Path) -> None:
    kept = texts.path(keep(texts, tmp_path / "rows.csv", b"1,2\n"))
    assert kept is not None
    assert kept.read_bytes() == b"1,2\n"


@pytest.mark.parametrize("data", [b"\0", b"x" * (MOST_BYTES + 1)])
def test_what_is_no_small_text_is_not_kept(texts: SmallTexts, tmp_path: Path, data: bytes) -> None:
    assert texts.path(keep(texts, tmp_path / "rows", data)) is None


def test_a_file_that_changed_meanwhile_is_not_kept(texts: SmallTexts, tmp_path: Path) -> None:
    (tmp_path / "rows").write_text("new")
    texts.keep(blake3(b"old").hexdigest(), str(tmp_path / "rows"))
    assert list(texts) == []


def test_a_file_that_is_gone_is_no_error(texts: SmallTexts, tmp_path: Path) -> None:
    texts.keep(blake3(b"old").hexdigest(), str(tmp_path / "rows"))
    assert list(texts) == []


@pytest.mark.parametrize(("count", "kept"), [(MOST_FILES, MOST_FILES), (MOST_FILES + 1, 0)])
def test_of_a_folder_with_many_files_none_is_kept(texts: SmallTexts, tmp_path: Path, count: int, kept: int) -> None:
    names = [str(number) for number in range(count)]
    for name in names:
        (tmp_path / name).write_text(name)
    entries = {name: Entry("f", len(name), blake3(name.encode()).hexdigest()) for name in names}
    texts.keep_folder(make_manifest(entries), str(tmp_path))
    assert len(list(texts)) == kept
