"""A compute target as its YAML says: where a step can run, and what it may take there."""

from dataclasses import dataclass

from core.errors import Location

#: The target that every workspace has: processes of this machine.
LOCAL = "local"


@dataclass(frozen=True, slots=True)
class ComputeTarget:
    """A machine with a Docker engine, by the name that `compute:` uses.

    `host` is "local" (this machine's engine), `context:NAME` (of the Docker command line), `unix:///PATH`,
    `ssh://[USER@]HOST[:PORT]` or `tcp://HOST:PORT`, which needs the certificates `tls_ca`, `tls_cert` and `tls_key`
    (absolute paths). `ssh_config` is an SSH configuration file besides the user's own. `cpus`, `memory` (bytes),
    `gpus` and `concurrency` bound what mlpw takes of it at a time, 0 for all there is; `shm_size` (bytes) is what a
    step gets that asks for none.
    """

    name: str
    host: str = LOCAL
    tls_ca: str = ""
    tls_cert: str = ""
    tls_key: str = ""
    ssh_config: str = ""
    cpus: float = 0
    memory: int = 0
    gpus: int = 0
    shm_size: int = 0
    concurrency: int = 0
    description: str = ""
    location: Location | None = None

    @property
    def shares_files(self) -> bool:
        """Whether a path of this machine is the same path for its engine, so that data need not be sent."""
        return self.host == LOCAL or self.host.startswith("unix://")
