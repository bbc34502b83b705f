"""What survives kill -9 and a power loss, and that the seeded faults would be noticed."""

import ctypes
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core.layout import Layout
from core.store.objects import Store
from tests.core.store.conftest import contents

KILLS = 60
_CACHESTAT = 451


def keep_capturing(layout: Layout, seed: int) -> None:
    """Make outputs and code and bring them into the store, for ever."""
    source = random.Random(seed)
    store = Store(layout)
    store.clean_temporary()
    code = layout.root / "code"
    code.mkdir(parents=True, exist_ok=True)
    for number in range(1_000_000):
        made = layout.runs / f"{os.getpid()}-{number}"
        paths = [made / "folder", made / "other", made / "file"]
        for path in (*(paths[0] / f"d{i}" / "x" for i in range(4)), paths[1] / "y", paths[2], code / "train.py"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(source.randbytes(source.randrange(1, 200_000)))
        store.capture_many(paths)
        store.snapshot(code)


def run_and_kill(work: Callable[[], None], seconds: float) -> None:
    """Run `work` in a process of its own and kill it in the middle."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(1)
    time.sleep(seconds)
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL, "the child ended by itself"


def damaged(layout: Layout) -> dict[str, tuple[str, ...]]:
    store = Store(layout)
    problems = {digest: store.verify(digest) for digest in store.digests()}
    return {digest: found for digest, found in problems.items() if found}


def test_killed_at_any_moment_no_object_differs_from_its_digest(layout: Layout) -> None:
    moments = random.Random(1)
    for seed in range(KILLS):
        run_and_kill(lambda: keep_capturing(layout, seed), moments.uniform(0.005, 0.08))  # noqa: B023
        assert damaged(layout) == {}, f"after kill {seed}"

    store = Store(layout)
    assert len(list(store.digests())) > KILLS
    store.clean_temporary()
    assert list(layout.temporary.iterdir()) == []


def test_without_rename_a_kill_leaves_a_damaged_object_that_verify_finds(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLPW_FAULT", "no_rename")
    moments = random.Random(1)
    for seed in range(KILLS * 4):
        run_and_kill(lambda: keep_capturing(layout, seed), moments.uniform(0.005, 0.08))  # noqa: B023
        if damaged(layout):
            return
    pytest.fail("the fault was never noticed")


def test_a_published_object_is_on_disk_and_one_without_sync_is_not(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {f"{i}": f"few {i}" for i in range(3)}
    many = {f"d/{i}": f"many {i}" for i in range(40)}
    store = Store(layout)
    if dirty_pages(write(layout.root / "probe", few)) == 0:
        pytest.skip("this system does not tell, or writes at once")

    for files in (few, many):
        assert dirty_pages(store.path(store.capture(write(layout.runs / "a", files)))) == 0
    monkeypatch.setenv("MLPW_FAULT", "no_sync")
    unsynced = store.capture(write(layout.runs / "a", {name: f"{text}!" for name, text in few.items()}))

    assert dirty_pages(store.path(unsynced)) > 0


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    assert contents(root) == files
    return root


def dirty_pages(root: Path) -> int:
    """Pages of the files below `root` that the kernel has not written to disk yet; 0 when it does not say."""
    library = ctypes.CDLL(None, use_errno=True)
    everything, counts = (ctypes.c_uint64 * 2)(0, 0), (ctypes.c_uint64 * 5)()
    dirty = 0
    for path in root.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                failed = library.syscall(_CACHESTAT, file.fileno(), everything, counts, 0)
            dirty += 0 if failed else counts[1] + counts[2]
    return dirty
