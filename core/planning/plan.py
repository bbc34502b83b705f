"""The decision per step: up to date, stale with reasons, or waiting for another step."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.planning.reasons import Reason
from core.planning.trace import Trace


@dataclass(frozen=True, slots=True)
class UpToDate:
    """The step's result exists; `unopened` are files of its code that changed since and that it never opened."""

    trace: Trace
    unopened: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stale:
    """The step must run; `fingerprint` is what its result will be kept under."""

    reasons: tuple[Reason, ...]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Not known before the steps `on` have run; `reasons` hold what is known already."""

    on: tuple[str, ...]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class NotSelected:
    """Left out by --only, --from or --to; `trace` is the result that others may take, if there is one."""

    trace: Trace | None


Decision = UpToDate | Stale | Waiting | NotSelected


@dataclass(frozen=True, slots=True)
class Plan:
    """Decisions by step name, in graph order."""

    decisions: Mapping[str, Decision]

    @property
    def is_up_to_date(self) -> bool:
        """Whether a run would start nothing."""
        return not any(isinstance(d, Stale | Waiting) for d in self.decisions.values())
