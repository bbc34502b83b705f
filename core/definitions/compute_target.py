"""A compute target as its YAML says: where a step can run, and what it may take there."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.errors import DefinitionError, Location, did_you_mean

#: Bytes that a host's cache is shrunk to where its target says nothing.
DEFAULT_CACHE = 50 * 10**9
#: The target that every workspace has: processes of this machine.
LOCAL = "local"
#: Where a target's name can stand: whichever of the workspace's targets is best for the step.
AUTO = "auto"
#: Words where a target's name can stand that mean this machine.
HERE = frozenset({"", LOCAL, "serverless"})


def plain_compute(text: str) -> str:
    """'azureml:cpu-cluster', a full resource id or a bare name -> the name."""
    return text.strip().removeprefix("azureml:").rstrip("/").rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class ComputeTarget:
    """A machine with a Docker engine, by the name that `compute:` uses.

    `host` is "local" (this machine's engine), `context:NAME` (of the Docker command line), `unix:///PATH`,
    `ssh://[USER@]HOST[:PORT]` or `tcp://HOST:PORT`, which needs the certificates `tls_ca`, `tls_cert` and `tls_key`
    (absolute paths). `ssh_config` is an SSH configuration file in place of the user's own. `cpus`, `memory` (bytes),
    `gpus` and `concurrency` bound what mlpw takes of it at a time, 0 for all there is; `shm_size` (bytes) is what a
    step gets that asks for none. `cache_limit` is to how many bytes `mlpw gc` shrinks the data kept on a host that does
    not share this machine's files.
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
    cache_limit: int = DEFAULT_CACHE
    description: str = ""
    location: Location | None = None

    @property
    def shares_files(self) -> bool:
        """Whether a path of this machine is the same path for its engine, so that data need not be sent."""
        return self.host in (LOCAL, "context:default") or self.host.startswith("unix://")


@dataclass(frozen=True, slots=True)
class Targets:
    """The compute targets of a workspace by name, and the errors of those that cannot be used."""

    known: Mapping[str, ComputeTarget] = field(default_factory=dict)
    broken: Mapping[str, DefinitionError] = field(default_factory=dict)

    def find(self, name: str) -> ComputeTarget | None:
        """The target of that name, None when there is none. Raises DefinitionError when it cannot be used."""
        if name in self.broken:
            raise self.broken[name]
        return self.known.get(name)

    def nearest(self, name: str) -> str:
        """The name that was perhaps meant, as a question."""
        return did_you_mean(name, {*self.known, *self.broken, LOCAL})
