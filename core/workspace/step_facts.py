"""Everything that can be told about one step: the command as it ran or would run, what goes in and came out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from core.computes import attempts
from core.computes.protocol import Outcome
from core.definitions.commands import Value, render_command
from core.engine.facts import UNREAD
from core.engine.harvest import output_path
from core.engine.naming import run_name
from core.environments.kept import remembered_python
from core.errors import DefinitionError, Location, NotFoundError, StoreError, did_you_mean
from core.layout import AttemptFolder
from core.planning.graph import Absent, DataInput, Graph, Missing, Parameter, Step, StepOutput
from core.planning.trace import Trace
from core.records.model import StepRunRecord, StepStatus
from core.workspace.made_from import input_digests, parts_of

if TYPE_CHECKING:
    from core.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Content:
    """An input or output: `text` is a parameter's value or what data it is, `size` in bytes, -1 when not known.

    `path` is "" when there is nothing on this machine, `digest` when its content was never looked at; `host` is the
    target that has it when only that does.
    """

    name: str
    text: str
    type: str = ""
    path: str = ""
    digest: str = ""
    size: int = -1
    host: str = ""


@dataclass(frozen=True, slots=True)
class StepFacts:
    """A step in a run, or as it would run (`has_run` False); `variables` are what the YAML sets.

    `folder` is the working folder of its attempt, "" when there is none any more; `others` are earlier attempts of the
    same run. `host` is where its container ran or would run ("" for a process), `container` the name of that;
    `passed_over` says of other hosts why it was not they, where several would have done.
    """

    command: str
    has_run: bool = False
    environment: str = ""
    python: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[Content, ...] = ()
    outputs: tuple[Content, ...] = ()
    folder: str = ""
    outcome: Outcome | None = None
    others: tuple[tuple[int, Outcome], ...] = ()
    host: str = ""
    container: str = ""
    passed_over: tuple[str, ...] = ()


class HostOf(NamedTuple):
    """The host whose container runs or ran a step, "" for a process of this machine; why that one, and not others."""

    name: str = ""
    why: str = ""
    passed_over: tuple[str, ...] = ()


def step_facts(workspace: Workspace, graph: Graph, name: str, record: StepRunRecord | None) -> StepFacts:
    """See `Workspace.step_facts`."""
    step = graph.steps.get(name)
    if step is None:
        raise NotFoundError(f"the pipeline has no step '{name}'", hint=did_you_mean(name, graph.steps))
    attempt = _attempt(workspace, record)
    environment = workspace.build_log(step.environment).with_suffix("")
    python = remembered_python(environment)
    inputs = _inputs(workspace, graph, step, record)
    outputs = _outputs(workspace, step, record, attempt)
    spec = _spec(attempt) if attempt is not None else None
    host, container, passed_over = _host(graph, step, spec)
    if host:
        python = ""
    return StepFacts(
        spec["argv"][-1] if spec else _command(graph, step, inputs, record.run if record else 0),
        spec is not None,
        str(environment) if python else "",
        python,
        {**step.environment.environment_variables, **step.environment_variables},
        inputs,
        outputs,
        str(attempt.code) if attempt is not None and attempt.code.is_dir() else "",
        attempts.outcome(attempt) if attempt is not None else None,
        _earlier(workspace, record) if record is not None else (),
        host,
        container,
        passed_over,
    )


def host_of(workspace: Workspace, record: StepRunRecord) -> HostOf:
    """See `Workspace.host_of`."""
    attempt = _attempt(workspace, record)
    container = (_spec(attempt) or {}).get("container") if attempt is not None else None
    return HostOf(str(container["target"]["name"]), *_why_there(container)) if container else HostOf()


def _host(graph: Graph, step: Step, spec: dict[str, Any] | None) -> tuple[str, str, tuple[str, ...]]:
    """'box (ssh://box)', the container's name, and who was passed over; of a step that has not run, where it would."""
    if spec is None and step.computes:
        return f"one of {', '.join(step.computes)}: the best when it is ready", "", ()
    if spec is None:
        target = graph.targets.get(step.compute)
        return f"{target.name} ({target.host})" if target is not None else "", "", ()
    container = spec.get("container")
    if not container:
        return "", "", ()
    why, passed_over = _why_there(container)
    host = f"{container['target']['name']} ({container['target']['host']})"
    return f"{host}: {why}" if why else host, str(container["name"]), passed_over


def _why_there(container: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    return str(container.get("why") or ""), tuple(container.get("passed_over", ()))


def _attempt(workspace: Workspace, record: StepRunRecord | None) -> AttemptFolder | None:
    if record is None or not (record.attempt or record.source_attempt):
        return None
    return workspace.attempt(record)


def _spec(attempt: AttemptFolder) -> dict[str, Any] | None:
    """What the attempt ran; None before it was assembled, and where it was cleaned away."""
    try:
        found: dict[str, Any] = json.loads(attempt.spec.read_bytes())
    except (OSError, ValueError):
        return None
    return found


def _earlier(workspace: Workspace, record: StepRunRecord) -> tuple[tuple[int, Outcome], ...]:
    """Attempts of this run before the one that counts: lost ones, which were tried again."""
    numbered = [
        (number, workspace.layout.attempt(record.run, record.step, number)) for number in range(1, record.attempt)
    ]
    ended = [(number, attempts.outcome(attempt)) for number, attempt in numbered if attempt.root.exists()]
    return tuple((number, outcome) for number, outcome in ended if outcome is not None)


def _inputs(workspace: Workspace, graph: Graph, step: Step, record: StepRunRecord | None) -> tuple[Content, ...]:
    parts = parts_of(workspace, record) if record is not None else None
    digests = input_digests(parts) if parts is not None else {}
    newest: dict[str, Trace] = {}
    if parts is None and step.producers():
        newest = workspace.records.traces.latest(workspace.pipeline_key(graph))
    found = []
    for name, binding in step.inputs.items():
        match binding:
            case Parameter():
                found.append(Content(name, binding.text, binding.type))
            case Absent():
                found.append(Content(name, "not given", binding.type))
            case Missing():
                found.append(Content(name, f"missing: {binding.message}", binding.type))
            case DataInput():
                found.append(_data(workspace, name, binding, digests.get(name, binding.digest)))
            case StepOutput():
                trace = newest.get(binding.step)
                digest = digests.get(name) or (trace.outputs.get(binding.port, "") if trace else "")
                found.append(_kept(workspace, name, f"{binding.step}.{binding.port}", binding.type, digest))
    return tuple(found)


def _data(workspace: Workspace, name: str, binding: DataInput, digest: str) -> Content:
    digest = "" if digest == UNREAD else digest
    if binding.digest or not binding.path:
        return _kept(workspace, name, binding.uri, binding.type, digest)
    path = Path(binding.path)
    shown = str(path.relative_to(workspace.root)) if path.is_relative_to(workspace.root) else binding.uri or str(path)
    there = path.exists()
    size = path.stat().st_size if path.is_file() else -1
    if size < 0 and digest:
        manifest = workspace.store.manifests.read(digest)
        size = manifest.size if manifest is not None else -1
    return Content(name, shown, binding.type, str(path) if there else "", digest, size)


def _kept(workspace: Workspace, name: str, text: str, kind: str, digest: str) -> Content:
    if not digest or workspace.store.missing([digest]):
        return Content(name, text, kind, "", digest)
    try:
        size = workspace.store.size(digest)
    except (StoreError, OSError):
        size = -1
    place = workspace.whereabouts(digest)
    return Content(name, text, kind, place.path, digest, size, place.host)


def _outputs(
    workspace: Workspace, step: Step, record: StepRunRecord | None, attempt: AttemptFolder | None
) -> tuple[Content, ...]:
    """By port, from the store; of a step that runs or failed, what it has written so far."""
    digests = dict(record.outputs) if record is not None else {}
    found = []
    for port, declared in step.outputs.items():
        written = output_path(attempt, port) if attempt is not None else None
        if port in digests:
            found.append(_kept(workspace, port, declared.asset_name, declared.type, digests[port]))
        elif written is not None and written.exists():
            found.append(Content(port, "as far as it was written", declared.type, str(written)))
        else:
            found.append(Content(port, "", declared.type))
    if record is not None and record.artifacts:
        found.append(_kept(workspace, "artifacts", "./outputs and ./logs of the working folder", "", record.artifacts))
    elif attempt is not None and record is not None and record.status is StepStatus.RUNNING:
        found += [
            Content(f"./{name}", "as far as it was written", "", str(attempt.code / name))
            for name in ("outputs", "logs")
            if (attempt.code / name).is_dir()
        ]
    return tuple(found)


def _command(graph: Graph, step: Step, inputs: tuple[Content, ...], run: int) -> str:
    """The command with every value that is known now; what is not is said in angle brackets."""
    values: dict[str, Value | None] = {}
    for content in inputs:
        binding = step.inputs[content.name]
        if isinstance(binding, Parameter):
            values[content.name] = Value(content.text)
        elif isinstance(binding, Absent):
            values[content.name] = None
        else:
            values[content.name] = Value(content.path or f"<{content.text}>", is_path=True)
    outputs = {port: Value(f"<outputs.{port}>", is_path=True) for port in step.outputs}
    try:
        return render_command(
            step.command, values, outputs, run_name(graph, run), step.location or Location(graph.file)
        )
    except (DefinitionError, KeyError):
        return step.command
