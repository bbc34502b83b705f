"""After a change of one file planning costs what the change can reach, however many steps there are."""

import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from core.planning.plan import UpToDate
from core.store import hashing
from core.store.scan import Found, Policy, scan
from core.store.signatures import now
from core.workspace import Workspace
from core.workspace.replanning import Replanned, Replanner
from tests.support.bench import Bench, in_words
from tests.support.settled import CHAIN, end_well, settled

SIZES = [10, 100, 1000]
#: Queries that deciding one step anew takes at most, and rows they give.
_QUERIES_OF_A_STEP = 10


@dataclass
class Costs:
    """What was done since the last `clear`."""

    read: list[str] = field(default_factory=list)
    scanned: list[str] = field(default_factory=list)
    looked: list[str] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)

    def clear(self) -> None:
        for each in (self.read, self.scanned, self.looked, self.rows):
            each.clear()


@dataclass
class Watched:
    """A pipeline with a plan that follows it."""

    bench: Bench
    replanner: Replanner
    costs: Costs

    def saved(self, name: str, text: str) -> Replanned:
        """Write a file and plan again, counting from there."""
        self.bench.write({name: text})
        self.costs.clear()
        planned = self.replanner.plan([str(self.bench.root / name)])
        assert planned.error is None
        return planned


@pytest.fixture
def costs(monkeypatch: pytest.MonkeyPatch) -> Costs:
    """Counts files that are read, folders that are scanned, single paths that are looked at, and rows of queries."""
    from core.records.database import Database

    found = Costs()
    read_small, read_digest = hashing._read_small, hashing.read_digest
    many, one, stat, lstat = Database.rows, Database.row, os.stat, os.lstat

    def counting_rows(self: Database, *query: object) -> object:
        answer = many(self, *query)  # type: ignore[arg-type]
        found.rows.append(len(answer))
        return answer

    def counting_row(self: Database, *query: object) -> object:
        answer = one(self, *query)  # type: ignore[arg-type]
        found.rows.append(answer is not None)
        return answer

    def looking(real: Callable[..., os.stat_result]) -> Callable[..., os.stat_result]:
        def look(path: object, *rest: object, **more: object) -> os.stat_result:
            found.looked.append(str(path))
            return real(path, *rest, **more)

        return look

    def reading(files: Sequence[Found], policy: Policy) -> object:
        found.read.extend(file.name for file in files)
        return read_small(files, policy)

    def reading_one(path: str, **more: Any) -> object:
        found.read.append(Path(path).name)
        return read_digest(path, **more)

    def scanning(real: str, policy: Policy) -> object:
        found.scanned.append(Path(real).name)
        return scan(real, policy)

    monkeypatch.setattr(hashing, "_read_small", reading)
    monkeypatch.setattr(hashing, "read_digest", reading_one)
    monkeypatch.setattr(hashing, "scan", scanning)
    monkeypatch.setattr(Database, "rows", counting_rows)
    monkeypatch.setattr(Database, "row", counting_row)
    monkeypatch.setattr(os, "stat", looking(stat))
    monkeypatch.setattr(os, "lstat", looking(lstat))
    return found


@pytest.fixture
def pipeline(bench: Bench, costs: Costs, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], Watched]]:
    """So many steps that are up to date, and a plan of them; files count as settled, however young they are."""
    monkeypatch.setattr(hashing, "now", lambda: now() + 3600 * 10**9)
    opened: list[Workspace] = []

    def made(count: int) -> Watched:
        settled(bench, count)
        workspace = bench.workspace()
        opened.append(workspace)
        replanner = Replanner(workspace, bench.file)
        planned = replanner.plan().plan
        assert planned is not None
        assert {type(decision) for decision in planned.decisions.values()} == {UpToDate}
        return Watched(bench, replanner, costs)

    yield made
    for workspace in opened:
        workspace.close()


@pytest.mark.parametrize("count", SIZES)
def test_a_save_of_what_nobody_opened_reaches_no_step(pipeline: Callable[[int], Watched], count: int) -> None:
    watched = pipeline(count)
    planned = watched.saved("src/README.md", "other words\n")
    assert planned.plan is not None
    assert planned.decided == ()
    assert all(getattr(each, "unopened", ()) == ("README.md",) for each in planned.plan.decisions.values())
    assert (watched.costs.read, watched.costs.scanned) == (["README.md"], ["src"])
    assert watched.costs.rows == [1]  # whether somebody else wrote
    assert len(watched.costs.looked) < 30


@pytest.mark.parametrize("count", SIZES)
def test_a_save_of_one_steps_file_reaches_it_and_what_follows(pipeline: Callable[[int], Watched], count: int) -> None:
    watched = pipeline(count)
    planned = watched.saved("src/s4.sh", "echo other\n")
    assert planned.plan is not None
    assert planned.decided == ("s4", "s5")
    words = in_words(planned.plan)
    assert (words["s3"], words["s4"], words["s5"]) == ("up to date", "s4.sh changed", "waits for s4")
    assert (watched.costs.read, watched.costs.scanned) == (["s4.sh"], ["src"])
    assert len(watched.costs.rows) <= 2 * _QUERIES_OF_A_STEP
    assert sum(watched.costs.rows) <= 2 * _QUERIES_OF_A_STEP
    assert len(watched.costs.looked) < 60


@pytest.mark.parametrize("count", SIZES)
def test_a_save_of_data_reaches_its_step_and_what_follows(pipeline: Callable[[int], Watched], count: int) -> None:
    watched = pipeline(count)
    planned = watched.saved("data0/rows", "2\n")
    assert planned.decided == ("s0", "s1", "s2")
    assert (watched.costs.read, watched.costs.scanned) == (["rows"], [])  # of its folder nothing else is looked at
    assert len(watched.costs.rows) <= CHAIN * _QUERIES_OF_A_STEP
    assert len(watched.costs.looked) < 60


@pytest.mark.parametrize("count", SIZES)
def test_a_save_elsewhere_costs_nothing(pipeline: Callable[[int], Watched], count: int) -> None:
    watched = pipeline(count)
    planned = watched.saved("elsewhere", "2\n")
    assert planned.decided == ()
    assert (watched.costs.read, watched.costs.scanned, watched.costs.rows) == ([], [], [1])
    assert len(watched.costs.looked) < 10


def test_a_save_of_what_all_opened_reaches_all(pipeline: Callable[[int], Watched]) -> None:
    watched = pipeline(10)
    planned = watched.saved("src/common.sh", "false\n")
    assert planned.plan is not None
    assert len(planned.decided) == 10
    assert in_words(planned.plan)["s0"] == "common.sh changed"


def test_going_back_is_found_without_asking_for_each(pipeline: Callable[[int], Watched]) -> None:
    watched = pipeline(100)
    watched.saved("src/README.md", "other words\n")
    planned = watched.saved("src/README.md", "words\n")
    assert planned.plan is not None
    assert planned.decided == ()
    assert {getattr(each, "unopened", ()) for each in planned.plan.decisions.values()} == {()}
    assert watched.costs.rows == [1]


def test_a_new_name_reaches_all_that_share_the_folder(pipeline: Callable[[int], Watched]) -> None:
    watched = pipeline(10)
    planned = watched.saved("src/new.sh", "echo\n")
    assert len(planned.decided) == 10
    assert planned.plan is not None
    assert in_words(planned.plan)["s0"] == "new.sh added"


@pytest.mark.parametrize("seed", range(6))
def test_after_any_saves_and_results_the_plan_is_a_fresh_one(pipeline: Callable[[int], Watched], seed: int) -> None:
    dice = random.Random(seed)
    watched = pipeline(12)
    bench, replanner = watched.bench, watched.replanner
    good, readme = bench.file.read_text(), bench.root / "src/README.md"

    def put(name: str, *texts: str) -> Callable[[], list[str]]:
        def write() -> list[str]:
            (bench.root / name).unlink(missing_ok=True)
            bench.write({name: dice.choice(texts)})
            return [str(bench.root / name)]

        return write

    def drop() -> list[str]:
        (bench.root / "src/new.sh").unlink(missing_ok=True)
        return [str(bench.root / "src/new.sh")]

    def link() -> list[str]:
        readme.unlink()
        readme.symlink_to("common.sh")
        return [str(readme)]

    def results() -> list[str]:
        end_well(bench, dice.choice(["made", "otherwise"]), forced=dice.sample([f"s{i}" for i in range(12)], 6))
        return []

    ways = [
        *[put("src/README.md", "words\n", "more words\n", "other words\n")] * 9,
        put("src/README.md", ""),
        *[put(f"src/s{dice.randrange(12)}.sh", "echo 1\n", "echo 2\n") for _ in range(3)],
        put("src/common.sh", "true\n", "false\n"),
        put("data10/rows", "1\n", "2\n"),
        put(bench.name, good, good.replace("sh s3.sh", "sh -e s3.sh")),
        put("src/new.sh", "echo\n"),
        drop,
        link,
        *[results] * 6,
    ]
    for turn in range(60):
        paths = [path for way in dice.sample(ways, dice.randrange(1, 3)) for path in way()]
        planned = replanner.plan(paths)
        with bench.workspace() as workspace:
            fresh = workspace.plan(workspace.graph(bench.file))
        assert planned.plan is not None
        assert dict(planned.plan.decisions) == dict(fresh.decisions), turn
