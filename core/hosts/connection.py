"""From a compute target to an engine that answers."""

import os
from functools import partial
from pathlib import Path

import docker
from docker.errors import DockerException

from core.definitions.compute_target import LOCAL, ComputeTarget
from core.hosts.attachment import Certificates, attach
from core.hosts.contexts import followed
from core.hosts.engine import ANSWER_SECONDS, Engine
from core.hosts.errors import HostError, HostUnreachableError
from core.hosts.ssh_words import explained
from core.hosts.tunnel import Tunnel

_UNIX = "unix://"
_SOCKET = "/var/run/docker.sock"
#: Sockets of engines that belong to one user.
_OWN_SOCKETS = ("$XDG_RUNTIME_DIR/docker.sock", "$HOME/.docker/run/docker.sock")

#: An engine that does not take a certificate says so, or hangs up before it is heard (TLS 1.3).
_TURNED_AWAY = ("alert", "bad certificate", "eof occurred", "reset by peer", "broken pipe")

_NO_ENGINE = "install Docker and start it, or name its socket in DOCKER_HOST"
_NO_ANSWER = "is the machine on, does its engine run, and is a network between?"


def connect(target: ComputeTarget) -> Engine:
    """The target's engine, which has answered; `close` lets it go.

    Raises HostUnreachableError, with what to do about it, when nobody answers; HostError for a `host:` that cannot or
    must not be used.
    """
    target = followed(target)
    if target.host.startswith("ssh://"):
        return _through_tunnel(target)
    if target.host.startswith("tcp://"):
        return _with_certificates(target)
    if target.host == LOCAL or target.host.startswith(_UNIX):
        return _here(target)
    raise HostError(
        f"{target.name}: cannot reach '{target.host}'", hint="host: local, context:NAME, unix://, ssh:// or tcp://"
    )


def _here(target: ComputeTarget) -> Engine:
    url = _local_url(target) if target.host == LOCAL else target.host
    try:
        return _answering(target, url)
    except HostUnreachableError as error:
        path = Path(url.removeprefix(_UNIX))
        if not path.exists():
            raise HostUnreachableError(
                f"{target.name} cannot be reached: there is no socket {path}",
                hint=_NO_ENGINE if target.host == LOCAL else "does the engine run? is this its socket, under 'host:'?",
            ) from error
        may = os.access(path, os.R_OK | os.W_OK)
        hint = "does the engine run? 'systemctl status docker'" if may else "your user must be in the group 'docker'"
        raise HostUnreachableError(error.message, hint=hint) from error


def _local_url(target: ComputeTarget) -> str:
    """The socket of this machine's engine. Raises HostError when DOCKER_HOST names another machine."""
    named = os.environ.get("DOCKER_HOST", "")
    if named.startswith(_UNIX):
        return named
    if named:
        raise HostError(
            f"{target.name}: DOCKER_HOST is '{named}', which is not this machine",
            hint="write it as the target's 'host:', or take it out of the environment",
        )
    paths = (_SOCKET, *map(os.path.expandvars, _OWN_SOCKETS))
    return _UNIX + next((path for path in paths if Path(path).exists()), _SOCKET)


def _through_tunnel(target: ComputeTarget) -> Engine:
    tunnel = Tunnel(target)
    try:
        return _answering(target, tunnel.url, tunnel)
    except HostUnreachableError as error:
        said = tunnel.said()
        if "open failed" not in said:
            raise HostUnreachableError(error.message, hint=error.hint or _NO_ANSWER) from error
        message, hint = explained(said, target)
        raise HostUnreachableError(f"{target.name} cannot be reached: {message}", hint=hint) from error


def _with_certificates(target: ComputeTarget) -> Engine:
    if not (target.tls_ca and target.tls_cert and target.tls_key):
        raise HostError(
            f"{target.name}: '{target.host}' without certificates would let anybody on the network use it as root",
            hint="give it 'tls: {ca, cert, key}', or reach it by ssh://",
        )
    certificates = Certificates(target.tls_ca, target.tls_cert, target.tls_key)
    try:
        return _answering(target, target.host, certificates=certificates)
    except HostUnreachableError as error:
        raise HostUnreachableError(error.message, hint=_tls_hint(error.message, target)) from error


def _tls(target: ComputeTarget, files: Certificates) -> docker.tls.TLSConfig:
    try:
        return docker.tls.TLSConfig(client_cert=(files.cert, files.key), ca_cert=files.ca, verify=True)
    except DockerException as error:
        raise HostError(f"{target.name}: its certificates cannot be read: {error}") from error


def _tls_hint(words: str, target: ComputeTarget) -> str:
    lowered = words.lower()
    if "hostname mismatch" in lowered or "ip address mismatch" in lowered or "doesn't match" in lowered:
        return "its certificate is for another name: write that under 'host:', or make it anew with this one"
    if "verify failed" in lowered:
        return f"its certificate is not signed by {target.tls_ca}, or has expired: ask who runs it"
    if "no_certificate" in lowered or "key values mismatch" in lowered:
        return f"{target.tls_cert} and {target.tls_key} do not belong together, or are no certificate and key"
    if any(sign in lowered for sign in _TURNED_AWAY):
        return f"it does not take {target.tls_cert}: have it signed by the authority that the engine knows"
    return _NO_ANSWER


def _answering(
    target: ComputeTarget, url: str, tunnel: Tunnel | None = None, certificates: Certificates | None = None
) -> Engine:
    """The engine, having agreed on a version of the API; what was opened for it is closed when it does not answer."""
    tls = _tls(target, certificates) if certificates is not None else False
    api = docker.APIClient(base_url=url, version=Engine.newest, timeout=int(ANSWER_SECONDS), tls=tls)
    api.trust_env = False  # REQUESTS_CA_BUNDLE would take the place of the certificates that the target names
    engine = Engine(target.name, api, partial(attach, url, certificates, ANSWER_SECONDS), tunnel)
    try:
        engine.agree()
    except BaseException:
        engine.close()
        raise
    return engine
