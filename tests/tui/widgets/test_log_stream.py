"""Logs over their limit as a stream, from a step that still writes to one that has ended."""

import io
from pathlib import Path

import pytest

from tests.tui.widgets.test_log_whole import LIMIT, shim_log, write
from tui.widgets.log_stream import LogReader, LogSource, copy_raw


def read(reader: LogReader, *, last: bool = False) -> list[str]:
    return [line.data.decode().rstrip("\n") for line in reader.read(last=last)]


def numbers(lines: list[str]) -> list[int]:
    return [int(line.removeprefix("line ")) for line in lines if line.startswith("line ")]


@pytest.mark.parametrize("step", [1, 7, 90, 190])
def test_who_follows_a_log_over_its_limit_gets_every_line_once(tmp_path: Path, step: int) -> None:
    log = shim_log(tmp_path)
    reader = LogReader(LogSource(tmp_path / "log.txt"))
    got: list[str] = []
    for first in range(0, 950, step):
        write(log, first, min(950, first + step))
        assert reader.has_more()
        got += read(reader)
        assert not reader.has_more()
    log.end()
    got += read(reader, last=True)
    assert numbers(got) == list(range(950))
    assert sum(line.startswith("[mlpw: the log reached") for line in got) == 1


@pytest.mark.parametrize("seen", [0, 100, 230, 310])
def test_who_lags_behind_is_told_what_is_left_out(tmp_path: Path, seen: int) -> None:
    log = shim_log(tmp_path)
    reader = LogReader(LogSource(tmp_path / "log.txt"))
    write(log, 0, seen)
    got = read(reader)
    write(log, seen, 950)
    log.end()
    got += read(reader, last=True)
    kept = range(950 - LIMIT // 2 // 10, 950)
    assert numbers(got) == [*range(max(seen, 200)), *kept]
    assert any("bytes left out here" in line for line in got)


def test_who_lags_behind_while_the_step_writes_goes_on_with_what_is_there(tmp_path: Path) -> None:
    log = shim_log(tmp_path)
    reader = LogReader(LogSource(tmp_path / "log.txt"))
    write(log, 0, 250)
    got = read(reader)
    write(log, 250, 950)
    got += read(reader)
    write(log, 950, 960)
    got += read(reader)
    log.end()
    got += read(reader, last=True)
    assert numbers(got) == [*range(250), *range(600, 960)]
    assert got[252] == "[mlpw: some of the log is left out here]"


def test_a_line_that_begins_in_one_file_and_ends_in_the_next_is_one(tmp_path: Path) -> None:
    log = shim_log(tmp_path)
    reader = LogReader(LogSource(tmp_path / "log.txt"))
    log.write(b"h\n" * 1000)
    write(log, 0, 195)
    log.write(b"a long line that does not fit into the first file\nnext\n")
    got = read(reader)
    log.end()
    assert got[-2:] == ["a long line that does not fit into the first file", "next"]
    assert read(reader, last=True) == []


def test_a_copy_of_a_log_over_its_limit_has_its_newest_lines(tmp_path: Path) -> None:
    log = shim_log(tmp_path)
    write(log, 0, 350)
    target = io.BytesIO()
    copy_raw(tmp_path / "log.txt", target, lambda count: True)
    assert numbers(target.getvalue().decode().split("\n")) == list(range(350))
