"""Many steps at once on one host that SSH reaches: what that takes of connections, processes and memory."""

import contextlib
import io
import json
import re
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path

from core.computes import processes
from core.hosts import labels
from core.hosts.engine import Engine
from tests.support.bench import Bench
from tests.support.docker_hosts import BASE_IMAGE, DockerHost
from tests.support.far import write_target
from tests.support.waiting import eventually

PATIENCE_SECONDS = 600.0
_COMMAND = "echo begun; until [ -e /tmp/go ]; do usleep 200000; done; echo end"


@dataclass(frozen=True, slots=True)
class Crowd:
    """`connections` that sshd has accepted in all and `open` ones while all ran, `ssh` processes here, `processes` of
    mlpw here with `memory` bytes that are theirs (proportional set size); seconds until all ran, and to the run's end.
    """

    connections: int
    open: int
    ssh: int
    processes: int
    memory: int
    until_all_ran: float
    until_end: float


def write_crowd(bench: Bench, host: DockerHost, steps: int) -> None:
    """A pipeline of so many steps that run on the host at the same time, and go on until all of them do."""
    write_target(bench.root, host)
    more = {"compute": host.name, "environment": {"image": BASE_IMAGE}, "resources": {"docker_args": "--cpus 0.03"}}
    jobs = {f"s{n:02}": {"type": "command", "command": f"{_COMMAND}; true {n}", **more} for n in range(steps)}
    bench.file.write_text(json.dumps({"type": "pipeline", "jobs": jobs}))


def crowd(bench: Bench, host: DockerHost, steps: int) -> Crowd:
    """Run the bench's pipeline of so many steps, and count while all of them run."""
    before, began = _accepted(host), time.monotonic()
    run = bench.start()
    with contextlib.closing(host.engine()) as engine:
        eventually(lambda: len(_running(engine)) == steps, f"{steps} steps at once", PATIENCE_SECONDS)
        all_ran = time.monotonic()
        ours = bench.processes()
        programs = [processes.name(pid) for pid in ours]
        open_ = len(host.run("ss -Htn state established '( sport = :22 )'").splitlines())
        memory = sum(_own_memory(pid) for pid in ours)
        for container in _running(engine):
            engine.put(container, "/tmp", [_go()])
    eventually(lambda: bench.status(run).is_final, "the end of all", PATIENCE_SECONDS)
    return Crowd(
        connections=_accepted(host) - before,
        open=open_,
        ssh=programs.count("ssh"),
        processes=len(ours),
        memory=memory,
        until_all_ran=all_ran - began,
        until_end=time.monotonic() - began,
    )


def _running(engine: Engine) -> list[str]:
    return [str(each["Id"]) for each in engine.containers(labels.STEP) if each["State"] == "running"]


def _accepted(host: DockerHost) -> int:
    return (host.folder / "daemon.log").read_text(errors="replace").count("Accepted publickey")


def _own_memory(pid: int) -> int:
    with contextlib.suppress(OSError):
        found = re.search(r"^Pss: +(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
        return int(found[1]) * 1024 if found else 0
    return 0


def _go() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("go"))
    return out.getvalue()
