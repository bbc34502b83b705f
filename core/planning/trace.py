"""What a finished step was made from and what it made."""

from collections.abc import Mapping
from dataclasses import dataclass

#: Part of a fingerprint -> name of a thing in it -> its value or digest.
Parts = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Trace:
    """A finished step: `fingerprint` it had, digest of each output; `artifacts` is "" when it left none.

    `duration` is in seconds, `created_at` in seconds since the epoch (for showing only).
    """

    fingerprint: str
    outputs: Mapping[str, str]
    pipeline: str
    step: str
    run: int
    attempt: int
    artifacts: str = ""
    duration: float = 0.0
    created_at: float = 0.0

    def digests(self) -> tuple[str, ...]:
        """Every digest whose bytes the store must have for this trace to be worth anything."""
        return (*self.outputs.values(), *((self.artifacts,) if self.artifacts else ()))
