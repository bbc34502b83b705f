"""What the engine is asked for: an attempt's spec as the body of the API's ContainerCreate.

https://docs.docker.com/reference/api/engine/version/v1.41, operation ContainerCreate.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from core.computes.containers.wrapper import wrapped
from core.computes.protocol import ContainerSpec, Mount

#: In a container's own network nobody else has taken it.
RECORDER_PORT = 47147
_LOG = {"Type": "json-file", "Config": {"max-size": "256m", "max-file": "4"}}
_NANO = 1_000_000_000


def create_body(
    spec: Mapping[str, Any], secrets: Mapping[str, str], staged: Sequence[Mount] | None = None, *, echo: str = ""
) -> dict[str, Any]:
    """The body for an attempt's spec in plain values (`AttemptSpec.as_json`) with its secret environment variables.

    `staged` are the mounts on a host that shares no files with us; `echo` is the mark of what is reported there in the
    step's output.
    """
    container = ContainerSpec.from_json(spec["container"])
    mounts = container.mounts if staged is None else staged
    environment = {**spec["env"], **secrets, "TINI_KILL_PROCESS_GROUP": "1"}
    recorder, settings = "", ""
    if spec["recorder"]:
        recorder = spec["recorder"]["folder"]
        settings = json.dumps({**spec["recorder"]["settings"], **({"echo": echo} if echo else {})})
        environment["MLFLOW_TRACKING_URI"] = f"http://127.0.0.1:{RECORDER_PORT}"
    return {
        "Image": container.image,
        "Entrypoint": wrapped(list(spec["argv"]), recorder, settings, RECORDER_PORT),
        "Cmd": [],
        "Env": [f"{name}={value}" for name, value in environment.items()],
        "WorkingDir": spec["cwd"],
        "User": container.user,
        "Labels": dict(container.labels),
        "HostConfig": _host_config(container, mounts),
    }


def _host_config(container: ContainerSpec, mounts: Sequence[Mount]) -> dict[str, Any]:
    """Nothing that is asked for takes the place of what keeps the host safe."""
    asked: dict[str, Any] = {"NetworkMode": "default", **container.arguments}
    if container.shm_size:
        asked["ShmSize"] = container.shm_size
    if container.cpus:
        asked["NanoCpus"] = round(container.cpus * _NANO)
    if container.memory:
        asked["Memory"] = asked["MemorySwap"] = container.memory
    if container.gpus:
        counted = [{"Driver": "", "Count": container.gpus, "Capabilities": [["gpu"]]}]
        asked.setdefault("DeviceRequests", counted)
    return {
        **asked,
        "Init": True,
        "Privileged": False,
        "CapAdd": [],
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges"],
        "RestartPolicy": {"Name": "no"},
        "AutoRemove": False,
        "LogConfig": _LOG,
        "Mounts": [
            {"Type": "bind", "Source": mount.source, "Target": mount.target, "ReadOnly": not mount.writable}
            for mount in mounts
        ],
    }
