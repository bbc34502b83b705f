"""`mlpw gc` visits hosts while runs go on: they neither wait for it nor lose anything by it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from core.computes import attempts
from core.definitions.compute_target import ComputeTarget
from core.engine.containers import workspace_id
from core.hosts import connection, labels
from core.hosts.engine import Engine
from core.hosts.errors import HostUnreachableError
from core.records.model import RunStatus
from core.workspace.host_sweep import Visit
from core.workspace.housekeeping import Freed, Wishes, collect
from tests.core.engine.hosts.conftest import contained, containers_of, pipeline, run, state_of
from tests.support.bench import Bench, kill
from tests.support.steps import step
from tests.support.waiting import PATIENCE_SECONDS, eventually

WAITS = "until [ -e open ]; do sleep 0.05; done"


@contextmanager
def gc_at_a_slow_host(bench: Bench, patch: pytest.MonkeyPatch) -> Iterator[Freed]:
    """While `mlpw gc` waits for a host; what it said, once that is over."""
    asked, answers = threading.Event(), threading.Event()
    told = Freed()

    def slow(target: ComputeTarget) -> Engine:
        asked.set()
        answers.wait(PATIENCE_SECONDS)
        raise HostUnreachableError(f"{target.name} cannot be reached")

    def collecting() -> None:
        with bench.workspace() as workspace:
            told.troubles.extend(collect(workspace, Wishes()).troubles)

    patch.setattr(connection, "connect", slow)
    thread = threading.Thread(target=collecting)
    thread.start()
    try:
        eventually(asked.is_set, "the question to the host")
        yield told
    finally:
        answers.set()
        thread.join()


def test_a_run_does_not_wait_for_gc_at_a_host_that_does_not_answer(
    hosted: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline(hosted, {"only": step("true")})
    run(hosted)
    pipeline(hosted, {"only": step("echo again")})

    with gc_at_a_slow_host(hosted, monkeypatch) as told:
        number = run(hosted)

    assert hosted.status(number) is RunStatus.SUCCEEDED
    assert told.troubles == ["box cannot be reached"]


def test_gc_leaves_the_container_of_a_run_that_nobody_drives_now(hosted: Bench, engine: Engine) -> None:
    pipeline(hosted, {"long": contained(f"echo begun; {WAITS}")})
    number = hosted.start()
    eventually(lambda: state_of(hosted, engine) == "running", "the container")
    attempt = hosted.attempt(number, "long")
    eventually(lambda: attempt.log.exists() and "begun" in attempt.log.read_text(), "its first word")
    hosted.kill_supervisor(number)
    keeper = attempts.owner(attempt)
    assert keeper is not None
    kill(keeper.pid)

    visit(hosted)

    assert len(containers_of(hosted, engine)) == 1
    (attempt.code / "open").touch()
    assert hosted.end_of(number).status is RunStatus.SUCCEEDED
    assert hosted.steps(number)["long"].attempt == 1


def test_gc_removes_the_container_that_an_ended_run_left(hosted: Bench, engine: Engine) -> None:
    pipeline(hosted, {"only": contained("true")})
    run(hosted)
    eventually(lambda: not containers_of(hosted, engine), "the removal of its container")
    with hosted.workspace() as workspace:
        attempt = hosted.attempt(1, "only")
        whose = {labels.WORKSPACE: workspace_id(workspace.layout), labels.FOLDER: str(attempt.root)}
    engine.create("mlpw-left-by-an-ended-run", {"Image": "base:1", "Cmd": ["true"], "Labels": whose})

    assert visit(hosted).counts == {"containers": 1}

    assert containers_of(hosted, engine) == []


def visit(bench: Bench) -> Freed:
    """What `mlpw gc` does on hosts."""
    freed = Freed()
    with bench.workspace() as workspace:
        Visit(workspace, freed, None, None, quiet_days=90).everywhere()
    assert freed.troubles == []
    return freed
