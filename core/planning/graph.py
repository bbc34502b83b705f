"""A pipeline flattened into the steps that run a command, and what each is wired to."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.definitions.compute_target import ComputeTarget
from core.definitions.environment import EnvironmentSpec
from core.errors import Location, Notice


@dataclass(frozen=True, slots=True)
class Parameter:
    """A literal input: `text` is exactly what the command receives, `type` the declared Azure ML type."""

    text: str
    type: str = "string"


@dataclass(frozen=True, slots=True)
class DataInput:
    """Data that no step of this graph makes.

    `path` is absolute on this machine ("" when only `uri` is known, as for https), `uri` is as written.
    `digest` is set for a version of a data asset, whose content is in the store. `late` means that the
    path is looked at when the step starts (datastore paths), not when the graph is planned.
    `file_name` is what a file in the store was called.
    """

    path: str
    type: str
    mode: str = "ro_mount"
    uri: str = ""
    digest: str = ""
    late: bool = False
    location: Location | None = None
    file_name: str = ""


@dataclass(frozen=True, slots=True)
class StepOutput:
    """An output of another step of the graph."""

    step: str
    port: str
    type: str
    mode: str = "ro_mount"
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Absent:
    """An optional input without value or default."""

    type: str = "string"


@dataclass(frozen=True, slots=True)
class Missing:
    """A required input that nothing gives a value; the graph can be shown but not run. `hint` says what to do."""

    type: str
    message: str
    hint: str
    location: Location | None = None


DEFAULT_ENVIRONMENT = EnvironmentSpec(name="default")

Binding = Parameter | DataInput | StepOutput | Absent | Missing


@dataclass(frozen=True, slots=True)
class OutputPort:
    """A declared output of a step; `path` is an absolute place to copy it to, `asset_*` register it.

    What the pipeline says about an output promoted to it stands here too. `path` may still hold `${{name}}`, the run's
    name.
    """

    type: str
    mode: str = "rw_mount"
    path: str = ""
    asset_name: str = ""
    asset_version: str = ""


@dataclass(frozen=True, slots=True)
class Resources:
    """What a step asks of its machine; 0 means no statement. `memory` is in bytes, `shm_size` as written.

    `docker_args` are words that only a container heeds (`core.definitions.docker_arguments`).
    """

    cpus: float = 0
    memory: int = 0
    gpus: int = 0
    instance_count: int = 1
    shm_size: str = ""
    docker_args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One command to run: everything that defines it, nested names joined by dots ("outer.inner").

    `command` is the component's template text, `code` an absolute path of a file or folder or "". `code_includes` are
    absolute paths that join the code snapshot at its top (Azure ML's `additional_includes`). Values of
    `environment_variables` may hold `${{inputs.NAME}}` and `${{outputs.NAME}}` of the step's own data, whose paths are
    known when it starts, and `${{name}}`, the run's name; so may the text of a parameter hold `${{name}}`.
    `code_tracking` is "opened" when only the files count that the step opens, "folder" when all its code does.
    `compute` is where it runs, "local" or a target's name; where several will do, `computes` are those, the preferred
    ones first, and `compute` is what was written. `unsupported` is a sentence when this kind of step cannot run yet;
    `timeout` is in seconds, 0 for none.
    """

    name: str
    command: str
    kind: str = "command"
    code: str = ""
    code_includes: tuple[str, ...] = ()
    environment: EnvironmentSpec = DEFAULT_ENVIRONMENT
    inputs: Mapping[str, Binding] = field(default_factory=dict)
    outputs: Mapping[str, OutputPort] = field(default_factory=dict)
    environment_variables: Mapping[str, str] = field(default_factory=dict)
    distribution: Mapping[str, str] = field(default_factory=dict)
    compute: str = "local"
    computes: tuple[str, ...] = ()
    resources: Resources = Resources()
    timeout: float = 0
    is_deterministic: bool = True
    code_tracking: str = "opened"
    display_name: str = ""
    component: str = ""
    unsupported: str = ""
    location: Location | None = None

    def producers(self) -> frozenset[str]:
        """Names of the steps whose outputs this one takes."""
        return frozenset(b.step for b in self.inputs.values() if isinstance(b, StepOutput))

    def required_producers(self) -> frozenset[str]:
        """Those without whose output this step cannot run."""
        return frozenset(b.step for b in self.inputs.values() if isinstance(b, StepOutput) and not b.optional)


@dataclass(frozen=True, slots=True)
class PipelineOutput:
    """An output of the whole pipeline: which step's port it is; the rest repeats that port, for showing."""

    step: str
    port: str
    type: str
    path: str = ""
    asset_name: str = ""
    asset_version: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """The pipeline's `settings:`."""

    continue_on_step_failure: bool = False
    force_rerun: bool = False
    default_compute: str = ""
    default_datastore: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """A pipeline ready to be planned; `steps` are in topological order, producers first.

    `file` is the absolute path of the pipeline's YAML; `sources` every file that was read to make the graph (absolute
    paths), so that a remembered graph knows when it is out of date. `inputs` are the pipeline's own inputs as text,
    for showing; `machine` bounds what the run's steps may take of this machine together (0: all there is). `targets`
    are the compute targets that steps name, all but this machine's processes; `looked_in` are the folders (absolute
    paths) that were looked through for them, and for what stands in for a name: another file there may mean another;
    and so may other content of the files `looked_at`.
    `left` are steps of a run that its pipeline lost while it went on, before they began: they are shown, never run.
    """

    name: str
    file: str
    steps: Mapping[str, Step]
    outputs: Mapping[str, PipelineOutput] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    settings: Settings = Settings()
    machine: Resources = Resources()
    targets: Mapping[str, ComputeTarget] = field(default_factory=dict)
    display_name: str = ""
    description: str = ""
    experiment: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    sources: tuple[str, ...] = ()
    looked_in: tuple[str, ...] = ()
    looked_at: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    def made_from(self) -> frozenset[str]:
        """Files and folders (absolute paths) that make another graph when they are other ones."""
        return frozenset((self.file, *self.sources, *self.looked_in, *self.looked_at))

    def consumers(self) -> dict[str, tuple[str, ...]]:
        """Step -> the steps that take its outputs, in graph order."""
        made: dict[str, list[str]] = {name: [] for name in self.steps}
        for step in self.steps.values():
            for producer in sorted(step.producers()):
                made[producer].append(step.name)
        return {name: tuple(users) for name, users in made.items()}

    def ancestors(self, name: str) -> frozenset[str]:
        """Every step that `name` needs, directly or not."""
        return _closure(name, {step.name: step.producers() for step in self.steps.values()})

    def descendants(self, name: str) -> frozenset[str]:
        """Every step that needs `name`, directly or not."""
        return _closure(name, {step: frozenset(users) for step, users in self.consumers().items()})


def _closure(start: str, edges: Mapping[str, frozenset[str]]) -> frozenset[str]:
    seen: set[str] = set()
    pending = list(edges[start])
    while pending:
        name = pending.pop()
        if name not in seen:
            seen.add(name)
            pending.extend(edges[name])
    return frozenset(seen)
