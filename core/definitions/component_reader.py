"""Components, from YAML to values; whatever they refer to is followed."""

import os
from collections.abc import Callable

from core.definitions import keys
from core.definitions.components import CommandComponent, Component, PipelineComponent
from core.definitions.environment import EnvironmentSpec
from core.definitions.environment_reader import read_environment
from core.definitions.loading import Loading, node_from
from core.definitions.port_reader import read_input_declarations, read_output_declarations
from core.definitions.ports import Form
from core.definitions.references import is_uri, local_text, parse_reference
from core.definitions.registered import unregistered
from core.definitions.sections import Section, kind_of, require_mapping
from core.definitions.stand_ins import stand_in
from core.definitions.step_settings import read_distribution, read_resources
from core.definitions.workspace_file import match
from core.definitions.yaml_nodes import Mapping, Node, Scalar
from core.errors import DefinitionError, Location, did_you_mean


def read_component(node: Node, folder: str, loading: Loading, *, what: str = "") -> Component:
    """A component's mapping, in a file of its own or inline; `folder` is where its paths start.

    Raises DefinitionError for whatever it cannot be.
    """
    mapping = require_mapping(node, what or "a component")
    kind = component_kind(mapping)
    name_node = mapping.entries.get("name")
    name = name_node.value.text if name_node and isinstance(name_node.value, Scalar) else ""
    what = what or (f"component '{name}'" if name else "the component")
    if kind == "pipeline":
        return _pipeline_component(mapping, what, folder, loading)
    if kind == "command":
        return _command_component(mapping, what, folder, loading)
    return _other_component(mapping, kind, what, folder, loading)


def component_kind(node: Mapping) -> str:
    """What `type` says, or the keys when it is left out.

    Raises DefinitionError for a type that Azure ML does not have.
    """
    entry = node.entries.get("type")
    if entry is not None and isinstance(entry.value, Scalar) and entry.value.value is not None:
        kind = entry.value.text.strip().lower()
        if kind not in keys.KINDS:
            raise DefinitionError(
                f"'{entry.value.text}' is no type of step or component",
                location=entry.value.location,
                hint=did_you_mean(kind, keys.KINDS) or "such as command, pipeline, parallel, sweep",
            )
        return kind
    schema = node.entries.get("$schema")
    written = schema.value.text.lower() if schema and isinstance(schema.value, Scalar) else ""
    if "flow" in written:
        return "flow"
    names = node.entries.keys()
    if "jobs" in names:
        return "pipeline"
    if "trial" in names:
        return "sweep"
    return "command"


def _command_component(node: Mapping, what: str, folder: str, loading: Loading) -> CommandComponent:
    section = Section(node, what, loading.notices, known=keys.COMMAND_COMPONENT, lax=True)
    command = section.scalar("command")
    if command is None:
        near = did_you_mean("command", node.entries)
        raise DefinitionError(f"{what} has no command", location=node.location, hint=near)
    if not isinstance(command.value, str):
        raise DefinitionError(f"command of {what} must be text", location=command.location)
    if "environment" not in section:
        loading.notice(
            f"{what} names no environment, which Azure ML requires; it runs in the default one", node.location
        )
    return CommandComponent(
        name=section.text("name"),
        command=command,
        version=section.text("version"),
        display_name=section.text("display_name"),
        description=section.text("description"),
        inputs=read_input_declarations(section, folder, loading),
        outputs=read_output_declarations(section, loading),
        code=read_code(section, folder, loading),
        includes=read_includes(section, folder, loading),
        environment=read_environment_of(section, folder, loading),
        environment_variables=section.texts("environment_variables"),
        resources=read_resources(section, loading),
        distribution=read_distribution(section, loading),
        is_deterministic=section.flag("is_deterministic", True),
        location=command.location,
    )


def read_environment_of(section: Section, folder: str, loading: Loading) -> EnvironmentSpec | None:
    """What `environment:` names, None when it is left out."""
    node = section.node("environment")
    return None if node is None else read_environment(node, folder, loading)


def read_code(section: Section, folder: str, loading: Loading) -> str:
    """The absolute path of `code:`, "" when there is none."""
    scalar = section.scalar("code", "a path")
    if scalar is None or not scalar.text.strip():
        return ""
    text = scalar.text.strip()
    if is_uri(text) or text.startswith("git+") or parse_reference(text) is not None:
        raise DefinitionError(
            f"code '{text}' of {section.what} is not on this machine",
            location=scalar.location,
            hint="name a folder or file of the workspace",
        )
    return loading.places.local(text, folder, f"code of {section.what}", scalar.location)[0]


def read_includes(section: Section, folder: str, loading: Loading) -> tuple[str, ...]:
    """The absolute paths of `additional_includes:`, which join the code snapshot at its top."""
    what = f"additional_includes of {section.what}"
    return tuple(
        loading.places.local(scalar.text, folder, what, scalar.location)[0]
        for scalar in section.list("additional_includes")
    )


def _pipeline_component(node: Mapping, what: str, folder: str, loading: Loading) -> PipelineComponent:
    from core.definitions.step_reader import read_steps  # steps hold components, and pipelines hold steps

    section = Section(node, what, loading.notices, known=keys.PIPELINE_COMPONENT, lax=True)
    return PipelineComponent(
        name=section.text("name"),
        steps=read_steps(section, folder, loading),
        version=section.text("version"),
        display_name=section.text("display_name"),
        description=section.text("description"),
        inputs=read_input_declarations(section, folder, loading),
        outputs=read_output_declarations(section, loading),
        location=node.location,
    )


def _other_component(node: Mapping, kind: str, what: str, folder: str, loading: Loading) -> CommandComponent:
    """A component of a kind that cannot run yet: its ports, and the sentence that says so."""
    section = Section(node, what, [], known=keys.COMPONENT, lax=True)
    is_flow = kind in {"flow"}
    return CommandComponent(
        name=section.text("name"),
        command=None,
        kind=kind,
        version=section.text("version"),
        display_name=section.text("display_name"),
        description=section.text("description"),
        inputs={} if is_flow else read_input_declarations(section, folder, loading),
        outputs={} if is_flow else read_output_declarations(section, loading),
        is_open=is_flow or "inputs" not in section,
        unsupported=unsupported_sentence(kind),
        location=node.location,
    )


def unsupported_sentence(kind: str) -> str:
    """Why a step of this kind does not run."""
    return f"{kind} steps cannot be run on this machine yet"


def component_of(reference: Node, folder: str, loading: Loading, what: str) -> Component:
    """The component of a step: one that a reference names, or one written inside the step."""
    if isinstance(reference, Scalar):
        return follow_component(reference, folder, loading, what)
    if isinstance(reference, Mapping):
        return read_component(reference, folder, loading, what=f"the component of {what}")
    raise DefinitionError(
        f"component of {what} must be a path, a name or a mapping, not {kind_of(reference)}",
        location=reference.location,
    )


def follow_component(scalar: Scalar, folder: str, loading: Loading, what: str) -> Component:
    """The component that a reference names: a file, a registered version, or what mlpw.yml maps it to.

    Raises DefinitionError when it is nowhere, or includes itself.
    """
    text = scalar.text.strip()
    mapped = match(loading.workspace.components, text)
    if mapped is not None:
        return _component_file(loading.places.mapped(mapped), scalar.location, loading)
    reference = parse_reference(text)
    if reference is None:
        if is_uri(text) or (text.startswith("azureml:") and "/" not in text):
            raise DefinitionError(f"'{text}' is no component", location=scalar.location)
        path, form = loading.places.local(local_text(text), folder, f"component of {what}", scalar.location)
        if form is Form.FOLDER:
            raise DefinitionError(
                f"component '{text}' is a folder, not a YAML file", location=scalar.location, hint=_yaml_in(path)
            )
        return _component_file(path, scalar.location, loading)
    if reference.registry:
        raise unregistered("component", text, reference, scalar.location, loading)
    entry = loading.catalog.find("component", reference.name, version=reference.version, label=reference.label)
    if entry is None:
        file = stand_in("component", reference, scalar.location, loading)
        if file:
            return _component_file(file, scalar.location, loading)
        raise unregistered("component", text, reference, scalar.location, loading)
    if entry.archived:
        loading.notice_once(f"component {entry.name}:{entry.version} is archived", scalar.location)
    key = f"{entry.name}:{entry.version}"

    def read() -> Node:
        return loading.read(entry.file) if entry.file else node_from(dict(entry.definition), Location(key))

    return _entered(key, scalar.location, loading, read, entry.folder)


def _component_file(path: str, where: Location, loading: Loading) -> Component:
    return _entered(path, where, loading, lambda: loading.read(path), os.path.dirname(path))  # noqa: PTH120


def _entered(key: str, where: Location, loading: Loading, read: Callable[[], Node], folder: str) -> Component:
    """The component known by `key`, read once; one that is being read already includes itself."""
    known = loading.components.get(key)
    if known is not None:
        return known
    if key in loading.entered:
        circle = [*loading.entered[loading.entered.index(key) :], key]
        chain = " -> ".join(loading.shown(name) for name in circle)
        raise DefinitionError(f"a pipeline includes itself: {chain}", location=where)
    loading.entered.append(key)
    try:
        component = read_component(read(), folder, loading)
    finally:
        loading.entered.pop()
    loading.components[key] = component
    return component


def _yaml_in(folder: str) -> str:
    names = sorted(name for name in os.listdir(folder) if name.endswith((".yml", ".yaml")))  # noqa: PTH208
    return f"it holds {', '.join(names)}" if names else ""
