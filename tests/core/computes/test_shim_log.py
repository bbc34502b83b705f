"""The log takes everything, stays small in memory and on disk, and never holds a step up."""

import errno
import os
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from core.computes import attempts
from core.computes.shim.log import Log
from tests.core.computes.conftest import Bench
from tests.support.waiting import eventually


def _log(folder: Path, limit: int = 1 << 30) -> Log:
    return Log(str(folder / "log.txt"), str(folder / "log.times"), limit)


def _text(folder: Path) -> str:
    return (folder / "log.txt").read_text()


def test_a_log_within_its_limit_is_kept_byte_for_byte(tmp_path: Path) -> None:
    log = _log(tmp_path, 8)
    log.write(b"1234")
    log.end()
    assert _text(tmp_path) == "1234"
    assert log.left_out == 0


def test_of_a_log_over_its_limit_head_and_tail_are_kept(tmp_path: Path) -> None:
    log = _log(tmp_path, 20)
    for digit in "0123456789":
        log.write(digit.encode() * 7)
    log.end()
    text = _text(tmp_path)
    assert text.startswith("0000000111")
    assert text.endswith("8889999999")
    assert "[mlpw: 50 bytes left out here]" in text
    assert log.left_out == 50
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log.times", "log.txt"]


def test_the_tail_can_be_read_while_the_step_writes_it(tmp_path: Path) -> None:
    log = _log(tmp_path, 20)
    for digit in "0123456789":
        log.write(digit.encode() * 7)
        tails = sorted(tmp_path.glob("log.tail*.txt"))
        assert len(tails) <= 2
        if tails:
            assert tails[-1].read_text().endswith(digit)
            assert [path.stat().st_size for path in tails[:-1]] in ([], [10])
            assert all(path.with_suffix(".times").stat().st_size >= 16 for path in tails)
    assert [path.name for path in sorted(tmp_path.glob("log.tail*.txt"))] == ["log.tail4.txt", "log.tail5.txt"]
    log.end()
    assert not list(tmp_path.glob("log.tail*"))


@pytest.mark.parametrize("total", range(10, 45))
def test_the_tail_is_exact_wherever_the_stream_ends(tmp_path: Path, total: int) -> None:
    stream = bytes(65 + number % 26 for number in range(total))
    log = _log(tmp_path, 20)
    for at in range(0, total, 3):
        log.write(stream[at : at + 3])
    log.end()
    text = _text(tmp_path).encode()
    assert text.startswith(stream[:10])
    assert text.endswith(stream[max(10, total - 10) :])
    assert log.left_out == max(0, total - 20)


def test_a_note_stands_on_a_line_of_its_own_and_makes_no_empty_one(tmp_path: Path) -> None:
    log = _log(tmp_path)
    log.note("first")
    log.note("second")
    log.write(b"half a line")
    log.note("third")
    log.write(b"whole\n")
    log.end()
    again = _log(tmp_path)
    again.note("fourth")
    again.end()
    assert _text(tmp_path).splitlines() == [
        "[mlpw: first]", "[mlpw: second]", "half a line", "[mlpw: third]", "whole", "[mlpw: fourth]"
    ]  # fmt: skip


def test_times_say_when_each_part_came(tmp_path: Path) -> None:
    log = _log(tmp_path)
    log.write(b"first\n")
    log._last_time = 0.0  # as if it were long ago
    log.write(b"second\n")
    log.end()
    entries = list(struct.iter_unpack("<QQ", (tmp_path / "log.times").read_bytes()))
    assert [offset for offset, _ in entries] == [0, 6]
    assert entries[0][1] <= entries[1][1]


def test_times_do_not_grow_with_every_line(tmp_path: Path) -> None:
    log = _log(tmp_path)
    for _ in range(1000):
        log.write(b"line\n")
    log.end()
    assert (tmp_path / "log.times").stat().st_size <= 16 * 200


def test_a_full_disk_costs_the_lines_it_refused_and_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = _log(tmp_path)
    log.write(b"before\n")
    write = os.write
    monkeypatch.setattr(os, "write", _refuse)
    log.write(b"refused\n")
    log.write(b"refused\n")
    monkeypatch.setattr(os, "write", write)
    log._retry_at = 0.0
    log.write(b"after\n")
    log.end()
    assert log.disk_full
    assert log.lost == 16
    assert _text(tmp_path) == (
        "before\n\n[mlpw: 16 bytes of the log are missing here: no space left on the device]\nafter\n"
    )


def _refuse(file: int, data: bytes) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_step_on_a_full_disk_ends_and_its_result_is_there(tmp_path: Path) -> None:
    """A real filesystem of one megabyte, in a mount namespace of its own."""
    script = f"""
set -e
mount -t tmpfs -o size=1m,nr_inodes=100 tmpfs {tmp_path}
exec {sys.executable} - <<'END'
import os, pathlib
from core.computes.local import LocalCompute, shell_argv
from core.computes.protocol import AttemptSpec
from core.layout import AttemptFolder
root = pathlib.Path({str(tmp_path)!r})
compute = LocalCompute()
attempt = AttemptFolder(root / "a")
attempt.root.mkdir()
command = "head -c 2000000 /dev/zero > big; seq 1000000; echo over"
compute.submit(attempt, AttemptSpec(shell_argv(command), str(root), dict(os.environ)))
assert compute.wait(60) == [attempt]
print(compute.outcome(attempt), "|", attempt.result.exists(), compute.outcome(attempt).succeeded)
END
"""
    if subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode:
        pytest.skip("no right to make a small filesystem here")
    seen = subprocess.run(["unshare", "--mount", "bash", "-c", script], capture_output=True, text=True, check=False)
    assert seen.stdout == "exit code 0, the disk was full | True False\n", seen.stderr


def test_binary_output_arrives_unchanged(bench: Bench) -> None:
    everything = bytes(range(256)) * 300
    (bench.root / "data").write_bytes(everything)
    attempt = bench.start("cat data")
    bench.end_of(attempt)
    assert attempt.log.read_bytes() == everything


def test_a_line_of_50_megabytes_is_kept_whole(bench: Bench) -> None:
    attempt = bench.start("head -c 50000000 /dev/zero | tr '\\0' x; echo; echo end")
    outcome = bench.end_of(attempt)
    assert outcome.log_bytes == 50_000_000 + len("\nend\n")
    assert attempt.log.stat().st_size == outcome.log_bytes


def test_a_flood_leaves_the_shim_as_small_as_it_was(bench: Bench) -> None:
    flood = f"{sys.executable} -c \"import os; [os.write(1, b'x' * 99999 + b'\\n') for _ in range(1000)]\""
    os.mkfifo(bench.root / "go")
    attempt = bench.start_and_see(f"echo ready; read < go; {flood}; echo flooded; read < go", log_limit_bytes=30 << 20)
    keeper = attempts.owner(attempt)
    assert keeper is not None
    before = _resident_kb(keeper.pid)
    (bench.root / "go").write_text("go\n")
    eventually(lambda: "flooded" in _tails(attempt.root))
    after = _resident_kb(keeper.pid)
    (bench.root / "go").write_text("go\n")
    outcome = bench.end_of(attempt)
    assert after - before < 2000
    assert after < 20_000
    assert outcome.log_left_out > 60_000_000
    assert attempt.log.stat().st_size < 31 << 20


def _tails(folder: Path) -> str:
    found = ""
    for path in folder.glob("log.tail*.txt"):
        with suppress(FileNotFoundError):  # another file has taken its turn
            found += path.read_text()[-100:]
    return found


def _resident_kb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
