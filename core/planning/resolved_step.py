"""One step of the graph, from what its component and the step itself say."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from core.definitions.components import (
    CommandComponent,
    ResourcesDefinition,
    StepDefinition,
)
from core.definitions.compute_target import AUTO, HERE, LOCAL, ComputeTarget, Targets, plain_compute
from core.definitions.workspace_file import WorkspaceFile, match
from core.definitions.yaml_nodes import Scalar
from core.errors import DefinitionError, Notice
from core.planning.bindings import Scope, literal_text, variable_text
from core.planning.graph import (
    DEFAULT_ENVIRONMENT,
    Binding,
    Resources,
    Step,
)
from core.planning.outputs import Target, port_of


@dataclass(slots=True)
class Computes:
    """Where steps run: `default` is the pipeline's compute, `workspace` maps names to those of `targets`.

    A name that stands for nothing here means this machine, which is said once a name; `used` are targets steps name.
    """

    default: Scalar | None
    workspace: WorkspaceFile
    targets: Targets
    notices: list[Notice]
    used: dict[str, ComputeTarget] = field(default_factory=dict)
    _said: set[str] = field(default_factory=set)

    def of(self, step: StepDefinition, scope: Scope) -> tuple[str, tuple[str, ...]]:
        """The name of a step's compute target, "local" for processes of this machine, and those it may be chosen from.

        `auto` is any of the workspace's targets, this machine's processes last. Raises DefinitionError for a name that
        mlpw.yml maps to nothing, and for a target that cannot be used.
        """
        scalar = step.compute or self.default
        if scalar is None or scalar.value is None:
            return LOCAL, ()
        name = plain_compute(literal_text(scalar, scope, missing=""))
        written = self.workspace.compute.get(name, name)
        if plain_compute(written) == AUTO:
            names = (*sorted(self.targets.known), LOCAL)
        elif "," in written:
            names = tuple(dict.fromkeys(self._named(part.strip(), name, scalar) for part in written.split(",")))
        else:
            return self._named(written, name, scalar), ()
        self.used.update((each, self.targets.known[each]) for each in names if each != LOCAL)
        return (names[0], ()) if len(names) == 1 else (written, names)

    def _named(self, written: str, name: str, scalar: Scalar) -> str:
        """The target of a name as it is written, which mlpw.yml says in place of `name`."""
        mapped = written if name in self.workspace.compute else None
        wanted = plain_compute(written)
        if wanted in HERE:
            return LOCAL
        target = self.targets.find(wanted)
        if target is not None:
            self.used[wanted] = target
            return wanted
        near = self.targets.nearest(wanted)
        if mapped is not None:
            raise DefinitionError(
                f"compute '{name}' is mapped to '{mapped}', which is no compute target",
                location=self.workspace.compute_places.get(name, scalar.location),
                hint=near or f"define it in a YAML file: 'type: docker', 'name: {wanted}' and its 'host:'",
            )
        self._say_local(name, near, scalar)
        return LOCAL

    def _say_local(self, name: str, near: str, scalar: Scalar) -> None:
        if name not in self._said:
            self._said.add(name)
            message = f"compute '{name}' is not in mlpw.yml: its steps run on this machine"
            self.notices.append(Notice(f"{message}; {near}" if near else message, scalar.location))


def command_step(
    name: str,
    step: StepDefinition,
    component: CommandComponent,
    inputs: Mapping[str, Binding],
    *,
    targets: Mapping[str, Target],
    scope: Scope,
    computes: Computes,
    code_tracking: Mapping[str, str],
) -> Step:
    """The step called `name` by its full name, with `targets` for what pipelines around it say of its outputs.

    `code_tracking` is mlpw.yml's, by name of step or pattern.
    """
    ports = tuple(dict.fromkeys((*component.outputs, *step.outputs)))
    resources = _resources(step.resources, component.resources)
    distribution = step.distribution or component.distribution
    inside = replace(scope, own=inputs)
    compute, candidates = computes.of(step, scope)
    variables = {**component.environment_variables, **step.environment_variables}
    return Step(
        name=name,
        command=component.command.text if component.command else "",
        kind=component.kind,
        code=component.code,
        code_includes=component.includes,
        environment=step.environment or component.environment or DEFAULT_ENVIRONMENT,
        inputs=inputs,
        outputs={port: port_of(component, port, targets.get(port, Target())) for port in ports},
        environment_variables={
            key: variable_text(value, inside, dict.fromkeys(ports)) for key, value in variables.items()
        },
        distribution=distribution,
        compute=compute,
        computes=candidates,
        resources=resources,
        timeout=step.timeout or component.timeout,
        is_deterministic=step.is_deterministic and component.is_deterministic,
        code_tracking=step.code_tracking or match(code_tracking, name) or "opened",
        display_name=step.display_name or component.display_name,
        component=step.reference or component.name,
        unsupported=component.unsupported or _unsupported(distribution, resources),
        location=step.location,
    )


def _resources(own: ResourcesDefinition, component: ResourcesDefinition) -> Resources:
    return Resources(
        cpus=own.cpus or component.cpus,
        memory=own.memory or component.memory,
        gpus=own.gpus or component.gpus,
        instance_count=own.instance_count or component.instance_count or 1,
        shm_size=own.shm_size or component.shm_size,
        docker_args=own.docker_args or component.docker_args,
    )


def _unsupported(distribution: Mapping[str, str], resources: Resources) -> str:
    """One process is what a distributed command is on one machine; more cannot be had yet."""
    if not distribution:
        return ""
    kind = distribution["type"]
    if any("${{" in value for value in distribution.values()):
        return f"{kind} distribution over a number of processes given by an expression cannot be run yet"
    if kind == "ray":
        return "a ray cluster cannot be started on this machine yet"
    if kind == "tensorflow":
        workers = int(distribution.get("worker_count", resources.instance_count))
        processes = workers + int(distribution.get("parameter_server_count", 0))
    else:
        processes = int(distribution.get("process_count_per_instance", 1)) * resources.instance_count
    return f"{kind} distribution over {processes} processes cannot be run yet" if processes > 1 else ""
