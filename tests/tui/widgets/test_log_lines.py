"""Lines of one log: those that are kept, those that are found; exact whatever the log does, and flat in memory."""

import random
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.logs import NOON, SECOND, timed_log
from tests.support.waiting import eventually
from tui.widgets.line_set import LineSet
from tui.widgets.log_file import BLOCK, BLOCK_BYTES, LONGEST_LINE, LogFile
from tui.widgets.log_lines import LogLines
from tui.widgets.log_pattern import Pattern, PatternError
from tui.widgets.log_scan import Scan, Scanner


def caught_up(lines: LogLines) -> LogLines:
    while lines.grow() or any(scan.advance() for scan in lines.scans):
        pass
    return lines


def kept(path: Path, text: str) -> list[str]:
    lines = LogLines(path)
    lines.keep(Pattern.to_keep(text))
    caught_up(lines)
    return [lines.line(number) for number in range(lines.line_count)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("loss", ["loss=1", "Loss=2"]),
        ("Loss", ["Loss=2"]),
        ("!loss", ["start", "end a.b"]),
        ("a.b", ["end a.b"]),
        ("~^loss=\\d$", ["loss=1", "Loss=2"]),
        ("~^Loss=\\d$", ["Loss=2"]),
        ("!~=|start", ["end a.b"]),
        ("~s(?!=)", ["start", "loss=1", "Loss=2"]),
        ("~\\s", ["end a.b"]),
        ("~t\\s+l", []),
    ],
)
def test_a_pattern_keeps_its_lines(tmp_path: Path, text: str, wanted: list[str]) -> None:
    path = tmp_path / "log.txt"
    path.write_text("start\nloss=1\nLoss=2\nend a.b\n")
    assert kept(path, text) == wanted


def test_what_is_not_shown_is_not_found(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes(b"\x1b[31mre\x1b[1md\x1b[0m\n10%\r50%\r100%\r\nlast 31m\n")
    assert kept(path, "red") == ["\x1b[31mre\x1b[1md\x1b[0m"]
    assert kept(path, "31m") == ["last 31m"]
    assert kept(path, "50%") == []
    assert kept(path, "100%") == ["10%\r50%\r100%\r"]


def test_a_pattern_that_means_nothing_says_so() -> None:
    with pytest.raises(PatternError, match="missing"):
        Pattern.to_find("~(")


def test_a_regex_without_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.widgets.log_pattern._PATIENCE", 0.01)
    path = tmp_path / "log.txt"
    path.write_text("a" * 400 + "b\n")
    scan = Scan(path, Pattern.to_find("~(a|aa|aaa)+$|(aa|a)+c"))
    while scan.advance():
        pass
    assert "too long" in scan.trouble


@pytest.mark.parametrize("text", ["7", "!7", "~7.?3|^line 1", "!~[0-4]"])
def test_what_is_kept_is_what_a_simple_loop_keeps_however_the_log_grew(tmp_path: Path, text: str) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes(b"")
    lines = LogLines(path)
    pattern = Pattern.to_keep(text)
    lines.keep(pattern)
    lines.find(Pattern.to_find("5"))
    chance = random.Random(7)
    content = "".join(f"line {chance.randrange(100_000)}\n" for _ in range(3000)) + "open 73"
    for start in range(0, len(content), 997):
        with path.open("a") as file:
            file.write(content[start : start + 997])
        caught_up(lines)
        whole = content[: start + 997].split("\n")
        whole = whole if whole[-1] else whole[:-1]
        wanted = [number for number, line in enumerate(whole) if pattern.matches(line) != pattern.is_inverted]
        assert lines.line_count == len(wanted)
    assert [lines.number_in_file(number) for number in range(lines.line_count)] == wanted
    found = [number for number, at in enumerate(wanted) if "5" in whole[at]]
    assert lines.hit_count == len(found)
    walked, at = [], lines.next_hit(0, 1)
    while at >= 0:
        walked.append(at)
        at = lines.next_hit(at + 1, 1)
    assert walked == found
    assert lines.next_hit(lines.line_count, -1) == found[-1]
    assert lines.hits_before(found[-1]) == len(found) - 1


def test_a_log_that_was_cut_or_replaced_is_looked_through_anew(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_text("good 1\nbad\n" * 100)
    lines = LogLines(path)
    lines.keep(Pattern.to_keep("good"))
    assert caught_up(lines).line_count == 100
    path.write_text("good 2\n")
    assert caught_up(lines).line_count == 1
    other = tmp_path / "other"
    other.write_text("bad\ngood 3\n" * 50)
    other.replace(path)
    caught_up(lines)
    assert (lines.line_count, lines.line(0), lines.number_in_file(49)) == (50, "good 3", 99)


def test_each_line_knows_when_it_came(tmp_path: Path) -> None:
    log = timed_log(tmp_path, [(number / 4, f"line {number}\nand more") for number in range(2000)])
    lines = caught_up(LogLines(log))
    assert lines.has_times
    assert lines.moment(0) == NOON
    assert lines.moment(3998) == lines.moment(3999) == NOON + 1999 * SECOND // 4
    assert lines.first_after(NOON + 10 * SECOND) == 82
    assert lines.first_after(NOON + 1000 * SECOND) == lines.line_count


@pytest.mark.parametrize(
    "said", [[], [0], [63, 64], list(range(0, 5000, 3)), list(range(5000)), list(range(1024, 2048)), [4999]]
)
@pytest.mark.parametrize("inverted", [False, True])
def test_a_set_of_lines_finds_the_nth_and_counts(said: list[int], inverted: bool) -> None:
    lines = LineSet(inverted=inverted)
    for start in range(0, 5000, 700):
        end = min(5000, start + 700)
        lines.say([number - start for number in said if start <= number < end], end - start)
    meant = [number for number in range(5000) if (number in set(said)) != inverted]
    assert lines.count == len(meant)
    assert [lines.at(index) for index in range(len(meant))] == meant
    for number in (0, 1, 63, 64, 65, 1023, 1024, 3000, 4999, 5000):
        assert lines.before(number) == sum(other < number for other in meant)


# Sizes


def big(path: Path, lines: int) -> Path:
    with path.open("w") as file:
        for start in range(0, lines, 10_000):
            file.write(
                "".join(f"2026-01-01 12:00:00 INFO step {n:07d} loss={n % 997}\n" for n in range(start, start + 10_000))
            )
    return path


def test_a_million_lines_are_read_once_and_every_64th_is_remembered(tmp_path: Path) -> None:
    path = big(tmp_path / "log.txt", 1_000_000)
    log = LogFile(path)
    while log.grow():
        pass
    assert log.line_count == 1_000_000
    assert log.bytes_read == path.stat().st_size
    assert log.index_entries <= 1_000_000 // BLOCK + 1
    before = log.bytes_read
    for number in range(500_000, 500_045):
        log.line(number)
    assert log.bytes_read - before <= 2 * BLOCK * 60


def test_filtering_a_million_lines_takes_a_bit_a_line(tmp_path: Path) -> None:
    path = big(tmp_path / "log.txt", 1_000_000)
    lines = LogLines(path)
    lines.keep(Pattern.to_keep("loss=7"))
    lines.find(Pattern.to_find("step"))
    tracemalloc.start()
    try:
        caught_up(lines)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert lines.line_count == sum(str(n % 997).startswith("7") for n in range(1_000_000))
    assert [scan.bytes_read for scan in lines.scans] == [path.stat().st_size] * 2
    assert sum(scan.lines.memory for scan in lines.scans) < 400_000
    assert held < 3 << 20


@pytest.mark.parametrize(
    ("write", "shown"),
    [
        (lambda number: b"x" * (1 << 20), "x" * LONGEST_LINE),
        (lambda number: f"{number}%|{'#' * 90}|\r".encode() * 10_000, f"19%|{'#' * 90}|\r"),
    ],
    ids=["without a newline", "a progress bar"],
)
def test_a_huge_line_costs_its_two_ends(tmp_path: Path, write: Callable[[int], bytes], shown: str) -> None:
    path = tmp_path / "log.txt"
    with path.open("wb") as file:
        for number in range(20):
            file.write(write(number))
    log = LogFile(path)
    while log.grow():
        pass
    assert (log.line_count, log.index_entries) == (1, 1)
    before = log.bytes_read
    assert log.line(0).removesuffix("\r") == shown.removesuffix("\r")
    assert log.bytes_read - before <= BLOCK_BYTES + 3 * LONGEST_LINE
    with path.open("ab") as file:
        file.write(b"\rdone\nnext\n")
    while log.grow():
        pass
    assert (log.line(0), log.line(1)) == ("done", "next")
    scan = Scan(path, Pattern.to_find("done"))
    while scan.advance():
        pass
    assert scan.lines.at(0) == 0
    assert len(scan._rest) <= 4 * LONGEST_LINE


def test_a_binary_file_has_lines_too(tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes(random.Random(1).randbytes(300_000))
    log = LogFile(path)
    while log.grow():
        pass
    assert log.line_count > 500
    assert all(isinstance(log.line(number), str) for number in range(0, log.line_count, 7))


class Endless(Scan):
    """A search that never comes to an end."""

    looks = 0

    def advance(self) -> bool:
        self.looks += 1
        return True


def test_a_search_that_is_no_longer_wanted_ends(tmp_path: Path) -> None:
    scanner = Scanner()
    first, second = (Endless(tmp_path / "log.txt", Pattern("x")) for _ in range(2))
    scanner.look_through([first])
    eventually(lambda: first.looks > 3, "the search")
    scanner.look_through([second])
    eventually(lambda: second.looks > 3, "the other search")
    looks = first.looks
    eventually(lambda: second.looks > 1000, "more of the other search")
    assert first.looks == looks
    thread = scanner._thread
    assert thread is not None
    scanner.stop()
    thread.join(10)
    assert not thread.is_alive()


def test_a_search_takes_one_piece_at_a_time(tmp_path: Path) -> None:
    path = big(tmp_path / "log.txt", 20_000)
    scan = Scan(path, Pattern.to_find("~step .*7 loss"))
    pieces = []
    while scan.advance():
        pieces.append(scan.bytes_read)
    assert len(pieces) == -(-path.stat().st_size // (256 << 10))
    assert scan.lines.count == 2_000
