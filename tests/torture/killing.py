"""Kill processes of a workspace at random moments, recover, and look whether everything still holds."""

import os
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from core.computes import processes
from core.engine.patience import note_progress
from core.layout import Layout
from tests.support.bench import Bench
from tests.support.waiting import eventually
from tests.torture.invariants import Watch, has_owner
from tests.torture.workload import SHAPE, write_workload

#: Kind of process -> how often it is chosen.
VICTIMS = {"supervisor": 4, "shim": 6, "nursery": 2, "step": 4}
_LONGEST_PAUSE = 0.35


@dataclass
class Torture:
    """Runs rounds of the workload under fire; `kills` counts hits by kind."""

    bench: Bench
    seed: int
    watch: Watch = field(init=False)
    kills: Counter[str] = field(default_factory=Counter)
    rounds: int = 0
    lost: int = 0

    def __post_init__(self) -> None:
        self.watch = Watch(self.bench)
        self._random = random.Random(self.seed)
        write_workload(self.bench)

    def until(self, kills: int) -> list[str]:
        """Go on until so many processes were killed, or something is broken; what is."""
        while self.kills.total() < kills and not self.watch.broken:
            self.rounds += 1
            self.round()
        if not self.watch.broken:
            self.calm()
            self.watch.look_at_end()
        return self.watch.broken

    def round(self) -> None:
        """Runs of one round, some of which want the same results at once, until they have ended."""
        runs = [self._start() for _ in range(self._random.choice((1, 1, 2)))]
        while runs and not self.watch.broken:
            time.sleep(self._random.uniform(0, _LONGEST_PAUSE))
            self._kill_one()
            self.watch.look()
            self._recover(runs)
            runs = [run for run in runs if not self.bench.status(run).is_final]

    def calm(self) -> None:
        """Let the last round finish undisturbed; then recovery has nothing to do, and changes nothing."""
        with self.bench.workspace() as workspace:
            unfinished = [run.number for run in workspace.records.runs.unfinished()]
        for run in unfinished:
            self.bench.end_of(run)
        self.bench.until_quiet()
        before = self._everything()
        if self.bench.recover() or self._everything() != before:
            self.watch.broken.append("recovery of finished runs changed something")
        self._finish_round()

    def _finish_round(self) -> None:
        """What killed attempts left undone can be made, and then nothing is left to do."""
        done = self.bench.end_of(self._start())
        again = self.bench.run_record(self._start())
        if str(done.status) != "succeeded" or set(again.counts) != {"reused"}:
            self.watch.broken.append(f"the last round does not finish: {done}, {again}")
        if self.rounds and again.counts.get("reused") != len(SHAPE):
            self.watch.broken.append(f"finished steps run again: {again.counts}")

    def _start(self) -> int:
        return self.bench.start(set={"inputs.round": str(self.rounds)}, expected=self._random.random() < 0.5)

    def _recover(self, runs: list[int]) -> None:
        """Recover as any command does; deaths that are our doing don't count against a run."""
        for run in runs:
            note_progress(Layout(self.bench.root), run)
        self.bench.recover()
        with self.bench.workspace() as workspace:
            for run in runs:
                eventually(lambda run=run: has_owner(workspace, run) or workspace.recover(), f"an owner of run {run}")  # type: ignore[misc]

    def _kill_one(self) -> None:
        found = victims(self.bench)
        kinds = [kind for kind in VICTIMS if found.get(kind)]
        if not kinds:
            return
        kind = self._random.choices(kinds, [VICTIMS[kind] for kind in kinds])[0]
        pid = self._random.choice(sorted(found[kind]))
        if processes.signal_pid(pid, signal.SIGKILL):
            self.kills[kind] += 1
            eventually(lambda: processes.start_ticks(pid) is None, "the end of the killed process")

    def _everything(self) -> list[object]:
        with self.bench.workspace() as workspace:
            database = workspace.records.database
            tables = ("runs", "step_runs", "traces", "latest_traces", "assets")
            return [[tuple(row) for row in database.rows(f"SELECT * FROM {table}")] for table in tables]


def victims(bench: Bench) -> dict[str, list[int]]:
    """Living processes of a bench by kind."""
    found: dict[str, list[int]] = {}
    for pid in bench.processes():
        found.setdefault(_kind(pid), []).append(pid)
    return found


def _kind(pid: int) -> str:
    try:
        name = Path(f"/proc/{pid}/comm").read_text().strip()
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return "gone"
    if name in ("mlpw-shim", "mlpw-nursery"):
        return name.removeprefix("mlpw-")
    if b"core.engine.supervisor" in command or b"core.engine.waiting" in command:
        return "supervisor"
    return "step" if b"MLPW_ATTEMPT=" in _environment(pid) else "starting"


def _environment(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


def kills_wanted(short: int, long: int) -> int:
    """How many kills: few in each run of the tests, many with MLPW_LONG=1."""
    return long if os.environ.get("MLPW_LONG") else short
