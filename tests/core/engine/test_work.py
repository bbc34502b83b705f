"""Threads beside the engine's loop: what is slow holds nothing up, and what comes together is flushed together."""

import threading
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from core.engine.publishing import Publishing
from core.engine.work import Workers
from core.layout import Layout
from core.store.objects import Store
from core.store.publish import Prepared
from tests.support.waiting import eventually


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = Workers(4)
    yield made
    made.close()


def _until(workers: Workers, done: Sequence[object], count: int) -> None:
    """Turn as the loop does until so much is done."""

    def turn() -> bool:
        workers.rest()
        workers.finish()
        workers.relieve()
        return len(done) >= count

    eventually(turn)


@pytest.mark.parametrize("lane", ["submit", "submit_brief"])
def test_work_behind_something_slow_gets_a_thread_of_its_own(workers: Workers, lane: str) -> None:
    submit = getattr(workers, lane)
    gate = threading.Event()
    done: list[str] = []
    for _ in range(2):
        submit(gate.wait, lambda *_: done.append("slow"))
    submit(lambda: None, lambda *_: done.append("quick"))

    _until(workers, done, 1)
    gate.set()
    _until(workers, done, 3)

    assert done[0] == "quick"


def test_an_error_comes_back_to_the_loop(workers: Workers) -> None:
    errors: list[BaseException | None] = []
    workers.submit(lambda: 1 // 0, lambda _, error: errors.append(error))
    workers.submit_brief({}.popitem, lambda _, error: errors.append(error))

    _until(workers, errors, 2)

    assert {type(error) for error in errors} == {ZeroDivisionError, KeyError}


def test_what_comes_while_a_batch_is_published_shares_the_next(
    workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = Layout(tmp_path)
    layout.private.mkdir()
    store = Store(layout)
    gate, batches = threading.Event(), list[int]()
    really = store.publish

    def publish(items: Sequence[Prepared]) -> None:
        batches.append(len(items))
        gate.wait()
        really(items)

    monkeypatch.setattr(Store, "publish", lambda _, items: publish(items))
    publishing, done = Publishing(store, workers), list[BaseException | None]()
    digests = []
    for number in range(5):
        (tmp_path / f"{number}").write_text(f"content {number}")
        item = store.prepare(tmp_path / f"{number}")
        digests.append(item.digest)
        publishing.want([item], partial(done.append))
        publishing.start()
    gate.set()
    _until(workers, done, 1)
    publishing.start()
    _until(workers, done, 5)

    assert batches == [1, 4]
    assert done == [None] * 5
    assert not store.missing(digests)
    store.close()
