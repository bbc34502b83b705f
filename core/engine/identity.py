"""What an attempt was started as, on disk beside it, so that any later supervisor can keep its result."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

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
    path = _path(attempt)
    plain = {
        "fingerprint": identity.fingerprint,
        "parts": identity.parts,
        "given": identity.given,
        "lost": identity.lost,
    }
    with open(f"{path}.tmp", "wb", buffering=0) as file:
        file.write(json.dumps(plain).encode())
    os.replace(f"{path}.tmp", path)


def read_identity(attempt: AttemptFolder) -> Identity | None:
    """What was written, or None when the attempt never got so far."""
    try:
        with open(_path(attempt), "rb") as file:
            plain = json.loads(file.read())
        given = {port: (path, digest) for port, (path, digest) in plain["given"].items()}
        return Identity(plain["fingerprint"], plain["parts"], given, plain.get("lost", 0))
    except (OSError, ValueError, KeyError):
        return None


def _path(attempt: AttemptFolder) -> str:
    return f"{attempt.root}/identity.json"
