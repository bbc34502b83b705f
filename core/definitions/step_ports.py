"""What a step gives to the ports of its component."""

from collections.abc import Iterable

from core.definitions.components import Component, PipelineComponent
from core.definitions.loading import Loading
from core.definitions.ports import (
    ARTIFACTS,
    Data,
    InputDeclaration,
    InputValue,
    OutputValue,
)
from core.definitions.sections import Section, require_port_name
from core.definitions.value_reader import read_input_value, read_output_values
from core.definitions.yaml_nodes import Entry
from core.errors import did_you_mean


def implied_inputs(section: Section, inputs: dict[str, InputValue]) -> dict[str, InputDeclaration]:
    """The inputs that an inline step declares by having values for them."""
    return {
        key: InputDeclaration(key, value.type if isinstance(value, Data) else "", location=section.location)
        for key, value in inputs.items()
    }


def given_inputs(section: Section, component: Component | None, folder: str, loading: Loading) -> dict[str, InputValue]:
    """`inputs:` of a step; those its component does not declare are said and left out."""
    declared = component.inputs if component is not None else {}
    is_open = not isinstance(component, PipelineComponent) and (component is None or component.is_open)
    found: dict[str, InputValue] = {}
    for name, entry in section.items("inputs"):
        require_port_name(name, entry.key_location)
        what = f"input '{name}' of {section.what}"
        if name not in declared and not is_open:
            _tell_undeclared("input", name, declared, section.what, entry=entry, loading=loading)
            continue
        value = read_input_value(entry.value, what, folder, loading, declared.get(name))
        if value is not None:
            found[name] = value
    return found


def given_outputs(section: Section, component: Component, folder: str, loading: Loading) -> dict[str, OutputValue]:
    """`outputs:` of a step; those its component does not declare are said, and kept only when bound."""
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


def _tell_undeclared(
    port: str, name: str, declared: Iterable[str], what: str, *, entry: Entry, loading: Loading
) -> None:
    near = did_you_mean(name, declared)
    loading.notice(
        f"{what} gives {port} '{name}', which its component does not declare; it is ignored"
        f"{'; ' + near if near else ''}",
        entry.key_location,
    )
