"""Finding the definitions of a workspace, and telling what each YAML defines, without following references."""

import os
import stat
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from core.definitions.ports import DATA_TYPES
from core.definitions.yaml_nodes import Mapping, Node, Scalar
from core.definitions.yaml_reader import parse_yaml
from core.errors import DefinitionError, Location

MAX_SIZE = 1024 * 1024  # bytes; definitions written by people are far smaller

_SKIPPED = frozenset({"node_modules", "__pycache__", "site-packages", "mlruns"})
_ENDINGS = (".yml", ".yaml")
#: A folder with such a file is a Python environment.
FOREIGN = "pyvenv.cfg"
#: One of these stands in every definition; a file without any is not parsed.
_SIGNS = (b"$schema", b"jobs:", b"command:", b"conda_file:", b"image:", b"build:", b"path:", b"component:", b"docker")
_SCHEMAS = {
    "pipelinejob": "pipeline",
    "commandjob": "pipeline",
    "sweepjob": "pipeline",
    "sparkjob": "pipeline",
    "paralleljob": "pipeline",
    "commandcomponent": "component",
    "pipelinecomponent": "component",
    "parallelcomponent": "component",
    "sparkcomponent": "component",
    "automlcomponent": "component",
    "datatransfercomponent": "component",
    "component": "component",
    "data": "data",
    "asset": "data",
    "environment": "environment",
    "model": "model",
}
_MODEL_TYPES = frozenset({"mlflow_model", "custom_model", "triton_model"})
_STEP_KEYS = frozenset({"command", "component", "trial", "task"})
_JOB_KEYS = frozenset({"compute", "experiment_name", "services", "schedule"})


@dataclass(frozen=True, slots=True)
class DefinitionEntry:
    """A file that defines something. `kind` is pipeline, component, data, environment, model or compute; a
    standalone job counts as a pipeline of one step. `path` is relative to the workspace; `error` says why the file is
    no YAML.
    """

    kind: str
    path: str
    name: str = ""
    display_name: str = ""
    description: str = ""
    version: str = ""
    type: str = ""
    error: str = ""
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """Where definitions were looked for by name, as absolute paths, the nearest to the root first.

    Another one may appear in each of the `folders`; `files` are those that may define something, now or later: also
    empty ones, and links to nothing. `rules` is the file that says which are left out.
    """

    folders: Sequence[str]
    files: Sequence[str]
    rules: str

    def first(self, most: int) -> "Search":
        """So many folders and files of it."""
        return Search(self.folders[:most], self.files[:most], self.rules)


def discover(root: Path) -> list[DefinitionEntry]:
    """Every definition below `root`, by path; folders that git ignores, hidden ones and caches are left out."""
    base = os.path.abspath(root)  # noqa: PTH100
    return definitions_in(base, search(base).files)


def definitions_in(base: str, files: Iterable[str]) -> list[DefinitionEntry]:
    """Every definition in these files of the workspace at `base`, by path."""
    entries = (_entry(base, path) for path in files)
    return sorted((entry for entry in entries if entry is not None), key=lambda entry: entry.path)


def classify(node: Node) -> str:
    """What a YAML document defines: one of the kinds of `DefinitionEntry`, or "" for something else."""
    if not isinstance(node, Mapping):
        return ""
    schema = schema_name(node)
    if _text(node, "type").lower() == "docker" and _may_be_compute(node, schema):
        return "compute"
    if schema:
        known = _SCHEMAS.get(schema.split(".", 1)[0])
        if known or schema.endswith(".schema.json"):
            return known or ("pipeline" if schema.startswith("automl") and "job" in schema else "")
    return _by_keys(node, _text(node, "type").lower())


def _may_be_compute(node: Mapping, schema: str) -> bool:
    """Other programs have files of type docker, too."""
    return schema.split(".", 1)[0].endswith("compute") if schema else not {"name", "host"}.isdisjoint(node.entries)


def schema_name(node: Mapping) -> str:
    """The last part of `$schema` in lower case: 'pipelinejob.schema.json'."""
    return _text(node, "$schema").lower().rsplit("/", 1)[-1]


def _by_keys(node: Mapping, kind: str) -> str:
    keys = node.entries.keys()
    if "jobs" in keys and (kind == "pipeline" or _has_steps(node.entries["jobs"].value)):
        return "component" if kind == "pipeline" and _is_declared(node) and "name" in keys else "pipeline"
    if kind == "pipeline" and "component" in keys:
        return "pipeline"
    if "command" in keys and ("environment" in keys or kind == "command"):
        return "component" if "name" in keys and not keys & _JOB_KEYS else "pipeline"
    if kind in _MODEL_TYPES and "path" in keys:
        return "model"
    if kind in DATA_TYPES and "path" in keys:
        return "data"
    if "name" in keys and keys & {"image", "conda_file", "build"} and "endpoint_name" not in keys:
        return "environment"
    return ""


def _has_steps(jobs: Node) -> bool:
    """Whether it looks like steps of Azure ML and not, say, jobs of a build server."""
    steps = [entry.value for entry in jobs.entries.values()] if isinstance(jobs, Mapping) else []
    return any(isinstance(step, Mapping) and step.entries.keys() & _STEP_KEYS for step in steps)


def _is_declared(node: Mapping) -> bool:
    """Whether every input only declares a type, as a component's do."""
    entry = node.entries.get("inputs")
    if entry is None or not isinstance(entry.value, Mapping):
        return False
    inputs = [inner.value for inner in entry.value.entries.values()]
    return all(
        isinstance(value, Mapping) and "type" in value.entries and "path" not in value.entries for value in inputs
    )


def _text(node: Mapping, key: str) -> str:
    entry = node.entries.get(key)
    return entry.value.text if entry and isinstance(entry.value, Scalar) else ""


def _entry(base: str, path: str) -> DefinitionEntry | None:
    shown = os.path.relpath(path, base)
    content = content_of(path)
    if not any(sign in content for sign in _SIGNS):
        return None
    try:
        node = parse_yaml(content, shown)
    except DefinitionError as problem:
        return _broken(content, shown, problem)
    kind = classify(node)
    if not kind or not isinstance(node, Mapping):
        return None
    return DefinitionEntry(
        kind,
        shown,
        name=_text(node, "name"),
        display_name=_text(node, "display_name"),
        description=_text(node, "description"),
        version=_text(node, "version"),
        type=_text(node, "type"),
    )


def _broken(content: bytes, shown: str, problem: DefinitionError) -> DefinitionEntry | None:
    """A file that is no YAML is listed when its schema line says what it was meant to be."""
    for line in content.splitlines()[:50]:
        if line.lstrip().startswith(b"$schema"):
            word = line.decode("utf-8", "replace").rsplit("/", 1)[-1].split(".", 1)[0].strip().lower()
            kind = _SCHEMAS.get(word, "")
            if kind:
                return DefinitionEntry(kind, shown, error=str(problem), location=problem.location)
    return None


def content_of(path: str) -> bytes:
    """What a file holds that may define something; nothing when it is none, or larger than what people write."""
    try:
        found = Path(path).stat()
        is_small = stat.S_ISREG(found.st_mode) and found.st_size <= MAX_SIZE
        return Path(path).read_bytes() if is_small else b""
    except OSError:
        return b""


def search(base: str) -> Search:
    """Look through the folders below `base` for YAML files."""
    places = Places(base)
    files: list[str] = []
    entered: list[str] = []
    pending = deque([base])
    while pending:
        folder = pending.popleft()
        try:
            found = list(os.scandir(folder))
        except OSError:
            continue
        entered.append(folder)
        if FOREIGN in {item.name for item in found}:
            continue
        for item in found:
            if item.is_dir(follow_symlinks=False):
                if places.may_hold(item.path, item.name):
                    pending.append(item.path)
            elif places.may_define(item.path, item.name):
                files.append(item.path)
    return Search(entered, files, places.rules)


class Places:
    """Where below a folder definitions may lie.

    Of `rules`, the workspace's .gitignore, the plain patterns count: names and paths, no `!` and no `**` inside.
    """

    def __init__(self, base: str) -> None:
        self._base = base
        self.rules = os.path.join(base, ".gitignore")  # noqa: PTH118
        self._names: list[str] = []
        self._paths: list[str] = []
        try:
            text = Path(self.rules).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return
        for line in text.splitlines():
            pattern = line.strip().removeprefix("**/").rstrip("/")
            if not pattern or pattern.startswith(("#", "!")):
                continue
            (self._paths if "/" in pattern else self._names).append(pattern.lstrip("/"))

    def may_hold(self, path: str, name: str) -> bool:
        """Whether to look into a folder."""
        return not name.startswith(".") and name not in _SKIPPED and not self._ignores(path, name)

    def may_define(self, path: str, name: str) -> bool:
        """Whether to look at a file."""
        return name.endswith(_ENDINGS) and not self._ignores(path, name)

    def _ignores(self, path: str, name: str) -> bool:
        if any(fnmatchcase(name, pattern) for pattern in self._names):
            return True
        return bool(self._paths) and any(
            fnmatchcase(os.path.relpath(path, self._base), pattern) for pattern in self._paths
        )
