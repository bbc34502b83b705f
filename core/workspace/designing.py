"""Building a pipeline: edits of its file that know what its steps take and make."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.definitions import keys
from core.definitions.component_reader import follow_component
from core.definitions.components import Component, PipelineComponent
from core.definitions.loading import Loading
from core.definitions.ports import InputDeclaration
from core.definitions.references import parse_reference
from core.definitions.yaml_nodes import Scalar
from core.editing import pipelines
from core.editing.document import Document
from core.editing.pipelines import NewStep, Source
from core.editing.writing import Value
from core.errors import Location, UsageError, did_you_mean
from core.workspace.design_ports import (
    is_required,
    ports_of,
)
from core.workspace.design_reading import DesignReading
from core.workspace.edits import Edit

if TYPE_CHECKING:
    pass

#: What an inline step runs in where no other says: on this machine, a Python without packages.
_PLAIN = {"image": "library/python:3.12"}


class Design(DesignReading):
    """The edits of one pipeline's file; each gives an `Edit` that `Edits.write` writes."""

    def add_step(
        self,
        component: str,
        name: str = "",
        given: Mapping[str, Source | str] | None = None,
        *,
        leave_open: bool = False,
    ) -> Edit:
        """A step of a component: a file (relative to the workspace's root) or a registered `name:version`.

        With `leave_open`, required inputs that are given nothing become inputs of the pipeline.
        """
        reference = self._reference(component)
        found = self._component(reference)
        name = self.free_name(name or found.name or Path(component.partition(":")[0]).stem, exact=bool(name))
        inputs = {port: _given(value, found.inputs.get(port)) for port, value in (given or {}).items()}
        for port in inputs:
            self._require_port(found, port, f"component {component}")
        kind = "pipeline" if isinstance(found, PipelineComponent) else found.kind
        step = NewStep(name, kind, reference, inputs=inputs)
        required = [each for each in found.inputs.values() if is_required(each) and each.name not in inputs]
        return self._edit(
            f"add step {name}",
            lambda document: pipelines.add_step(document, step),
            *(self._open(name, each.name, each.type) for each in required if leave_open),
        )

    def add_command(
        self,
        command: str,
        name: str,
        given: Mapping[str, Source | str] | None = None,
        *,
        outputs: Mapping[str, str] | None = None,
        code: str = "",
        environment: str = "",
        leave_open: bool = False,
    ) -> Edit:
        """A step with a command of its own; outputs that the command names are declared as `outputs` or it says.

        With `leave_open`, inputs that the command names and nothing is given become inputs of the pipeline.
        """
        used = ports_of(command)
        inputs = {port: _given(value, None) for port, value in (given or {}).items()}
        kinds = {port: kind for (side, port), kind in used.items() if side == "outputs"} | dict(outputs or {})
        step = NewStep(
            self.free_name(name, exact=True),
            command=command,
            code=self._relative(code) if code else "",
            environment=environment or self._environment(),
            inputs=inputs,
            outputs={port: {"type": kind} for port, kind in kinds.items()},
        )
        waiting = [(port, kind) for (side, port), kind in used.items() if side == "inputs" and port not in inputs]
        return self._edit(
            f"add step {name}",
            lambda document: pipelines.add_step(document, step),
            *(self._open(name, port, kind) for port, kind in waiting if leave_open),
        )

    def remove_step(self, name: str, *, leave_open: bool = False) -> Edit:
        """Without a step and whatever took its outputs.

        With `leave_open`, required inputs that took one become inputs of the pipeline.
        """
        takers = [
            (other, port)
            for other, each in self.steps.items()
            for port in each.inputs
            if other != name and port.source is not None and port.source.step == name and port.is_required
        ]
        return self._edit(
            f"remove step {name}",
            *(self._open(other, port.name, port.type) for other, port in takers if leave_open),
            lambda document: _without(document, name),
        )

    def rename_step(self, name: str, new: str) -> Edit:
        """With another name for a step."""
        return self._edit(f"rename step {name} to {new}", lambda document: pipelines.rename_step(document, name, new))

    def connect(self, step: str, port: str, source: Source) -> Edit:
        """With an input of a step bound to a source; an input of the pipeline that is not there is declared."""
        declared = self.port(step, port)
        changes: list[_Change] = []
        if not source.step and source.name not in self.definition.body.inputs:
            changes.append(lambda document: pipelines.add_input(document, source.name, declared.type))
        elif source.step:
            self._require_output(source)
        changes.append(lambda document: _tidy(document, step, pipelines.connect(document, step, port, source)))
        return self._edit(f"connect {source} to {step}.{port}", *changes)

    def disconnect(self, step: str, port: str, *, leave_open: bool = False) -> Edit:
        """Without what an input is given; with `leave_open`, a required one becomes an input of the pipeline."""
        declared = self.port(step, port)
        if leave_open and declared.is_required:
            return self._edit(f"open {step}.{port}", self._open(step, port, declared.type))
        return self._edit(
            f"disconnect {step}.{port}",
            lambda document: _tidy(document, step, pipelines.disconnect(document, step, port)),
        )

    def set_values(self, values: Iterable[tuple[str, str]], unset: Iterable[str] = ()) -> Edit:
        """With values at dotted keys, as `--set` names them, and without those at others."""
        given, gone = list(values), list(unset)
        for key, _ in given:
            self._require_key(key)
        told = [f"set {', '.join(f'{key}={text}' for key, text in given)}"] if given else []
        told += [f"unset {', '.join(gone)}"] if gone else []
        changes = [*(self._set(key, text) for key, text in given), *map(self._unset, gone)]
        return self._edit(", ".join(told), *changes)

    def unset(self, names: Iterable[str]) -> Edit:
        """Without what stands at dotted keys."""
        return self.set_values((), names)

    def add_input(self, name: str, kind: str, value: str = "") -> Edit:
        """With one more input of the pipeline."""
        return self._edit(f"add input {name}", lambda document: pipelines.add_input(document, name, kind, value))

    def add_output(self, name: str, source: Source) -> Edit:
        """With one more output of the pipeline: what a step makes."""
        kind = self._require_output(source)
        return self._edit(
            f"add output {name}",
            lambda document: pipelines.add_output(document, name, kind, source.step, source.name),
        )

    def _edit(self, title: str, *changes: "_Change") -> Edit:
        def change(document: Document) -> str:
            for each in changes:
                document = Document(each(document), document.shown)
            return document.mark + document.text

        return self._workspace.edits.plan(self.path, title, change)

    def _set(self, key: str, text: str) -> "_Change":
        def change(document: Document) -> str:
            path = key.split(".")
            new = pipelines.set_value(document, key, text, self._kind(path))
            return _tidy(document, path[1], new) if path[0] == "jobs" and len(path) > 2 else new

        return change

    def _unset(self, key: str) -> "_Change":
        def change(document: Document) -> str:
            path = key.split(".")
            new = pipelines.unset(document, key)
            return _tidy(document, path[1], new) if path[0] == "jobs" and len(path) > 2 else new

        return change

    def _kind(self, path: Sequence[str]) -> str:
        """The declared type of the input that a key names."""
        match path:
            case ("jobs", step, "inputs", port):
                return self.port(step, port).type
            case _:
                return ""

    def _require_key(self, key: str) -> None:
        path = key.split(".")
        known = keys.CHANGED_IN_PIPELINE if path[0] != "jobs" or len(path) < 3 else keys.STEP
        name = path[0] if known is keys.CHANGED_IN_PIPELINE else path[2]
        if name not in known:
            hint = did_you_mean(name, known) or f"known here: {', '.join(sorted(known - {'$schema'}))}"
            raise UsageError(f"there is no key '{name}' for '{key}'", hint=hint)
        if path[0] in ("jobs", "inputs", "outputs", "settings") and len(path) == 1:
            raise UsageError(f"'{key}' holds named values", hint=f"such as {key}.NAME=...")

    def _open(self, step: str, port: str, kind: str) -> "_Change":
        """Bind an input to a new input of the pipeline that only says its type."""

        def change(document: Document) -> str:
            taken = document.keys(("inputs",))
            name = next(each for each in _names(step, port) if each not in taken)
            text = pipelines.add_input(document, name, kind or "uri_folder")
            return pipelines.connect(Document(text, document.shown), step, port, Source(name))

        return change

    def _require_output(self, source: Source) -> str:
        """The type of an output.

        Raises UsageError when there is none of that name.
        """
        outputs = dict(self.step(source.step).outputs)
        if source.name not in outputs:
            hint = did_you_mean(source.name, outputs) or (f"it makes {', '.join(outputs)}" if outputs else "")
            raise UsageError(f"step '{source.step}' has no output '{source.name}'", hint=hint)
        return outputs[source.name]

    def _require_port(self, component: Component, port: str, what: str) -> None:
        if port not in component.inputs:
            known = list(component.inputs)
            hint = did_you_mean(port, known) or (f"it takes {', '.join(known)}" if known else "it takes nothing")
            raise UsageError(f"{what} has no input '{port}'", hint=hint)

    def _reference(self, component: str) -> str:
        """A component as the pipeline's file names it."""
        path = self._workspace.root / component
        if path.is_file() or component.endswith((".yml", ".yaml")):
            return self._relative(component)
        return component if component.startswith("azureml:") else f"azureml:{component}"

    def _relative(self, path: str) -> str:
        found = os.path.relpath(self._workspace.root / path, self.path.parent)
        return found if found.startswith("../") else f"./{found}"

    def _component(self, reference: str) -> Component:
        loading = Loading(self._workspace.root, self._catalog)
        where = Location(self.path.name)
        if parse_reference(reference) is None:
            where = Location(loading.shown(str(self.path)))
        scalar = Scalar(where, reference, reference, False)
        return follow_component(scalar, str(self.path.parent), loading, "the new step")

    def _environment(self) -> Value:
        """What the inline steps here run in, as the last of them writes it."""
        document = Document(self.path.read_text("utf-8"), self.path.name)
        for step in reversed(document.keys(("jobs",))):
            keys_of = document.keys(("jobs", step, "environment")) if _holds(document, step) else []
            if keys_of == ["image"]:
                return {"image": document.value(("jobs", step, "environment", "image"))}
            written = document.value(("jobs", step, "environment"))
            if written and document.find(("jobs", step, "command")) is not None:
                return written
        return _PLAIN


_Change = Callable[[Document], str]


def _without(document: Document, name: str) -> str:
    named = pipelines.inputs_named_by(document, name) if name in document.keys(("jobs",)) else []
    text = pipelines.remove_step(document, name)
    return pipelines.drop_open_inputs(Document(text, document.shown), named)


def _tidy(document: Document, step: str, text: str) -> str:
    """A changed text without the open inputs that only the step took before."""
    named = pipelines.inputs_named_by(document, step)
    return pipelines.drop_open_inputs(Document(text, document.shown), named) if named else text


def _names(step: str, port: str) -> Iterable[str]:
    yield port
    yield f"{step}_{port}"
    yield from (f"{step}_{port}_{number}" for number in range(2, 1000))


def _holds(document: Document, step: str) -> bool:
    from core.definitions.yaml_spans import MappingSpan

    entry = document.find(("jobs", step, "environment"))
    return entry is not None and isinstance(entry.value, MappingSpan)


def _given(value: Source | str, declared: InputDeclaration | None) -> Value:
    if isinstance(value, Source):
        return value.expression
    if declared is not None and declared.is_data:
        return {"type": declared.type, "path": value}
    return pipelines.typed(value, declared.type if declared else "")
