"""What the panes show, as plain values: made by the session from core's records, known to nothing of core."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from tui.widgets.status import Status

if TYPE_CHECKING:
    from core.workspace import Workspace

Result = TypeVar("Result")


class Kind(StrEnum):
    """The branches of the tree, in the order they are shown."""

    PIPELINE = "pipeline"
    COMPONENT = "component"
    DATA = "data"
    ENVIRONMENT = "environment"
    MODEL = "model"
    RUN = "run"


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file; `line` and `column` count from 1, 0 for the whole file or line."""

    file: Path
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why something cannot be shown: one sentence, where, and what to do; `source` is the line of the file there."""

    message: str
    place: Place | None = None
    hint: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Version:
    """A registered version of an asset; `digest` names its content, "" when it has none."""

    name: str
    labels: tuple[str, ...] = ()
    created_at: float = 0.0
    about: str = ""
    digest: str = ""
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A leaf of the tree: a definition file (`path`), an asset with its registered versions, newest first, or both.

    `version` is the one that the file gives.
    """

    kind: Kind
    name: str
    path: Path | None = None
    description: str = ""
    trouble: Trouble | None = None
    version: str = ""
    versions: tuple[Version, ...] = ()


@dataclass(frozen=True, slots=True)
class StepView:
    """What a step is, whatever its state; inputs and outputs are already words."""

    name: str
    producers: tuple[str, ...] = ()
    title: str = ""
    command: str = ""
    environment: str = ""
    compute: str = ""
    inputs: tuple[tuple[str, str], ...] = ()
    outputs: tuple[tuple[str, str], ...] = ()
    place: Place | None = None
    unsupported: str = ""


@dataclass(frozen=True, slots=True)
class GraphView:
    """A pipeline's steps, producers first; `path` is its file relative to the workspace."""

    name: str
    path: str
    steps: Mapping[str, StepView]
    notices: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class StepState:
    """Where a step stands. Times are seconds since the epoch, `duration` seconds; 0 when there is none.

    `expected` is what it took last, for a step that runs or would run.
    `detail` is what a step waits for that is being prepared. `log` is that of the build of the step's environment where
    `is_build_log`. `outputs` are digests by port. `last_line` is what a failed step wrote last. `outdated` says what a
    running step uses that was saved since it started; it `is_same` unless it is defined otherwise now.
    """

    status: Status = Status.UNKNOWN
    reasons: tuple[str, ...] = ()
    started_at: float = 0.0
    duration: float = 0.0
    log: Path | None = None
    made_by_run: int = 0
    attempt: int = 0
    exit_code: int | None = None
    error: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    detail: str = ""
    is_build_log: bool = False
    last_line: str = ""
    expected: float = 0.0
    outdated: tuple[str, ...] = ()
    is_same: bool = False


@dataclass(frozen=True, slots=True)
class RunView:
    """A run as a row of a list; `changes` are the values that were set for it, as "key=value".

    `expected_at` is when one that goes on should end, 0 when that is not known.
    """

    number: int
    pipeline: str
    status: Status
    created_at: float
    started_at: float = 0.0
    ended_at: float = 0.0
    error: str = ""
    counts: Mapping[Status, int] = field(default_factory=dict)
    is_live: bool = False
    cancel_requested: bool = False
    notices: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    title: str = ""
    tags: tuple[str, ...] = ()
    expected_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Subject:
    """What the Run screen is about: a pipeline as it stands now, or one run of it."""

    pipeline: str = ""
    run: int = 0


@dataclass(frozen=True, slots=True)
class Scene:
    """All that the Run screen shows about its subject; `run` is the live or latest run that coloured it.

    With a `trouble` the graph is the last one that could be read, if there is any.
    """

    subject: Subject
    graph: GraphView | None = None
    states: Mapping[str, StepState] = field(default_factory=dict)
    run: RunView | None = None
    trouble: Trouble | None = None
    is_planned: bool = False


class Reach(StrEnum):
    """Which steps a run is about: whatever changed, or as `--from`, `--only` and `--to` say."""

    CHANGED = "changed"
    FROM = "from"
    ONLY = "only"
    TO = "to"


@dataclass(frozen=True, slots=True)
class Asked:
    """A run to be: `steps` say where `reach` starts or ends, `changes` are the pairs of `--set`."""

    pipeline: str
    reach: Reach = Reach.CHANGED
    steps: tuple[str, ...] = ()
    force: bool = False
    changes: tuple[tuple[str, str], ...] = ()

    def command(self) -> tuple[str, ...]:
        """The command line that asks for the same."""
        words = ["mlpw", "run", self.pipeline]
        if self.reach is not Reach.CHANGED:
            words += [word for step in self.steps for word in (f"--{self.reach.value}", step)]
        words += ["--force"] if self.force else []
        return (*words, *(word for name, value in self.changes for word in ("--set", f"{name}={value}")))


@dataclass(frozen=True, slots=True)
class Preview:
    """What a run would do: the states that planning gives, and the time it would take.

    `last` are the seconds that steps took last; `seconds` the whole run if all runs that may, `at_least` if only what
    must; steps in `untimed` never ended well and count as nothing.
    """

    graph: GraphView
    states: Mapping[str, StepState]
    asked: Asked
    last: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    at_least: float = 0.0
    untimed: tuple[str, ...] = ()

    def with_status(self, *statuses: Status) -> tuple[str, ...]:
        """Names of the steps that have one of `statuses`, in graph order."""
        return tuple(name for name, state in self.states.items() if state.status in statuses)


@dataclass(frozen=True, slots=True)
class AtSave:
    """The pipeline whose saves are run at once, "" for none; and whether running steps that are outdated restart."""

    pipeline: str = ""
    restarts: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What saves brought about: that files or `definitions` among them changed, and how the shown pipelines stand now.

    Scenes that look as before are left out. `started` is the run that was started, `trouble` why none could be.
    `note` says why files are only looked at now and then, `refused` why a run that goes on cannot take what was saved.
    """

    files: bool = False
    definitions: bool = False
    scenes: tuple[Scene, ...] = ()
    started: int = 0
    trouble: Trouble | None = None
    note: str = ""
    refused: str = ""


class SessionError(Exception):
    """Something the engine refused, as words for a toast or an error pane."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.message)
        self.trouble = trouble


class Bridge(Protocol):
    """What screens ask of the session; everything may be slow, so everything is awaited. Raises SessionError."""

    @property
    def root(self) -> Path:
        """The workspace's folder."""
        ...

    @property
    def name(self) -> str:
        """What the workspace is called on screen."""
        ...

    async def entries(self) -> list[Entry]:
        """The tree's leaves, runs apart."""
        ...

    async def runs(self) -> list[RunView]:
        """The latest runs, newest first."""
        ...

    async def scene(self, subject: Subject) -> Scene:
        """What is known at once: the graph, and the states that records give; nothing is planned."""
        ...

    async def planned(self, subject: Subject, *, afresh: bool = False) -> Scene:
        """The scene with the plan's states, whose files are watched from now on; `afresh` looks at all of them."""
        ...

    async def preview(self, asked: Asked) -> Preview:
        """What a run would start and why, and how long it would take."""
        ...

    async def decline(self) -> None:
        """What was previewed is not run."""
        ...

    async def submit(self, asked: Asked) -> int:
        """Start a detached run; its number."""
        ...

    async def cancel(self, run: int) -> None:
        """Ask the run to stop."""
        ...

    async def poll(self) -> bool:
        """Whether records were written since the last call; a cheap look."""
        ...

    async def noticed(self) -> Change:
        """What the next save brings about; waits for it."""
        ...

    async def run_at_save(self, at_save: AtSave) -> None:
        """Run from now on what saves make stale, beginning with what is stale already; or no more."""
        ...

    async def read(self, wanted: Callable[["Workspace"], Result]) -> Result:
        """What a quick function of `tui.reading` finds in the workspace, on the thread that reads records."""
        ...

    async def work(self, wanted: Callable[["Workspace"], Result]) -> Result:
        """The same for what may take long, on the thread that plans and submits."""
        ...

    def close(self) -> None:
        """Let the worker threads end; runs go on."""
        ...
