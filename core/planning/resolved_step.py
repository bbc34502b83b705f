"""One step of the graph, from what its component and the step itself say."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from core.definitions.components import (
    CommandComponent,
    ResourcesDefinition,
    StepDefinition,
)
from core.definitions.workspace_file import match
from core.definitions.yaml_nodes import Scalar
from core.errors import Notice
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
    """Where steps run: `mapped` is mlpw.yml's, `default` the pipeline's. What is not mapped is said once a name."""

    default: Scalar | None
    mapped: Mapping[str, str]
    notices: list[Notice]
    _said: set[str] = field(default_factory=set)

    def of(self, step: StepDefinition, scope: Scope) -> str:
        """The compute target of a step; "local" unless mlpw.yml says otherwise."""
        scalar = step.compute or self.default
        if scalar is None or scalar.value is None:
            return "local"
        name = plain_compute(literal_text(scalar, scope, missing=""))
        if name in self.mapped:
            return self.mapped[name]
        if name not in {"", "local", "serverless"} and name not in self._said:
            self._said.add(name)
            message = f"compute '{name}' is not in mlpw.yml: its steps run on this machine"
            self.notices.append(Notice(message, scalar.location))
        return "local"


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
        compute=computes.of(step, scope),
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


def plain_compute(text: str) -> str:
    """'azureml:cpu-cluster', a full resource id or a bare name -> the name."""
    return text.strip().removeprefix("azureml:").rstrip("/").rsplit("/", 1)[-1]
