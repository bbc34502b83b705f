"""After a change the plan is what a fresh one would be, and nothing is looked at that the change cannot reach."""

import gc
import os
import random
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from core.definitions.places import whereabouts
from core.errors import MlpwError
from core.planning.graph import Graph
from core.store import hashing
from core.store.hashing import Hashed
from core.store.manifest import Manifest
from core.watching.watcher import Watcher
from core.workspace import Workspace
from core.workspace.reach import Reach
from core.workspace.replanning import Replanner
from tests.support.bench import Bench, in_words
from tests.support.steps import step
from tests.support.watching import after_next_change, follow, words

OUT = "${{outputs.out}}/f"


@pytest.fixture
def ran(bench: Bench) -> Bench:
    """Two chains that share nothing, which ran: a -> b, and c on data of its own."""
    bench.write({"one/a.sh": "echo 1", "two/b.sh": "cat $1/f", "three/c.sh": "cat $1/*", "two/notes": "words"})
    bench.write({f"raw/{i}": str(i) for i in range(50)})
    bench.pipeline(
        {
            "a": step(f"sh a.sh > {OUT}", code="one/", makes=["out"]),
            "b": step(f"sh b.sh ${{{{inputs.x}}}} > {OUT}", code="two/", takes={"x": "a.out"}, makes=["out"]),
            "c": step(f"sh c.sh ${{{{inputs.d}}}} > {OUT}", code="three/", data={"d": "raw/"}, makes=["out"]),
        }
    )
    bench.run()
    return bench


def saved(bench: Bench, **files: str) -> list[str]:
    """Write files ("__" for "/"); their absolute paths."""
    names = {name.replace("__", "/").replace("_sh", ".sh"): text for name, text in files.items()}
    bench.write(names)
    return [str(bench.root / name) for name in names]


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every path that is hashed from now on, file or folder."""
    seen: list[str] = []

    def counting(real: Callable[..., object]) -> Callable[..., object]:
        def counted(path: str | os.PathLike[str], *rest: object, **more: object) -> object:
            seen.append(Path(path).name)
            return real(path, *rest, **more)

        return counted

    for name in (
        "core.store.objects.hash_path",
        "core.store.objects.hash_edited",
        "core.store.objects.hash_real",
        "core.store.kept.hash_path",
    ):
        monkeypatch.setattr(name, counting(getattr(hashing, name.rpartition(".")[2])))
    return seen


@pytest.fixture
def rows(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of rows of every query from now on."""
    counts: list[int] = []
    database = type(workspace.records.database)
    read_rows, read_row = database.rows, database.row

    def many(self: object, *query: object) -> object:
        found = read_rows(self, *query)  # type: ignore[arg-type]
        counts.append(len(found))
        return found

    def one(self: object, *query: object) -> object:
        found = read_row(self, *query)  # type: ignore[arg-type]
        counts.append(found is not None)
        return found

    monkeypatch.setattr(database, "rows", many)
    monkeypatch.setattr(database, "row", one)
    return counts


def test_a_save_decides_its_step_and_what_follows(ran: Bench, replanner: Replanner, looks: list[str]) -> None:
    planned = replanner.plan(saved(ran, one__a_sh="echo 2"))
    assert words(planned) == {"a": "a.sh changed", "b": "waits for a", "c": "up to date"}
    assert planned.decided == ("a", "b")
    assert looks == ["one"]


def test_a_save_of_data_looks_at_no_code(ran: Bench, replanner: Replanner, looks: list[str]) -> None:
    planned = replanner.plan(saved(ran, raw__7="other"))
    assert words(planned)["c"] == "input data changed: 1 of 50 files (d)"
    assert planned.decided == ("c",)
    assert looks == ["raw"]


def test_a_save_reads_rows_of_its_step_alone(ran: Bench, replanner: Replanner, rows: list[int]) -> None:
    replanner.plan(saved(ran, raw__7="other"))
    assert sum(rows) < 8


def test_a_save_elsewhere_reads_nothing(ran: Bench, replanner: Replanner, looks: list[str], rows: list[int]) -> None:
    planned = replanner.plan(saved(ran, elsewhere="1"))
    assert (planned.decided, looks) == ((), [])
    assert sum(rows) == 1  # whether somebody else wrote


def test_a_save_that_does_not_matter_is_named(ran: Bench, replanner: Replanner) -> None:
    planned = replanner.plan(saved(ran, two__notes="other words"))
    assert planned.plan is not None
    assert getattr(planned.plan.decisions["b"], "unopened", ()) == ("notes",)


def test_a_definition_that_does_not_load_keeps_the_last_plan(ran: Bench, replanner: Replanner) -> None:
    good = ran.file.read_text()
    ran.file.write_text(good.replace('"jobs"', '"jbos"'))
    planned = replanner.plan([str(ran.file)])
    assert "did you mean 'jobs'?" in str(planned.error)
    assert planned.plan is not None
    assert in_words(planned.plan)["a"] == "up to date"
    assert str(ran.file) in replanner.roots().files

    ran.file.write_text(good)
    assert set(words(replanner.plan([str(ran.file)])).values()) == {"up to date"}


def test_what_was_saved_beside_an_error_is_not_forgotten(ran: Bench, replanner: Replanner) -> None:
    good = ran.file.read_text()
    ran.file.write_text(good.replace('"jobs"', '"jbos"'))
    replanner.plan([str(ran.file)])
    replanner.plan(saved(ran, one__a_sh="echo 2"))
    ran.file.write_text(good)
    assert words(replanner.plan([str(ran.file)]))["a"] == "a.sh changed"


def test_a_run_of_somebody_else_is_taken_in(ran: Bench, replanner: Replanner) -> None:
    paths = saved(ran, one__a_sh="echo 2")
    assert words(replanner.plan(paths))["a"] == "a.sh changed"
    ran.run()
    assert set(words(replanner.plan(())).values()) == {"up to date"}


@pytest.mark.parametrize("seed", range(3))
def test_after_any_saves_the_plan_is_a_fresh_one(ran: Bench, replanner: Replanner, seed: int) -> None:
    dice = random.Random(seed)
    good = ran.file.read_text()
    for _ in range(25):
        ways: list[Callable[[], list[str]]] = [
            lambda: saved(ran, one__a_sh=f"echo {dice.randrange(3)}"),
            lambda: saved(ran, two__b_sh=dice.choice(["cat $1/f", "cat $1/f # 2"])),
            lambda: saved(ran, two__notes=str(dice.random())),
            lambda: saved(ran, raw__7=str(dice.randrange(3))),
            lambda: saved(ran, **{f"raw__n{dice.randrange(3)}": "1"}),
            lambda: saved(ran, **{"pipeline.json".replace(".", "_"): "1"}),
        ]
        paths = [path for way in dice.sample(ways, 2) for path in way()]
        if dice.random() < 0.3:
            ran.file.write_text(good.replace("cat $1", f"cat -- {dice.randrange(2)}$1"))
            paths.append(str(ran.file))
        assert words(replanner.plan(paths)) == ran.plan()


def test_data_that_is_gone_is_an_error_as_for_a_fresh_start(ran: Bench, replanner: Replanner) -> None:
    (ran.root / "raw").rename(ran.root / "away")
    planned = replanner.plan([str(ran.root / "raw")])
    with pytest.raises(MlpwError) as fresh:
        ran.graph()
    assert str(planned.error) == str(fresh.value)

    (ran.root / "away").rename(ran.root / "raw")
    assert set(words(replanner.plan([str(ran.root / "raw")])).values()) == {"up to date"}


def test_a_disk_that_cannot_be_read_for_a_while_is_an_error_that_passes(ran: Bench, replanner: Replanner) -> None:
    manifests = ran.root / ".mlpw/store/manifests"
    aside = manifests.rename(manifests.with_name("aside"))
    manifests.write_text("no folder")
    found = replanner.plan(saved(ran, one__a_sh="echo 2"))
    assert "Not a directory" in str(found.error)
    assert "mlpw doctor examines this machine" in str(found.error)

    manifests.unlink()
    aside.rename(manifests)
    assert words(replanner.plan([]))["a"] == "a.sh changed"


def test_old_graphs_and_listings_are_let_go(ran: Bench, replanner: Replanner) -> None:
    good = ran.file.read_text()
    for number in range(30):
        ran.file.write_text(good.replace("cat $1", f"cat -- {number} $1"))
        assert replanner.plan([str(ran.file), *saved(ran, one__a_sh=f"echo {number}")]).error is None
    gc.collect()
    kept = [each for each in gc.get_objects() if isinstance(each, Graph | Manifest | Hashed)]
    assert len([each for each in kept if isinstance(each, Graph)]) < 15
    assert len([each for each in kept if not isinstance(each, Graph)]) < 15


def test_a_graph_that_was_read_between_two_times_without_its_code_is_read_again(ran: Bench) -> None:
    graph, one = ran.graph(), str(ran.root / "one")
    (ran.root / "one").rename(ran.root / "away")
    reach = Reach(graph, (), whereabouts([one]))  # away before it was read, and away again after it
    assert reach.is_read_from([one], reach.touched([one]))


def test_code_that_was_there_for_one_plan_only_is_missed_by_the_next(ran: Bench, replanner: Replanner) -> None:
    with closing(Watcher()) as watcher:
        (ran.root / "one").rename(ran.root / "away")
        assert follow(replanner, watcher, None).error is not None
        (ran.root / "away").rename(ran.root / "one")
        assert follow(replanner, watcher, None).error is None  # an error is tried again though nothing was told
        (ran.root / "one").rename(ran.root / "away")
        assert after_next_change(replanner, watcher).error is not None
