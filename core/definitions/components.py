"""Components, steps and pipelines as frozen values: what the YAML says, every reference followed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Union

from core.definitions.compute_target import Targets
from core.definitions.environment import EnvironmentSpec
from core.definitions.places import Whereabouts
from core.definitions.ports import InputDeclaration, InputValue, OutputDeclaration, OutputValue
from core.definitions.workspace_file import WorkspaceFile
from core.definitions.yaml_nodes import Scalar
from core.errors import Location, Notice


@dataclass(frozen=True, slots=True)
class ResourcesDefinition:
    """`resources:` as far as it means something to one machine; 0 is no statement, `memory` in bytes.

    `docker_args` are all words of that list, split as a shell does.
    """

    instance_count: int = 0
    cpus: float = 0
    memory: int = 0
    gpus: int = 0
    shm_size: str = ""
    docker_args: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CommandComponent:
    """A command with typed inputs and outputs; `kind` is another word than "command" when it cannot run here yet.

    `code` is an absolute path or "", `includes` absolute paths that belong to the code snapshot as well.
    `is_open` says that inputs were not declared (an inline step): what it is given is what it takes.
    """

    name: str
    command: Scalar | None
    kind: str = "command"
    version: str = ""
    display_name: str = ""
    description: str = ""
    inputs: Mapping[str, InputDeclaration] = field(default_factory=dict)
    outputs: Mapping[str, OutputDeclaration] = field(default_factory=dict)
    code: str = ""
    includes: tuple[str, ...] = ()
    environment: EnvironmentSpec | None = None
    environment_variables: Mapping[str, Scalar] = field(default_factory=dict)
    resources: ResourcesDefinition = ResourcesDefinition()
    distribution: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 0
    is_deterministic: bool = True
    is_open: bool = False
    unsupported: str = ""
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class PipelineComponent:
    """Steps wired together, with inputs and outputs of their own."""

    name: str
    steps: Mapping[str, "StepDefinition"]
    version: str = ""
    display_name: str = ""
    description: str = ""
    inputs: Mapping[str, InputDeclaration] = field(default_factory=dict)
    outputs: Mapping[str, OutputDeclaration] = field(default_factory=dict)
    #: What the pipeline itself says about its outputs (path, name), by output.
    targets: Mapping[str, OutputValue] = field(default_factory=dict)
    location: Location | None = None


Component = Union[CommandComponent, PipelineComponent]  # noqa: UP007 - a forward reference stands in one of them


@dataclass(frozen=True, slots=True)
class StepDefinition:
    """One entry of a pipeline's `jobs:`: a component, what fills its ports, and what the step overrides.

    `reference` is the component as written, "" for an inline step; `code_tracking` is "" when the step does not say.
    """

    name: str
    component: Component
    inputs: Mapping[str, InputValue] = field(default_factory=dict)
    outputs: Mapping[str, OutputValue] = field(default_factory=dict)
    reference: str = ""
    compute: Scalar | None = None
    environment: EnvironmentSpec | None = None
    environment_variables: Mapping[str, Scalar] = field(default_factory=dict)
    resources: ResourcesDefinition = ResourcesDefinition()
    distribution: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 0
    is_deterministic: bool = True
    code_tracking: str = ""
    display_name: str = ""
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class PipelineSettings:
    """`settings:` of a pipeline job; `default_compute` falls back to its `compute:`."""

    continue_on_step_failure: bool = False
    force_rerun: bool = False
    default_compute: Scalar | None = None
    default_datastore: str = "workspaceblobstore"


@dataclass(frozen=True, slots=True)
class PipelineDefinition:
    """A pipeline job ready to be resolved. `file` and `sources` are absolute paths, `name` the YAML's or the file's.
    `looked_in` are the folders in which definitions were looked for by name, `looked_at` the files;
    `seen` is what was found at the paths it names.

    `computes` are the workspace's compute targets, when a step may name one.
    """

    name: str
    file: str
    body: PipelineComponent
    inputs: Mapping[str, InputValue] = field(default_factory=dict)
    settings: PipelineSettings = PipelineSettings()
    workspace: WorkspaceFile = field(default_factory=WorkspaceFile)
    computes: Targets = field(default_factory=Targets)
    display_name: str = ""
    description: str = ""
    experiment: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    sources: tuple[str, ...] = ()
    looked_in: tuple[str, ...] = ()
    looked_at: tuple[str, ...] = ()
    seen: Mapping[str, Whereabouts] = field(default_factory=dict)
