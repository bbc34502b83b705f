"""`--set NAME=VALUE`: values put into a pipeline's YAML before it is read, as `az ml job create --set` does."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from core.definitions import keys
from core.definitions.ports import DATA_TYPES, PARAMETER_TYPES
from core.definitions.yaml_nodes import Entry, Mapping, Node, PlainScalar, Scalar, Sequence
from core.definitions.yaml_reader import parse_yaml
from core.errors import Location, UsageError, did_you_mean

_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Change:
    """One `--set`: the dotted name and the value as given."""

    name: str
    text: str

    @property
    def location(self) -> Location:
        """What messages point at."""
        shown = self.text if len(self.text) <= _SHOWN else f"{self.text[:_SHOWN]}..."
        return Location(f"--set {self.name}={shown}")


def apply_changes(node: Mapping, changes: Iterable[Change]) -> tuple[Mapping, list[Change]]:
    """The pipeline with the changes made, and those whose target only a component can confirm.

    Relative paths in values start at the pipeline's own folder, as with `az ml job create`.
    Raises UsageError for a target that cannot exist, with the nearest name.
    """
    pending: list[Change] = []
    for change in changes:
        parts = change.name.split(".")
        if not all(parts):
            raise UsageError(f"--set needs NAME=VALUE with a dotted name, not '{change.name}={change.text}'")
        if _require_target(node, parts, change):
            pending.append(change)
        node = _changed(node, parts, change)
    return node, pending


def change_asset(node: Mapping, changes: Iterable[Change], known: Iterable[str], what: str) -> Mapping:
    """An asset's YAML with the changes made; `known` are the keys it may have at its top.

    Raises UsageError for a key that it cannot have, with the nearest name.
    """
    for change in changes:
        parts = change.name.split(".")
        if not all(parts):
            raise UsageError(f"--set needs NAME=VALUE with a dotted name, not '{change.name}={change.text}'")
        if parts[0] not in known:
            raise _unknown(change, parts[0], known, what)
        node = _changed(node, parts, change)
    return node


def _require_target(root: Mapping, parts: list[str], change: Change) -> bool:
    """Whether a component must confirm the target."""
    is_pipeline = "jobs" in root.entries or "component" in root.entries
    known_keys = keys.CHANGED_IN_PIPELINE if is_pipeline else keys.CHANGED_IN_JOB
    if parts[0] not in known_keys:
        raise _unknown(change, parts[0], known_keys, "a pipeline")
    if len(parts) == 1:
        if parts[0] in {"inputs", "outputs", "jobs", "settings"} and not change.text.lstrip().startswith("{"):
            raise UsageError(
                f"--set {change.name}: '{parts[0]}' holds named values", hint=f"such as {parts[0]}.NAME=..."
            )
        return False
    entries = _entries(root, parts[0])
    match parts:
        case ["settings", key, *_] if key not in keys.SETTINGS and key not in entries:
            raise _unknown(change, key, keys.SETTINGS, "settings")
        case ["inputs" | "outputs" as section, name, *_] if name not in entries:
            if "component" not in root.entries or section == "outputs":
                raise _unknown(change, name, entries, f"the pipeline's {section}")
            return True
        case ["jobs", name, *rest]:
            if name not in entries:
                raise _unknown(change, name, entries, "jobs")
            return _require_step_target(entries[name].value, name, rest, change)
        case _:
            return False


def _require_step_target(step: Node, name: str, rest: list[str], change: Change) -> bool:
    if not rest or not isinstance(step, Mapping):
        return False
    if rest[0] not in keys.CHANGED_IN_STEP and rest[0] not in step.entries:
        raise _unknown(change, rest[0], keys.CHANGED_IN_STEP, f"step '{name}'")
    if rest[0] in {"inputs", "outputs"} and len(rest) > 1:
        given = _entries(step, rest[0])
        if rest[1] not in given:
            if "component" not in step.entries:
                raise _unknown(change, rest[1], given, f"{rest[0]} of step '{name}'")
            return rest[0] == "inputs"
    return False


def _unknown(change: Change, name: str, known: Iterable[str], where: str) -> UsageError:
    names = sorted(known)
    hint = did_you_mean(name, names) or (f"there are {', '.join(names)}" if names else "there are none")
    return UsageError(f"--set {change.name}: there is no '{name}' in {where}", hint=hint)


def _entries(node: Mapping, key: str) -> dict[str, Entry]:
    entry = node.entries.get(key)
    return dict(entry.value.entries) if entry and isinstance(entry.value, Mapping) else {}


def _changed(node: Mapping, parts: list[str], change: Change) -> Mapping:
    key, rest = parts[0], parts[1:]
    entry = node.entries.get(key)
    old = entry.value if entry else None
    if not rest:
        new = _value(change, old)
    elif isinstance(old, Mapping):
        new = _changed(old, rest, change)
    elif old is None or (isinstance(old, Scalar) and old.value is None):
        new = _changed(Mapping(change.location, {}), rest, change)
    else:
        raise UsageError(
            f"--set {change.name}: '{key}' is a single value, so it has no '{rest[0]}'",
            hint=f"use --set {change.name.removesuffix('.' + '.'.join(rest))}=...",
        )
    return Mapping(node.location, {**node.entries, key: Entry(entry.key_location if entry else change.location, new)})


def _value(change: Change, old: Node | None) -> Node:
    text = change.text
    if text.lstrip()[:1] in {"{", "["} and not isinstance(old, Scalar):
        return parse_yaml(text.encode("utf-8", "surrogateescape"), str(change.location))
    if "\0" in text:
        raise UsageError(f"--set {change.name}: a value cannot hold a NUL character")
    scalar = Scalar(change.location, text, plain_value(text), False)
    if isinstance(old, Mapping):
        return _into_long_form(old, scalar, change)
    if isinstance(old, Sequence):
        raise UsageError(f"--set {change.name}: a list is needed", hint="write it as '[a, b]'")
    return scalar


def _into_long_form(old: Mapping, scalar: Scalar, change: Change) -> Node:
    """`inputs.data=./d` for an input written as `{type: uri_folder, path: ...}` changes its path."""
    kind = old.entries.get("type")
    word = kind.value.text if kind and isinstance(kind.value, Scalar) else ""
    parts = change.name.split(".")
    if len(parts) < 2 or parts[-2] != "inputs" or not (word in DATA_TYPES | PARAMETER_TYPES or "path" in old.entries):
        raise UsageError(f"--set {change.name}: it holds named values", hint=f"such as {change.name}.NAME=...")
    kept = {key: entry for key, entry in old.entries.items() if key not in {"path", "value", "default"}}
    key = "value" if word in PARAMETER_TYPES else "path"
    return Mapping(old.location, {**kept, key: Entry(change.location, scalar)})


def plain_value(text: str) -> PlainScalar:
    """Plain numbers, and true and false; everything else, `no`, `1e-3` and `1:30` too, is the text it is."""
    if text.lower() in {"true", "false"}:
        return text.lower() == "true"
    for convert in (int, float):
        try:
            value = convert(text)
        except ValueError:
            continue
        if str(value) == text and math.isfinite(value):
            return value
    return text


def require_confirmed(change: Change, declared: Iterable[str], whose: str) -> None:
    """Raise UsageError when the component that had to confirm a change's target does not declare it."""
    parts = change.name.split(".")
    name = parts[1] if parts[0] == "inputs" else parts[3]
    names = set(declared)
    if name not in names:
        raise _unknown(change, name, names, f"the inputs of {whose}")
