"""A `mlpw watch` that lives through everything, and what it must say: what a fresh start says."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import MlpwError
from core.planning.resolve import resolve
from tests.support.bench import Bench
from tests.support.shell import MLPW
from tests.support.waiting import PATIENCE_SECONDS, eventually
from tui.commands.plan import row_of

#: `mlpw` that looks at nothing unless it is told to, so that what nobody tells it stays unseen, and keeps a diary.
_TOLD_ONLY = Path(__file__).with_name("diary.py")
#: So much of it is shown when the session differs.
_DIARY_LINES = 150


def is_told_only() -> bool:
    """Whether the session must see everything without the look at everything that it takes now and then."""
    return bool(os.environ.get("MLPW_TOLD_ONLY"))


def _program(diary: Path) -> list[str]:
    return [sys.executable, "-P", str(_TOLD_ONLY), str(diary)] if is_told_only() else [str(MLPW)]


@dataclass(frozen=True, slots=True)
class Said:
    """Steps with their decisions, or the error that keeps them from being decided."""

    steps: dict[str, Any] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """What a process holds: bytes of memory, descriptors, watched folders."""

    memory: int
    descriptors: int
    watches: int


def fresh(bench: Bench) -> Said:
    """What one says who was not there before, and reads the definitions anew."""
    try:
        with bench.workspace() as workspace:
            plan = workspace.plan(resolve(workspace.graphs.definition(bench.file, ())))
    except MlpwError as error:
        return Said(error=str(error))
    return Said({name: row_of(name, decision).report() for name, decision in plan.decisions.items()})


class Watched:
    """A `mlpw watch` in the background; `said` is what its lines come to, `plans` how many plans it told."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._stderr = (bench.outside / "watched.txt").open("w")
        self._diary = bench.outside / "diary.txt"
        self.process = subprocess.Popen(
            [*_program(self._diary), "watch", bench.name, "--json"],
            cwd=bench.root,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            stdin=subprocess.DEVNULL,
        )
        assert self.process.stdout is not None
        self._pipe = self.process.stdout.fileno()
        os.set_blocking(self._pipe, False)
        self._torn = b""
        self.said = Said()
        self.plans = 0
        self.note = ""
        self.slowest = 0.0

    def settle(self) -> str:
        """Wait until it says what a fresh start says; "" or how they differ when that does not come."""
        started = time.monotonic()
        wanted = fresh(self._bench)
        while True:
            self.take()
            if self._agrees(wanted):
                self.slowest = max(self.slowest, time.monotonic() - started)
                return ""
            if self.process.poll() is not None or time.monotonic() - started > PATIENCE_SECONDS:
                again = fresh(self._bench)  # what is younger than two seconds is looked at more closely
                return "" if self._agrees(again) else self._difference(again)
            time.sleep(0.01)

    def take(self) -> None:
        """Read what it said."""
        with contextlib.suppress(BlockingIOError):
            while more := os.read(self._pipe, 1 << 20):
                self._torn += more
        *lines, self._torn = self._torn.split(b"\n")
        for line in lines:
            self._take(json.loads(line))

    def use(self) -> Use:
        """What it holds now."""
        process = Path(f"/proc/{self.process.pid}")
        pages = int((process / "statm").read_text().split()[1])
        watches = 0
        names = list((process / "fd").iterdir())
        for name in names:
            with contextlib.suppress(OSError):
                watches += len(re.findall("^inotify wd", (process / "fdinfo" / name.name).read_text(), re.MULTILINE))
        return Use(pages * os.sysconf("SC_PAGESIZE"), len(names), watches)

    def end(self) -> int:
        """Ctrl-C; its exit code. What it still has to say is read meanwhile: a full pipe would hold it."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGINT)
        until = time.monotonic() + PATIENCE_SECONDS
        try:
            while self.process.poll() is None and time.monotonic() < until:
                self.take()
                time.sleep(0.01)
            return self.process.wait(0)
        finally:
            self.process.kill()
            self.process.wait()
            self._stderr.close()
            assert self.process.stdout is not None
            self.process.stdout.close()

    def _take(self, event: dict[str, Any]) -> None:
        if event["event"] == "plan":
            self.plans += 1
            steps = {**self.said.steps, **event["steps"]}
            self.said = Said({name: row for name, row in steps.items() if name not in event.get("removed", ())})
        elif event["event"] == "error":
            self.plans += 1
            self.said = Said(self.said.steps, event["error"])
        elif event["event"] == "watching":
            self.note = event.get("note", "")

    def _agrees(self, wanted: Said) -> bool:
        """Beside an error the last good plan stays."""
        is_same = self.said.error == wanted.error and (bool(wanted.error) or self.said.steps == wanted.steps)
        return self.plans > 0 and is_same

    def _difference(self, wanted: Said) -> str:
        if is_told_only() and self.process.poll() is None:
            self.process.send_signal(signal.SIGUSR1)
            eventually(self._diary.exists, "the diary")
        diary = self._diary.read_text().splitlines()[-_DIARY_LINES:] if self._diary.exists() else []
        said = self._bench.outside / "watched.txt"
        lines = [f"it lives: {self.process.poll() is None}", *(line[:400] for line in diary), said.read_text()[-2000:]]
        lines.append(f"error: {self.said.error!r}, not {wanted.error!r}")
        for name in sorted(self.said.steps.keys() | wanted.steps.keys()):
            one, other = self.said.steps.get(name), wanted.steps.get(name)
            if one != other and not wanted.error:
                lines.append(f"{name}: {one}, not {other}")
        return "\n".join(lines)
