"""Hosts are reached by socket, SSH, TLS and Docker context; what is in the way is said with what to do."""

import hashlib
import json
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from core.definitions.compute_target import ComputeTarget
from core.hosts.connection import connect
from core.hosts.errors import HostError, HostUnreachableError
from core.hosts.tunnel import Tunnel, base_of, runtime_folder
from tests.support.docker_hosts import BASE_IMAGE, DockerHost, DockerHosts
from tests.support.waiting import PATIENCE_SECONDS, eventually


@pytest.fixture
def far(docker_hosts: DockerHosts) -> Iterator[DockerHost]:
    """A host that SSH reaches."""
    host = docker_hosts.start("far", ssh=True)
    yield host
    host.mend_link()


@pytest.fixture
def certified(docker_hosts: DockerHosts) -> DockerHost:
    """A host that answers to certificates."""
    return docker_hosts.start("certified", tls=True)


@pytest.fixture
def runtime(docker_hosts: DockerHosts, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of tunnels for one test alone."""
    folder = docker_hosts.network.folder / f"run{len(list(docker_hosts.network.folder.glob('run*')))}"
    monkeypatch.setenv("MLPW_RUNTIME_DIR", str(folder))
    return folder


# By each way


def test_each_way_leads_to_its_own_engine(docker_hosts: DockerHosts, far: DockerHost, certified: DockerHost) -> None:
    here = docker_hosts.start("here")
    for host in (here, far, certified):
        assert _id(host.target()) == _id(ComputeTarget(host.name, f"unix://{host.socket}"))
    assert len({_id(host.target()) for host in (here, far, certified)}) == 3


def test_this_machines_engine_is_where_docker_host_says(
    docker_hosts: DockerHosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = docker_hosts.start("here")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{here.socket}")
    assert _id(ComputeTarget("local-engine")) == _id(here.target())


def test_certificates_of_the_environment_change_nothing(certified: DockerHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    assert _id(certified.target())


@pytest.mark.parametrize("kind", ["far", "certified"])
def test_a_docker_context_leads_where_it_says(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host: DockerHost = request.getfixturevalue(kind)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    _make_context(tmp_path, "lab", host.target())
    target = ComputeTarget("box", "context:lab", ssh_config=host.target().ssh_config)
    assert _id(target) == _id(host.target())


# SSH


def test_all_who_use_a_host_share_one_connection(docker_hosts: DockerHosts, runtime: Path) -> None:
    far = docker_hosts.start("shared", ssh=True)
    with ThreadPoolExecutor(20) as pool:
        engines = list(pool.map(connect, [far.target()] * 20))
    for engine in engines:
        engine.ping()
    assert far.run("pgrep -cf '^sshd: root'").strip() == "1"
    assert len(list(runtime.glob("*.sock"))) == 1
    for engine in engines:
        engine.close()


def test_fifty_steps_are_followed_at_a_time(far: DockerHost) -> None:
    config = {"Image": BASE_IMAGE, "Cmd": ["sh", "-c", "echo hello; sleep 600"], "HostConfig": {"Init": True}}
    ready = threading.Barrier(50)

    def first_words(_: int) -> bytes:
        with closing(connect(far.target())) as own, own.log(container) as pieces:
            said = next(pieces)
            ready.wait(PATIENCE_SECONDS)  # all fifty streams are open now
            return said

    with closing(connect(far.target())) as engine:
        container = engine.create("", config)
        engine.start(container)
        with ThreadPoolExecutor(50) as pool:
            assert all(b"hello" in said for said in pool.map(first_words, range(50)))
        engine.remove(container)


def test_a_tunnel_goes_when_nobody_has_needed_it_for_a_while(
    far: DockerHost, runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.hosts.tunnel.IDLE_SECONDS", 0.1)
    with closing(connect(far.target())) as engine:
        engine.ping()
        assert list(runtime.glob("*.sock"))
    eventually(lambda: _state(far) == "ended", "the end of the guard")
    assert not list(runtime.glob("*.sock"))
    assert _id(far.target()), "and comes again"


@pytest.mark.usefixtures("runtime")
def test_a_guard_that_was_killed_takes_its_connection_along_and_is_replaced(far: DockerHost) -> None:
    with closing(connect(far.target())) as engine:
        _end_guard(far)
        eventually(lambda: not _answers(engine.ping), "the end of the connection")
        with closing(connect(far.target())) as again:
            again.ping()
        engine.ping()


def test_a_dropped_connection_is_made_again(far: DockerHost) -> None:
    with closing(connect(far.target())) as engine:
        far.drop_connections()
        eventually(lambda: _answers(engine.ping), "the tunnel")


def test_a_cut_link_is_unreachable_and_comes_back(far: DockerHost) -> None:
    with closing(connect(far.target())) as engine:
        far.cut_link()
        with pytest.raises(HostUnreachableError):
            engine.ping()
        eventually(lambda: _state(far) != "up", "ssh's own notice")
        far.mend_link()
        eventually(lambda: _answers(engine.ping), "the tunnel")


def test_forwards_of_the_users_own_that_fail_do_no_harm(far: DockerHost, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = tmp_path / "config"
        forward = f"Host far\n LocalForward {taken.getsockname()[1]} localhost:80\n RemoteCommand bash\n"
        config.write_text(forward + far.keys.config.read_text())
        assert _id(replace(far.target(), ssh_config=str(config)))


def test_an_engine_whose_socket_is_elsewhere_is_found(docker_hosts: DockerHosts) -> None:
    host = docker_hosts.start("rootless", ssh=True)
    host.run("mkdir -p /run/user/0 && mv /run/docker.sock /run/user/0/docker.sock")
    assert _id(host.target())


# What is in the way


def test_a_key_that_the_host_does_not_take(far: DockerHost, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(far.keys.config.read_text().replace(str(far.keys.identity), "/nowhere"))
    target = replace(far.target(), ssh_config=str(config))
    error = _error(target)
    assert "far cannot be reached: root@" in error
    assert "Permission denied" in error
    assert f"; 'ssh -F {config} ssh://far' must work without asking" in error


def test_a_host_key_that_has_changed(docker_hosts: DockerHosts) -> None:
    host = docker_hosts.start("swapped", ssh=True)
    assert _id(host.target())
    host.new_host_key()
    error = _error(host.target())
    assert "swapped cannot be reached: its SSH host key has changed; either the machine was set up anew or" in error
    assert f"'ssh-keygen -f {host.keys.known_hosts} -R {host.address}' forgets the old key" in error


def test_a_host_key_that_is_not_known(far: DockerHost, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(far.keys.config.read_text().replace(str(far.keys.known_hosts), "/dev/null"))
    error = _error(replace(far.target(), ssh_config=str(config)))
    assert "Host key verification failed; its host key is not known here: connect once by hand" in error


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("ssh://nowhere.invalid", "Could not resolve hostname nowhere.invalid"),
        ("ssh://127.0.0.1:1", "Connection refused; does sshd run there"),
        ("unix:///nowhere/docker.sock", "there is no socket /nowhere/docker.sock; does the engine run? is this its"),
        ("tcp://127.0.0.1:2375", "'tcp://127.0.0.1:2375' without certificates would let anybody"),
        ("context:nowhere", "there is no Docker context 'nowhere'"),
        ("https://box", "cannot reach 'https://box'; host: local, context:NAME"),
    ],
)
@pytest.mark.usefixtures("runtime")
def test_hosts_that_are_not_there(host: str, said: str) -> None:
    assert said in _error(ComputeTarget("x", host))


def test_an_engine_that_does_not_run(docker_hosts: DockerHosts) -> None:
    host = docker_hosts.start("stopped", ssh=True)
    host.stop_engine()
    assert "there is no socket of a Docker engine; install Docker there, or start it" in _error(host.target())
    host.start_engine()
    with closing(connect(host.target())) as engine:
        host.stop_engine(signal="KILL")
        with pytest.raises(HostUnreachableError):
            engine.ping()
        assert "its engine does not answer behind SSH; does it run ('systemctl status docker'" in _error(host.target())


def test_an_sshd_that_forwards_nothing(docker_hosts: DockerHosts) -> None:
    host = docker_hosts.start("strict", ssh=True)
    host.stop_sshd()
    host.start_sshd("-o AllowStreamLocalForwarding=no")
    assert "does sshd let it through ('AllowStreamLocalForwarding yes')?" in _error(host.target())


def test_certificates_that_do_not_fit(docker_hosts: DockerHosts, certified: DockerHost) -> None:
    target = certified.target()
    other = docker_hosts.network.folder / "strangers-keys"
    ca, cert, key = type(docker_hosts.authority)(other).client()
    assert f"its certificate is not signed by {ca}" in _error(replace(target, tls_ca=ca))
    assert f"it does not take {cert}" in _error(replace(target, tls_cert=cert, tls_key=key))
    assert "do not belong together" in _error(replace(target, tls_key=key))
    assert "its certificates cannot be read" in _error(replace(target, tls_cert="/nowhere"))


def test_docker_host_of_another_machine_is_not_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://10.0.0.1:2375")
    assert "DOCKER_HOST is 'tcp://10.0.0.1:2375', which is not this machine" in _error(ComputeTarget("x"))


def test_contexts_that_must_not_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    _make_context(tmp_path, "plain", ComputeTarget("x", "tcp://10.0.0.1:2375"))
    _make_context(tmp_path, "blind", ComputeTarget("x", "tcp://10.0.0.1:2376"), SkipTLSVerify=True)
    assert "without certificates would let anybody" in _error(ComputeTarget("x", "context:plain"))
    assert "Docker context 'blind' does not check certificates" in _error(ComputeTarget("x", "context:blind"))
    assert "did you mean 'plain'?" in _error(ComputeTarget("x", "context:plian"))


def test_a_runtime_folder_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o755)
    monkeypatch.setenv("MLPW_RUNTIME_DIR", str(tmp_path))
    with pytest.raises(HostError, match="is not a folder of yours alone"):
        runtime_folder()


def test_a_hold_on_a_tunnel_is_let_go_when_it_fails(far: DockerHost, tmp_path: Path) -> None:
    with pytest.raises(HostUnreachableError):
        Tunnel(replace(far.target(), ssh_config=str(tmp_path / "none")))


def _id(target: ComputeTarget) -> str:
    with closing(connect(target)) as engine:
        return str(engine.info()["ID"])


def _error(target: ComputeTarget) -> str:
    with pytest.raises(HostError) as raised:
        connect(target)
    return str(raised.value)


def _answers(call: Callable[[], None]) -> bool:
    try:
        call()
    except HostUnreachableError:
        return False
    return True


def _told(host: DockerHost) -> dict[str, object]:
    told: dict[str, object] = json.loads(Path(f"{base_of(host.target())}.state").read_text())
    return told


def _state(host: DockerHost) -> str:
    return str(_told(host)["state"])


def _end_guard(host: DockerHost) -> None:
    os.kill(int(str(_told(host)["pid"])), signal.SIGKILL)


def _make_context(folder: Path, name: str, target: ComputeTarget, **more: object) -> None:
    """As `docker context create` does."""
    key = hashlib.sha256(name.encode()).hexdigest()
    meta = folder / "contexts/meta" / key / "meta.json"
    meta.parent.mkdir(parents=True)
    meta.write_text(json.dumps({"Name": name, "Endpoints": {"docker": {"Host": target.host, **more}}}))
    for kind, path in (("ca", target.tls_ca), ("cert", target.tls_cert), ("key", target.tls_key)):
        if path:
            copy = folder / "contexts/tls" / key / "docker" / f"{kind}.pem"
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(Path(path).read_bytes())
