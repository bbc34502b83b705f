"""What a step of a run was made from, as its attempt or its trace remembers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.engine.identity import read_identity
from core.planning.trace import Parts
from core.records.model import StepRunRecord

if TYPE_CHECKING:
    from core.workspace.workspace import Workspace


def parts_of(workspace: Workspace, record: StepRunRecord) -> Parts | None:
    """The parts of the step's fingerprint; None when it was never started, or nobody remembers."""
    identity = read_identity(workspace.attempt(record)) if record.attempt or record.source_attempt else None
    if identity is not None and identity.fingerprint == record.fingerprint:
        return identity.parts
    return workspace.records.traces.parts(record.fingerprint) if record.fingerprint else None


def input_digests(parts: Parts) -> dict[str, str]:
    """Digest by input; what a part says after it is how the data are taken."""
    return {name: text.split(" ")[0] for name, text in parts["inputs"].items()}
