"""What of a step's result is kept already when it is harvested."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.errors import StepError
from core.layout import AttemptFolder
from core.store.manifest import decode_manifest
from core.store.objects import Store

#: The name under which a host keeps a step's artifact folder; no port can be called so.
ARTIFACTS = " artifacts"


@dataclass(frozen=True, slots=True)
class Noted:
    """Digests by port, and that of the artifact folder ("" for none), whose content is kept or was said to be."""

    ports: Mapping[str, str] = field(default_factory=dict)
    artifacts: str = ""


def left_on_host(store: Store, attempt: AttemptFolder) -> Noted | None:
    """What the step left on a host that shares no files with us, noted in the store; None for other steps.

    Raises StepError for what the host could not keep.
    """
    if not attempt.collected.exists():
        return None
    machine = json.loads(attempt.spec.read_bytes())["container"]["target"]
    found: dict[str, str] = {}
    for name, made in json.loads(attempt.collected.read_bytes()).items():
        if made["error"]:
            raise StepError(made["error"])
        digest = found[name] = made["digest"]
        if made["manifest"]:
            store.manifests.keep(decode_manifest(made["manifest"].encode("utf-8", "surrogateescape"), digest))
        if not store.has(digest):
            store.elsewhere.note(digest, machine, made["size"])
    artifacts = found.pop(ARTIFACTS, "")
    return Noted(found, artifacts)
