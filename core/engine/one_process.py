"""What a distributed command finds in its environment when it runs as one process on this machine."""

import json
import socket
from collections.abc import Mapping


def distribution_variables(distribution: Mapping[str, str]) -> dict[str, str]:
    """The variables that Azure ML's launchers set for the first process, of a group of one; none without distribution.

    Names: https://learn.microsoft.com/azure/machine-learning/how-to-train-distributed-gpu. The port is free now and
    differs from step to step, so that two of them can run side by side.
    """
    kind = distribution.get("type", "")
    if kind not in _MADE:
        return {}
    return _MADE[kind]("127.0.0.1", str(_free_port()))


def _pytorch(address: str, port: str) -> dict[str, str]:
    ranks = {"NODE_RANK": "0", "RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1"}
    return {"MASTER_ADDR": address, "MASTER_PORT": port, **ranks}


def _mpi(address: str, port: str) -> dict[str, str]:
    ranks = {"RANK": "0", "SIZE": "1", "LOCAL_RANK": "0", "LOCAL_SIZE": "1"}
    return {f"OMPI_COMM_WORLD_{key}": value for key, value in ranks.items()} | {
        "AZ_BATCH_MASTER_NODE": f"{address}:{port}"
    }


def _tensorflow(address: str, port: str) -> dict[str, str]:
    cluster = {"cluster": {"worker": [f"{address}:{port}"]}, "task": {"type": "worker", "index": 0}}
    return {"TF_CONFIG": json.dumps(cluster)}


_MADE = {"pytorch": _pytorch, "mpi": _mpi, "tensorflow": _tensorflow}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
