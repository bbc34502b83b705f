"""How long data takes to a host that SSH reaches: one big file and many small ones, the first time and again.

The host is a namespace of this machine with a real sshd and a real Docker engine; its link is as fast as the machine.
"""

import os
import shutil
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

from bench.hashing import write_bytes, write_files
from bench.measuring import Timing, figure
from bench.results import MLPW, Measurement
from bench.rig import Rig
from core.hosts.cache import HostCache, Work
from core.hosts.connection import connect
from core.hosts.contents import content_at
from core.layout import Layout
from core.store.objects import Store
from tests.support.docker_hosts import DockerHost, DockerHosts

#: Moves a folder to the host once.
Mover = Callable[[Path], None]


def measure_sending(rig: Rig) -> Iterator[Measurement]:
    """mlpw against rsync over SSH and `docker cp` over SSH; `bytes` and `files` are as large as for hashing."""
    hosts = DockerHosts()
    try:
        host = hosts.start("bench", ssh=True)
        for kind, size in (("bytes", rig.settings.sent_bytes), ("files", rig.settings.sent_files)):
            data = rig.new_folder("sent")
            data.mkdir()
            (write_bytes if kind == "bytes" else write_files)(data / "big.bin" if kind == "bytes" else data, size)
            yield from _measure(rig, host, kind, size, data)
            shutil.rmtree(data)
    finally:
        hosts.close()


def _measure(rig: Rig, host: DockerHost, kind: str, size: int, data: Path) -> Iterator[Measurement]:
    first: dict[str, list[Timing]] = defaultdict(list)
    again: dict[str, list[Timing]] = defaultdict(list)
    sent: dict[str, int] = {}
    with closing(connect(host.target())) as engine, closing(Store(Layout(rig.new_folder("sending")))) as store:
        cache = HostCache(engine)
        cache.usage()  # the agent's image is sent once for all
        movers = _movers(host, cache, store)
        for repeat in range(rig.settings.cold_repeats):
            for name in sorted(movers, reverse=bool(repeat % 2)):
                _forget(host, cache)
                before = cache.sent
                first[name].append(_timed(movers[name], data))
                after = cache.sent
                again[name].append(_timed(movers[name], data))
                if name == MLPW:
                    sent = {"first": after - before, "again": cache.sent - after}
    for when, timings in (("first", first), ("again", again)):
        notes = {MLPW: f"{sent[when]:,} bytes sent"}
        figures = {name: figure(each) for name, each in timings.items()}
        yield Measurement(f"send {kind}, {when}", size, figures, notes=notes)


def _movers(host: DockerHost, cache: HostCache, store: Store) -> Mapping[str, Mover]:
    ssh = f"ssh -F {host.keys.config}"

    def mlpw(data: Path) -> None:
        digest = store.hash(data).digest
        cache.lay_out(Work("bench", [digest]), lambda wanted: content_at(store, str(data), wanted))

    def rsync(data: Path) -> None:
        subprocess.run(["rsync", "-a", "-e", ssh, f"{data}/", f"{host.name}:/run/host/sent/"], check=True)

    def docker_cp(data: Path) -> None:
        """Through the same kind of tunnel as a person would set up."""
        with _tunnel(host) as socket:
            subprocess.run(["docker", "-H", socket, "cp", f"{data}/.", "bench-target:/sent"], check=True)

    return {MLPW: mlpw, "rsync": rsync, "docker cp": docker_cp}


class _tunnel:  # noqa: N801  (reads as a function)
    """A forwarded socket for the time of a command."""

    def __init__(self, host: DockerHost) -> None:
        self._host = host
        self._socket = host.keys.config.parent / f"bench-{os.getpid()}.sock"

    def __enter__(self) -> str:
        command = ["ssh", "-F", str(self._host.keys.config), "-N", "-L", f"{self._socket}:/run/host/docker.sock"]
        self._process = subprocess.Popen([*command, self._host.name])
        while not self._socket.exists():
            time.sleep(0.01)
        url = f"unix://{self._socket}"
        asked = ["docker", "-H", url, "create", "--name", "bench-target", "base:1", "true"]
        subprocess.run(asked, check=False, capture_output=True)
        return url

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        self._socket.unlink(missing_ok=True)


def _forget(host: DockerHost, cache: HostCache) -> None:
    cache.forget(["bench"])
    cache.trim(0)
    host.run("rm -rf /run/host/sent")
    with closing(host.engine()) as engine:
        engine.remove("bench-target")


def _timed(move: Mover, data: Path) -> Timing:
    """The host's share is on this machine's processors too, and counted by nobody: only the clock tells."""
    start = time.perf_counter()
    move(data)
    return Timing(time.perf_counter() - start, 0.0)
