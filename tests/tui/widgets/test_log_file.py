"""A log on disk: any line at once, growth, cuts, and a million lines in little memory."""

import gc
import tracemalloc
from pathlib import Path

import pytest

from tui.widgets.log_file import LONGEST_LINE, LogFile


def read(path: Path) -> LogFile:
    log = LogFile(path)
    while log.grow():
        pass
    return log


def lines_of(log: LogFile) -> list[str]:
    return [log.line(number) for number in range(log.line_count)]


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 127, 128, 129, 1000])
def test_every_line_is_found(tmp_path: Path, count: int) -> None:
    lines = [f"line {number}" for number in range(count)]
    path = tmp_path / "log.txt"
    path.write_text("".join(f"{line}\n" for line in lines))
    assert lines_of(read(path)) == lines


def test_a_last_line_without_newline_counts_and_grows(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_text("one\ntw")
    log = read(path)
    assert lines_of(log) == ["one", "tw"]
    with path.open("a") as file:
        file.write("o\nthree\n")
    assert log.grow()
    assert lines_of(log) == ["one", "two", "three"]


@pytest.mark.parametrize("piece", [1, 7, 64, 500])
def test_growth_in_pieces_gives_what_one_reading_gives(tmp_path: Path, piece: int) -> None:
    path = tmp_path / "log.txt"
    text = "".join(f"{'x' * (number % 9)}{number}\n" for number in range(400)).encode() + b"tail"
    path.write_bytes(b"")
    log = read(path)
    for start in range(0, len(text), piece):
        with path.open("ab") as file:
            file.write(text[start : start + piece])
        log.grow()
        assert (
            log.line(log.line_count - 1)
            == text[: start + piece]
            .decode()
            .split("\n")[-1 if log.size and not text[: start + piece].endswith(b"\n") else -2]
        )
    assert lines_of(log) == text.decode().split("\n")


def test_a_file_that_appears_later_is_found(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    log = LogFile(path)
    assert not log.grow()
    assert not log.exists
    path.write_text("here\n")
    assert log.grow()
    assert lines_of(log) == ["here"]


def test_a_cut_file_starts_over(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_text("a\n" * 500)
    log = read(path)
    path.write_text("new\n")
    assert log.grow()
    assert lines_of(log) == ["new"]


def test_a_replaced_file_starts_over(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_text("old 1\nold 2\n")
    log = read(path)
    other = tmp_path / "other"
    other.write_text("new 1\nnew 2\nnew 3\n")
    other.replace(path)
    assert log.grow()
    assert lines_of(log) == ["new 1", "new 2", "new 3"]


def test_a_removed_file_has_no_lines(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_text("old\n")
    log = read(path)
    path.unlink()
    assert log.grow()
    assert log.line_count == 0


def test_of_a_very_long_line_only_the_beginning_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes(b"before\n" + b"y" * (5 << 20) + b"\nafter\n")
    log = read(path)
    assert log.line(0) == "before"
    assert log.line(1) == "y" * LONGEST_LINE
    assert log.line(2) == "after"


def test_bytes_that_are_no_text_become_marks(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes(b"a\xff\xfeb\n")
    assert read(path).line(0) == "a\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}b"


def test_a_million_lines_take_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    with path.open("w") as file:
        for start in range(0, 1_000_000, 10_000):
            file.write("".join(f"2026-01-01 12:00:00 INFO step {n}\n" for n in range(start, start + 10_000)))
    gc.collect()
    tracemalloc.start()
    try:
        log = read(path)
        for number in range(0, 1_000_000, 997):
            assert log.line(number).endswith(f" step {number}")
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert log.line_count == 1_000_000
    assert kept < 5 << 20
