"""The identity of a step's result: everything that defines it, each part kept apart so that a change can be named."""

import json
from _blake2 import blake2b  # hashlib would load OpenSSL, 5 ms of start-up
from collections.abc import Callable, Mapping

from core.planning.code_use import CodeUse, outside_of, under
from core.planning.graph import DataInput, Parameter, Step, StepOutput
from core.planning.reasons import Reason, ReasonKind
from core.planning.trace import Parts

#: Changing what enters a fingerprint must change this, so that old traces are not taken for new ones.
_SCHEME = "1"
#: Of digests in older records, and of the store's.
_DIGEST_LENGTHS, _HEXADECIMAL = (32, 64), "0123456789abcdef"

#: Made once: `json.dumps` would make one for each step.
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode

#: Digest of a folder -> its files' digests by path; None when nothing is remembered about it.
ManifestOf = Callable[[str], Mapping[str, str] | None]


def parts_of(step: Step, code: str, data: Mapping[str, str], includes: Mapping[str, str] | None = None) -> Parts:
    """Everything that defines the step; `code` is its snapshot's digest, `data` digests by input name.

    `includes` are digests of what joins the snapshot at its top, by name.

    Paths, times, compute targets, resources, limits and names of steps do not enter: they don't change a result.
    """
    return {
        "code": {**({"": code} if code else {}), **(includes or {})},
        "command": {"": step.command},
        "parameters": {n: b.text for n, b in step.inputs.items() if isinstance(b, Parameter)},
        "inputs": {n: _data_identity(b, data[n]) for n, b in step.inputs.items() if n in data},
        "environment": step.environment.parts(),
        "outputs": {n: port.type for n, port in step.outputs.items()},
        "variables": dict(step.environment_variables),
        "settings": dict(step.distribution),
    }


def place_of_include(path: str) -> str:
    """Where an included file or folder stands in the working folder: at its top, under its own name."""
    return path.rstrip("/").rsplit("/", 1)[-1]


def fingerprint_of(parts: Parts) -> str:
    """The digest of the parts, independent of the order they were written in."""
    return blake2b(_encode([_SCHEME, parts]).encode(), digest_size=20).hexdigest()


def differences(
    before: Parts,
    after: Parts,
    manifest_of: ManifestOf,
    names: Mapping[str, str],
    use: CodeUse | None = None,
) -> tuple[Reason, ...]:
    """What changed between two fingerprints, in words' order; `names` give a file input's file name.

    `use` is what the earlier step used of its code, None when that was not looked at: then all of it counts.
    """
    found: list[Reason] = []
    changed_code = _changed(before, after, "code")
    if changed_code:
        found.extend(_code_change(changed_code, manifest_of, use or CodeUse(note=" ")))
    if before.get("command") != after.get("command"):
        found.append(Reason(ReasonKind.COMMAND_CHANGED))
    for part, kind in _NAMED_PARTS:
        found.extend(_named_change(kind, change, manifest_of) for change in _changed(before, after, part))
    for name, old, new in _changed(before, after, "inputs"):
        found.append(_input_change(name, old, new, manifest_of, names.get(name, "")))
    return tuple(found)


_NAMED_PARTS = (
    ("parameters", ReasonKind.PARAMETER_CHANGED),
    ("environment", ReasonKind.ENVIRONMENT_CHANGED),
    ("outputs", ReasonKind.OUTPUTS_CHANGED),
    ("variables", ReasonKind.VARIABLE_CHANGED),
    ("settings", ReasonKind.SETTINGS_CHANGED),
)


def is_digest(value: str | None) -> bool:
    """Whether a part of an environment is the content of a file or folder."""
    return value is not None and len(value) in _DIGEST_LENGTHS and not value.strip(_HEXADECIMAL)


def _named_change(kind: ReasonKind, change: tuple[str, str | None, str | None], manifest_of: ManifestOf) -> Reason:
    """Of what an environment is built from on this machine the files that differ."""
    name, old, new = change
    if (
        kind is not ReasonKind.ENVIRONMENT_CHANGED
        or old is None
        or new is None
        or not (is_digest(old) and is_digest(new))
    ):
        return Reason(kind, name, old, new)
    before, after = manifest_of(old), manifest_of(new)
    if before is None or after is None:
        return Reason(kind, name, names=(name,))
    added = tuple(path for path in sorted(after) if path not in before)
    removed = tuple(path for path in sorted(before) if path not in after)
    return Reason(kind, name, None, None, _differing(before, after), 0, added, removed)


def _data_identity(binding: object, digest: str) -> str:
    """A `direct` input hands over its address, so the address is part of what the step sees."""
    if isinstance(binding, DataInput) and binding.mode == "direct" and binding.uri:
        return f"{digest} {binding.uri}"
    assert isinstance(binding, DataInput | StepOutput)
    return digest


def _changed(before: Parts, after: Parts, part: str) -> list[tuple[str, str | None, str | None]]:
    old, new = before.get(part, {}), after.get(part, {})
    return [(n, old.get(n), new.get(n)) for n in sorted({*old, *new}) if old.get(n) != new.get(n)]


def unopened_changes(before: Parts, after: Parts, manifest_of: ManifestOf) -> tuple[str, ...]:
    """Files whose content differs between two codes that are as good as the same to a step."""
    changes = _code_change(_changed(before, after, "code"), manifest_of, CodeUse(note=" "))
    return changes[0].names if changes else ()


def _code_change(
    changed: list[tuple[str, str | None, str | None]], manifest_of: ManifestOf, use: CodeUse
) -> tuple[Reason, ...]:
    """The files that differ as far as they count, in the snapshot and in what joins it; nothing when none does."""
    names: list[str] = []
    added: list[str] = []
    removed: list[str] = []
    opened = frozenset(use.opened)
    for place, before, after in changed:
        old = manifest_of(before) if before else {}
        new = manifest_of(after) if after else {}
        if old is None or new is None:
            names.append(place or "code")
            continue
        for path in _differing(old, new):
            name = under(place, path)
            if use.note or outside_of(old.get(path)) != outside_of(new.get(path)) or name in opened:
                names.append(name)
                added += [] if path in old else [name]
                removed += [] if path in new else [name]
    if not names:
        return ()
    because = use.note.strip() or None
    return (Reason(ReasonKind.CODE_CHANGED, "", None, because, tuple(names), 0, tuple(added), tuple(removed)),)


def _input_change(name: str, old: str | None, new: str | None, manifest_of: ManifestOf, file_name: str) -> Reason:
    was, is_now = ((each or "").split(" ")[0] for each in (old, new))
    if not was or not is_now:
        return Reason(ReasonKind.INPUT_CHANGED, name, names=("added",) if not was else ("removed",))
    before, after = manifest_of(was), manifest_of(is_now)
    if before is None or after is None:
        return Reason(ReasonKind.INPUT_CHANGED, name, names=(file_name,) if file_name else ())
    return Reason(ReasonKind.INPUT_CHANGED, name, names=_differing(before, after), total=len(before.keys() | after))


def _differing(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Few of many, as a rule: so what differs is sorted, not everything."""
    differing = [path for path, content in after.items() if before.get(path) != content]
    return tuple(sorted([*differing, *(path for path in before if path not in after)]))
