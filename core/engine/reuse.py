"""A step whose result exists already, as a record."""

import time
from dataclasses import replace

from core.planning.trace import Trace
from core.records.model import StepRunRecord, StepStatus


def reused(record: StepRunRecord, trace: Trace) -> StepRunRecord:
    """The step of a run that takes a kept result; its log is where the result was made."""
    return replace(
        record,
        status=StepStatus.REUSED,
        detail="",
        fingerprint=trace.fingerprint,
        source_run=trace.run,
        source_attempt=trace.attempt,
        outputs=trace.outputs,
        artifacts=trace.artifacts,
        ended_at=time.time(),
        reasons=(),
    )
