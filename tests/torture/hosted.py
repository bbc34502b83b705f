"""Steps in containers, here and on a machine that SSH reaches, under fire: processes, links and engines that go."""

import contextlib
import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from core.computes import processes
from core.engine.launch import has_supervisor
from core.engine.patience import note_progress
from core.hosts import labels
from core.hosts.errors import HostError
from core.hosts.tunnel import base_of
from core.records.model import RunStatus
from tests.core.engine.hosts.conftest import contained, pipeline
from tests.support.bench import Bench
from tests.support.docker_hosts import DockerHost
from tests.support.steps import file, step
from tests.support.waiting import eventually
from tests.torture.killing import victims

LINES = 60
COUNT = f"i=0; while [ $i -lt {LINES} ]; do i=$((i+1)); echo out $i; echo err $i >&2; usleep 20000; done"
#: Step -> where it runs, and what it takes from.
SHAPE: dict[str, tuple[str, tuple[str, ...]]] = {
    "a": ("box", ()),
    "b": ("far", ()),
    "c": ("far", ("a", "b")),
    "d": ("box", ("c",)),
    "e": ("local", ("c", "d")),
}
_LONGEST_PAUSE, _LONGEST_CUT = 0.8, 3.0
#: A round is left in peace then: a link that never holds for a second carries nothing, whoever uses it.
_MOST_HITS = 10
_PATIENCE_SECONDS = 240.0


@dataclass
class HostedTorture:
    """Rounds of a pipeline on two hosts; `hits` counts by kind what was done to it, `broken` says what did not hold."""

    bench: Bench
    box: DockerHost
    far: DockerHost
    seed: int
    hits: Counter[str] = field(default_factory=Counter)
    rounds: int = 0
    broken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._ways: dict[str, Callable[[], bool]] = {
            "supervisor": lambda: self._kill("supervisor"),
            "shim": lambda: self._kill("shim"),
            "nursery": lambda: self._kill("nursery"),
            "guard": self._kill_guard,
            "ssh": self._kill_ssh,
            "connections": self._drop_connections,
            "link": self._cut_link,
        }

    def round(self, *, crash_at: str = "") -> None:
        """One run to its end; `crash_at` is a point at which its first supervisor dies."""
        self.rounds += 1
        self._write()
        once = self.bench.outside / f"crashed-{self.rounds}"
        if crash_at:
            os.environ["MLPW_CRASH_AT"] = f"{crash_at}:{once}"
        try:
            number = self.bench.start()
            self._fire_at(number)
            eventually(lambda: self._is_over(number), f"the end of run {number}", patience=_PATIENCE_SECONDS)
        finally:
            os.environ.pop("MLPW_CRASH_AT", None)
        self._look_at_end(number)
        if crash_at and not once.exists():
            self.broken.append(f"nobody died at {crash_at}")

    @property
    def is_quiet(self) -> bool:
        """Whether nothing runs any more but what keeps the tunnel, which waits a minute for who may need it next."""
        guard = self._guard()
        return not {*self.bench.processes()} - {guard, *processes.descendants(guard)}

    def _write(self) -> None:
        self.bench.write({"src/round": f"{self.rounds}\n"})  # code is captured anew in each round
        steps = {}
        for name, (place, sources) in SHAPE.items():
            takes = {f"from_{source}": f"{source}.out" for source in sources}
            reads = " ".join(f"${{{{inputs.from_{source}}}}}" for source in sources) or "/dev/null"
            command = f"echo begun; {COUNT if place != 'local' else 'true'}; cat {reads} > ${{{{outputs.out}}}}"
            command += f"; echo {name} $(cat round) >> ${{{{outputs.out}}}}; echo end"
            small = {"resources": {"docker_args": "--cpus 0.2"}}
            write = step if place == "local" else contained
            more = small if place == "local" else {**small, "compute": place}
            steps[name] = write(command, takes=takes, makes={"out": file()}, code="src/", **more)
        pipeline(self.bench, steps)

    def _expected(self, name: str) -> str:
        return "".join(self._expected(source) for source in SHAPE[name][1]) + f"{name} {self.rounds}\n"

    def _fire_at(self, run: int) -> None:
        before = self.hits.total()
        while not self.bench.status(run).is_final and not self.broken and self.hits.total() < before + _MOST_HITS:
            time.sleep(self._random.uniform(0.05, _LONGEST_PAUSE))  # at random moments is what this is about
            way = self._random.choice(sorted(self._ways))
            self.hits[way] += self._ways[way]()
            self._look_for_twins()
            with self.bench.workspace() as workspace:
                note_progress(workspace.layout, run)  # deaths that are our doing don't count against it
                if not has_supervisor(workspace.layout, run):
                    workspace.recover()

    def _is_over(self, run: int) -> bool:
        self._look_for_twins()
        if self.bench.status(run).is_final:
            return True
        self.bench.recover()
        return False

    def _look_for_twins(self) -> None:
        for host in (self.box, self.far):
            with contextlib.suppress(HostError), contextlib.closing(host.engine()) as engine:
                live = [each for each in engine.containers(labels.STEP) if each["State"] == "running"]
                twins = Counter(each["Labels"][labels.STEP] for each in live)
                self.broken.extend(f"{name} runs {count} times" for name, count in twins.items() if count > 1)

    def _look_at_end(self, run: int) -> None:
        record = self.bench.run_record(run)
        if record.status is not RunStatus.SUCCEEDED:
            errors = {name: row.error for name, row in self.bench.steps(run).items() if row.error}
            self.broken.append(f"run {run} is {record.status}: {record.error} {errors}")
            return
        for name, (place, _) in SHAPE.items():
            if self.bench.text(run, name) != self._expected(name):
                self.broken.append(f"run {run}: {name} made {self.bench.text(run, name)!r}")
            if place != "local":
                self.broken.extend(f"run {run}: {name}: {words}" for words in self._faults_of_log(run, name))

    def _faults_of_log(self, run: int, name: str) -> list[str]:
        """What is wrong with the log of a step that must have begun once, whatever became of who kept it."""
        folder = self.bench.attempt(run, name).root.parent
        logs = {log.parent.name: log.read_text().splitlines() for log in folder.glob("*/log.txt")}
        begun = [attempt for attempt, lines in logs.items() if "begun" in lines]
        if len(begun) != 1:
            return [f"it was begun in the attempts {begun}"]
        lines, faults = logs[begun[0]], []
        for stream in ("out", "err"):
            said = [line for line in lines if line.startswith(stream)]
            if said != [f"{stream} {i}" for i in range(1, LINES + 1)]:
                faults.append(f"its log has {said}")
        if (lines.count("begun"), lines.count("end")) != (1, 1):
            faults.append("its first or last line is there twice, or not at all")
        return faults

    # What is done to them

    def _kill(self, kind: str) -> bool:
        found = victims(self.bench).get(kind, [])
        return bool(found) and processes.signal_pid(self._random.choice(sorted(found)), signal.SIGKILL)

    def _guard(self) -> int:
        with contextlib.suppress(OSError, ValueError, KeyError):
            pid = int(json.loads(Path(f"{base_of(self.far.target())}.state").read_text())["pid"])
            return pid if b"tunnel_guard" in processes.read(f"/proc/{pid}/cmdline") else 0
        return 0

    def _kill_guard(self) -> bool:
        guard = self._guard()
        return bool(guard) and processes.signal_pid(guard, signal.SIGKILL)

    def _kill_ssh(self) -> bool:
        children = processes.children(self._guard())
        return bool(children) and processes.signal_pid(children[0], signal.SIGKILL)

    def _drop_connections(self) -> bool:
        self.far.drop_connections()
        return True

    def _cut_link(self) -> bool:
        self.far.cut_link()
        try:
            time.sleep(self._random.uniform(0, _LONGEST_CUT))
        finally:
            self.far.mend_link()
        return True
