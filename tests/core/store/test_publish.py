"""What survives kill -9 and a power loss, and that the seeded faults would be noticed."""

import ctypes
import itertools
import multiprocessing
import os
import random
import signal
import time
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from core.layout import Layout
from core.store.objects import Store
from tests.core.store.conftest import contents
from tests.support.waiting import eventually

KILLS = 60
_CACHESTAT = 451
#: Forks of a process without threads.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([__name__])


def keep_capturing(layout: Layout, seed: int, announce: "Connection[int, int]", fault: str) -> None:
    """Make outputs and code and bring them into the store, for ever, announcing each round."""
    os.environ["MLPW_FAULT"] = fault
    source = random.Random(seed)
    store = Store(layout)
    store.clean_temporary()
    code = layout.root / "code"
    for number in range(1_000_000):
        made = layout.runs / f"{os.getpid()}-{number}"
        paths = [made / "folder", made / "other", made / "file"]
        for path in (*(paths[0] / f"d{i}" / "x" for i in range(4)), paths[1] / "y", paths[2], code / "train.py"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(source.randbytes(source.randrange(1, 200_000)))
        announce.send(number)
        store.capture_many(paths)
        store.snapshot(code)


def capture_until_killed(layout: Layout, seed: int, moment: float, fault: str = "") -> None:
    """Kill a capturing process in its second round, at `moment` (0 to 1) of the time that the first one took."""
    reader, writer = _PROCESSES.Pipe(duplex=False)
    child = _PROCESSES.Process(target=keep_capturing, args=(layout, seed, writer, fault))
    child.start()
    writer.close()
    reader.recv()
    began = time.monotonic()
    reader.recv()
    time.sleep(moment * (time.monotonic() - began))
    child.kill()
    child.join()
    assert child.exitcode == -signal.SIGKILL, "the child ended by itself"


def damaged(layout: Layout, already: set[str]) -> set[str]:
    """Digests whose bytes are not theirs, among those not looked at `already`."""
    store = Store(layout)
    new = set(store.digests()) - already
    already |= new
    return {digest for digest in new if store.verify(digest)}


def test_killed_at_any_moment_no_object_differs_from_its_digest(layout: Layout) -> None:
    moments, seen = random.Random(1), set[str]()
    for seed in range(KILLS):
        capture_until_killed(layout, seed, moments.random())
        assert not damaged(layout, seen), f"after kill {seed}"

    store = Store(layout)
    assert len(seen) > KILLS
    assert not damaged(layout, set())
    store.clean_temporary()
    assert list(layout.temporary.iterdir()) == []


def test_without_rename_a_kill_leaves_a_damaged_object_that_verify_finds(layout: Layout) -> None:
    moments, seeds, seen = random.Random(1), itertools.count(), set[str]()

    def is_noticed_after_a_kill() -> bool:
        capture_until_killed(layout, next(seeds), moments.random(), "no_rename")
        return bool(damaged(layout, seen))

    eventually(is_noticed_after_a_kill, "a kill in the middle of writing an object")


def test_a_published_object_is_on_disk_and_one_without_sync_is_not(
    layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {f"{i}": f"few {i}" for i in range(3)}
    many = {f"d/{i}": f"many {i}" for i in range(40)}
    store = Store(layout)
    if not any(dirty_pages(write(layout.root / f"probe{i}", few)) for i in range(5)):
        pytest.skip("this system does not tell, or writes at once")

    for files in (few, many):
        assert dirty_pages(store.path(store.capture(write(layout.runs / "a", files)))) == 0
    monkeypatch.setenv("MLPW_FAULT", "no_sync")
    numbers = itertools.count()

    def is_unsynced() -> bool:
        written = write(layout.runs / "a", {"a": f"unsynced {next(numbers)}"})
        return dirty_pages(store.path(store.capture(written))) > 0

    eventually(is_unsynced, "a result that no other program flushed at that moment with the whole disk")


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
