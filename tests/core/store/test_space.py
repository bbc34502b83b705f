import shutil
from pathlib import Path

import pytest

from core.store.space import RESERVE_BYTES, Reserve, Space, free_space


def test_a_reserve_takes_room_and_gives_it_back(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "tmp" / "reserve")

    assert reserve.make()
    assert reserve.make()
    assert (tmp_path / "tmp" / "reserve").stat().st_size == RESERVE_BYTES
    reserve.release()
    reserve.release()
    assert not (tmp_path / "tmp" / "reserve").exists()


@pytest.mark.parametrize(
    ("space", "words"),
    [
        (Space(1 << 30, 1_000_000), ""),
        (Space(1 << 30, -1), ""),
        (Space(0, 1_000_000), "no space left on the disk"),
        (Space(1 << 30, 0), "no inodes left on the disk"),
    ],
)
def test_a_shortage_is_put_into_words(space: Space, words: str) -> None:
    assert space.shortage == words
    assert space.is_exhausted is bool(words)


def test_a_full_disk_is_noticed_and_the_reserve_makes_room(small_disk: Path) -> None:
    reserve = Reserve(small_disk / "reserve")
    assert reserve.make()
    with pytest.raises(OSError, match="No space left"):
        (small_disk / "big").write_bytes(b"x" * (16 << 20))

    assert free_space(small_disk).shortage == "no space left on the disk"
    reserve.release()
    assert not free_space(small_disk).is_exhausted


def test_running_out_of_inodes_is_noticed(small_disk: Path) -> None:
    for i in range(56):
        (small_disk / str(i)).touch()

    assert free_space(small_disk).shortage == "no inodes left on the disk"


def test_a_reserve_that_does_not_fit_leaves_nothing(small_disk: Path) -> None:
    room = shutil.disk_usage(small_disk).free - RESERVE_BYTES // 2
    (small_disk / "big").write_bytes(b"x" * room)

    assert not Reserve(small_disk / "reserve").make()
    assert [p.name for p in small_disk.iterdir()] == ["big"]
