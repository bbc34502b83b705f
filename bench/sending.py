"""How long data takes to a host that SSH reaches: one big file and many small ones, the first time and again.

The host is a namespace of this machine with a real sshd and a real Docker engine; its link is as fast as the machine.
"""

import os
import random
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

#: Moves a folder to the host once, or what lies there back into a folder.
Mover = Callable[[Path], None]
#: A link on which packing pays, in Mbit/s, and how much goes over it.
_SLOW_MBIT, _SLOW_BYTES = 16, 16 << 20


def measure_sending(rig: Rig) -> Iterator[Measurement]:
    """mlpw against rsync over SSH and `docker cp` over SSH, with what the link carried beside each."""
    hosts = DockerHosts()
    try:
        host = hosts.start("bench", ssh=True)
        with closing(connect(host.target())) as engine:
            HostCache(engine).usage()  # the agent's image is sent once for all
        yield from _measure(rig, host, "bytes", rig.settings.sent_bytes, write_bytes_in)
        yield from _measure(rig, host, "files", rig.settings.sent_files, write_files)
        host.slow_link(_SLOW_MBIT)
        yield from _measure(rig, host, f"text at {_SLOW_MBIT} Mbit/s", _SLOW_BYTES, _write_text, turns=1)
    finally:
        hosts.close()


def write_bytes_in(folder: Path, size: int) -> None:
    """One big file."""
    write_bytes(folder / "big.bin", size)


def _write_text(folder: Path, size: int) -> None:
    """Numbers as people write them, which packing makes a third of."""
    chosen = random.Random(1)
    lines = [f"{chosen.random():.6f},{chosen.randrange(1000)}\n" for _ in range(size // 12)]
    (folder / "table.csv").write_text("".join(lines)[:size])


def _measure(
    rig: Rig, host: DockerHost, kind: str, size: int, write: Callable[[Path, int], None], turns: int = 0
) -> Iterator[Measurement]:
    data = rig.new_folder("sent")
    data.mkdir()
    write(data, size)
    found: dict[str, dict[str, list[Timing]]] = defaultdict(lambda: defaultdict(list))
    notes: dict[str, dict[str, str]] = defaultdict(dict)
    for repeat in range(turns or rig.settings.cold_repeats):
        with closing(Store(Layout(rig.new_folder("sending")))) as store:
            movers = _movers(host, store)
            for name in sorted(movers, reverse=bool(repeat % 2)):
                send, fetch = movers[name]
                _forget(host)
                back = rig.new_folder("back")
                back.mkdir()
                for when, move, folder in (("send", send, data), ("send again", send, data), ("fetch", fetch, back)):
                    before = sum(host.carried())
                    found[when][name].append(_timed(move, folder))
                    notes[when][name] = f"{(sum(host.carried()) - before) / 1e6:,.1f} MB over the link"
    for when, timings in found.items():
        figures = {name: figure(each) for name, each in timings.items()}
        yield Measurement(f"{when}, {kind}", size, figures, notes=notes[when])
    shutil.rmtree(data)


def _movers(host: DockerHost, store: Store) -> Mapping[str, tuple[Mover, Mover]]:
    """There and back, each with all that a step or a person has to start for it; ssh's tunnel is there, as in a run."""
    ssh = f"ssh -F {host.keys.config}"
    there = f"{host.name}:/run/host/sent/"
    digest = ""

    def send(data: Path) -> None:
        nonlocal digest
        digest = store.hash(data).digest
        with closing(connect(host.target())) as engine:
            cache = HostCache(engine)
            cache.lay_out(Work("bench", [digest]), lambda wanted: content_at(store, str(data), wanted))

    def fetch(back: Path) -> None:
        with closing(connect(host.target())) as engine, closing(Store(Layout(back))) as empty:
            HostCache(engine).fetch(digest, empty)

    def rsync(*places: str) -> None:
        subprocess.run(["rsync", "-a", "-e", ssh, *places], check=True)

    def docker_cp(*places: str) -> None:
        """Through the same kind of tunnel as a person would set up."""
        with _tunnel(host) as socket:
            subprocess.run(["docker", "-H", socket, "cp", *places], check=True)

    return {
        MLPW: (send, fetch),
        "rsync": (lambda data: rsync(f"{data}/", there), lambda back: rsync(there, f"{back}/")),
        "docker cp": (
            lambda data: docker_cp(f"{data}/.", "bench-target:/sent"),
            lambda back: docker_cp("bench-target:/sent/.", str(back)),
        ),
    }


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


def _forget(host: DockerHost) -> None:
    host.run("rm -rf /run/host/sent")
    with closing(host.engine()) as engine:
        cache = HostCache(engine)
        cache.forget(["bench"])
        cache.trim(0)
        engine.remove("bench-target")


def _timed(move: Mover, data: Path) -> Timing:
    """The host's share is on this machine's processors too, and counted by nobody: only the clock tells."""
    start = time.perf_counter()
    move(data)
    return Timing(time.perf_counter() - start, 0.0)
