"""mlpw.yml as values: what names that live in a cloud mean on this machine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from core.errors import Location

FILE_NAME = "mlpw.yml"
#: What of its code counts for a step: the files it opened, or everything in the folder.
CODE_TRACKING = frozenset({"opened", "folder"})


@dataclass(frozen=True, slots=True)
class WorkspaceFile:
    """The settings of a workspace; every mapping goes from the name in the YAML to the value as written here.

    Keys of `environments`, `components` and `data` are exact names or glob patterns; values are paths relative to the
    workspace's root. `data_outside` lists folders outside the workspace that `path:` and `code:` may use. `cpus` and
    `memory` (bytes) bound what runs may take of this machine, 0 for all of it. `code_tracking` is "opened" or "folder"
    by name of step or pattern. `compute_places` says where each value of `compute` stands.
    """

    name: str = ""
    compute: Mapping[str, str] = field(default_factory=dict)
    environments: Mapping[str, str] = field(default_factory=dict)
    components: Mapping[str, str] = field(default_factory=dict)
    datastores: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)
    data_outside: tuple[str, ...] = ()
    cpus: float = 0
    memory: int = 0
    code_tracking: Mapping[str, str] = field(default_factory=dict)
    is_written: bool = False
    compute_places: Mapping[str, Location] = field(default_factory=dict, compare=False)


def match(mapping: Mapping[str, str], name: str) -> str | None:
    """What `mapping` says about `name`: an exact key first, else the first pattern that fits."""
    if name in mapping:
        return mapping[name]
    for pattern, value in mapping.items():
        if any(character in pattern for character in "*?[") and fnmatchcase(name, pattern):
            return value
    return None
