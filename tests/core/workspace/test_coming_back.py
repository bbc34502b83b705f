"""Steps, data and definitions that leave a watched pipeline, change, and come back: the plan is a fresh one."""

import json
import os
import random
import shutil
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from core.planning.graph import Graph
from core.watching.roots import Roots
from core.watching.watcher import Watcher
from core.workspace import Workspace
from core.workspace.replanning import Replanned, Replanner
from tests.support.bench import SCHEMA, Bench
from tests.support.steps import step
from tests.support.watching import follow, said, said_afresh, words

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
def ran(bench: Bench) -> Bench:
    """A pipeline that ran with every step, for two contents of the data."""
    bench.write({"src/a.sh": "echo 1", "raw/1": "0", "raw/2": "0", "one.csv": "0"})
    write_component(bench, "0")
    write(bench, *STEPS)
    bench.run()
    return bench


def test_data_that_changed_while_no_step_took_it(ran: Bench, replanner: Replanner) -> None:
    replanner.plan([write(ran, "a")])
    ran.write({"raw/1": "1"})  # another pipeline's watching may tell of it, or nobody
    replanner.plan([str(ran.root / "raw/1")])
    assert words(replanner.plan([write(ran, "a", "d")]))["d"] == "input data changed: 1 of 2 files (d)"


def test_data_that_changed_as_its_step_left(ran: Bench, replanner: Replanner) -> None:
    ran.write({"raw/1": "1"})
    replanner.plan([write(ran, "a"), str(ran.root / "raw/1")])
    assert words(replanner.plan([write(ran, "a", "d")]))["d"] == "input data changed: 1 of 2 files (d)"


def test_a_plan_of_everything_that_fails_is_still_due(ran: Bench, replanner: Replanner) -> None:
    good = ran.file.read_text()
    ran.write({"raw/1": "1"})
    ran.file.write_text("[")
    assert replanner.plan().error is not None
    ran.file.write_text(good)
    assert words(replanner.plan([str(ran.file)]))["d"] == "input data changed: 1 of 2 files (d)"


def test_a_component_that_is_saved_before_it_is_watched(ran: Bench, workspace: Workspace) -> None:
    write(ran, "a")
    with closing(Watcher()) as watcher:
        replanner = Replanner(workspace, ran.file)
        follow(replanner, watcher, None)
        write(ran, "a", "c")

        def saved_late(roots: Roots) -> bool:
            write_component(ran, "1")
            return Watcher.set_roots(watcher, roots)

        now = replanner.follow([str(ran.file)], lambda: saved_late(replanner.roots()))
    assert words(now)["c"] == "command changed"


def test_data_that_goes_while_the_graph_is_read(
    ran: Bench, replanner: Replanner, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = workspace.graph

    def gone_meanwhile(*asked: Any) -> Graph:
        graph = read(*asked)
        (ran.root / "raw").rename(ran.root / "away")
        return graph

    with monkeypatch.context() as patch:
        patch.setattr(workspace, "graph", gone_meanwhile)
        replanner.plan([write(ran, "a", "d")])
    assert "does not exist" in str(replanner.plan([str(ran.root / "raw")]).error)


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
    ran: Bench, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    hands = Hands(ran, random.Random(seed))
    monkeypatch.setattr("core.watching.watcher.QUIET_SECONDS", 0.0)
    read = workspace.graph

    def edited_meanwhile(*asked: Any) -> Graph:
        hands.perhaps(0.15)
        graph = read(*asked)
        hands.perhaps(0.15)
        return graph

    with closing(Watcher()) as watcher, monkeypatch.context() as patch:
        replanner = Replanner(workspace, ran.file)
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
            assert said(now) == said_afresh(ran), f"round {number}: {hands.done[-30:]}"


def settle(replanner: Replanner, watcher: Watcher, now: Replanned) -> Replanned:
    """What a watching session says when nothing happens any more."""
    while (change := watcher.wait(0)) is not None:
        now = follow(replanner, watcher, change.paths)
    return now if now.error is None else follow(replanner, watcher, None)
