"""Real Docker hosts for tests: each a network, process and mount namespace with an engine, reached as hosts are.

`hosts.start("a", ssh=True)` is a machine that SSH reaches and that sees none of this machine's temporary files;
`hosts.start("b", tls=True)` one that answers on TCP with certificates; `hosts.start("here")` this machine's own
engine. Run as a module, this starts one host and says its engine's version.
"""

import contextlib
import io
import json
import os
import shlex
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import docker

from core.definitions.compute_target import ComputeTarget
from core.hosts.connection import connect
from core.hosts.engine import Engine
from core.hosts.errors import HostUnreachableError
from tests.support.host_keys import Authority, SshKeys
from tests.support.host_network import MTU, Network, end_processes, remove_cgroups, run
from tests.support.waiting import eventually

#: The image that every host has: a shell and the tools of busybox.
BASE_IMAGE = "base:1"
_FIRST_PLACE = 10
#: A bench ends all that bears its mark; a host that is started anew in a bench's test is not the bench's.
_UNMARKED = ("env", "-u", "MLPW_BENCH")
#: The folders that a host of its own does not share with this machine.
_HIDDEN = (tempfile.gettempdir(),)


@dataclass
class DockerHost:
    """A machine with an engine. What it shares with this one is the programs; /run is its own, /run/host its folder."""

    name: str
    network: Network
    keys: SshKeys
    authority: Authority
    address: str
    ssh: bool = False
    tls: bool = False
    live_restore: bool = False
    _init: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def folder(self) -> Path:
        return self.network.folder / self.name

    @property
    def socket(self) -> Path:
        """The engine's own socket, which the state of the link does not concern."""
        return self.folder / "docker.sock"

    def target(self, **more: Any) -> ComputeTarget:
        """How mlpw reaches it."""
        if self.ssh:
            return ComputeTarget(self.name, f"ssh://{self.name}", ssh_config=str(self.keys.config), **more)
        if self.tls:
            ca, cert, key = self.authority.client()
            return ComputeTarget(self.name, f"tcp://{self.address}:2376", tls_ca=ca, tls_cert=cert, tls_key=key, **more)
        return ComputeTarget(self.name, f"unix://{self.socket}", **more)

    def engine(self) -> Engine:
        """Asked directly, for a test that looks or prepares."""
        return connect(ComputeTarget(self.name, f"unix://{self.socket}"))

    def run(self, command: str) -> str:
        """What a shell command on the host says; fails with its words."""
        pid = self._inner_pid()
        return run("nsenter", "-t", pid, "-m", "-u", "-p", "-n", "--", *_UNMARKED, "sh", "-c", command)

    # Its power

    @property
    def is_on(self) -> bool:
        return self._init is not None and self._init.poll() is None

    def kill(self) -> None:
        """Cut its power: nothing runs any more, and nobody is told. What is on its disk stays."""
        self.network.link(self.name, up=False)
        end_processes(self.network.namespace(self.name))
        if self._init is not None:
            self._init.wait()
        remove_cgroups(self.network.namespace(self.name))

    def start_again(self) -> None:
        """Start it with the disk it had; its link is whole."""
        hidden = "" if not (self.ssh or self.tls) else "\n".join(f"mount -t tmpfs tmpfs {p}" for p in _HIDDEN)
        script = _INIT.format(folder=shlex.quote(str(self.folder)), hidden=hidden, name=self.name)
        inside = (
            "unshare",
            "--mount",
            "--uts",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
            "bash",
            "-c",
            script,
        )
        (self.folder / "ready").unlink(missing_ok=True)
        into = f"--net=/run/netns/{self.network.namespace(self.name)}"
        with (self.folder / "init.log").open("ab") as log:
            self._init = subprocess.Popen(
                ["nsenter", into, *_UNMARKED, *inside],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        eventually(self._is_ready, f"the start of {self.name}")
        if self.ssh:
            self.start_sshd()
        self.start_engine()
        self.network.link(self.name, up=True)

    def remove(self) -> None:
        """Be rid of it and of its disk."""
        self.network.unplug(self.name)
        run("rm", "-rf", str(self.folder))

    # Its engine

    def start_engine(self) -> None:
        """Start the engine and wait until it answers."""
        (self.folder / "docker.sock").unlink(missing_ok=True)
        self._write_settings()
        options = ["--config-file", "/run/host/daemon.json"]
        if self.tls:
            ca, cert, key = self.authority.server(self.address)
            for file in (ca, cert, key):
                self.put(Path(file))
            options += ["-H", "tcp://0.0.0.0:2376", "--tlsverify"]
            options += [f"--tls{n}=/run/host/{Path(p).name}" for n, p in (("cacert", ca), ("cert", cert), ("key", key))]
        self._daemon(_DOCKERD.format(cgroup=self.network.namespace(self.name), mtu=MTU), *options)
        eventually(self.answers, f"the engine of {self.name} (see {self.folder}/daemon.log)")

    def stop_engine(self, *, signal: str = "TERM") -> None:
        """End the engine; with "KILL" it crashes. Its containers live on only with live-restore, or after a crash."""
        self.run(f"p=$(cat /run/docker.pid) && kill -{signal} $p && while kill -0 $p 2>/dev/null; do sleep 0.05; done")
        self.run("rm -f /run/docker.pid")

    def restart_engine(self, *, live_restore: bool = False, signal: str = "TERM") -> None:
        """End the engine and start it again; with live-restore its containers run on meanwhile."""
        self.set_live_restore(live_restore)
        self.stop_engine(signal=signal)
        self.start_engine()

    def set_live_restore(self, wanted: bool) -> None:
        """Have containers run on, or not, when the engine ends."""
        self.live_restore = wanted
        self._write_settings()
        self.run("kill -HUP $(cat /run/docker.pid)")
        with contextlib.closing(self.engine()) as engine:
            eventually(lambda: engine.info()["LiveRestoreEnabled"] == wanted, "the engine's new settings")

    def answers(self) -> bool:
        """Whether the engine answers at its own socket."""
        with contextlib.suppress(HostUnreachableError), contextlib.closing(self.engine()) as engine:
            engine.ping()
            return True
        return False

    # Its link

    def cut_link(self) -> None:
        """What either side sends is lost; connections stay open and say nothing."""
        self.network.link(self.name, up=False)

    def mend_link(self) -> None:
        self.network.link(self.name, up=True)

    def slow_link(self, mbit: float) -> None:
        """Bound what goes through its link either way; 0 for no bound."""
        self.network.slow(self.name, mbit)

    def carried(self) -> tuple[int, int]:
        """How many bytes its link has carried: to it, and from it."""
        return self.network.carried(self.name)

    # Its sshd

    def start_sshd(self, options: str = "") -> None:
        """Listen for SSH; `options` are sshd's."""
        for file in (self.keys.host_key(self.name, self.address), self.keys.authorized):
            self.put(file)
        self._daemon(f"/usr/sbin/sshd -D -e {_SSHD} -o ListenAddress={self.address} {options}")
        eventually(lambda: self._listens(22), f"the sshd of {self.name} (see {self.folder}/daemon.log)")

    def stop_sshd(self) -> None:
        """End sshd and all its connections."""
        self.run("pkill -KILL sshd; while pgrep sshd >/dev/null; do sleep 0.05; done")

    def drop_connections(self) -> None:
        """End the connections that SSH has; new ones are accepted."""
        self.run("pkill -KILL -f '^sshd: root' || true")

    def new_host_key(self) -> None:
        """Answer with another host key than the one that clients know."""
        self.stop_sshd()
        self.keys.forget(self.name)
        self.start_sshd()

    # How it is done

    def put(self, file: Path) -> None:
        """Lay a copy of a file into /run/host, readable by root alone."""
        copy = self.folder / file.name
        copy.write_bytes(file.read_bytes())
        copy.chmod(0o600)

    def _write_settings(self) -> None:
        (self.folder / "daemon.json").write_text(json.dumps({"live-restore": self.live_restore}))

    def _daemon(self, *command: str) -> None:
        self.run(f"setsid {' '.join(command)} </dev/null >>/run/host/daemon.log 2>&1 &")

    def _is_ready(self) -> bool:
        assert self._init is not None
        assert self._init.poll() is None, (self.folder / "init.log").read_text()
        return (self.folder / "ready").exists()

    def _listens(self, port: int) -> bool:
        return f":{port} " in self.run("ss -ltn")

    def _inner_pid(self) -> str:
        assert self._init is not None
        return Path(f"/proc/{self._init.pid}/task/{self._init.pid}/children").read_text().split()[0]


class DockerHosts:
    """The hosts of one test session, started when asked for."""

    def __init__(self) -> None:
        self.network = Network()
        self.keys = SshKeys(self.network.folder / "ssh")
        self.authority = Authority(self.network.folder / "tls")
        self.hosts: dict[str, DockerHost] = {}
        self.runtime = self.network.folder / "run"  # of the tunnels that tests make
        self._places = iter(range(_FIRST_PLACE, 250))

    def start(self, name: str, *, ssh: bool = False, tls: bool = False) -> DockerHost:
        """A host of that name, whole and with its engine answering; one that runs already is given again."""
        host = self.hosts.get(name)
        if host is None:
            host = self.hosts[name] = self._make(name, ssh=ssh, tls=tls)
        assert (host.ssh, host.tls) == (ssh, tls), f"{name} is of another kind"
        host.mend_link()
        return host

    def close(self) -> None:
        """Leave nothing behind."""
        self.network.close()

    def _make(self, name: str, *, ssh: bool, tls: bool) -> DockerHost:
        assert name.isalnum(), "a host's name becomes that of a device"
        assert len(name) <= 12, "a device's name is short"
        address = self.network.address(next(self._places))
        host = DockerHost(name, self.network, self.keys, self.authority, address, ssh=ssh, tls=tls)
        host.folder.mkdir()
        self.network.plug_in(name, address)
        host.start_again()
        import_base(host)
        return host


@contextlib.contextmanager
def docker_hosts() -> Iterator[DockerHosts]:
    """Hosts that are gone afterwards."""
    hosts = DockerHosts()
    try:
        yield hosts
    finally:
        hosts.close()


def import_base(host: DockerHost, name: str = BASE_IMAGE) -> None:
    """Give a host the image of busybox."""
    with contextlib.closing(docker.APIClient(base_url=f"unix://{host.socket}", version="1.41")) as api:
        repository, _, tag = name.partition(":")
        api.import_image_from_data(_busybox(), repository=repository, tag=tag)


def _busybox() -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for folder in ("bin", "tmp", "etc", "root"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            archive.addfile(entry)
        archive.add("/usr/bin/busybox" if os.access("/usr/bin/busybox", os.X_OK) else "/bin/busybox", "bin/busybox")
        for applet in run("busybox", "--list").split():
            entry = tarfile.TarInfo(f"bin/{applet}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            if applet != "busybox":
                archive.addfile(entry)
    return made.getvalue()


_INIT = """
set -e
mount -t tmpfs tmpfs /run
mkdir -p /run/host /run/sshd
mount --bind {folder} /run/host
mkdir -p /etc/docker /run/host/etc
mount --bind /run/host/etc /etc/docker  # where an engine keeps who it is
{hidden}
hostname {name}
touch /run/host/ready
while true; do sleep 3600 & wait $!; done
"""
_DOCKERD = (
    "dockerd --data-root /run/host/data --exec-root /run/docker --pidfile /run/docker.pid -H unix:///run/docker.sock"
    " -H unix:///run/host/docker.sock --cgroup-parent /{cgroup} --mtu {mtu} --shutdown-timeout 3"
)
_SSHD = (
    "-f /dev/null -o HostKey=/run/host/host_key -o AuthorizedKeysFile=/run/host/authorized_keys -o StrictModes=no"
    " -o UsePAM=no -o PermitRootLogin=yes -o PidFile=/run/sshd.pid -o LogLevel=VERBOSE"
)


if __name__ == "__main__":
    with docker_hosts() as hosts:
        print("a Docker engine for tests:", hosts.start("first").engine().version()["Version"])
