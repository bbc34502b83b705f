"""The entries of a pipeline's `jobs:`, from YAML to values."""

import re
from collections.abc import Iterable
from dataclasses import replace

from core.definitions import keys
from core.definitions.component_reader import (
    component_kind,
    follow_component,
    read_code,
    read_component,
    read_environment_of,
    read_includes,
    unsupported_sentence,
)
from core.definitions.components import CommandComponent, Component, PipelineComponent, StepDefinition
from core.definitions.loading import Loading
from core.definitions.port_reader import read_input_value, read_output_values
from core.definitions.ports import Data, InputDeclaration, InputValue, Literal, OutputDeclaration, OutputValue
from core.definitions.sections import Section, kind_of, require_mapping
from core.definitions.step_settings import read_distribution, read_resources, read_timeout
from core.definitions.yaml_nodes import Entry, Mapping, Node, Scalar, Sequence
from core.errors import DefinitionError, Location, did_you_mean

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,254}\Z")
_AZURE_NAME = re.compile(r"[a-z_][a-z0-9_]*\Z")
#: Inputs of an automl step that stand beside `inputs:`.
_AUTOML_DATA = ("training_data", "validation_data", "test_data")


def read_steps(section: Section, folder: str, loading: Loading) -> dict[str, StepDefinition]:
    """Every step of a pipeline.

    Raises DefinitionError when there is none.
    """
    steps: dict[str, StepDefinition] = {}
    for name, entry in section.items("jobs"):
        _require_name(name, entry.key_location, loading)
        if isinstance(entry.value, Scalar) and entry.value.value is None:
            raise DefinitionError(f"step '{name}' is empty", location=entry.key_location)
        mapping = require_mapping(entry.value, f"step '{name}'")
        steps[name] = _step(name, mapping, entry.key_location, folder, loading)
    if not steps:
        raise DefinitionError(
            f"{section.what} has no jobs, so nothing would run",
            location=section.where("jobs"),
        )
    return steps


def _require_name(name: str, where: Location, loading: Loading) -> None:
    if not _NAME.match(name):
        raise DefinitionError(
            f"'{name}' cannot name a step", location=where, hint="use letters, digits and underscores"
        )
    if not _AZURE_NAME.match(name):
        loading.notice(
            f"Azure ML refuses the step name '{name}': it allows lower-case letters, digits and underscores", where
        )


def _step(name: str, node: Mapping, where: Location, folder: str, loading: Loading) -> StepDefinition:
    what = f"step '{name}'"
    kind = component_kind(node)
    if kind in keys.OTHER_KINDS:
        return _other_step(name, kind, node, where, folder=folder, loading=loading)
    section = Section(
        node, what, loading.notices, known=keys.STEP | ({"jobs"} if kind == "pipeline" else set()), lax=True
    )
    reference = section.node("component")
    if reference is None:
        component, inputs, outputs = _inline(name, kind, node, section, folder=folder, loading=loading)
    else:
        component = _component(reference, folder, loading, what)
        _require_same_kind(kind, component, section, node, loading)
        inputs = _given_inputs(section, component, folder, loading)
        outputs = _given_outputs(section, component, folder, loading)
    is_inline = reference is None
    return StepDefinition(
        name=name,
        component=component,
        inputs=inputs,
        outputs=outputs,
        reference=reference.text if isinstance(reference, Scalar) else "",
        compute=section.scalar("compute"),
        environment=None if is_inline else read_environment_of(section, folder, loading),
        environment_variables={} if is_inline else _variables(section),
        resources=read_resources(section, loading),
        distribution=read_distribution(section, loading),
        timeout=read_timeout(section, loading),
        is_deterministic=section.flag("is_deterministic", True),
        display_name=section.text("display_name"),
        location=where,
    )


def _variables(section: Section) -> dict[str, Scalar]:
    return section.texts("environment_variables")


def _component(reference: Node, folder: str, loading: Loading, what: str) -> Component:
    if isinstance(reference, Scalar):
        return follow_component(reference, folder, loading, what)
    if isinstance(reference, Mapping):
        return read_component(reference, folder, loading, what=f"the component of {what}")
    raise DefinitionError(
        f"component of {what} must be a path, a name or a mapping, not {kind_of(reference)}",
        location=reference.location,
    )


def _require_same_kind(kind: str, component: Component, section: Section, node: Mapping, loading: Loading) -> None:
    actual = "pipeline" if isinstance(component, PipelineComponent) else component.kind
    if "type" in section and kind != actual:
        loading.notice(f"{section.what} says type {kind}, but its component is {actual}", section.where("type"))
    for key in ("command", "code"):
        if section.node(key) is not None:
            loading.notice(f"'{key}' of {section.what} is ignored: its component has its own", section.where(key))


def _inline(
    name: str, kind: str, node: Mapping, section: Section, *, folder: str, loading: Loading
) -> tuple[Component, dict[str, InputValue], dict[str, OutputValue]]:
    """A step that holds its command itself: it declares inputs and outputs by using them."""
    if kind == "pipeline":
        return _inline_pipeline(name, node, section, folder, loading)
    command = section.scalar("command")
    if command is None:
        raise DefinitionError(
            f"{section.what} has neither a component nor a command", location=node.location, hint=_misspelt(node)
        )
    if not isinstance(command.value, str):
        raise DefinitionError(f"command of {section.what} must be text", location=command.location)
    if "environment" not in section:
        loading.notice(
            f"{section.what} names no environment, which Azure ML requires; it runs in the default one", node.location
        )
    inputs = _given_inputs(section, None, folder, loading)
    outputs = read_output_values(section, folder, loading)
    component = CommandComponent(
        name="",
        command=command,
        inputs=_implied_inputs(section, inputs),
        outputs={key: OutputDeclaration(key, value.type, location=value.location) for key, value in outputs.items()},
        code=read_code(section, folder, loading),
        includes=read_includes(section, folder, loading),
        environment=read_environment_of(section, folder, loading),
        environment_variables=_variables(section),
        is_open=True,
        location=command.location,
    )
    return component, inputs, outputs


def _misspelt(node: Mapping) -> str:
    for key in node.entries.keys() - keys.STEP:
        near = did_you_mean(key, ("command", "component"))
        if near:
            return f"there is a '{key}': {near}"
    return ""


def _inline_pipeline(
    name: str, node: Mapping, section: Section, folder: str, loading: Loading
) -> tuple[Component, dict[str, InputValue], dict[str, OutputValue]]:
    """`jobs:` right inside a step, which Azure ML refuses though its meaning is plain."""
    if "jobs" not in node.entries:
        raise DefinitionError(f"{section.what} has neither a component nor jobs", location=node.location)
    loading.notice(f"Azure ML refuses jobs inside {section.what}: it wants a component", section.where("jobs"))
    inputs = _given_inputs(section, None, folder, loading)
    outputs = read_output_values(section, folder, loading)
    component = PipelineComponent(
        name=name,
        steps=read_steps(section, folder, loading),
        inputs=_implied_inputs(section, inputs),
        outputs={key: OutputDeclaration(key, value.type, location=value.location) for key, value in outputs.items()},
        location=node.location,
    )
    return component, inputs, outputs


def _implied_inputs(section: Section, inputs: dict[str, InputValue]) -> dict[str, InputDeclaration]:
    return {
        key: InputDeclaration(key, value.type if isinstance(value, Data) else "", location=section.location)
        for key, value in inputs.items()
    }


def _given_inputs(
    section: Section, component: Component | None, folder: str, loading: Loading
) -> dict[str, InputValue]:
    declared = component.inputs if component is not None else {}
    is_open = not isinstance(component, PipelineComponent) and (component is None or component.is_open)
    found: dict[str, InputValue] = {}
    for name, entry in section.items("inputs"):
        what = f"input '{name}' of {section.what}"
        if name not in declared and not is_open:
            _tell_undeclared("input", name, declared, section.what, entry=entry, loading=loading)
            continue
        value = read_input_value(entry.value, what, folder, loading, declared.get(name))
        if value is not None:
            found[name] = value
    return found


def _given_outputs(section: Section, component: Component, folder: str, loading: Loading) -> dict[str, OutputValue]:
    found = read_output_values(section, folder, loading)
    if isinstance(component, PipelineComponent) or not component.is_open:
        for name in [name for name in found if name not in component.outputs and name not in ARTIFACTS]:
            node = section.mapping("outputs")
            if node is not None:
                _tell_undeclared(
                    "output", name, component.outputs, section.what, entry=node.entries[name], loading=loading
                )
            if not found[name].binding:
                del found[name]
    return found


#: Names of an output that means the whole artifact folder of a step, which no component declares.
ARTIFACTS = frozenset({"artifacts", "default"})


def _tell_undeclared(
    port: str, name: str, declared: Iterable[str], what: str, *, entry: Entry, loading: Loading
) -> None:
    near = did_you_mean(name, declared)
    loading.notice(
        f"{what} gives {port} '{name}', which its component does not declare; it is ignored"
        f"{'; ' + near if near else ''}",
        entry.key_location,
    )


def _other_step(
    name: str, kind: str, node: Mapping, where: Location, *, folder: str, loading: Loading
) -> StepDefinition:
    """A step that cannot run yet, with as much of its wiring as can be seen."""
    what = f"step '{name}'"
    section = Section(node, what, [], known=keys.STEP, lax=True)
    reference = section.node("trial") if kind == "sweep" else section.node("component")
    component: Component = CommandComponent("", None, kind, is_open=True)
    if reference is not None:
        component = _component(reference, folder, loading, what)
    if isinstance(component, PipelineComponent):
        raise DefinitionError(f"{what} cannot be of type {kind}: its component is a pipeline", location=where)
    component = replace(component, kind=kind, unsupported=unsupported_sentence(kind))
    inputs = _given_inputs(section, component, folder, loading)
    outputs = read_output_values(section, folder, loading)
    inputs.update(_beside_inputs(kind, node, what, folder, loading))
    searched: dict[str, InputDeclaration] = {}
    if kind == "sweep":
        inputs.update({key: Literal(_searched(entry)) for key, entry in section.items("search_space")})
        searched = {
            key: InputDeclaration(key, location=entry.key_location) for key, entry in section.items("search_space")
        }
    return StepDefinition(
        name=name,
        component=replace(
            component,
            is_open=True,
            inputs={**_implied_inputs(section, inputs), **component.inputs, **searched},
            outputs={
                **{key: OutputDeclaration(key, value.type) for key, value in outputs.items()},
                **component.outputs,
            },
        ),
        inputs=inputs,
        outputs=outputs,
        reference=reference.text if isinstance(reference, Scalar) else "",
        compute=section.scalar("compute"),
        display_name=section.text("display_name"),
        location=where,
    )


def _searched(entry: Entry) -> Scalar:
    """A swept parameter has no one value; what is shown for it is its kind."""
    kind = "search space"
    if isinstance(entry.value, Mapping) and "type" in entry.value.entries:
        value = entry.value.entries["type"].value
        kind = value.text if isinstance(value, Scalar) else kind
    return Scalar(entry.key_location, f"({kind})", f"({kind})", True)


def _beside_inputs(kind: str, node: Mapping, what: str, folder: str, loading: Loading) -> dict[str, InputValue]:
    """Wiring that stands outside `inputs:`: data of automl, and any expression of a control-flow step."""
    found: dict[str, InputValue] = {}
    if kind == "automl":
        for key in _AUTOML_DATA:
            entry = node.entries.get(key)
            if entry is not None:
                value = read_input_value(entry.value, f"{key} of {what}", folder, loading, None)
                found.update({key: value} if value is not None else {})
    elif kind in {"if_else", "do_while", "parallel_for"}:
        for key, entry in node.entries.items():
            found.update({f"{key}{i or ''}": Literal(scalar) for i, scalar in enumerate(_outputs_in(entry.value))})
    return found


def _outputs_in(node: Node) -> list[Scalar]:
    """The scalars that are an output of another step."""
    if isinstance(node, Scalar):
        return [node] if node.text.startswith("${{parent.jobs.") and ".outputs." in node.text else []
    inner = node.items if isinstance(node, Sequence) else [entry.value for entry in node.entries.values()]
    return [scalar for item in inner for scalar in _outputs_in(item)]
