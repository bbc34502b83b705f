import fcntl
import multiprocessing
import os
import signal
import subprocess
import sys
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from core.errors import EngineError
from core.store.locks import Lock, is_held, read_holder
from tests.support.children import first_line, kill_child, start_child
from tests.support.waiting import PATIENCE_SECONDS


def hold(path: Path) -> "subprocess.Popen[bytes]":
    """A process that holds the lock until it is killed; returns once it does."""
    child = start_child(hold_for_ever, path)
    assert first_line(child) == "mine"
    return child


def hold_for_ever(path: str) -> None:
    Lock(path).acquire()
    print("mine", flush=True)
    signal.pause()


def test_only_one_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "run"
    first, second = Lock(path), Lock(path)

    assert first.try_acquire()
    assert not second.try_acquire()
    first.release()
    assert second.try_acquire()
    second.release()


def test_a_lock_dies_with_its_owner_and_its_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "run"
    owner = hold(path)
    assert is_held(path)

    kill_child(owner)

    assert not is_held(path)
    assert path.exists()


def test_the_message_names_the_holder(tmp_path: Path) -> None:
    path = tmp_path / "run"
    owner = hold(path)
    try:
        with pytest.raises(EngineError, match=rf"locked by pid {owner.pid} \(.*python.*\), since \d"):
            Lock(path).acquire(timeout=0)
    finally:
        kill_child(owner)


def test_shared_locks_keep_out_only_the_exclusive_one(tmp_path: Path) -> None:
    path = tmp_path / "store"
    one, two, alone = Lock(path), Lock(path), Lock(path)

    assert one.try_acquire(shared=True)
    assert two.try_acquire(shared=True)
    assert not alone.try_acquire()
    one.release()
    two.release()
    assert alone.try_acquire()
    assert not one.try_acquire(shared=True)
    alone.release()


def test_a_look_that_a_busy_machine_holds_up_makes_nobody_give_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = os.open(tmp_path / "run", os.O_RDWR | os.O_CREAT)
    fcntl.flock(look, fcntl.LOCK_SH)  # as `is_held` does, whose process gets no turn now
    pauses = [0.0]

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if sum(pauses) - seconds <= 0.5 < sum(pauses):
            os.close(look)

    monkeypatch.setattr("core.store.locks.time.sleep", pause)
    assert Lock(tmp_path / "run").try_acquire()
    assert sum(pauses) > 0.5


def test_a_waiting_lock_is_given_when_it_comes_free(tmp_path: Path) -> None:
    path = tmp_path / "run"
    owner = hold(path)
    owner.kill()

    Lock(path).acquire(timeout=PATIENCE_SECONDS)

    kill_child(owner)


def test_a_started_program_does_not_inherit_it(tmp_path: Path) -> None:
    path = tmp_path / "run"
    with Lock(path):
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False)
    try:
        assert not is_held(path)
    finally:
        child.communicate(b"\n")


def test_a_missing_file_is_not_held_and_names_nobody(tmp_path: Path) -> None:
    assert not is_held(tmp_path / "none")
    assert read_holder(tmp_path / "none") is None


def test_asking_does_not_get_in_the_way_of_taking(tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.touch()
    asker = start_child(ask_for_ever, path)
    assert first_line(asker) == "asking"
    try:
        for _ in range(300):
            lock = Lock(path)
            assert lock.try_acquire()
            lock.release()
    finally:
        kill_child(asker)


def ask_for_ever(path: str) -> None:
    print("asking", flush=True)
    while True:
        is_held(path)


def test_of_a_hundred_double_starts_each_has_one_owner(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    starters, rounds = 3, 100
    barrier = context.Barrier(starters)
    workers = [context.Process(target=start_often, args=(tmp_path, rounds, barrier)) for _ in range(starters)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    owners = (tmp_path / "owners").read_text().split()
    assert sorted(owners, key=int) == [str(number) for number in range(rounds)]


def start_often(folder: Path, rounds: int, barrier: Barrier) -> None:
    for number in range(rounds):
        lock = Lock(folder / str(number))
        barrier.wait(PATIENCE_SECONDS)
        if lock.try_acquire():
            with (folder / "owners").open("a") as file:
                file.write(f"{number}\n")
        barrier.wait(PATIENCE_SECONDS)
        lock.release()


def test_without_locking_two_own_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLPW_FAULT", "no_lock")

    assert Lock(tmp_path / "run").try_acquire()
    assert Lock(tmp_path / "run").try_acquire()
