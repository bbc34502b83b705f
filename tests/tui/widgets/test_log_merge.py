"""Several logs as one by time: the order, growth, filters, and flat memory."""

import random
from pathlib import Path

import pytest

from tests.support.logs import NOON, SECOND, timed_log
from tui.widgets.log_lines import LogLines
from tui.widgets.log_merge import STRIDE, MergedLines
from tui.widgets.log_pattern import Pattern
from tui.widgets.log_stream import LogReader, LogSource, merged

Written = dict[str, list[tuple[float, str]]]


def caught_up(lines: MergedLines) -> MergedLines:
    while any(scan.advance() for scan in lines.scans):
        pass
    while lines.grow() or lines.is_behind:
        while any(scan.advance() for scan in lines.scans):
            pass
    return lines


def shown(lines: MergedLines) -> list[str]:
    return [f"{lines.labels[lines.label(number)]}: {lines.line(number)}" for number in range(lines.line_count)]


def bytes_read(lines: MergedLines) -> list[int]:
    """Of each log."""
    return [log.file.bytes_read for log in lines.logs if isinstance(log, LogLines)]


def logs(folder: Path, written: Written) -> list[LogLines]:
    return [LogLines(timed_log(folder / name, lines), name) for name, lines in written.items()]


def chance_logs(folder: Path, seed: int) -> Written:
    chance = random.Random(seed)
    written: Written = {}
    for name in ("one", "two", "three"):
        tenths, lines = 0, []
        for number in range(chance.randrange(1500, 2500)):
            tenths += chance.choice((0, 0, 1, 30))
            lines.append((tenths / 10, f"{number}"))
        written[name] = lines
    return written


def by_time(written: Written) -> list[str]:
    order = sorted(
        (second, place, number, f"{name}: {text}")
        for place, (name, lines) in enumerate(written.items())
        for number, (second, text) in enumerate(lines)
    )
    return [line for _, _, _, line in order]


def test_lines_stand_in_the_order_of_time(tmp_path: Path) -> None:
    written: Written = {"a": [(0, "a0"), (2, "a1"), (5, "a2")], "b": [(1, "b0"), (2, "b1"), (3, "b2")]}
    lines = caught_up(MergedLines(logs(tmp_path, written)))
    assert shown(lines) == ["a: a0", "b: b0", "a: a1", "b: b1", "b: b2", "a: a2"]
    assert lines.first_moment == NOON
    assert lines.moment(5) == NOON + 5 * SECOND


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_order_is_that_of_sorting_them_all(tmp_path: Path, seed: int) -> None:
    written = chance_logs(tmp_path, seed)
    lines = caught_up(MergedLines(logs(tmp_path, written)))
    assert shown(lines) == by_time(written)
    for number in random.Random(seed).sample(range(lines.line_count), 300):
        log, line = lines._locate(number)
        assert lines._number_of(log, line) == number


def test_the_stream_for_files_has_the_same_order(tmp_path: Path) -> None:
    written = chance_logs(tmp_path, 4)
    for name, lines in written.items():
        timed_log(tmp_path / name, lines)
    sources = [LogSource(tmp_path / name / "log.txt", name) for name in written]
    readers = [LogReader(source, number) for number, source in enumerate(sources)]
    told = [f"{sources[line.log].label}: {line.data.decode().rstrip()}" for line in merged(readers)]
    assert told == by_time(written)


def test_what_grows_and_who_joins_find_their_place(tmp_path: Path) -> None:
    lines = MergedLines(logs(tmp_path, {"a": [(0, "a0"), (4, "a1")], "b": [(1, "b0")]}))
    assert shown(caught_up(lines)) == ["a: a0", "b: b0", "a: a1"]
    timed_log(tmp_path / "b", [(5, "b1")])
    timed_log(tmp_path / "a", [(6, "a2")])
    assert shown(caught_up(lines))[3:] == ["b: b1", "a: a2"]
    late = timed_log(tmp_path / "c", [(2, "c0"), (7, "c1")])
    assert lines.set_logs([LogLines(tmp_path / name / "log.txt", name) for name in "ab"] + [LogLines(late, "c")])
    assert shown(caught_up(lines)) == ["a: a0", "b: b0", "c: c0", "a: a1", "b: b1", "a: a2", "c: c1"]


def test_a_log_that_joins_early_lines_moves_those_that_are_merged_already(tmp_path: Path) -> None:
    written: Written = {"a": [(number, f"{number}") for number in range(5 * STRIDE)]}
    lines = caught_up(MergedLines(logs(tmp_path, written)))
    written["b"] = [(3 * STRIDE + 0.5, "here"), (9 * STRIDE, "last")]
    joined = LogLines(timed_log(tmp_path / "b", written["b"]), "b")
    lines.set_logs([*lines.logs, joined])
    assert shown(caught_up(lines)) == by_time(written)


def test_a_log_without_times_comes_first_and_one_that_is_not_there_is_no_harm(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "log.txt").write_text("x\ny\n")
    made = [*logs(tmp_path, {"a": [(0, "a0")]}), LogLines(tmp_path / "old" / "log.txt", "old")]
    lines = caught_up(MergedLines([*made, LogLines(tmp_path / "none" / "log.txt", "none")]))
    assert shown(lines) == ["old: x", "old: y", "a: a0"]


def test_keeping_and_finding_in_all_of_them(tmp_path: Path) -> None:
    written = chance_logs(tmp_path, 5)
    lines = MergedLines(logs(tmp_path, written))
    lines.keep(Pattern.to_keep("7"))
    lines.find(Pattern.to_find("77"))
    caught_up(lines)
    wanted = [line for line in by_time(written) if "7" in line]
    assert shown(lines) == wanted
    found = [number for number, line in enumerate(wanted) if "77" in line]
    assert lines.hit_count == len(found)
    walked, at = [], lines.next_hit(0, 1)
    while at >= 0:
        walked.append(at)
        at = lines.next_hit(at + 1, 1)
    assert walked == found
    assert lines.next_hit(found[3], -1) == found[2]
    assert lines.hits_before(found[5]) == 5


def test_a_log_that_began_anew_is_merged_anew(tmp_path: Path) -> None:
    lines = caught_up(MergedLines(logs(tmp_path, {"a": [(0, "a0"), (3, "a1")], "b": [(1, "b0")]})))
    for name in ("log.txt", "log.times"):
        (tmp_path / "a" / name).unlink()
    timed_log(tmp_path / "a", [(2, "new")])
    assert shown(caught_up(lines)) == ["b: b0", "a: new"]


def test_what_is_kept_in_memory_does_not_grow_with_the_lines(tmp_path: Path) -> None:
    for name in ("a", "b", "c", "d"):
        timed_log(tmp_path / name, [(second, "\n".join(["line"] * 500)) for second in range(400)])
    lines = caught_up(MergedLines([LogLines(tmp_path / name / "log.txt", name) for name in "abcd"]))
    assert lines.line_count == 4 * 400 * 500
    assert lines.index_entries <= lines.line_count // 64 * 2 + lines.line_count // STRIDE * 4 + 20
    before = sum(bytes_read(lines))
    for number in range(400_000, 400_045):
        lines.line(number)
    assert sum(bytes_read(lines)) - before <= 40_000


def test_an_idle_merge_does_nothing(tmp_path: Path) -> None:
    lines = caught_up(MergedLines(logs(tmp_path, {"a": [(0, "a0")], "b": [(1, "b0")]})))
    before = bytes_read(lines)
    tail = lines._tail
    assert not lines.grow()
    assert lines._tail is tail
    assert bytes_read(lines) == before


def test_a_log_of_which_nothing_is_kept_holds_nobody_up_however_it_grows(tmp_path: Path) -> None:
    lines = MergedLines(logs(tmp_path, {"a": [(0, "good 0")], "b": [(1, "bad 0")]}))
    lines.keep(Pattern.to_keep("good"))
    caught_up(lines)
    for number in range(1, 5):
        timed_log(tmp_path / "a", [(number * 2, f"good {number}")])
        timed_log(tmp_path / "b", [(number * 2 + 1, f"bad {number}")])
        lines.grow()
        lines.scans[0].advance()
        lines.grow()
        assert lines.scans[1].is_behind
        assert shown(lines)[-1] == f"a: good {number}"


def test_a_thousand_logs_need_no_thousand_open_files(tmp_path: Path) -> None:
    made = logs(tmp_path, {f"s{number}": [(number, "begin"), (5000 + number, "end")] for number in range(1000)})
    before = len(list(Path("/proc/self/fd").iterdir()))
    lines = MergedLines(made)
    lines.keep(Pattern.to_keep("e"))
    caught_up(lines)
    assert lines.line_count == 2000
    assert (lines.line(0), lines.labels[lines.label(1999)]) == ("begin", "s999")
    assert len(list(Path("/proc/self/fd").iterdir())) <= before
