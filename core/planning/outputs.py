"""Which step writes what: outputs promoted through nested pipelines, and where they go."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.definitions.components import CommandComponent, PipelineComponent, StepDefinition
from core.definitions.expressions import Reference, parse_text
from core.definitions.ports import ARTIFACTS, OutputValue
from core.definitions.references import fill_macro
from core.definitions.yaml_nodes import Scalar
from core.errors import DefinitionError, Location, did_you_mean
from core.planning.graph import OutputPort

DEFAULT_TYPE = "uri_folder"
DEFAULT_MODE = "rw_mount"


@dataclass(frozen=True, slots=True)
class Target:
    """What the pipelines around a step say about one of its outputs."""

    type: str = ""
    mode: str = ""
    path: str = ""
    asset_name: str = ""
    asset_version: str = ""


@dataclass(frozen=True, slots=True)
class Producer:
    """The step and port behind an output, by full name."""

    step: str
    port: str
    type: str


@dataclass(slots=True)
class Promotions:
    """Per pipeline: its output -> the step and port that write it; worked out once for each pipeline."""

    _known: dict[int, dict[str, tuple[str, str]]] = field(default_factory=dict)

    def of(self, pipeline: PipelineComponent) -> Mapping[str, tuple[str, str]]:
        """Raises DefinitionError for a binding to no declared output, and for two steps that write one."""
        known = self._known.get(id(pipeline))
        if known is None:
            known = self._known[id(pipeline)] = _promotions(pipeline)
        return known

    def producer(
        self, pipeline: PipelineComponent, prefix: str, step_name: str, port: str, where: Location
    ) -> Producer:
        """The step behind `parent.jobs.STEP.outputs.PORT` as written inside `pipeline`.

        Raises DefinitionError for an unknown step or port, with the nearest name.
        """
        step = pipeline.steps.get(step_name)
        if step is None:
            raise DefinitionError(
                f"step '{step_name}' is not defined",
                location=where,
                hint=did_you_mean(step_name, pipeline.steps) or f"there are {', '.join(pipeline.steps)}",
            )
        component = step.component
        if isinstance(component, CommandComponent):
            return self._of_command(pipeline, component, step, prefix=prefix, port=port, where=where)
        if port not in component.outputs:
            raise _no_port(step_name, port, component.outputs, where)
        inner = self.of(component).get(port)
        if inner is None:
            raise DefinitionError(
                f"no step inside '{prefix}{step_name}' writes its output '{port}'",
                location=where,
                hint=f"bind one of its outputs to '${{{{parent.outputs.{port}}}}}'",
            )
        found = self.producer(component, f"{prefix}{step_name}.", *inner, where)
        return Producer(found.step, found.port, found.type or component.outputs[port].type)

    def _of_command(
        self,
        pipeline: PipelineComponent,
        component: CommandComponent,
        step: StepDefinition,
        *,
        prefix: str,
        port: str,
        where: Location,
    ) -> Producer:
        declared = component.outputs.get(port)
        if declared is None and port not in step.outputs and port not in ARTIFACTS and not component.unsupported:
            raise _no_port(step.name, port, component.outputs, where)
        kind = declared.type if declared else ""
        given = step.outputs.get(port)
        if not kind and given is not None:
            kind = given.type or self._promoted_type(pipeline, given)
        return Producer(prefix + step.name, port, kind or DEFAULT_TYPE)

    def _promoted_type(self, pipeline: PipelineComponent, given: OutputValue) -> str:
        if given.binding is None:
            return ""
        declared = pipeline.outputs.get(promoted_name(given.binding, pipeline))
        return declared.type if declared else ""


def _promotions(pipeline: PipelineComponent) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for step in pipeline.steps.values():
        for port, value in step.outputs.items():
            if value.binding is None:
                continue
            name = promoted_name(value.binding, pipeline)
            if name in found:
                raise DefinitionError(
                    f"output '{name}' of the pipeline is written by both '{found[name][0]}' and '{step.name}'",
                    location=value.binding.location,
                    hint="give each its own output",
                )
            found[name] = (step.name, port)
    return found


def promoted_name(binding: Scalar, pipeline: PipelineComponent) -> str:
    """The pipeline's output that `${{parent.outputs.NAME}}` means.

    Raises DefinitionError when it is another expression or names no output.
    """
    parts = parse_text(binding.text.strip(), binding.at)
    reference = parts[0] if len(parts) == 1 and isinstance(parts[0], Reference) else None
    if reference is None or reference.path[:2] != ("parent", "outputs"):
        raise DefinitionError(
            f"an output cannot be bound to '{binding.text}'",
            location=binding.location,
            hint="write '${{parent.outputs.NAME}}'",
        )
    name = ".".join(reference.path[2:])
    if name not in pipeline.outputs:
        raise DefinitionError(
            f"the pipeline has no output '{name}'",
            location=binding.location,
            hint=did_you_mean(name, pipeline.outputs) or f"add '{name}:' to its outputs",
        )
    return name


def target_of(name: str, value: OutputValue | None, outer: Target) -> Target:
    """What `value` says about the output called `name`, with what stands further out taking precedence."""
    if value is None:
        return outer
    return Target(
        type=outer.type or value.type,
        mode=outer.mode or value.mode,
        path=outer.path or fill_macro(value.path, "output_name", name),
        asset_name=outer.asset_name or value.asset_name,
        asset_version=outer.asset_version if outer.asset_name else value.asset_version,
    )


def port_of(component: CommandComponent, name: str, target: Target) -> OutputPort:
    """A step's output with everything that is said about it; the component's own type counts most."""
    declared = component.outputs.get(name)
    return OutputPort(
        type=(declared.type if declared else "") or target.type or DEFAULT_TYPE,
        mode=target.mode or (declared.mode if declared else "") or DEFAULT_MODE,
        path=target.path,
        asset_name=target.asset_name,
        asset_version=target.asset_version,
    )


def _no_port(step: str, port: str, known: Mapping[str, object], where: Location) -> DefinitionError:
    hint = did_you_mean(port, known) or (f"it has {', '.join(known)}" if known else "it has no outputs")
    return DefinitionError(f"step '{step}' has no output '{port}'", location=where, hint=hint)
