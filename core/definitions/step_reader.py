"""The entries of a pipeline's `jobs:`, from YAML to values."""

import re

from core.definitions import keys
from core.definitions.component_reader import (
    component_kind,
    component_of,
    read_code,
    read_environment_of,
    read_includes,
)
from core.definitions.components import CommandComponent, Component, PipelineComponent, StepDefinition
from core.definitions.loading import Loading
from core.definitions.other_step_reader import read_other_step
from core.definitions.ports import InputValue, OutputDeclaration, OutputValue
from core.definitions.sections import Section, require_mapping
from core.definitions.step_ports import given_inputs, given_outputs, implied_inputs
from core.definitions.step_settings import read_distribution, read_resources, read_timeout
from core.definitions.value_reader import read_output_values
from core.definitions.workspace_reader import tracking_word
from core.definitions.yaml_nodes import Mapping, Scalar
from core.errors import DefinitionError, Location, did_you_mean

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,254}\Z")
_AZURE_NAME = re.compile(r"[a-z_][a-z0-9_]*\Z")


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
            f"{name!r} cannot name a step", location=where, hint="use letters, digits and underscores"
        )
    if not _AZURE_NAME.match(name):
        loading.notice(
            f"Azure ML refuses the step name '{name}': it allows lower-case letters, digits and underscores", where
        )


def _step(name: str, node: Mapping, where: Location, folder: str, loading: Loading) -> StepDefinition:
    what = f"step '{name}'"
    kind = component_kind(node)
    if kind in keys.OTHER_KINDS:
        return read_other_step(name, kind, node, where, folder=folder, loading=loading)
    known = keys.STEP | keys.OWN_OF_STEP | ({"jobs"} if kind == "pipeline" else set())
    section = Section(node, what, loading.notices, known=known, lax=True)
    reference = section.node("component")
    if reference is None:
        component, inputs, outputs = _inline(name, kind, node, section, folder=folder, loading=loading)
    else:
        component = component_of(reference, folder, loading, what)
        _require_same_kind(kind, component, section, node, loading)
        inputs = given_inputs(section, component, folder, loading)
        outputs = given_outputs(section, component, folder, loading)
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
        code_tracking=_code_tracking(name, section, loading),
        display_name=section.text("display_name"),
        location=where,
    )


def _variables(section: Section) -> dict[str, Scalar]:
    return section.texts("environment_variables")


def _code_tracking(name: str, section: Section, loading: Loading) -> str:
    scalar = section.scalar("code_tracking")
    if scalar is None:
        return ""
    loading.notice(
        f"Azure ML refuses code_tracking in {section.what}; in mlpw.yml it does no harm: "
        f"code_tracking: {{{name}: {scalar.text}}}",
        section.where("code_tracking"),
    )
    return tracking_word(scalar)


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
    inputs = given_inputs(section, None, folder, loading)
    outputs = read_output_values(section, folder, loading)
    component = CommandComponent(
        name="",
        command=command,
        inputs=implied_inputs(section, inputs),
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
    inputs = given_inputs(section, None, folder, loading)
    outputs = read_output_values(section, folder, loading)
    component = PipelineComponent(
        name=name,
        steps=read_steps(section, folder, loading),
        inputs=implied_inputs(section, inputs),
        outputs={key: OutputDeclaration(key, value.type, location=value.location) for key, value in outputs.items()},
        location=node.location,
    )
    return component, inputs, outputs
