"""What of its code a step used, from what its shim saw."""

import json
from contextlib import suppress

from core.layout import AttemptFolder
from core.planning.code_use import CodeUse, Files, code_use, files_of
from core.planning.graph import Step
from core.planning.trace import Parts
from core.store.objects import Store


def is_observed(step: Step) -> bool:
    """Whether somebody is to look which files of its code the step opens."""
    return step.code_tracking == "opened" and bool(step.code or step.code_includes)


def use_of(step: Step, attempt: AttemptFolder, parts: Parts, store: Store, *, doubt: str) -> CodeUse | None:
    """What a step that ended well used of its code; None when it has none.

    A `doubt` says why more of it may be in the result than the step opened.
    """
    if not parts.get("code"):
        return None
    if step.code_tracking != "opened":
        return CodeUse(note="code_tracking is folder")
    if doubt:
        return CodeUse(note=doubt)
    files = files_of(parts["code"], lambda digest: _files(store, digest))
    if files is None:
        return CodeUse(note="the list of its files is gone")
    try:
        seen = json.loads(attempt.opened.read_bytes())
        note, opened = str(seen["note"]), [str(name) for name in seen["opened"]]
    except (OSError, ValueError, KeyError, TypeError):
        return CodeUse(note="what it opened was not noted")
    return CodeUse(note=note) if note else code_use(parts, files, opened)


def use_so_far(step: Step, attempt: AttemptFolder) -> CodeUse | None:
    """What a running step has opened of its code so far, or why all of it counts; None when nobody has told yet."""
    if step.code_tracking != "opened":
        return CodeUse(note="code_tracking is folder")
    for file in (attempt.opened, attempt.opened_so_far):
        with suppress(OSError, ValueError, KeyError, TypeError):
            seen = json.loads(file.read_bytes())
            return CodeUse(opened=tuple(map(str, seen["opened"])), note=str(seen["note"]))
    return None


def _files(store: Store, digest: str) -> Files | None:
    manifest = store.manifest(digest)
    return None if manifest is None else manifest.listing()
