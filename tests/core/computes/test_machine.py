"""What the machine can give is what this process may really use."""

import os
from pathlib import Path

import pytest

from core.computes import machine


def test_cores_are_those_this_process_may_run_on() -> None:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert machine.capacity().cores == 1
    finally:
        os.sched_setaffinity(0, before)


def test_memory_is_what_the_machine_has_at_most() -> None:
    found = machine.capacity()
    assert 0 < found.available_bytes <= found.memory_bytes <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize(
    "files",
    [
        {"memory.max": "1000000\n", "memory.current": "400000\n", "memory.stat": "anon 1\ninactive_file 100000\n"},
        {"memory.limit_in_bytes": "1000000", "memory.usage_in_bytes": "400000", "memory.stat": "inactive_file 100000"},
    ],
    ids=["version 2", "version 1"],
)
def test_a_control_groups_memory_limit_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str]
) -> None:
    _pretend(tmp_path, monkeypatch, files)
    found = machine.capacity()
    assert (found.memory_bytes, found.available_bytes) == (1_000_000, 700_000)


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"cpu.max": "100000 100000"}, 1),
        ({"cpu.max": "50000 100000"}, 1),
        ({"cpu.cfs_quota_us": "100000", "cpu.cfs_period_us": "100000"}, 1),
        ({"cpu.max": "max 100000"}, len(os.sched_getaffinity(0))),
        ({"cpu.cfs_quota_us": "-1", "cpu.cfs_period_us": "100000"}, len(os.sched_getaffinity(0))),
    ],
)
def test_a_control_groups_processor_limit_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], cores: int
) -> None:
    _pretend(tmp_path, monkeypatch, files)
    assert machine.capacity().cores == cores


def test_graphics_cards_hidden_from_this_process_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert machine.capacity().gpus == 0


def _pretend(folder: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str]) -> None:
    """As if the process were in a control group with these files."""
    for name, content in files.items():
        (folder / name).write_text(content)
    monkeypatch.setattr(machine, "_groups", lambda controller: [folder])
