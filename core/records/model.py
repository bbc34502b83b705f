"""The rows that records give and take, as frozen values."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any


class RunStatus(StrEnum):
    """Where a run stands; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing changes any more."""
        return self in (RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED)


class StepStatus(StrEnum):
    """Where a step of a run stands; the last five are final."""

    WAITING = "waiting"
    PREPARING = "preparing"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    REUSED = "reused"
    FAILED = "failed"
    NOT_RUN = "not_run"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing changes any more."""
        return self not in (StepStatus.WAITING, StepStatus.PREPARING, StepStatus.RUNNING)

    @property
    def has_begun(self) -> bool:
        """Whether there is or was a process, or never will be one; before that a step can be defined otherwise."""
        return self not in (StepStatus.WAITING, StepStatus.PREPARING)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One execution of a pipeline. `number` names it ("run 12"); times are seconds since the epoch, 0 for not yet.

    `pipeline` is the YAML's path relative to the workspace; `request` what was asked (settings, selection);
    `error` one line when the run failed; `counts` how many steps have each status; `notices` what was assumed.
    """

    number: int
    pipeline: str
    name: str
    status: RunStatus
    created_at: float
    started_at: float = 0.0
    ended_at: float = 0.0
    request: Mapping[str, object] = field(default_factory=dict)
    error: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    cancel_requested: bool = False


@dataclass(frozen=True, slots=True)
class StepRunRecord:
    """One execution of a step in a run; `reasons` are the words shown.

    `source_run` and `source_attempt` say which run made the result (this one unless reused); its log and artifacts
    are there. `outputs` are digests by port. `exit_code` is None until a process ended. `detail` is what a step that
    is being prepared waits for.
    """

    run: int
    step: str
    status: StepStatus
    reasons: tuple[str, ...] = ()
    fingerprint: str = ""
    attempt: int = 0
    source_run: int = 0
    source_attempt: int = 0
    exit_code: int | None = None
    started_at: float = 0.0
    ended_at: float = 0.0
    outputs: Mapping[str, str] = field(default_factory=dict)
    artifacts: str = ""
    error: str = ""
    detail: str = ""

    def ended(self, status: StepStatus, **more: Any) -> "StepRunRecord":
        """The step at its end, now: whatever it waited for, it does no more."""
        return replace(self, status=status, detail="", ended_at=time.time(), **more)


class AssetKind(StrEnum):
    """Kinds of named, versioned things."""

    DATA = "data"
    COMPONENT = "component"
    ENVIRONMENT = "environment"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class AssetRecord:
    """An immutable version of a named asset.

    `definition` is the YAML as registered, as plain values; `digest` its content in the store ("" when there is none);
    `labels` point here ("latest" is computed, never stored); `made_by` is the run and step of a registered output.
    """

    kind: AssetKind
    name: str
    version: str
    digest: str
    type: str
    definition: Mapping[str, object]
    created_at: float
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    archived: bool = False
    made_by_run: int = 0
    made_by_step: str = ""
