"""A network of hosts on one machine: a switch, and a network namespace for each host; nothing outlives its owner.

Several sessions share a machine: each has a number of its own, kept by a lock, and all its names and addresses hold
that number. Whatever bears a number that nobody has locked is left over from a session that was killed, and goes.
"""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache, partial
from pathlib import Path

from tests.support.waiting import eventually

#: Where sessions keep their folders; short, for the sake of sockets.
BASE = Path(tempfile.gettempdir()) / "mlpw-docker-hosts"
CGROUPS = Path("/sys/fs/cgroup")
#: Bytes of a packet: less than most links carry, as these networks are nested in others.
MTU = 1400
_LAST = 250
_mine: set[int] = set()


def run(*command: str, stdin: bytes | None = None) -> str:
    """What a command of this machine says; fails with its words."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    ended = subprocess.run(command, input=stdin, capture_output=True, check=False, env={**os.environ, "PATH": path})
    assert ended.returncode == 0, f"{' '.join(command)}: {ended.stderr.decode(errors='replace').strip()}"
    return ended.stdout.decode(errors="replace")


class Network:
    """One session's switch, in 10.91.NUMBER.0/24; hosts reach the outside through this machine's address."""

    def __init__(self) -> None:
        assert os.geteuid() == 0, "hosts for tests are made of namespaces: run these tests as root"
        clear_left_over()
        self.number = _claim()
        self.folder = _folder(self.number)
        self.folder.mkdir(mode=0o711)
        with _one_at_a_time():
            self._lay()

    def address(self, place: int) -> str:
        return f"10.91.{self.number}.{place}"

    def namespace(self, host: str) -> str:
        """The name of a host's network namespace."""
        return f"{_prefix(self.number)}{host}"

    def plug_in(self, host: str, address: str) -> None:
        """Give a host its namespace and its link to the switch."""
        space, switch, port = self.namespace(host), self.namespace("sw"), _port(host)
        with _one_at_a_time():
            run("ip", "netns", "add", space)
        peer = ("peer", "name", port, "mtu", str(MTU), "netns", switch)
        run("ip", "link", "add", "eth0", "mtu", str(MTU), "netns", space, "type", "veth", *peer)
        for command in (f"addr add {address}/24 dev eth0", "link set lo up", "link set eth0 up"):
            run("ip", "-n", space, *command.split())
        run("ip", "-n", space, "route", "add", "default", "via", self.address(1))
        run("ip", "-n", switch, "link", "set", port, "master", "br0", "up")

    def link(self, host: str, *, up: bool) -> None:
        """Cut a host's link, or mend it: what either side sends meanwhile is lost, and nobody is told."""
        run("ip", "-n", self.namespace("sw"), "link", "set", _port(host), "up" if up else "down")

    def slow(self, host: str, mbit: float) -> None:
        """Bound how much goes to a host and comes from it; 0 for as much as goes."""
        for space, device in ((self.namespace("sw"), _port(host)), (self.namespace(host), "eth0")):
            at = ("tc", "-n", space, "qdisc")
            with contextlib.suppress(AssertionError):
                run(*at, "del", "dev", device, "root")
            if mbit:
                bound = ("rate", f"{mbit}mbit", "burst", "32k", "latency", "400ms")
                run(*at, "add", "dev", device, "root", "tbf", *bound)

    def carried(self, host: str) -> tuple[int, int]:
        """How many bytes went to a host, and how many came from it, since it was plugged in."""
        told = json.loads(run("ip", "-n", self.namespace(host), "-s", "-j", "link", "show", "eth0"))[0]["stats64"]
        return int(told["rx"]["bytes"]), int(told["tx"]["bytes"])

    def unplug(self, host: str) -> None:
        """End all that runs in a host's namespace, and be rid of it."""
        end_processes(self.namespace(host))
        run("ip", "-n", self.namespace("sw"), "link", "del", _port(host))
        run("ip", "netns", "del", self.namespace(host))
        remove_cgroups(self.namespace(host))

    def close(self) -> None:
        """Leave nothing behind."""
        _clear(self.number)
        _let_go(self.number)

    def _lay(self) -> None:
        switch, mine = self.namespace("sw"), _link(self.number)
        run("ip", "netns", "add", switch)
        run("ip", "-n", switch, "link", "add", "br0", "type", "bridge")
        run("ip", "-n", switch, "link", "set", "br0", "up")
        run("ip", "link", "add", mine, "mtu", str(MTU), "type", "veth", "peer", "name", "p0", "netns", switch)
        run("ip", "addr", "add", f"{self.address(1)}/24", "dev", mine)
        run("ip", "link", "set", mine, "up")
        run("ip", "-n", switch, "link", "set", "p0", "master", "br0", "up")
        for table, chain, *rule in _rules(self.number):
            run("iptables", "-w", "-t", table, "-I", chain, *rule)
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1")


def end_processes(namespace: str) -> None:
    """Kill whatever runs in a network namespace, at once, and see it gone."""

    def are_gone() -> bool:
        left = run("ip", "netns", "pids", namespace).split()
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        return not left

    eventually(are_gone, f"the end of the processes in {namespace}")


def remove_cgroups(name: str) -> None:
    """Remove the control groups that engines made under their own names, a pattern; their processes have ended."""
    for top in [*CGROUPS.glob(name), *CGROUPS.glob(f"*/{name}")]:
        eventually(partial(_is_removed, top), f"the end of the control group {top}")


def clear_left_over() -> None:
    """Be rid of what sessions left that no longer live."""
    seen = {*_numbers_in(BASE), *_numbers_in(Path("/run/netns"))}
    for groups in (CGROUPS, *CGROUPS.glob("*/")):
        seen.update(_numbers_in(groups))
    for number in seen:
        if _take(number):
            try:
                _clear(number)
            finally:
                _let_go(number)


# Numbers


def _claim() -> int:
    for number in range(1, _LAST):
        if _take(number):
            return number
    raise AssertionError(f"{_LAST} sessions with Docker hosts run on this machine")


def _take(number: int) -> bool:
    """Whether the number is ours now. A record lock: children that are forked do not hold it."""
    if number in _mine:
        return False
    try:
        fcntl.lockf(_locks(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
    except OSError:
        return False
    _mine.add(number)
    return True


def _let_go(number: int) -> None:
    fcntl.lockf(_locks(), fcntl.LOCK_UN, 1, number)
    _mine.discard(number)


@cache
def _locks() -> int:
    BASE.mkdir(exist_ok=True)
    return os.open(BASE / "numbers", os.O_RDWR | os.O_CREAT, 0o600)


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """`ip netns add` of two processes at a time can fail, and so can two of iptables."""
    with (BASE / "laying").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _numbers_in(folder: Path) -> Iterator[int]:
    for path in folder.iterdir() if folder.is_dir() else ():
        number = path.name.removeprefix("mlpw-").split("-")[0]
        if number.isdecimal():
            yield int(number)


# Names


def _prefix(number: int) -> str:
    return f"mlpw-{number}-"


def _folder(number: int) -> Path:
    return BASE / str(number)


def _link(number: int) -> str:
    return f"mlpw{number}"


def _port(host: str) -> str:
    return f"p-{host}"


def _rules(number: int) -> Sequence[Sequence[str]]:
    subnet = f"10.91.{number}.0/24"
    return (
        ("nat", "POSTROUTING", "-s", subnet, "!", "-d", subnet, "-j", "MASQUERADE"),
        ("filter", "FORWARD", "-s", subnet, "-j", "ACCEPT"),
        ("filter", "FORWARD", "-d", subnet, "-j", "ACCEPT"),
    )


# Clearing


def _clear(number: int) -> None:
    with _one_at_a_time():
        spaces = [p.name for p in Path("/run/netns").glob(f"{_prefix(number)}*")]
        for space in spaces:
            end_processes(space)
            run("ip", "netns", "del", space)
        remove_cgroups(f"{_prefix(number)}*")
        with contextlib.suppress(AssertionError):  # it goes with the switch's namespace, now or in a moment
            run("ip", "link", "del", _link(number))
        for table, chain, *rule in _rules(number):
            with contextlib.suppress(AssertionError):
                run("iptables", "-w", "-t", table, "-D", chain, *rule)
    for guard in _folder(number).glob("run*/*.guard"):
        _end_guard(guard)
    if _folder(number).exists():
        shutil.rmtree(_folder(number))


def _end_guard(lock: Path) -> None:
    """End the process that keeps a tunnel (core.hosts.tunnel_guard)."""

    def is_gone() -> bool:
        with lock.open("r+") as file, contextlib.suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        with contextlib.suppress(OSError, ValueError):
            os.kill(json.loads(lock.with_suffix(".state").read_text())["pid"], signal.SIGTERM)
        return False

    eventually(is_gone, f"the end of the guard of {lock}")


def _is_removed(top: Path) -> bool:
    for folder in [*sorted((p for p in top.rglob("*") if p.is_dir()), reverse=True), top]:
        with contextlib.suppress(OSError):
            folder.rmdir()
    return not top.exists()
