"""A local compute, attempt folders, and a way to wait for something to become true."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from core.computes.local import LocalCompute, shell_argv
from core.computes.protocol import AttemptSpec, Outcome
from core.layout import AttemptFolder
from tests.support.waiting import PATIENCE_SECONDS, eventually


@dataclass
class Bench:
    """Runs shell commands as attempts below one folder."""

    root: Path
    compute: LocalCompute = field(default_factory=LocalCompute)

    def attempt(self, name: str = "a") -> AttemptFolder:
        folder = AttemptFolder(self.root / name)
        folder.root.mkdir(exist_ok=True)
        return folder

    def spec(self, command: str | Sequence[str], **changes: object) -> AttemptSpec:
        argv = shell_argv(command) if isinstance(command, str) else tuple(command)
        return replace(AttemptSpec(argv, str(self.root), {"PATH": os.environ["PATH"]}), **changes)  # type: ignore[arg-type]

    def start(self, command: str | Sequence[str], name: str = "a", **changes: object) -> AttemptFolder:
        attempt = self.attempt(name)
        self.compute.submit(attempt, self.spec(command, **changes))
        return attempt

    def start_and_see(self, command: str | Sequence[str], text: str = "ready", **changes: object) -> AttemptFolder:
        """Start a command and wait until it has said something."""
        attempt = self.start(command, "a", **changes)
        eventually(lambda: attempt.log.exists() and text in attempt.log.read_text("utf-8", "replace"))
        return attempt

    def end_of(self, attempt: AttemptFolder) -> Outcome:
        assert self.compute.wait(PATIENCE_SECONDS) == [attempt]
        outcome = self.compute.outcome(attempt)
        assert outcome is not None
        return outcome

    def run(
        self, command: str | Sequence[str], secrets: Mapping[str, str] | None = None, **changes: object
    ) -> tuple[Outcome, str]:
        """Run a command to its end: how it ended, and its log."""
        attempt = self.attempt()
        self.compute.submit(attempt, self.spec(command, **changes), secrets=secrets)
        outcome = self.end_of(attempt)
        return outcome, attempt.log.read_text("utf-8", "replace") if attempt.log.exists() else ""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.compute.close()


@pytest.fixture
def marked() -> Iterator[Callable[[str], list[int]]]:
    """Finds living processes by a word in their command line, and ends them after the test."""
    words: set[str] = set()

    def find(word: str) -> list[int]:
        words.add(word)
        return processes_saying(word)

    yield find
    for word in words:
        for pid in processes_saying(word):
            os.kill(pid, 9)


def processes_saying(word: str) -> list[int]:
    """Living processes other than this one with a word in their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                line = (entry / "cmdline").read_bytes()
                found += [int(entry.name)] if word.encode() in line else []
        except OSError:
            continue
    return found
