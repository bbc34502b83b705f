"""A session without an engine: a workspace that a test writes down and changes."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.errors import MlpwError
from core.workspace import Workspace
from tui.views import (
    Asked,
    AtSave,
    Change,
    Entry,
    GraphView,
    Kind,
    Place,
    Preview,
    RunView,
    Scene,
    SessionError,
    StepState,
    StepView,
    Subject,
    Trouble,
)
from tui.widgets.status import Status
from tui.worker_thread import Result, trouble_of

TAXI = "pipelines/taxi.yml"


def taxi_graph() -> GraphView:
    """ingest -> clean -> train_a, train_b -> evaluate."""
    edges = {
        "ingest": (),
        "clean": ("ingest",),
        "train_a": ("clean",),
        "train_b": ("clean",),
        "evaluate": ("train_a", "train_b"),
    }
    steps = {
        name: StepView(
            name,
            taken,
            command=f"python {name}.py",
            environment="sklearn",
            inputs=tuple((producer, f"{producer}.out") for producer in taken),
            outputs=(("out", "uri_folder"),),
            place=Place(Path(TAXI), 10 + index),
        )
        for index, (name, taken) in enumerate(edges.items())
    }
    return GraphView("taxi", TAXI, steps)


@dataclass
class FakeBridge:
    """What a test can set; `asked` is what the workbench asked for."""

    root: Path
    name: str = "demo"
    graph: GraphView = field(default_factory=taxi_graph)
    states: dict[str, StepState] = field(default_factory=dict)
    run: RunView | None = None
    more_entries: list[Entry] = field(default_factory=list)
    trouble: Trouble | None = None
    refusal: Trouble | None = None
    records_changed: bool = False
    change: Change = field(default_factory=Change)
    at_save: AtSave = field(default_factory=AtSave)
    asked: list[str] = field(default_factory=list)
    planned_calls: int = 0
    has_pipeline: bool = True

    async def entries(self) -> list[Entry]:
        mine = [Entry(Kind.PIPELINE, "taxi", Path(TAXI), trouble=self.trouble)] if self.has_pipeline else []
        return [*mine, *self.more_entries]

    async def runs(self) -> list[RunView]:
        return [self.run] if self.run else []

    async def scene(self, subject: Subject) -> Scene:
        if self.trouble is not None:
            return Scene(subject, trouble=self.trouble)
        return Scene(subject, self.graph, self.states if self.run else {}, self.run)

    async def planned(self, subject: Subject, *, afresh: bool = False) -> Scene:
        self.planned_calls += 1
        if self.trouble is not None:
            return Scene(subject, trouble=self.trouble)
        return Scene(subject, self.graph, self.states, self.run, is_planned=True)

    async def preview(self, asked: Asked) -> Preview:
        self.asked.append(f"preview {' '.join(asked.command()[2:])}")
        if self.refusal is not None:
            raise SessionError(self.refusal)
        return Preview(self.graph, self.states, asked)

    async def decline(self) -> None:
        self.asked.append("decline")

    async def submit(self, asked: Asked) -> int:
        self.asked.append(f"submit {' '.join(asked.command()[2:])}")
        if self.refusal is not None:
            raise SessionError(self.refusal)
        self.begin_run()
        return 7

    async def cancel(self, run: int) -> None:
        self.asked.append(f"cancel {run}")
        if self.run is not None:
            self.run = replace(self.run, cancel_requested=True)
        self.records_changed = True

    async def read(self, wanted: Callable[[Workspace], Result]) -> Result:
        try:
            with Workspace.open(self.root) as workspace:
                return wanted(workspace)
        except MlpwError as error:
            raise SessionError(trouble_of(error, self.root)) from error

    work = read

    async def poll(self) -> bool:
        found, self.records_changed = self.records_changed, False
        return found

    async def noticed(self) -> Change:
        while self.change == Change():
            await asyncio.sleep(0.02)
        found, self.change = self.change, Change()
        scenes = () if not found.files else (await self.planned(Subject(self.graph.path)),)
        return replace(found, scenes=found.scenes or scenes)

    async def run_at_save(self, at_save: AtSave) -> None:
        self.at_save = at_save

    def close(self) -> None:
        pass

    # What a test does to the world

    def begin_run(self) -> None:
        """Run 7 begins: ingest and clean are done, train_a runs."""
        now = time.time()
        self.states = {
            "ingest": StepState(Status.REUSED, made_by_run=3),
            "clean": StepState(Status.SUCCEEDED, duration=4.2, made_by_run=7),
            "train_a": StepState(Status.RUNNING, started_at=now - 65, log=self.root / "train_a.txt", made_by_run=7),
            "train_b": StepState(Status.WAITING),
            "evaluate": StepState(Status.WAITING, ("waits for train_a, train_b",)),
        }
        counts = {Status.REUSED: 1, Status.SUCCEEDED: 1, Status.RUNNING: 1, Status.WAITING: 2}
        self.run = RunView(7, TAXI, Status.RUNNING, now, now, counts=counts, is_live=True)
        self.records_changed = True

    def fail(self, step: str, error: str, log: Path) -> None:
        """The run ends because a step failed."""
        assert self.run is not None
        self.states = dict(self.states)
        self.states[step] = StepState(
            Status.FAILED, ("failed in run 7",), duration=66.0, log=log, made_by_run=7, exit_code=1, error=error
        )
        counts = {Status.REUSED: 1, Status.SUCCEEDED: 1, Status.FAILED: 1, Status.NOT_RUN: 2}
        self.run = replace(self.run, status=Status.FAILED, counts=counts, is_live=False, ended_at=time.time())
        self.records_changed = True


def stale_world(root: Path) -> FakeBridge:
    """train_b's code changed since run 3; everything else is up to date."""
    reused = StepState(Status.REUSED, duration=41.0, made_by_run=3)
    states = {
        "ingest": reused,
        "clean": reused,
        "train_a": reused,
        "train_b": StepState(Status.STALE, ("train_b.py changed", "learning_rate 0.1 -> 0.05")),
        "evaluate": StepState(Status.WAITING, ("waits for train_b",)),
    }
    return FakeBridge(root, states=states)
