"""The hosts that tests run on are what they claim to be: engines that fail as machines do and leave nothing behind."""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.hosts.engine import Engine
from tests.support.docker_hosts import BASE_IMAGE, DockerHost, DockerHosts
from tests.support.host_network import CGROUPS, clear_left_over
from tests.support.waiting import eventually


@pytest.fixture
def host(docker_hosts: DockerHosts) -> Iterator[DockerHost]:
    host = docker_hosts.start("robust", ssh=True)
    yield host
    with contextlib.closing(host.engine()) as engine:
        for container in engine.containers("test"):
            engine.remove(str(container["Id"]))


def test_a_container_runs_on_a_host(host: DockerHost) -> None:
    with contextlib.closing(host.engine()) as engine:
        container = _start(engine, "echo hello")
        eventually(lambda: not _runs(engine, container))
        assert engine.inspect(container)["State"]["ExitCode"] == 0


def test_a_host_of_its_own_sees_no_temporary_file_of_this_machine(host: DockerHost, tmp_path: Path) -> None:
    assert host.run(f"test -e {tmp_path} || echo none") == "none\n"


def test_ssh_reaches_a_host_by_its_name(host: DockerHost) -> None:
    assert _ssh(host, "hostname").stdout == "robust\n"


def test_a_key_that_clients_do_not_know_is_refused(docker_hosts: DockerHosts) -> None:
    host = docker_hosts.start("rekeyed", ssh=True)
    host.new_host_key()
    assert "Host key verification failed" in _ssh(host, "true").stderr


def test_tls_needs_the_authoritys_certificate(docker_hosts: DockerHosts) -> None:
    host = docker_hosts.start("certified", tls=True)
    ca, cert, key = docker_hosts.authority.client()
    asked = ["curl", "-sS", "--cacert", ca, f"https://{host.address}:2376/_ping"]
    assert _said([*asked, "--cert", cert, "--key", key]).stdout == "OK"
    assert "bad certificate" in _said(asked).stderr


def test_what_runs_on_a_host_ends_with_its_power(host: DockerHost) -> None:
    with contextlib.closing(host.engine()) as engine:
        container = _start(engine, "sleep 600")
    host.kill()
    assert not host.answers()
    host.start_again()
    with contextlib.closing(host.engine()) as engine:
        assert not _runs(engine, container)
        assert engine.image(BASE_IMAGE)


def test_a_cut_link_is_silent_and_mends(host: DockerHost) -> None:
    host.cut_link()
    assert "timed out" in _ssh(host, "true", "-o", "ConnectTimeout=1").stderr
    assert host.answers()
    host.mend_link()
    assert _ssh(host, "true").returncode == 0


@pytest.mark.parametrize("end", ["TERM", "KILL"])
def test_containers_outlive_an_engine_with_live_restore(host: DockerHost, end: str) -> None:
    with contextlib.closing(host.engine()) as engine:
        container = _start(engine, "sleep 600")
        host.restart_engine(live_restore=True, signal=end)
        assert _runs(engine, container)
        host.restart_engine(live_restore=False, signal="TERM")
        assert not _runs(engine, container)


def test_what_a_killed_session_left_is_cleared() -> None:
    session = subprocess.Popen(
        [sys.executable, "-c", _SESSION], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    )
    assert session.stdout is not None
    number, address = session.stdout.readline().split()
    clear_left_over()
    assert _traces(number, address), "a session that lives keeps its hosts"
    session.send_signal(signal.SIGKILL)
    session.wait()
    clear_left_over()
    assert _traces(number, address) == ""


def test_a_session_that_ends_leaves_nothing() -> None:
    ended = _said([sys.executable, "-c", _SESSION], given="\n")
    assert ended.returncode == 0, ended.stderr
    number, address = ended.stdout.split()
    assert _traces(number, address) == ""


def test_what_outlived_a_restart_of_this_machines_programs_is_cleared() -> None:
    """Namespaces and folders went then; an engine's control groups stay as long as the kernel."""
    left = next(CGROUPS.glob("*/cgroup.procs"), CGROUPS / "cgroup.procs").parent / "mlpw-249-gone" / "inner"
    left.mkdir(parents=True)
    clear_left_over()
    assert not left.parent.exists()


_SESSION = """
import os
from core.hosts.connection import connect
from tests.support.docker_hosts import docker_hosts
with docker_hosts() as hosts:
    os.environ["MLPW_RUNTIME_DIR"] = str(hosts.runtime)
    host = hosts.start("brief", ssh=True)
    engine = connect(host.target())
    print(hosts.network.number, host.address, flush=True)
    input()
"""


def _traces(number: str, address: str) -> str:
    """What a session has on this machine: namespaces, links, rules, folders, processes, mounts, control groups."""
    subnet = address.rpartition(".")[0]
    looks = (
        f"ip netns list | grep -w mlpw-{number}-",
        f"ip link | grep -w mlpw{number}",
        f"iptables -w -t nat -S | grep -F {subnet}.",
        f"ls -d /tmp/mlpw-docker-hosts/{number} /sys/fs/cgroup/*/mlpw-{number}-*",
        f"ps ax -o args | grep -E 'mlpw-{number}-|mlpw-docker-hosts/{number}/' | grep -v grep",
        f"grep -F mlpw-docker-hosts/{number}/ /proc/mounts",
    )
    return "".join(_said(["sh", "-c", look]).stdout for look in looks)


def _start(engine: Engine, command: str) -> str:
    config = {"Image": BASE_IMAGE, "Cmd": ["sh", "-c", command], "Labels": {"test": ""}, "HostConfig": {"Init": True}}
    container = engine.create("", config)
    engine.start(container)
    return container


def _runs(engine: Engine, container: str) -> bool:
    return bool(engine.inspect(container)["State"]["Running"])


def _ssh(host: DockerHost, command: str, *options: str) -> "subprocess.CompletedProcess[str]":
    return _said(["ssh", "-F", str(host.keys.config), "-o", "BatchMode=yes", *options, host.name, command])


def _said(command: list[str], given: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, check=False, input=given)
