"""Workspaces with a step on a host that shares no files with this machine."""

import contextlib
import json
from pathlib import Path
from typing import Any

from core.hosts.agent_link import VOLUME
from core.hosts.cache import HostCache
from tests.support.docker_hosts import DockerHost
from tests.support.waiting import eventually


def write_target(root: Path, host: DockerHost, **more: Any) -> None:
    """Define the host as a compute target of a workspace, by its name."""
    target = host.target()
    written: dict[str, Any] = {"type": "docker", "name": target.name, "host": target.host, **more}
    if target.ssh_config:
        written["ssh_config"] = target.ssh_config
    if target.tls_ca:
        written["tls"] = {"ca": target.tls_ca, "cert": target.tls_cert, "key": target.tls_key}
    file = root / "computes" / f"{target.name}.yml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(written))


def leave_nothing(host: DockerHost) -> None:
    """Empty the host's cache, whatever it keeps for whom; fails when attempts or containers are left there."""
    until_left(host)
    lose_all(host)


def until_left(host: DockerHost) -> None:
    """Wait until attempts that have ended have left nothing of theirs on the host, which they do after their runs."""
    with contextlib.closing(host.engine()) as engine:
        eventually(lambda: engine.containers("mlpw.workspace") == [], "the end of containers")
        eventually(lambda: HostCache(engine).usage()["attempts"] == [], "the end of attempts' folders")


def lose_all(host: DockerHost) -> None:
    """What happens to a cache when somebody removes its volume."""
    with contextlib.closing(host.engine()) as engine:
        host.run(f"rm -rf {engine.volume_path(VOLUME)}/keep")
        HostCache(engine).trim(0)
