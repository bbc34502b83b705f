"""A file is replaced only if it holds what was read; a change in the last moment survives."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.store import filesystem
from core.workspace import replacing
from core.workspace.replacing import replace_if


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "pipeline.yml"
    path.write_bytes(b"old")
    path.chmod(0o640)
    return path


@pytest.fixture
def before_exchange(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """What somebody else does right before each exchange of names: after every look of ours."""

    def arrange(*deeds: Callable[[], object]) -> None:
        left = list(deeds)

        def exchange(one: str, other: str) -> bool:
            if left:
                left.pop(0)()
            return filesystem.exchange(one, other)

        monkeypatch.setattr(replacing, "exchange", exchange)

    return arrange


def names(file: Path) -> list[str]:
    return sorted(path.name for path in file.parent.iterdir())


def test_what_was_read_is_replaced_and_keeps_its_mode(file: Path) -> None:
    assert replace_if(file, b"old", b"new")
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"new", 0o640)
    assert names(file) == ["pipeline.yml"]


def test_another_content_stays(file: Path) -> None:
    assert not replace_if(file, b"older", b"new")
    assert file.read_bytes() == b"old"


def test_a_change_in_the_last_moment_is_put_back(file: Path, before_exchange: Callable[..., None]) -> None:
    before_exchange(lambda: file.write_bytes(b"theirs"))
    assert not replace_if(file, b"old", b"new")
    assert file.read_bytes() == b"theirs"
    assert names(file) == ["pipeline.yml"]


def test_of_two_changes_in_the_last_moment_the_newest_stays(file: Path, before_exchange: Callable[..., None]) -> None:
    before_exchange(lambda: file.write_bytes(b"theirs"), lambda: file.write_bytes(b"newest"))
    assert not replace_if(file, b"old", b"new")
    assert file.read_bytes() == b"newest"


def test_a_file_that_goes_in_the_last_moment_stays_gone(file: Path, before_exchange: Callable[..., None]) -> None:
    before_exchange(file.unlink)
    with pytest.raises(FileNotFoundError):
        replace_if(file, b"old", b"new")
    assert names(file) == []


def test_without_an_exchange_the_file_is_renamed_over(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replacing, "exchange", lambda one, other: False)
    assert replace_if(file, b"old", b"new")
    assert file.read_bytes() == b"new"
