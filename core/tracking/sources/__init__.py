"""Where a step's reports come from. A new kind of source is one file here and one entry in SOURCES."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from core.tracking.events import MLFLOW, Event, JournalReader
from core.tracking.report import Report, make_report
from core.tracking.sources import artifacts, metrics_files, printed


@dataclass(frozen=True, slots=True)
class StepFiles:
    """What a source may look at: the attempt's journal, log (with its chunks' times), outputs by port, artifacts."""

    events: Path
    run_id: str
    log: Path
    log_times: Path
    outputs: Mapping[str, Path] = field(default_factory=dict)
    artifacts: Path | None = None


class Follower(Protocol):
    """Reads on from where it was."""

    def poll(self) -> tuple[Event, ...]:
        """What is new since the last poll."""
        ...


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of source. One that is not `live` is read when the step has ended."""

    name: str
    live: bool
    follow: Callable[[StepFiles], Follower]


SOURCES: tuple[Source, ...] = (  # the most trusted first: a key that two of them report counts once
    Source(MLFLOW, True, lambda step: JournalReader(step.events, step.run_id)),
    Source(printed.NAME, True, lambda step: printed.PrintedLines(step.log, step.log_times)),
    Source(metrics_files.NAME, False, lambda step: metrics_files.MetricsFiles(step.outputs)),
    Source(artifacts.NAME, False, lambda step: artifacts.ArtifactsFolder(step.artifacts)),
)


def read_report(step: StepFiles) -> Report:
    """All that an ended step reported, by every source."""
    return make_report([source.follow(step).poll() for source in SOURCES])
