"""A graph as JSON and back, so that it can be remembered and recorded."""

import json
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

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
    if is_dataclass(value) and not isinstance(value, type):
        named = {_TAG: type(value).__name__}
        for field in fields(value):
            item = getattr(value, field.name)
            if item != _default(field):
                named[field.name] = _plain(item)
        return named
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    return {key: _plain(item) for key, item in value.items()}


def _default(field: Any) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default


def _revive(named: dict[str, Any]) -> Any:
    tag = named.pop(_TAG, None)
    if tag is None:
        return named
    for key, value in named.items():
        if type(value) is list:
            named[key] = tuple(value)
    return _CLASSES[tag](**named)
