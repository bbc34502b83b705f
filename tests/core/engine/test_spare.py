"""A supervisor that waits for its run: it is there at once, and nothing is lost whatever becomes of it or its owner."""

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import core
from core.computes import processes
from core.engine import waiting
from core.engine.supervisor import own
from core.engine.waiting import SPARE_NAME
from core.layout import Layout
from core.records.model import RunStatus
from core.workspace import Workspace
from tests.support.bench import Bench, is_alive, kill
from tests.support.children import first_line, kill_child, start_child
from tests.support.steps import step
from tests.support.waiting import eventually


@pytest.fixture
def bench(bench: Bench) -> Bench:
    """One step, from code, that ran once."""
    bench.write({"src/say.sh": "echo 1"})
    bench.pipeline({"say": step("sh say.sh > ${{outputs.out}}/f", code="src/", makes=["out"])})
    bench.run()
    return bench


@contextmanager
def expecting(bench: Bench) -> Iterator[Workspace]:
    """A workspace in which a supervisor waits."""
    with bench.workspace() as workspace:
        workspace.expect_run(workspace.graph(bench.file))
        assert workspace.spare.pid
        yield workspace


def submit(workspace: Workspace, bench: Bench) -> int:
    return workspace.submit(workspace.graph(bench.file))


def until_ready(pid: int) -> None:
    eventually(lambda: processes.name(pid) == SPARE_NAME, f"process {pid} to be ready")


def test_the_one_that_waits_becomes_the_supervisor(bench: Bench) -> None:
    bench.write({"src/say.sh": "echo 22"})
    with expecting(bench) as workspace:
        waiting_one = workspace.spare.pid
        before = set(bench.processes())
        bench.pipeline({"say": step(f"{bench.gate()}; sh say.sh > ${{{{outputs.out}}}}/f", code="src/", makes=["out"])})
        run = submit(workspace, bench)
        assert bench.until_supervised(run) == waiting_one
        assert not workspace.spare.pid
        bench.until_started("say", times=2)
        started = {processes.name(pid) for pid in set(bench.processes()) - before}
        assert not any(name.startswith("python") for name in started), "no Python was started for it"
    bench.open_gate()

    assert bench.end_of(run).status is RunStatus.SUCCEEDED
    assert bench.text(run, "say") == "22\n"
    assert bench.supervisor_log(run) == ""


def test_while_it_waits_it_holds_nothing_of_the_workspace(bench: Bench) -> None:
    with expecting(bench) as workspace:
        pid = workspace.spare.pid
        until_ready(pid)
        held = [str(file.readlink()) for file in Path(f"/proc/{pid}/fd").iterdir()]
        assert not [path for path in held if path.startswith(str(bench.root))]
        assert Path(f"/proc/{pid}/cwd").readlink() == Path("/")
    eventually(lambda: not is_alive(pid), "its end with the workspace's")
    bench.until_quiet()


def test_it_ends_when_its_owner_is_killed(bench: Bench) -> None:
    child = start_child(expect_a_run, bench.root)
    pid = int(first_line(child))
    kill_child(child)

    eventually(lambda: not is_alive(pid), "the end of the one that waits")
    bench.until_quiet()


def test_a_run_goes_on_whose_owner_is_killed_at_once(bench: Bench) -> None:
    bench.write({"src/say.sh": "echo 22"})
    child = start_child(run_with_a_spare, bench.root)
    run = int(first_line(child))
    kill_child(child)

    eventually(lambda: bench.status(run).is_final, "the end of the run")
    assert bench.status(run) is RunStatus.SUCCEEDED
    assert bench.started() == ["say", "say"]


def test_a_run_starts_though_the_one_that_waited_was_killed(bench: Bench) -> None:
    bench.write({"src/say.sh": "echo 22"})
    with expecting(bench) as workspace:
        kill(workspace.spare.pid)
        run = submit(workspace, bench)

    assert bench.end_of(run).status is RunStatus.SUCCEEDED
    assert bench.started() == ["say", "say"]
    assert bench.recover() == []


def test_a_run_is_recovered_whose_supervisor_was_killed_with_the_order_unread(bench: Bench) -> None:
    bench.write({"src/say.sh": "echo 22"})
    with expecting(bench) as workspace:
        pid = workspace.spare.pid
        processes.signal_pid(pid, signal.SIGSTOP)
        run = submit(workspace, bench)
        assert bench.recover() == [], "it is about to own the run"
        kill(pid)
        assert bench.recover() == [run]

    assert bench.end_of(run).status is RunStatus.SUCCEEDED
    assert bench.started() == ["say", "say"]


@pytest.mark.parametrize("point", ["run_started", "code_captured", "submitted", "recorded"])
def test_a_run_is_finished_whose_supervisor_had_waited_and_is_killed(
    bench: Bench, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = bench.crash_at(point, monkeypatch)
    bench.write({"src/say.sh": "echo 22"})
    with expecting(bench) as workspace:
        run = submit(workspace, bench)

    assert bench.end_of(run).status is RunStatus.SUCCEEDED
    assert once.exists(), "it was not killed"
    assert bench.started() == ["say", "say"]


def test_a_pipeline_that_was_edited_meanwhile_runs_as_it_is_now(bench: Bench) -> None:
    with expecting(bench) as workspace:
        until_ready(workspace.spare.pid)
        pid = workspace.spare.pid
        bench.pipeline({"other": step("echo other > ${{outputs.out}}/f", makes=["out"])})
        bench.write({"mlpw.yml": "local: {cpus: 1}\n"})
        run = submit(workspace, bench)
        assert bench.until_supervised(run) == pid

    assert bench.end_of(run).status is RunStatus.SUCCEEDED
    assert bench.text(run, "other") == "other\n"
    assert bench.started() == ["say", "other"]


def test_two_runs_at_once_have_a_supervisor_each(bench: Bench) -> None:
    bench.pipeline({name: step(f"{bench.gate()}; echo {name}") for name in ("one", "two")})
    with expecting(bench) as workspace:
        waiting_one = workspace.spare.pid
        first = submit(workspace, bench)
        second = submit(workspace, bench)
        assert bench.until_supervised(first) == waiting_one
        assert bench.until_supervised(second) != waiting_one
    bench.open_gate()

    assert {bench.end_of(run).status for run in (first, second)} == {RunStatus.SUCCEEDED}
    assert sorted(bench.started()) == ["one", "say", "two"]


def test_one_of_another_version_is_not_asked(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = shutil.copy(core.__file__, tmp_path / "__init__.py")
    bench.write({"src/say.sh": "echo 22"})
    with expecting(bench) as workspace:
        pid = workspace.spare.pid
        monkeypatch.setattr(core, "__file__", str(program))
        run = submit(workspace, bench)
        assert bench.until_supervised(run) != pid
        eventually(lambda: not is_alive(pid), "the end of the one that waited")

    assert bench.end_of(run).status is RunStatus.SUCCEEDED


def test_there_is_one_at_a_time(bench: Bench) -> None:
    with expecting(bench) as workspace:
        pid = workspace.spare.pid
        workspace.expect_run(workspace.graph(bench.file))
        assert workspace.spare.pid == pid
        workspace.expect_no_run()
        eventually(lambda: not is_alive(pid), "its end")
        workspace.expect_run(workspace.graph(bench.file))
        assert workspace.spare.pid not in (0, pid)


def test_nothing_is_imported_when_the_run_is_there(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.write({"src/say.sh": "echo 22"})
    with monkeypatch.context() as patch, bench.workspace() as workspace:
        patch.setattr("core.engine.launch._start", lambda *_: None)
        run = submit(workspace, bench)
    child = start_child(own_when_ready, bench.root, run)

    assert first_line(child) == "[]"
    kill_child(child)
    assert bench.status(run) is RunStatus.SUCCEEDED


# In processes of their own


def expect_a_run(root: str) -> None:
    with Workspace(Path(root)) as workspace:
        workspace.expect_run(workspace.graph(workspace.root / "pipeline.yml"))
        print(workspace.spare.pid, flush=True)
        signal.pause()


def run_with_a_spare(root: str) -> None:
    with Workspace(Path(root)) as workspace:
        graph = workspace.graph(workspace.root / "pipeline.yml")
        workspace.expect_run(graph)
        print(workspace.submit(graph), flush=True)
        signal.pause()


def own_when_ready(root: str, run: str) -> None:
    waiting.load()
    before = set(sys.modules)
    own(Layout(Path(root)), int(run), os.memfd_create("the lock of its start"))
    print(sorted(sys.modules.keys() - before), flush=True)
