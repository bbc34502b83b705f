"""A pipeline's inputs for a form, the values that were given last, and what is wrong with values, input by input."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from core.engine.request import Request
from core.errors import MlpwError
from core.planning.pipeline_inputs import PipelineInput, pipeline_inputs

if TYPE_CHECKING:
    from core.workspace.workspace import Workspace

_PREFIX = "inputs."
#: So many runs are looked through for values.
_RUNS = 50


def inputs_of(workspace: Workspace, pipeline: Path) -> tuple[PipelineInput, ...]:
    """What a person may give a pipeline, in the order it is written.

    Raises DefinitionError.
    """
    return pipeline_inputs(workspace.graphs.definition(pipeline, ()))


def last_values(workspace: Workspace, pipeline: str) -> dict[str, str]:
    """Values by input that the newest run of a pipeline (its key in the records) was given, if any was."""
    for run in workspace.runs(limit=_RUNS, pipeline=pipeline):
        values = given_values(Request.from_plain(run.request).changes)
        if values:
            return values
    return {}


def given_values(changes: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Those of the pairs of `--set` that give an input a value."""
    return {name.removeprefix(_PREFIX): value for name, value in changes if _is_input(name)}


def _is_input(name: str) -> bool:
    return name.startswith(_PREFIX) and "." not in name.removeprefix(_PREFIX)


def check_values(workspace: Workspace, pipeline: Path, values: Mapping[str, str]) -> dict[str, MlpwError]:
    """What the loader refuses of values for inputs, by input; under "" what it refuses whatever they are."""
    left, found = dict(values), {}
    while (error := _error(workspace, pipeline, left)) is not None:
        at = _blamed(error, left) or _guilty(workspace, pipeline, left, error)
        found[at] = error
        if not at:
            break
        del left[at]
    return found


def _error(workspace: Workspace, pipeline: Path, values: Mapping[str, str]) -> MlpwError | None:
    try:
        workspace.graphs.check(pipeline, [(f"{_PREFIX}{name}", value) for name, value in values.items()])
    except MlpwError as error:
        return error
    return None


def _blamed(error: MlpwError, values: Mapping[str, str]) -> str:
    """The input that an error names by its place, which is the change itself; "" for none."""
    where = f"{error.location.file if error.location else ''} {error.message}"
    return next(
        (name for name in values if f"--set {_PREFIX}{name}=" in where or f"--set {_PREFIX}{name}:" in where), ""
    )


def _guilty(workspace: Workspace, pipeline: Path, values: Mapping[str, str], error: MlpwError) -> str:
    """The input without whose value the error is gone; "" when it is there whatever the values are."""
    for name in values:
        others = {other: value for other, value in values.items() if other != name}
        left = _error(workspace, pipeline, others)
        if left is None or str(left) != str(error):
            return name
    return ""
