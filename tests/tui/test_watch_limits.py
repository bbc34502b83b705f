"""`mlpw watch` where the system's limits of watching are reached: one clear line, and the files are looked at instead.

The kernel counts watches and queues for each user namespace too: in one of its own a small limit hurts nobody else.
"""

import contextlib
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.bench import Bench
from tests.support.shell import MLPW
from tests.support.steps import step
from tests.support.waiting import eventually

LIMITS = {
    "watches": ("max_inotify_watches", 2, "sudo sysctl fs.inotify.max_user_watches="),
    "instances": ("max_inotify_instances", 0, "sudo sysctl fs.inotify.max_user_instances="),
}


class Limited:
    """A `mlpw watch` under a limit of the kernel's; `events` is what it has said so far."""

    def __init__(self, bench: Bench, limit: str, most: int) -> None:
        set_limit = f'echo {most} > /proc/sys/user/{limit} && exec "$0" watch {bench.name} --json'
        self._log = bench.outside / "watch.txt"
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                ["unshare", "--user", "--map-root-user", "sh", "-c", set_limit, MLPW],
                cwd=bench.root,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )

    @property
    def text(self) -> str:
        return self._log.read_text()

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines() if line.startswith("{") and line.endswith("}")]

    def until(self, is_it: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        eventually(lambda: any(map(is_it, self.events)) or self.process.poll() is not None, "what it should say")
        assert any(map(is_it, self.events)), self.text
        return next(event for event in self.events if is_it(event))

    def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()


@pytest.fixture
def limited(bench: Bench) -> Iterator[Callable[[str, int], Limited]]:
    made: list[Limited] = []

    def start(limit: str, most: int) -> Limited:
        made.append(Limited(bench, limit, most))
        return made[-1]

    yield start
    for each in made:
        each.close()


@pytest.mark.parametrize("case", LIMITS)
def test_a_limit_is_said_once_and_the_plan_stays_right(
    bench: Bench, limited: Callable[[str, int], Limited], case: str
) -> None:
    limit, most, hint = LIMITS[case]
    folders = [f"src/f{i}" for i in range(5)]
    bench.write({f"{folder}/a.sh": "echo 1" for folder in folders})
    command = "; ".join(f"sh {Path(folder).name}/a.sh" for folder in folders)
    bench.pipeline({"a": step(f"({command}) > ${{{{outputs.out}}}}/f", code="src/", makes=["out"])})
    bench.run()

    watch = limited(limit, most)
    note = watch.until(lambda event: event["event"] == "watching")["note"]
    assert hint in note
    assert note.endswith("until then mlpw looks every second")
    assert len(note.splitlines()) == 1
    watch.until(lambda event: event["event"] == "plan" and event["is_up_to_date"])

    bench.write({"src/f3/a.sh": "echo 2"})
    watch.until(lambda event: event.get("steps", {}).get("a", {}).get("reasons") == ["f3/a.sh changed"])
