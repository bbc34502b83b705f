"""A graph as JSON and back, so that it can be remembered and recorded."""

import json
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any

from core.definitions.compute_target import ComputeTarget
from core.definitions.environment import EnvironmentSpec, LocalPackage
from core.errors import Location, Notice
from core.planning import graph as model
from core.planning.graph import Graph

#: No YAML key can hold a NUL, so none is taken for the tag.
_TAG = "\0"
_CLASSES: dict[str, type[Any]] = {
    cls.__name__: cls
    for cls in (
        Location,
        Notice,
        EnvironmentSpec,
        LocalPackage,
        ComputeTarget,
        model.Parameter,
        model.DataInput,
        model.StepOutput,
        model.Absent,
        model.Missing,
        model.OutputPort,
        model.Resources,
        model.Step,
        model.PipelineOutput,
        model.Settings,
        model.Graph,
    )
}


def graph_to_json(graph: Graph) -> str:
    """One line of JSON; values that are a field's default are left out."""
    return json.dumps(_plain(graph), separators=(",", ":"))


def graph_from_json(text: str) -> Graph:
    """The graph that `graph_to_json` wrote.

    Raises ValueError or TypeError when the text is no such thing.
    """
    made = json.loads(text, object_hook=_revive)
    if not isinstance(made, Graph):
        raise TypeError("not a graph")
    return made


def _plain(value: Any) -> Any:
    if isinstance(value, str | int | float) or value is None:
        return value
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if not is_dataclass(value):
        return {key: _plain(item) for key, item in value.items()}
    named: dict[str, Any] = {_TAG: type(value).__name__}
    for name, default in _defaults(type(value)):  # type: ignore[arg-type]
        item = getattr(value, name)
        if item != default:
            named[name] = _plain(item)
    return named


@cache
def _defaults(kind: type) -> tuple[tuple[str, Any], ...]:
    """The fields of a dataclass with their defaults."""
    return tuple(
        (field.name, field.default_factory() if field.default_factory is not MISSING else field.default)
        for field in fields(kind)
    )


def _revive(named: dict[str, Any]) -> Any:
    tag = named.pop(_TAG, None)
    if tag is None:
        return named
    for key, value in named.items():
        if type(value) is list:
            named[key] = tuple(value)
    return _CLASSES[tag](**named)
