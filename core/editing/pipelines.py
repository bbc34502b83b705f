"""Edits of a pipeline's YAML: steps added, removed, renamed, wired; values set. Each gives the new text.

Nothing here knows what a component takes or whether the result makes sense: the loader says that of the new text.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from core.definitions.changes import plain_value
from core.definitions.ports import PARAMETER_TYPES
from core.definitions.yaml_spans import AliasSpan, MappingSpan, NodeSpan, ScalarSpan
from core.editing.document import Document
from core.editing.splicing import put, rename, take
from core.editing.writing import Value, Written
from core.errors import UsageError, did_you_mean

#: Numbers that YAML reads as people do: no octal 010, no 1:30.
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+][0-9]+)?\Z")
_NAMED_BY_SETTINGS = ("on_init", "on_finalize")


@dataclass(frozen=True, slots=True)
class Source:
    """Where an input takes its data or value from: an output of a step, or an input of the pipeline (`step` "")."""

    name: str
    step: str = ""

    @property
    def expression(self) -> str:
        """As YAML writes it."""
        return f"${{{{parent.jobs.{self.step}.outputs.{self.name}}}}}" if self.step else f"${{{{{self.dotted}}}}}"

    @property
    def dotted(self) -> str:
        """Its names, as in an expression."""
        return f"parent.jobs.{self.step}.outputs.{self.name}" if self.step else f"parent.inputs.{self.name}"

    def __str__(self) -> str:
        return f"{self.step}.{self.name}" if self.step else f"inputs.{self.name}"


@dataclass(frozen=True, slots=True)
class NewStep:
    """A step to be added: of a component, or with a command of its own; `inputs` as expressions or values."""

    name: str
    kind: str = "command"
    component: str = ""
    command: str = ""
    environment: Value = None
    code: str = ""
    inputs: Mapping[str, Value] = field(default_factory=dict)
    outputs: Mapping[str, Value] = field(default_factory=dict)

    def written(self) -> dict[str, Value]:
        """The mapping that stands under its name."""
        told: dict[str, Value] = {"type": self.kind, "component": self.component, "code": self.code}
        told |= {"command": self.command, "environment": self.environment}
        told |= {"inputs": dict(self.inputs), "outputs": dict(self.outputs)}
        return {key: value for key, value in told.items() if value}


def add_step(document: Document, step: NewStep) -> str:
    """The text with one more step, behind the others.

    Raises UsageError when there is a step of that name, or the file has no steps.
    """
    if "jobs" not in document.keys(()):
        raise UsageError(f"{document.shown} has no 'jobs:', so it holds no steps", hint="name a pipeline's file")
    if document.find(("jobs", step.name)) is not None:
        raise UsageError(f"there is a step '{step.name}' already", hint="give the new one another name")
    return put(document, ("jobs", step.name), step.written())


def remove_step(document: Document, name: str) -> str:
    """The text without a step, and without the inputs, outputs and settings that took what it made."""
    require_step(document, name)
    while (used := next(uses(document, name), None)) is not None:
        document = Document(take(document, used), document.shown)
    return take(document, ("jobs", name))


def rename_step(document: Document, name: str, new: str) -> str:
    """The text with another name for a step, wherever its outputs are taken."""
    require_step(document, name)
    if document.find(("jobs", new)) is not None:
        raise UsageError(f"there is a step '{new}' already", hint="choose another name")
    pattern = _reference_to(name)
    edits = []
    for value in _scope(document):
        written = document.text[value.start : value.end]
        changed = pattern.sub(lambda found: found[0][: -len(name)] + new, written)
        if changed != written:
            edits.append((value.start, value.end, changed))
    text = document.changed(*edits)
    for key in _NAMED_BY_SETTINGS:
        again = Document(text, document.shown)
        if again.value(("settings", key)) == name:
            text = put(again, ("settings", key), new)
    return rename(Document(text, document.shown), ("jobs", name), new)


def connect(document: Document, step: str, port: str, source: Source) -> str:
    """The text with an input of a step bound to a source.

    A long form (`path:` with `type:` or `mode:` beside it) that is bound already keeps its other keys.
    """
    require_step(document, step)
    path = ["jobs", step, "inputs", port]
    entry = document.find(path)
    if entry is not None and isinstance(entry.value, MappingSpan):
        inner = document.find([*path, "path"])
        if inner is not None and isinstance(inner.value, ScalarSpan) and inner.value.value.startswith("${{"):
            return put(document, [*path, "path"], source.expression)
    return put(document, path, source.expression)


def disconnect(document: Document, step: str, port: str) -> str:
    """The text without what an input of a step is given."""
    require_step(document, step)
    if document.find(("jobs", step, "inputs", port)) is None:
        given = document.keys(("jobs", step, "inputs"))
        hint = did_you_mean(port, given) or (f"it gives {', '.join(given)}" if given else "")
        raise UsageError(f"step '{step}' gives nothing to an input '{port}'", hint=hint)
    return take(document, ("jobs", step, "inputs", port))


def set_value(document: Document, key: str, text: str, kind: str = "") -> str:
    """The text with `KEY=VALUE` as `--set` takes it: `inputs.x`, `jobs.train.compute`, `settings.default_compute`.

    Plain numbers, true and false are written as they are, everything else as the text it is, unless `kind`, the
    declared type of an input, says which of them is meant.
    """
    path = key.split(".")
    if not all(path):
        raise UsageError(f"'{key}' is no dotted name", hint="such as inputs.epochs or jobs.train.compute")
    if path[0] == "jobs" and len(path) > 1:
        require_step(document, path[1])
    return put(document, _into_long_form(document, path), typed(text, kind))


def unset(document: Document, key: str) -> str:
    """The text without what stands at a dotted key."""
    return take(document, key.split("."))


def add_input(document: Document, name: str, kind: str, value: str = "") -> str:
    """The text with one more input of the pipeline: a value, a path, or only its type when nothing is given."""
    if document.find(("inputs", name)) is not None:
        raise UsageError(f"the pipeline has an input '{name}' already", hint=f"change it: inputs.{name}=...")
    if not value:
        return put(document, ("inputs", name), {"type": kind or "uri_folder"})
    if kind in PARAMETER_TYPES or not kind:
        return put(document, ("inputs", name), typed(value, kind))
    return put(document, ("inputs", name), {"type": kind, "path": value})


def add_output(document: Document, name: str, kind: str, step: str, port: str) -> str:
    """The text with one more output of the pipeline: what a step makes."""
    require_step(document, step)
    if document.find(("outputs", name)) is not None:
        raise UsageError(f"the pipeline has an output '{name}' already", hint="choose another name")
    text = put(document, ("outputs", name), {"type": kind or "uri_folder"})
    inner = Document(text, document.shown)
    return put(inner, ("jobs", step, "outputs", port), f"${{{{parent.outputs.{name}}}}}")


def drop_open_inputs(document: Document, names: Sequence[str]) -> str:
    """The text without those of the pipeline's inputs that only say a type and that nothing takes."""
    for name in names:
        if is_open_input(document, name) and not _is_taken(document, name):
            document = Document(take(document, ("inputs", name)), document.shown)
    return document.mark + document.text


def is_open_input(document: Document, name: str) -> bool:
    """Whether an input of the pipeline only says its type and waits for a value."""
    return document.keys(("inputs", name)) == ["type"] if _is_mapping(document, ("inputs", name)) else False


def inputs_named_by(document: Document, step: str) -> list[str]:
    """The pipeline's inputs that a step's inputs take."""
    entry = document.find(("jobs", step, "inputs"))
    texts = [value.value for value in document.scalars(entry.value)] if entry is not None else []
    return [found for text in texts for found in re.findall(r"\$\{\{\s*parent\.inputs\.([\w-]+)", text)]


def uses(document: Document, step: str) -> Iterator[list[str]]:
    """Paths of the entries that take something from a step: inputs of others, and settings that name it."""
    pattern = _reference_to(step)
    for other in document.keys(("jobs",)):
        entry = document.find(("jobs", other))
        if other == step or entry is None:
            continue
        yield from _entries_with(entry.value, pattern, ["jobs", other])
    for key in _NAMED_BY_SETTINGS:
        if document.value(("settings", key)) == step:
            yield ["settings", key]


def require_step(document: Document, name: str) -> None:
    """Raise UsageError, with the nearest name, unless there is a step of that name."""
    steps = document.keys(("jobs",))
    if name not in steps:
        outer = name.split(".", maxsplit=1)[0]
        hint = did_you_mean(name, steps) or (f"there are {', '.join(steps)}" if steps else "")
        if "." in name and outer in steps:
            hint = f"step '{outer}' is a pipeline of its own: edit the file of its component"
        raise UsageError(f"there is no step '{name}' in {document.shown}", hint=hint)


def _entries_with(node: NodeSpan, pattern: re.Pattern[str], path: list[str]) -> Iterator[list[str]]:
    """The smallest entries, outside of pipelines further in, whose value refers to something."""
    if isinstance(node, MappingSpan):
        for entry in node.entries:
            if not (len(path) == 2 and entry.key == "jobs"):
                inner = [*path, entry.key]
                if isinstance(entry.value, ScalarSpan) and pattern.search(entry.value.value):
                    yield path if len(path) == 4 else inner
                else:
                    yield from _entries_with(entry.value, pattern, inner)


def _scope(document: Document) -> list[ScalarSpan]:
    """The single values that belong to this pipeline: not those of pipelines written inside a step."""
    found: list[ScalarSpan] = []
    for entry in document.root.entries:
        if entry.key != "jobs" or not isinstance(entry.value, MappingSpan):
            found += document.scalars(entry.value)
            continue
        for step in entry.value.entries:
            inner = step.value.entries if isinstance(step.value, MappingSpan) else ()
            for part in inner:
                found += [] if part.key == "jobs" else document.scalars(part.value)
    return found


def _reference_to(step: str) -> re.Pattern[str]:
    return re.compile(rf"\$\{{\{{\s*parent\.jobs\.{re.escape(step)}(?=[.\s}}])")


def _is_taken(document: Document, name: str) -> bool:
    pattern = re.compile(rf"\$\{{\{{\s*parent\.inputs\.{re.escape(name)}(?=[.\s}}])")
    return any(pattern.search(value.value) for value in _scope(document))


def _is_mapping(document: Document, path: Sequence[str]) -> bool:
    entry = document.find(path)
    return entry is not None and isinstance(entry.value, MappingSpan)


def _into_long_form(document: Document, path: list[str]) -> list[str]:
    """`inputs.data` of an input written as `{type: uri_folder, path: ...}` means its path, or its value."""
    if len(path) < 2 or path[-2] != "inputs":
        return path
    entry = document.find(path)
    if entry is None or isinstance(entry.value, AliasSpan) or not _is_mapping(document, path):
        return path
    keys = document.keys(path)
    known = next((key for key in ("value", "path", "default") if key in keys), "")
    kind = document.value([*path, "type"])
    return [*path, known or ("value" if kind in PARAMETER_TYPES else "path")]


def typed(text: str, kind: str = "") -> Value:
    """A value as somebody typed it for an input of a declared type; numbers keep their form."""
    value = text if kind == "string" else plain_value(text)
    is_number = kind in ("number", "integer") and _NUMBER.match(text)
    return Written(text) if is_number or not isinstance(value, str | bool | None) else value
