"""Steps, data and definitions that leave a watched pipeline, change, and come back: the plan is a fresh one."""

import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from core.errors import MlpwError
from core.planning.graph import Graph
from core.watching.roots import Roots
from core.watching.watcher import Watcher
from core.workspace import Workspace
from core.workspace.replanning import Replanned, Replanner
from tests.support.bench import SCHEMA, Bench, in_words
from tests.support.steps import step

OUT = "${{outputs.out}}/f"
_ROUNDS = 60


STEPS: dict[str, dict[str, Any]] = {
    "a": step(f"sh a.sh > {OUT}", code="src/", makes=["out"]),
    "d": step(f"cat ${{{{inputs.d}}}}/* > {OUT}", data={"d": "raw/"}, makes=["out"]),
    "b": step(f"cat ${{{{inputs.x}}}}/f > {OUT}", takes={"x": "d.out"}, makes=["out"]),
    "e": step(f"cat ${{{{inputs.d}}}} > {OUT}", data={"d": "one.csv"}, makes=["out"]),
    "c": {"type": "command", "component": "./c.yml"},
}


def write(bench: Bench, *names: str) -> str:
    document = {"$schema": SCHEMA, "type": "pipeline", "jobs": {name: STEPS[name] for name in names}}
    bench.file.write_text(json.dumps(document, indent=1))
    return str(bench.file)


def write_component(bench: Bench, command: str) -> str:
    component = step(f"echo {command} > {OUT}", makes=["out"]) | {"name": "c", "version": "1"}
    bench.write({"c.yml": json.dumps(component)})
    return str(bench.root / "c.yml")


@pytest.fixture
def whole(bench: Bench) -> Bench:
    """A pipeline that ran with every step, for two contents of the data."""
    bench.write({"src/a.sh": "echo 1", "raw/1": "0", "raw/2": "0", "one.csv": "0"})
    write_component(bench, "0")
    write(bench, *STEPS)
    bench.run()
    return bench


@pytest.fixture
def workspace(whole: Bench) -> Iterator[Workspace]:
    with whole.workspace() as opened:
        yield opened


@pytest.fixture
def replanner(whole: Bench, workspace: Workspace) -> Replanner:
    made = Replanner(workspace, whole.file)
    assert made.plan().plan is not None
    return made


def words(planned: Replanned) -> dict[str, str]:
    assert planned.error is None
    assert planned.plan is not None
    return in_words(planned.plan)


def test_data_that_changed_while_no_step_took_it(whole: Bench, replanner: Replanner) -> None:
    replanner.plan([write(whole, "a")])
    whole.write({"raw/1": "1"})  # another pipeline's watching may tell of it, or nobody
    replanner.plan([str(whole.root / "raw/1")])
    assert words(replanner.plan([write(whole, "a", "d")]))["d"] == "input data changed: 1 of 2 files (d)"


def test_data_that_changed_as_its_step_left(whole: Bench, replanner: Replanner) -> None:
    whole.write({"raw/1": "1"})
    replanner.plan([write(whole, "a"), str(whole.root / "raw/1")])
    assert words(replanner.plan([write(whole, "a", "d")]))["d"] == "input data changed: 1 of 2 files (d)"


def test_a_plan_of_everything_that_fails_is_still_due(whole: Bench, replanner: Replanner) -> None:
    good = whole.file.read_text()
    whole.write({"raw/1": "1"})
    whole.file.write_text("[")
    assert replanner.plan().error is not None
    whole.file.write_text(good)
    assert words(replanner.plan([str(whole.file)]))["d"] == "input data changed: 1 of 2 files (d)"


def test_a_component_that_is_saved_before_it_is_watched(whole: Bench, workspace: Workspace) -> None:
    write(whole, "a")
    with closing(Watcher()) as watcher:
        replanner = Replanner(workspace, whole.file)
        follow(replanner, watcher, None)
        write(whole, "a", "c")

        def saved_late(roots: Roots) -> bool:
            write_component(whole, "1")
            return Watcher.set_roots(watcher, roots)

        now = replanner.follow([str(whole.file)], lambda: saved_late(replanner.roots()))
    assert words(now)["c"] == "command changed"


def test_data_that_goes_while_the_graph_is_read(
    whole: Bench, replanner: Replanner, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = workspace.graph

    def gone_meanwhile(*asked: Any) -> Graph:
        graph = read(*asked)
        (whole.root / "raw").rename(whole.root / "away")
        return graph

    with monkeypatch.context() as patch:
        patch.setattr(workspace, "graph", gone_meanwhile)
        replanner.plan([write(whole, "a", "d")])
    assert "does not exist" in str(replanner.plan([str(whole.root / "raw")]).error)


def follow(replanner: Replanner, watcher: Watcher, paths: tuple[str, ...] | None) -> Replanned:
    return replanner.follow(paths, lambda: watcher.set_roots(replanner.roots()))


@dataclass
class Hands:
    """Somebody who edits at random, also while a plan is made; `done` tells what."""

    bench: Bench
    dice: random.Random
    done: list[str] = field(default_factory=list)

    def edit(self) -> None:
        ways: list[Callable[[], object]] = [
            self._switch,
            self._switch,
            self._write_data,
            self._write_data,
            self._write_data,
            lambda: write_component(self.bench, str(self.dice.randrange(3))),
            lambda: self.bench.write({"src/a.sh": f"echo {self.dice.randrange(3)}"}),
            lambda: self.bench.write({"one.csv": str(self.dice.randrange(2))}),
            lambda: self.bench.file.write_text("["),
            (self.bench.root / "c.yml").unlink,
            (self.bench.root / "one.csv").unlink,
            self._take_away,
            lambda: (self.bench.root / "raw/empty").mkdir(parents=True),
            (self.bench.root / "raw/empty").rmdir,
        ]
        way = self.dice.choice(ways)
        with suppress(OSError):
            way()
            self.done.append(getattr(way, "__name__", ""))

    def perhaps(self, chance: float) -> None:
        while self.dice.random() < chance:
            self.edit()

    def mend(self) -> None:
        """As it was, but for the data, with the steps of one branch."""
        self.bench.write({"one.csv": "0"})
        write_component(self.bench, "0")
        self._switch()
        self.done.append("mend")

    def _switch(self) -> None:
        write(self.bench, *self.dice.choice((tuple(STEPS), ("a",), ("a", "d"), ("a", "e"), ("a", "c"))))

    def _write_data(self) -> None:
        """Often as long as what it takes the place of, and as old."""
        path = self.bench.root / self.dice.choice(("raw/1", "raw/2", "raw/3"))
        before = path.stat() if path.exists() else None
        if before is not None and self.dice.random() < 0.2:
            path.unlink()
            return
        path.parent.mkdir(exist_ok=True)
        path.write_text(self.dice.choice(("0", "0", "1")))
        if before is not None and self.dice.random() < 0.5:
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        if self.dice.random() < 0.3:
            copied = path.with_name(".new")
            shutil.copy2(path, copied)
            copied.replace(path)

    def _take_away(self) -> None:
        raw, away = self.bench.root / "raw", self.bench.root / "away"
        if away.exists() and raw.exists():
            shutil.rmtree(raw)
        (away.rename(raw) if away.exists() else raw.rename(away))


@pytest.mark.parametrize("seed", range(2))
def test_whatever_leaves_and_comes_back_the_plan_is_a_fresh_one(
    whole: Bench, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    hands = Hands(whole, random.Random(seed))
    monkeypatch.setattr("core.watching.watcher.QUIET_SECONDS", 0.0)
    read = workspace.graph

    def edited_meanwhile(*asked: Any) -> Graph:
        hands.perhaps(0.15)
        graph = read(*asked)
        hands.perhaps(0.15)
        return graph

    with closing(Watcher()) as watcher, monkeypatch.context() as patch:
        replanner = Replanner(workspace, whole.file)
        now = follow(replanner, watcher, None)
        for number in range(int(os.environ.get("MLPW_COMING_BACK", _ROUNDS))):
            patch.setattr(workspace, "graph", edited_meanwhile)
            hands.done.append(f"-- {number}")
            hands.perhaps(0.6)
            now = settle(replanner, watcher, now)
            patch.setattr(workspace, "graph", read)
            if hands.dice.random() < 0.7:
                hands.mend()
            now = settle(replanner, watcher, now)
            assert said(now) == fresh(whole), f"round {number}: {hands.done[-30:]}"


def settle(replanner: Replanner, watcher: Watcher, now: Replanned) -> Replanned:
    """What a watching session says when nothing happens any more."""
    while (change := watcher.wait(0)) is not None:
        now = follow(replanner, watcher, change.paths)
    return now if now.error is None else follow(replanner, watcher, None)


def said(planned: Replanned) -> dict[str, str] | str:
    return str(planned.error) if planned.error is not None else words(planned)


def fresh(bench: Bench) -> dict[str, str] | str:
    try:
        return bench.plan()
    except MlpwError as error:
        return str(error)
