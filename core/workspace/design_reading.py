"""A pipeline's file as somebody sees it who builds it: steps, ports, and what fits what."""

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from core.definitions.components import PipelineDefinition
from core.definitions.pipeline_loader import load_pipeline
from core.editing import pipelines
from core.editing.document import Document
from core.editing.pipelines import Source
from core.errors import UsageError, did_you_mean
from core.planning.fitting import fits
from core.workspace.catalog import WorkspaceCatalog
from core.workspace.design_ports import DesignStep, Fitting, InputPort, design_step, given_port, needing

if TYPE_CHECKING:
    from core.workspace.workspace import Workspace


class DesignReading:
    """One pipeline's file as it stands now."""

    def __init__(self, workspace: "Workspace", path: Path) -> None:
        self._workspace = workspace
        self.path = path.resolve()

    @cached_property
    def definition(self) -> PipelineDefinition:
        """What the file says.

        Raises DefinitionError when it cannot be read.
        """
        return load_pipeline(self.path, root=self._workspace.root, catalog=self._catalog)

    @cached_property
    def steps(self) -> Mapping[str, DesignStep]:
        """The steps with their ports; those of pipelines inside of it are not among them."""
        return {name: design_step(step) for name, step in self.definition.body.steps.items()}

    @cached_property
    def inputs(self) -> Mapping[str, InputPort]:
        """The pipeline's own inputs, with their values."""
        definition = self.definition
        return {name: given_port(each, definition.inputs.get(name)) for name, each in definition.body.inputs.items()}

    def written(self, keys: Iterable[str]) -> dict[str, str]:
        """What the file says at dotted keys, as far as it is a single value; "" where it says nothing."""
        document = Document(self.path.read_text("utf-8"), self.path.name)
        return {key: document.value(key.split(".")) for key in keys}

    def step(self, name: str) -> DesignStep:
        """One step.

        Raises UsageError, with the nearest name, when there is none.
        """
        if name not in self.steps:
            pipelines.require_step(Document(self.path.read_text("utf-8"), self.path.name), name)
        return self.steps[name]

    def port(self, step: str, name: str) -> InputPort:
        """An input of a step; of a step that takes any, one that is not there yet too.

        Raises UsageError when its component does not declare it.
        """
        found = self.step(step)
        for port in found.inputs:
            if port.name == name:
                return port
        if found.is_open:
            return InputPort(name)
        known = [port.name for port in found.inputs]
        hint = did_you_mean(name, known) or (f"it takes {', '.join(known)}" if known else "it takes nothing")
        raise UsageError(f"step '{step}' has no input '{name}'", hint=hint)

    def sources(self, step: str, port: str) -> list[Fitting]:
        """What fits an input: outputs of steps that do not need its own, the last first; inputs of the pipeline.

        Those of the very type come first.
        """
        wanted = self.port(step, port).type
        later = needing(step, self.definition.body.steps)
        found = [
            Fitting(Source(name, other), kind)
            for other, each in reversed(list(self.steps.items()))
            if other not in later
            for name, kind in each.outputs
        ]
        found += [Fitting(Source(name), each.type) for name, each in self.definition.body.inputs.items()]
        return sorted((each for each in found if fits(each.type, wanted)), key=lambda each: each.type != wanted)

    def free_name(self, wanted: str, *, exact: bool = False) -> str:
        """A name for a step made of letters, digits and underscores; with a number when it is taken, unless `exact`."""
        if exact:
            return wanted
        base = re.sub(r"[^a-z0-9_]+", "_", wanted.lower()).strip("_") or "step"
        names = self.definition.body.steps
        numbers = (f"{base}_{number}" for number in range(2, len(names) + 3))
        return base if base not in names else next(name for name in numbers if name not in names)

    @cached_property
    def _catalog(self) -> WorkspaceCatalog:
        return WorkspaceCatalog(self._workspace.records, self._workspace.store)
