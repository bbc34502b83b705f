"""A `mlpw watch` that goes on beside a test, and plans that follow a pipeline's files."""

import contextlib
import json
import signal
import subprocess
from collections.abc import Callable, Collection, Sequence
from typing import Any

from core.errors import MlpwError
from core.watching.watcher import Watcher
from core.workspace.replanning import Replanned, Replanner
from tests.support.bench import Bench, in_words
from tests.support.shell import MLPW
from tests.support.steps import step
from tests.support.waiting import PATIENCE_SECONDS, eventually

Event = dict[str, Any]
_OUT = "${{outputs.out}}/f"


class Watching:
    """A `mlpw watch` in the background; `text` and `events` are what it has said so far."""

    def __init__(self, bench: Bench, *options: str, before: Sequence[str] = ()) -> None:
        self._log = bench.outside / "watch.txt"
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [*before, MLPW, "watch", bench.name, *options],
                cwd=bench.root,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )

    @property
    def text(self) -> str:
        return self._log.read_text()

    @property
    def events(self) -> list[Event]:
        """One for each line that is whole."""
        whole = self.text.rpartition("\n")[0]
        return [json.loads(line) for line in whole.splitlines() if line.startswith("{")]

    def until(self, is_it: Callable[[Event], object], after: int = 0) -> Event:
        """Wait for an event of this kind; it."""
        eventually(lambda: any(map(is_it, self.events[after:])) or self.process.poll() is not None, "the event")
        found = next((event for event in self.events[after:] if is_it(event)), None)
        assert found is not None, f"it ended: {self.text}"
        return found

    def until_said(self, *words: str) -> str:
        """Wait for words; all that was said."""
        eventually(lambda: all(word in self.text for word in words) or self.process.poll() is not None, f"{words}")
        assert all(word in self.text for word in words), f"it ended: {self.text}"
        return self.text

    def until_planned(self, after: int = 0, **decisions: str) -> Event:
        """Wait for a plan that decides these steps so."""

        def decides(event: Event) -> bool:
            steps = event.get("steps", {}) if event["event"] == "plan" else {}
            return all(steps.get(name, {}).get("decision") == word for name, word in decisions.items())

        return self.until(lambda event: event["event"] == "plan" and decides(event), after)

    def press(self) -> None:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def end(self) -> int:
        return self.process.wait(PATIENCE_SECONDS)

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()


def is_(kind: str, **values: object) -> Callable[[Event], bool]:
    """Whether an event is of a kind, with these values."""
    return lambda event: event["event"] == kind and all(event.get(name) == value for name, value in values.items())


#: Starts one with these options, behind the words of `before`.
StartWatching = Callable[..., Watching]


def run_chain(bench: Bench, train: str) -> None:
    """prepare -> train, and report beside them, of one folder of code; they ran. The gate stands open."""
    bench.write({"src/p.sh": "echo 1", "src/t.sh": "cat $1/f", "src/r.sh": "echo report", "src/README.md": "words"})
    bench.open_gate()
    bench.pipeline(
        {
            "prepare": step(f"sh p.sh > {_OUT}", code="src/", makes=["out"]),
            "train": step(train, code="src/", takes={"x": "prepare.out"}, makes=["out"]),
            "report": step(f"sh r.sh > {_OUT}", code="src/", makes=["out"]),
        }
    )
    bench.run()


def follow(replanner: Replanner, watcher: Watcher, paths: Collection[str] | None) -> Replanned:
    """The plan after a change, with all that the newest graph depends on watched."""
    return replanner.follow(paths, lambda: watcher.set_roots(replanner.roots()))


def after_next_change(replanner: Replanner, watcher: Watcher) -> Replanned:
    """The plan after the change that comes next."""
    change = watcher.wait(PATIENCE_SECONDS)
    assert change is not None
    return follow(replanner, watcher, change.paths)


def words(planned: Replanned) -> dict[str, str]:
    """What a plan that could be made says of the steps."""
    assert planned.error is None, planned.error
    assert planned.plan is not None
    return in_words(planned.plan)


def said(planned: Replanned) -> dict[str, str] | str:
    """What is said of the steps, or of the error that keeps them from being decided."""
    return str(planned.error) if planned.error is not None else words(planned)


def said_afresh(bench: Bench) -> dict[str, str] | str:
    """What one says who was not there before."""
    try:
        return bench.plan()
    except MlpwError as error:
        return str(error)
