"""What an attempt was started as, on disk beside it, so that any later supervisor can keep its result."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.layout import AttemptFolder
from core.planning.trace import Parts


@dataclass(frozen=True, slots=True)
class Identity:
    """Fingerprint and parts of the step; `given` holds path and digest of every data input it was handed.

    `lost` counts the tries before it that went away without a result.
    """

    fingerprint: str
    parts: Parts
    given: Mapping[str, tuple[str, str]]
    lost: int = 0


def write_identity(attempt: AttemptFolder, identity: Identity) -> None:
    """Write it whole; the attempt's row is committed after this."""
    temporary = _path(attempt).with_suffix(".tmp")
    plain = {
        "fingerprint": identity.fingerprint,
        "parts": identity.parts,
        "given": identity.given,
        "lost": identity.lost,
    }
    temporary.write_text(json.dumps(plain))
    temporary.replace(_path(attempt))


def read_identity(attempt: AttemptFolder) -> Identity | None:
    """What was written, or None when the attempt never got so far."""
    try:
        plain = json.loads(_path(attempt).read_text())
        given = {port: (path, digest) for port, (path, digest) in plain["given"].items()}
        return Identity(plain["fingerprint"], plain["parts"], given, plain.get("lost", 0))
    except (OSError, ValueError, KeyError):
        return None


def _path(attempt: AttemptFolder) -> Path:
    return attempt.root / "identity.json"
