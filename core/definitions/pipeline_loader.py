"""Pipeline jobs, from a file to a definition with every reference followed."""

import collections.abc
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from core.definitions import keys
from core.definitions.catalog import Catalog
from core.definitions.changes import Change, apply_changes, require_confirmed
from core.definitions.component_reader import component_kind, follow_component, read_component
from core.definitions.components import (
    CommandComponent,
    PipelineComponent,
    PipelineDefinition,
    PipelineSettings,
    StepDefinition,
)
from core.definitions.compute_reader import find_targets
from core.definitions.compute_target import HERE, Targets, plain_compute
from core.definitions.discovery import schema_name
from core.definitions.loading import Loading
from core.definitions.places import DEFAULT_DATASTORE
from core.definitions.port_reader import read_job_inputs
from core.definitions.ports import InputDeclaration, InputValue, Literal, OutputDeclaration, OutputValue
from core.definitions.sections import Section, azure_text, require_mapping
from core.definitions.step_reader import read_steps
from core.definitions.value_reader import read_input_value, read_output_values
from core.definitions.yaml_nodes import Entry, Mapping, Scalar
from core.errors import DefinitionError, did_you_mean

__all__ = ["Change", "load_pipeline"]


TextByPath = collections.abc.Mapping[str, bytes]

_NO_JOBS = ("deployment", "endpoint", "schedule", "compute", "datastore", "workspace", "environment", "data.", "model")


def load_pipeline(
    path: Path,
    *,
    changes: Iterable[tuple[str, str]] = (),
    root: Path,
    catalog: Catalog | None = None,
    texts: TextByPath | None = None,
) -> PipelineDefinition:
    """The pipeline job in the YAML at `path`, with everything it refers to inside the workspace at `root`.

    `changes` are the pairs of `--set NAME=VALUE`, `texts` what files are to hold, as `Loading` takes it.
    A standalone command job becomes a pipeline of one step; a pipeline component stands for itself, without values for
    its inputs, unless there are changes.
    Raises DefinitionError for whatever makes it impossible to run, at its place.
    """
    loading = Loading(root, catalog, texts)
    file = os.path.abspath(path)  # noqa: PTH100 - Path.resolve would follow links
    node = require_mapping(loading.read(file), f"pipeline {loading.shown(file)}")
    node, pending = apply_changes(node, given := [Change(name, text) for name, text in changes])
    if not given and schema_name(node).startswith("pipelinecomponent"):
        return _component_alone(node, file, loading)
    kind = _job_kind(node, loading.shown(file))
    if kind != "pipeline":
        node = _as_pipeline(node, kind, os.path.basename(file))  # noqa: PTH119
    loading.entered.append(file)
    definition = _pipeline_job(node, file, loading)
    _require_used(pending, definition)
    return definition


def _component_alone(node: Mapping, file: str, loading: Loading) -> PipelineDefinition:
    """A pipeline component to be looked at and changed: what its inputs are given is said where it is used."""
    loading.entered.append(file)
    body = read_component(node, os.path.dirname(file), loading)  # noqa: PTH120
    if not isinstance(body, PipelineComponent):
        raise DefinitionError(f"{loading.shown(file)} is no pipeline: it has no jobs", location=node.location)
    return PipelineDefinition(
        name=body.name or os.path.splitext(os.path.basename(file))[0],  # noqa: PTH119, PTH122
        file=file,
        body=body,
        workspace=loading.workspace,
        display_name=body.display_name,
        description=body.description,
        notices=tuple(loading.notices),
        sources=tuple(loading.sources),
        looked_in=tuple(loading.looked_in),
        looked_at=tuple(loading.looked_at),
        seen=loading.places.seen(),
    )


def _job_kind(node: Mapping, shown: str) -> str:
    schema = schema_name(node)
    if "jobs" not in node.entries and any(word in schema for word in _NO_JOBS):
        raise DefinitionError(f"{shown} is no pipeline: its schema is that of {schema}", location=node.location)
    kind = component_kind(node)
    if "type" not in node.entries and "component" in node.entries:
        kind = "pipeline"
    if kind == "command" and "command" not in node.entries:
        near = did_you_mean("jobs", node.entries) or did_you_mean("command", node.entries)
        raise DefinitionError(
            f"{shown} is no pipeline: it has neither jobs nor a command",
            location=node.location,
            hint=near or "a pipeline has 'type: pipeline' and 'jobs:'",
        )
    return kind


def _as_pipeline(node: Mapping, kind: str, file_name: str) -> Mapping:
    """A standalone job as a pipeline with one step that takes the job's inputs."""
    step = {key: entry for key, entry in node.entries.items() if key in keys.STEP_OF_JOB or kind in keys.OTHER_KINDS}
    shared = {key: entry for key, entry in node.entries.items() if key not in step or key == "inputs"}
    for key in keys.SHARED_WITH_JOB:
        step.pop(key, None)
        if key in node.entries:
            shared[key] = node.entries[key]
    inputs = node.entries.get("inputs")
    if inputs is not None and isinstance(inputs.value, Mapping):
        bound = {name: Entry(entry.key_location, _bound(name, entry)) for name, entry in inputs.value.entries.items()}
        step["inputs"] = Entry(inputs.key_location, Mapping(inputs.value.location, bound))
    step["type"] = Entry(node.location, Scalar(node.location, kind, kind, False))
    name = _step_name(file_name)
    jobs = Mapping(node.location, {name: Entry(node.location, Mapping(node.location, step))})
    shared["type"] = Entry(node.location, Scalar(node.location, "pipeline", "pipeline", False))
    shared["jobs"] = Entry(node.location, jobs)
    return Mapping(node.location, shared)


def _bound(name: str, entry: Entry) -> Scalar:
    text = f"${{{{parent.inputs.{name}}}}}"
    return Scalar(entry.value.location, text, text, False)


def _step_name(file_name: str) -> str:
    stem = file_name.rsplit(".", 1)[0].lower()
    return "".join(character if character.isalnum() and character.isascii() else "_" for character in stem) or "main"


def _pipeline_job(node: Mapping, file: str, loading: Loading) -> PipelineDefinition:
    folder = os.path.dirname(file)  # noqa: PTH120
    section = Section(node, "the pipeline", loading.notices, known=keys.PIPELINE_JOB | keys.PIPELINE_JOB_REFUSED)
    for key in keys.PIPELINE_JOB_REFUSED & node.entries.keys():
        loading.notice(f"Azure ML refuses '{key}' in a pipeline job; it is ignored", section.where(key))
    if "type" not in section:
        loading.notice("Azure ML wants 'type: pipeline' at the top of a pipeline", section.location)
    settings = _settings(section, loading)
    loading.default_datastore = settings.default_datastore
    targets = read_output_values(section, folder, loading)
    body, inputs = _body(section, targets, folder, loading)
    name = section.text("name") or os.path.splitext(os.path.basename(file))[0]  # noqa: PTH119, PTH122
    return PipelineDefinition(
        name=name,
        file=file,
        body=body,
        inputs=inputs,
        settings=settings,
        workspace=loading.workspace,
        computes=_computes(body, settings, loading),
        display_name=section.text("display_name"),
        description=section.text("description"),
        experiment=section.text("experiment_name"),
        tags=_tags(section, loading),
        notices=tuple(loading.notices),
        sources=tuple(loading.sources),
        looked_in=tuple(loading.looked_in),
        looked_at=tuple(loading.looked_at),
        seen=loading.places.seen(),
    )


def _body(
    section: Section, targets: dict[str, OutputValue], folder: str, loading: Loading
) -> tuple[PipelineComponent, dict[str, InputValue]]:
    reference = section.scalar("component", "a path or a name")
    if reference is None:
        declared, inputs = read_job_inputs(section, folder, loading)
        outputs = {
            name: OutputDeclaration(name, value.type, value.mode, location=value.location)
            for name, value in targets.items()
        }
        _refuse_bound(targets)
        steps = read_steps(section, folder, loading)
        return PipelineComponent("", steps, inputs=declared, outputs=outputs, targets=targets), inputs
    if section.node("jobs") is not None:
        raise DefinitionError(f"{section.what} has both a component and jobs", location=section.where("component"))
    return _from_component(section, reference, targets, folder, loading)


def _refuse_bound(targets: dict[str, OutputValue]) -> None:
    for name, value in targets.items():
        if value.binding is not None:
            raise DefinitionError(
                f"output '{name}' of the pipeline cannot be bound to '{value.binding.text}' here",
                location=value.binding.location,
                hint=f"write '${{{{parent.outputs.{name}}}}}' at the output of the step that makes it",
            )


def _from_component(
    section: Section, reference: Scalar, targets: dict[str, OutputValue], folder: str, loading: Loading
) -> tuple[PipelineComponent, dict[str, InputValue]]:
    """`component:` at the root: a registered or local pipeline component, run as it is."""
    component = follow_component(reference, folder, loading, section.what)
    if not isinstance(component, PipelineComponent):
        component = _around(component)
    inputs: dict[str, InputValue] = {}
    for name, entry in section.items("inputs"):
        if name not in component.inputs:
            near = did_you_mean(name, component.inputs)
            loading.notice(
                f"{section.what} gives input '{name}', which its component does not declare; it is ignored"
                f"{'; ' + near if near else ''}",
                entry.key_location,
            )
            continue
        value = read_input_value(entry.value, f"input '{name}'", folder, loading, component.inputs[name])
        if value is not None:
            inputs[name] = value
    _refuse_bound(targets)
    return replace(component, targets={**component.targets, **targets}), inputs


def _around(component: CommandComponent) -> PipelineComponent:
    """A command component at the root of a pipeline job, as a pipeline of one step."""
    where = component.location
    inputs = {name: _expression(f"parent.inputs.{name}", declared) for name, declared in component.inputs.items()}
    outputs = {
        name: OutputValue(binding=_expression(f"parent.outputs.{name}", declared).scalar, location=declared.location)
        for name, declared in component.outputs.items()
    }
    name = _step_name(component.name or "main")
    step = StepDefinition(name, component, inputs=inputs, outputs=outputs, location=where)
    return PipelineComponent(
        component.name, {name: step}, inputs=component.inputs, outputs=component.outputs, location=where
    )


def _expression(dotted: str, declared: InputDeclaration | OutputDeclaration) -> Literal:
    text = f"${{{{{dotted}}}}}"
    where = declared.location
    if where is None:
        raise DefinitionError(f"'{dotted}' has no place")
    return Literal(Scalar(where, text, text, False))


def _settings(section: Section, loading: Loading) -> PipelineSettings:
    compute = section.scalar("compute")
    node = section.mapping("settings")
    if node is None:
        return PipelineSettings(default_compute=compute)
    settings = Section(node, "settings", loading.notices, known=keys.SETTINGS | keys.SETTINGS_PREVIEW, lax=True)
    datastore = settings.text("default_datastore").removeprefix("azureml:")
    return PipelineSettings(
        continue_on_step_failure=settings.flag("continue_on_step_failure"),
        force_rerun=settings.flag("force_rerun"),
        default_compute=settings.scalar("default_compute") or compute,
        default_datastore=datastore or DEFAULT_DATASTORE,
    )


def _computes(body: PipelineComponent, settings: PipelineSettings, loading: Loading) -> Targets:
    """The workspace's compute targets; they are looked for only when a step may name one."""
    asked = {settings.default_compute, *_named_computes(body)} - {None}
    return find_targets(loading) if any(_may_be_target(scalar, loading) for scalar in asked if scalar) else Targets()


def _named_computes(body: PipelineComponent) -> Iterator[Scalar | None]:
    for step in body.steps.values():
        yield step.compute
        if isinstance(step.component, PipelineComponent):
            yield from _named_computes(step.component)


def _may_be_target(scalar: Scalar, loading: Loading) -> bool:
    name = plain_compute(scalar.text)
    return "${{" in name or plain_compute(loading.workspace.compute.get(name, name)) not in HERE


def _tags(section: Section, loading: Loading) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, scalar in section.texts("tags").items():
        if not isinstance(scalar.value, str | None):
            loading.notice(f"Azure ML refuses tag '{name}': its value must be text, in quotes", scalar.location)
        found[name] = azure_text(scalar)
    return found


def _require_used(pending: list[Change], definition: PipelineDefinition) -> None:
    """A change to an input that neither the YAML nor a component knows is a mistake."""
    for change in pending:
        parts = change.name.split(".")
        if parts[0] == "inputs":
            require_confirmed(change, definition.body.inputs, "the pipeline")
            continue
        component = definition.body.steps[parts[1]].component
        if isinstance(component, PipelineComponent) or not component.is_open:
            require_confirmed(change, component.inputs, f"step '{parts[1]}'")
