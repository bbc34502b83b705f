"""The last lines of a log are cheap, and safe to show."""

from pathlib import Path

import pytest

from core.computes.logs import last_lines
from core.layout import AttemptFolder


def _lines(folder: Path, content: bytes, count: int = 3) -> list[str]:
    attempt = AttemptFolder(folder)
    attempt.log.write_bytes(content)
    return last_lines(attempt, count)


def test_there_are_none_without_a_log(tmp_path: Path) -> None:
    assert last_lines(AttemptFolder(tmp_path), 3) == []


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"", []),
        (b"one\n", ["one"]),
        (b"1\n2\n3\n4\n", ["2", "3", "4"]),
        (b"1\n2 without an end", ["1", "2 without an end"]),
        (b"10%\r50%\r100%\ndone\r\n", ["100%", "done"]),
        (b"\x1b[31mred\x1b[0m \x1b]0;title\x07bell\x07", ["red bell"]),
        ("r\u202etl".encode(), ["rtl"]),
        (b"\xff\xfe", ["\ufffd\ufffd"]),
    ],
)
def test_they_are_shown_clean(tmp_path: Path, content: bytes, lines: list[str]) -> None:
    assert _lines(tmp_path, content) == lines


def test_a_huge_line_is_cut_for_the_eye(tmp_path: Path) -> None:
    lines = _lines(tmp_path, b"x" * 10_000_000)
    assert [len(line) for line in lines] == [2000]


def test_a_line_whose_start_was_not_read_is_not_shown(tmp_path: Path) -> None:
    assert _lines(tmp_path, b"x" * 10_000_000 + b"\nlast\n") == ["last"]
