"""A log over its limit, seen while its step writes it and when it has ended; written as a step's shim does."""

from collections.abc import Callable
from pathlib import Path

from core.computes.shim.log import Log
from tests.support.waiting import eventually
from tui.widgets.log_lines import LogLines
from tui.widgets.log_merge import MergedLines
from tui.widgets.log_pattern import Pattern
from tui.widgets.log_scan import Scanner
from tui.widgets.log_whole import WholeLog

LIMIT = 4000
LEFT_OUT = "[mlpw: left out]"


def shim_log(folder: Path, limit: int = LIMIT) -> Log:
    """Half of the limit for the head, half for each file of the tail."""
    folder.mkdir(parents=True, exist_ok=True)
    return Log(str(folder / "log.txt"), str(folder / "log.times"), limit)


def write(log: Log, first: int, last: int) -> None:
    """Lines of ten bytes."""
    for number in range(first, last):
        log.write(f"line {number:04d}\n".encode())


def looked(lines: WholeLog | MergedLines) -> list[str]:
    """All lines as they are after looking often enough."""
    while lines.grow() or lines.is_behind:
        pass
    return [lines.line(number) for number in range(lines.line_count)]


def test_the_newest_lines_of_a_log_over_its_limit_are_there_while_the_step_writes(tmp_path: Path) -> None:
    log = shim_log(tmp_path)
    lines = WholeLog(tmp_path / "log.txt")
    write(log, 0, 150)
    assert looked(lines)[-1] == "line 0149"
    write(log, 150, 250)
    seen = looked(lines)
    assert seen[:200] == [f"line {number:04d}" for number in range(200)]
    assert "from here on only its last 2000 bytes are kept" in "".join(seen[200:202])
    assert seen[202:] == [f"line {number:04d}" for number in range(200, 250)]


def test_lines_that_are_left_out_keep_their_numbers(tmp_path: Path) -> None:
    log = shim_log(tmp_path)
    lines = WholeLog(tmp_path / "log.txt")
    for until in range(100, 1000, 50):
        write(log, until - 100 if until == 100 else until - 50, until)
        looked(lines)
    seen = looked(lines)
    assert lines.line_count == lines.total == 950 + 2
    assert seen[-1] == "line 0949"
    assert seen[202:602] == [LEFT_OUT] * 400
    assert seen[602:] == [f"line {number:04d}" for number in range(600, 950)]
    assert lines.number_in_file(951) == 951


def test_who_comes_late_sees_the_head_a_gap_and_the_tail(tmp_path: Path) -> None:
    log = shim_log(tmp_path)
    write(log, 0, 950)
    seen = looked(WholeLog(tmp_path / "log.txt"))
    assert seen[202:204] == [LEFT_OUT, "line 0600"]
    assert seen[-1] == "line 0949"


def test_at_the_end_of_the_step_all_is_one_log_again(tmp_path: Path) -> None:
    log = shim_log(tmp_path)
    lines = WholeLog(tmp_path / "log.txt")
    for first in range(0, 900, 100):
        write(log, first, first + 100)
        looked(lines)
    at = lines.line_count - 10
    assert lines.line(at) == "line 0890"
    generation = lines.generation
    log.end()
    seen = looked(lines)
    assert lines.generation == generation + 1
    assert seen == (tmp_path / "log.txt").read_text().split("\n")[:-1]
    assert lines.line(lines.renumbered(at)) == "line 0890"
    assert lines.line(lines.renumbered(17)) == "line 0017"


def test_a_tail_that_nothing_was_left_out_of_is_joined_without_a_gap(tmp_path: Path) -> None:
    log = shim_log(tmp_path)
    lines = WholeLog(tmp_path / "log.txt")
    write(log, 0, 250)
    before = looked(lines)
    log.end()
    assert looked(lines) == before


def test_keeping_and_finding_reach_into_the_tail(tmp_path: Path) -> None:
    log = shim_log(tmp_path)
    lines = WholeLog(tmp_path / "log.txt")
    write(log, 0, 300)
    looked(lines)
    lines.keep(Pattern.to_keep("5\n".strip()))
    lines.find(Pattern.to_find("line 02"))
    write(log, 300, 450)
    scanner = Scanner()

    def settled(count: int, hits: int) -> Callable[[], bool]:
        def met() -> bool:
            lines.grow()
            scanner.look_through(lines.scans)
            scanner.wake()
            return (lines.line_count, lines.hit_count) == (count, hits)

        return met

    kept = sum("5" in f"{number:04d}" for number in range(450))
    hits = sum("5" in f"{number:04d}" for number in range(200, 300))
    eventually(settled(kept, hits), "every kept line")
    first = lines.next_hit(0, 1)
    assert lines.line(first) == "line 0205"
    last = lines.next_hit(lines.line_count, -1)
    assert lines.line(last) == "line 0295"
    assert lines.hits_before(last) == hits - 1
    scanner.stop()


def test_a_log_over_its_limit_is_merged_with_others_up_to_its_newest_line(tmp_path: Path) -> None:
    big, small = shim_log(tmp_path / "big"), shim_log(tmp_path / "small")
    write(big, 0, 300)
    small.write(b"other\n")
    lines = MergedLines([WholeLog(tmp_path / name / "log.txt", name) for name in ("big", "small")])
    seen = looked(lines)
    assert sorted(seen) == sorted([*looked(WholeLog(tmp_path / "big" / "log.txt")), "other"])
    assert seen.index("line 0299") > seen.index("line 0000")
    small.write(b"later\n")
    write(big, 300, 310)
    assert "line 0309" in looked(lines)[-12:]
    big.end()
    seen = looked(lines)
    assert {"line 0309", "line 0299", "other", "later"} <= set(seen)
    assert len(seen) == 310 + 2 + 2


def test_a_log_within_its_limit_costs_no_look_into_its_folder(tmp_path: Path) -> None:
    log = shim_log(tmp_path)
    write(log, 0, 100)
    lines = WholeLog(tmp_path / "log.txt")
    looked(lines)
    assert isinstance(lines.head, LogLines)
    assert not lines.head.file.ends_at_limit
