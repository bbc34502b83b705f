"""A pipeline's definition as a graph: nested pipelines flattened, every binding evaluated, every name checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from core.definitions.commands import validate_command
from core.definitions.components import (
    CommandComponent,
    PipelineComponent,
    PipelineDefinition,
    StepDefinition,
)
from core.definitions.compute_target import plain_compute
from core.errors import DefinitionError, Notice
from core.planning.bindings import Scope, fill
from core.planning.fitting import unfilled
from core.planning.graph import (
    Absent,
    Binding,
    DataInput,
    Graph,
    Missing,
    OutputPort,
    Parameter,
    PipelineOutput,
    Resources,
    Settings,
    Step,
    StepOutput,
)
from core.planning.order import in_order
from core.planning.outputs import Promotions, Target, promoted_name, target_of
from core.planning.resolved_step import Computes, command_step


def resolve(definition: PipelineDefinition) -> Graph:
    """The steps that run a command, in order, and what each is wired to. Reads nothing but its argument.

    A required input of the pipeline that has no value becomes `Missing`: the graph can be shown, not run.
    Raises DefinitionError, at its place, for cycles, unknown names and values that cannot be what they must.
    """
    work = _Work(definition)
    scope = Scope(
        pipeline=definition.body,
        prefix="",
        inputs=_pipeline_inputs(definition, work),
        promotions=work.promotions,
        notices=work.notices,
        default_datastore=definition.settings.default_datastore,
    )
    targets = {name: target_of(name, definition.body.targets.get(name), Target()) for name in definition.body.outputs}
    _flatten(scope, targets, work)
    steps = _with_artifacts(work.steps)
    _require_own_paths(steps)
    settings = definition.settings
    return Graph(
        name=definition.name,
        file=definition.file,
        steps=in_order(steps),
        outputs=_pipeline_outputs(definition, steps, work),
        inputs={name: _shown(binding) for name, binding in scope.inputs.items()},
        machine=Resources(cpus=definition.workspace.cpus, memory=definition.workspace.memory),
        settings=Settings(
            continue_on_step_failure=settings.continue_on_step_failure,
            force_rerun=settings.force_rerun,
            default_compute=plain_compute(settings.default_compute.text) if settings.default_compute else "",
            default_datastore=settings.default_datastore,
        ),
        display_name=definition.display_name,
        description=definition.description,
        experiment=definition.experiment,
        tags=definition.tags,
        notices=(*definition.notices, *work.notices),
        targets=work.computes.used,
        sources=definition.sources,
        looked_in=definition.looked_in,
        looked_at=definition.looked_at,
    )


@dataclass
class _Work:
    """What one resolution gathers."""

    definition: PipelineDefinition
    promotions: Promotions = field(default_factory=Promotions)
    steps: dict[str, Step] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    validated: set[int] = field(default_factory=set)

    @cached_property
    def computes(self) -> Computes:
        definition = self.definition
        return Computes(definition.settings.default_compute, definition.workspace, definition.computes, self.notices)


def _pipeline_inputs(definition: PipelineDefinition, work: _Work) -> dict[str, Binding]:
    """The pipeline's own inputs; nothing is around it, so its values can name nothing but the run."""
    outside = Scope(PipelineComponent("", {}), "", {}, work.promotions, work.notices)
    outside.default_datastore = definition.settings.default_datastore
    bindings: dict[str, Binding] = {}
    for name, declared in definition.body.inputs.items():
        value = definition.inputs.get(name)
        binding = unfilled(declared) if value is None else fill(declared, value, outside, "the pipeline", None)
        if binding is None or isinstance(binding, Missing):
            binding = Missing(
                declared.type or "string",
                f"input '{name}' of the pipeline has no value",
                f"give it one with --set inputs.{name}={'PATH' if declared.is_data else 'VALUE'}",
                declared.location,
            )
        bindings[name] = binding
    return bindings


def _flatten(scope: Scope, targets: Mapping[str, Target], work: _Work) -> None:
    work.promotions.of(scope.pipeline)
    for step in scope.pipeline.steps.values():
        scope.step = step.name
        component = step.component
        whose = f"step '{scope.prefix}{step.name}'"
        inputs = {
            name: fill(declared, step.inputs.get(name), scope, whose, step.location)
            for name, declared in component.inputs.items()
        }
        around = _targets(step, scope, targets)
        if isinstance(component, CommandComponent):
            _validate(component, work)
            name = scope.prefix + step.name
            work.steps[name] = command_step(
                name,
                step,
                component,
                inputs,
                targets=around,
                scope=scope,
                computes=work.computes,
                code_tracking=work.definition.workspace.code_tracking,
            )
        else:
            inner = replace(scope, pipeline=component, prefix=f"{scope.prefix}{step.name}.", inputs=inputs)
            _flatten(inner, {name: around.get(name, Target()) for name in component.outputs}, work)


def _targets(step: StepDefinition, scope: Scope, targets: Mapping[str, Target]) -> dict[str, Target]:
    """What is said about each output of the step: by the pipeline it is promoted to, and by the step."""
    found: dict[str, Target] = {}
    for port, value in step.outputs.items():
        outer = Target()
        if value.binding is not None:
            outer = targets.get(promoted_name(value.binding, scope.pipeline), outer)
            declared = scope.pipeline.outputs[promoted_name(value.binding, scope.pipeline)]
            outer = replace(outer, type=outer.type or declared.type, mode=outer.mode or declared.mode)
        found[port] = target_of(port, value, outer)
    return found


def _validate(component: CommandComponent, work: _Work) -> None:
    """Check a component's command once, however many steps use it."""
    if component.command is None or component.unsupported or id(component) in work.validated:
        return
    work.validated.add(id(component))
    may_be_absent = {
        name: declared.optional and declared.default is None for name, declared in component.inputs.items()
    }
    command = component.command
    work.notices.extend(validate_command(command.text, may_be_absent, component.outputs, command.at))


def _with_artifacts(steps: Mapping[str, Step]) -> dict[str, Step]:
    """Steps whose artifact folder another step takes have it as an output, declared or not."""
    found = dict(steps)
    for step in steps.values():
        for binding in step.inputs.values():
            if isinstance(binding, StepOutput) and binding.port not in found[binding.step].outputs:
                producer = found[binding.step]
                found[binding.step] = replace(
                    producer, outputs={**producer.outputs, binding.port: OutputPort(binding.type)}
                )
    return found


def _require_own_paths(steps: Mapping[str, Step]) -> None:
    owners: dict[str, str] = {}
    for step in steps.values():
        for port, output in step.outputs.items():
            if output.path:
                owner = owners.setdefault(output.path, f"{step.name}.{port}")
                if owner != f"{step.name}.{port}":
                    raise DefinitionError(
                        f"two outputs go to one path, {output.path}: {owner} and {step.name}.{port}",
                        location=step.location,
                        hint="give each a path of its own",
                    )


def _pipeline_outputs(
    definition: PipelineDefinition, steps: Mapping[str, Step], work: _Work
) -> dict[str, PipelineOutput]:
    body = definition.body
    promoted = work.promotions.of(body)
    found: dict[str, PipelineOutput] = {}
    for name, declared in body.outputs.items():
        if name not in promoted:
            work.notices.append(Notice(f"no step writes output '{name}' of the pipeline", declared.location))
            continue
        where = declared.location or body.steps[promoted[name][0]].location
        if where is None:
            continue
        producer = work.promotions.producer(body, "", *promoted[name], where)
        port = steps[producer.step].outputs[producer.port]
        found[name] = PipelineOutput(
            producer.step,
            producer.port,
            declared.type or port.type,
            path=port.path,
            asset_name=port.asset_name,
            asset_version=port.asset_version,
        )
    return found


def _shown(binding: Binding) -> str:
    match binding:
        case Parameter():
            return binding.text
        case DataInput():
            return binding.uri or binding.path
        case StepOutput() | Absent() | Missing():
            return ""
