"""Steps of kinds that cannot run here yet: as much of their wiring as can be seen."""

from dataclasses import replace

from core.definitions import keys
from core.definitions.component_reader import (
    component_of,
    unsupported_sentence,
)
from core.definitions.components import CommandComponent, Component, PipelineComponent, StepDefinition
from core.definitions.loading import Loading
from core.definitions.ports import InputDeclaration, InputValue, Literal, OutputDeclaration
from core.definitions.sections import Section
from core.definitions.step_ports import given_inputs, implied_inputs
from core.definitions.value_reader import read_input_value, read_output_values
from core.definitions.yaml_nodes import Entry, Mapping, Node, Scalar, Sequence
from core.errors import DefinitionError, Location

#: Inputs of an automl step that stand beside `inputs:`.
_AUTOML_DATA = ("training_data", "validation_data", "test_data")


def read_other_step(
    name: str, kind: str, node: Mapping, where: Location, *, folder: str, loading: Loading
) -> StepDefinition:
    """A step that cannot run yet, with as much of its wiring as can be seen."""
    what = f"step '{name}'"
    section = Section(node, what, [], known=keys.STEP, lax=True)
    reference = section.node("trial") if kind == "sweep" else section.node("component")
    component: Component = CommandComponent("", None, kind, is_open=True)
    if reference is not None:
        component = component_of(reference, folder, loading, what)
    if isinstance(component, PipelineComponent):
        raise DefinitionError(f"{what} cannot be of type {kind}: its component is a pipeline", location=where)
    is_open = component.is_open or not component.inputs
    component = replace(component, kind=kind, is_open=is_open, unsupported=unsupported_sentence(kind))
    inputs = given_inputs(section, component, folder, loading)
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
            inputs={**implied_inputs(section, inputs), **component.inputs, **searched},
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
