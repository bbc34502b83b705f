"""A laptop that sleeps while its step goes on elsewhere: everything of mlpw stands still, and the link is dead."""

import contextlib
import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.computes import processes
from core.hosts.tunnel import base_of
from core.records.model import RunStatus
from tests.core.engine.hosts.conftest import contained, containers_of, pipeline
from tests.support.bench import Bench
from tests.support.docker_hosts import DockerHost, DockerHosts
from tests.support.far import leave_nothing, write_target
from tests.support.steps import file
from tests.support.waiting import eventually

LINES = 400
COUNT = f"i=0; while [ $i -lt {LINES} ]; do i=$((i+1)); echo out $i; echo err $i >&2; usleep 10000; done"


@pytest.fixture(scope="session")
def workstation(docker_hosts: DockerHosts) -> DockerHost:
    return docker_hosts.start("workstation", ssh=True)


@pytest.fixture
def laptop(new_bench: Callable[[str], Bench], workstation: DockerHost) -> Iterator[Bench]:
    """A workspace whose steps run on another machine, where it leaves nothing."""
    bench = new_bench("workspace")
    write_target(bench.root, workstation)
    yield bench
    leave_nothing(workstation)


@pytest.mark.timeout(240)
def test_what_ended_while_the_laptop_slept_is_taken_with_its_whole_log(laptop: Bench, workstation: DockerHost) -> None:
    laptop.write({"rows.txt": "rows"})
    command = f"{COUNT}; cat ${{{{inputs.rows}}}} > ${{{{outputs.out}}}}"
    step = contained(command, "workstation", data={"rows": "rows.txt"}, makes={"out": file()})
    pipeline(laptop, {"far": step})
    number = laptop.start()
    laptop.until_supervised(number)
    eventually(lambda: "out 20\n" in said(laptop, number), "the step's first lines")

    with asleep(laptop, workstation):
        before = said(laptop, number)
        eventually(lambda: has_ended(laptop, workstation), "the step's end")
        assert f"out {LINES}\n" not in before
        assert said(laptop, number) == before, "nothing of mlpw is awake"

    assert laptop.end_of(number).status is RunStatus.SUCCEEDED
    assert laptop.steps(number)["far"].attempt == 1
    lines = said(laptop, number).splitlines()
    for stream in ("out", "err"):
        assert [line for line in lines if line.startswith(stream)] == [f"{stream} {i}" for i in range(1, LINES + 1)]
    assert laptop.text(number, "far") == "rows"


@contextlib.contextmanager
def asleep(bench: Bench, host: DockerHost) -> Iterator[None]:
    """All of mlpw stands still, ssh with it; what the host sends is lost, until it gives the connections up."""
    eventually(lambda: not stop(bench, host), "that all stand still")
    host.cut_link()
    host.drop_connections()
    try:
        yield
    finally:
        host.mend_link()
        for pid in of_mlpw(bench, host):
            processes.signal_pid(pid, signal.SIGCONT)


def stop(bench: Bench, host: DockerHost) -> list[int]:
    """Have everything stand still; what did not yet."""
    moving = [pid for pid in of_mlpw(bench, host) if not stands_still(pid)]
    for pid in moving:
        processes.signal_pid(pid, signal.SIGSTOP)
    return moving


def of_mlpw(bench: Bench, host: DockerHost) -> list[int]:
    """Supervisor, nurseries, shims, the tunnel's guard and its ssh."""
    guard = int(json.loads(Path(f"{base_of(host.target())}.state").read_text())["pid"])
    return sorted({*bench.processes(), guard, *processes.descendants(guard)} - {os.getpid()})


def stands_still(pid: int) -> bool:
    state = processes.read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
    return not state or state[0] in (b"T", b"Z", b"X")


def has_ended(bench: Bench, host: DockerHost) -> bool:
    with contextlib.closing(host.engine()) as engine:
        (container,) = containers_of(bench, engine)
        return str(engine.inspect(container)["State"]["Status"]) == "exited"


def said(bench: Bench, run: int) -> str:
    attempt = bench.attempt(run, "far")
    return attempt.log.read_text() if attempt.log.exists() else ""
