"""gc and verify through the command line: nothing needed goes, nothing damaged stays unseen."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core.layout import Layout
from core.records.records import Records
from core.store.locks import Lock
from core.store.objects import Store
from tests.support.commands import Bench

SLOW = """
type: pipeline
jobs:
  slow:
    command: while [ ! -e {flag} ]; do sleep 0.05; done
    environment: {{image: python}}
"""


def store_of(bench: Bench) -> Store:
    return Store(Layout(bench.root))


def outputs(bench: Bench, run: str = "latest") -> dict[str, str]:
    steps = bench.ok("show", run, "--json").json["steps"]
    return {f"{name}.{port}": made["digest"] for name, step in steps.items() for port, made in step["outputs"].items()}


def decisions(bench: Bench, *arguments: str) -> dict[str, str]:
    steps = bench.ok("plan", "pipe.yml", *arguments, "--json").json["steps"]
    return {name: step["decision"] for name, step in steps.items()}


def damage(path: Path) -> None:
    """Change a kept file behind the store's back."""
    file = path if path.is_file() else next(each for each in path.rglob("*") if each.is_file())
    file.chmod(0o600)
    file.write_text("damaged")


def take_away(path: Path) -> None:
    for folder in [path, *path.rglob("*")] if path.is_dir() else []:
        folder.chmod(0o700)
    shutil.rmtree(path) if path.is_dir() else path.unlink()


@contextmanager
def going_on(bench: Bench, tmp_path: Path) -> Iterator[str]:
    """A run whose step waits; it ends when the block does."""
    flag = tmp_path / "flag"
    bench.write("slow.yml", SLOW.format(flag=flag))
    run = bench.ok("run", "slow.yml", "--detach", "--json").json["run"]
    try:
        yield run
    finally:
        flag.touch()
        bench.mlpw("logs", run, "-f")


def test_gc_removes_nothing_that_is_needed(ran: Bench) -> None:
    before = ran.everything()
    assert ran.ok("gc").out == "nothing to remove\n"
    assert ran.everything() == before


def test_gc_removes_locks_that_nobody_holds(ran: Bench) -> None:
    locks = ran.root / ".mlpw" / "locks" / "fingerprints"
    left = sorted(locks.iterdir())
    assert left
    lock = Lock(left[0])
    assert lock.try_acquire()

    ran.ok("gc")

    assert sorted(locks.iterdir()) == left[:1]
    lock.release()


def test_gc_removes_content_that_nothing_names(ran: Bench) -> None:
    ran.write("stray.txt", "nobody's")
    store = store_of(ran)
    digest = store.add(ran.root / "stray.txt")
    store.close()
    would = ran.ok("gc", "--dry-run", "--json").json
    assert would == {
        "dry_run": True,
        "freed_bytes": 8,
        "removed": {"objects": {"count": 1, "bytes": 8}},
        "not_asked": [],
        "workspaces_gone": [],
    }
    assert store.has(digest)
    assert ran.ok("gc").out == "removed 1 object, 8 B\n8 B freed\n"
    assert not store.has(digest)
    assert decisions(ran) == {"say": "up_to_date", "shout": "up_to_date"}


def test_gc_keeps_what_a_registered_version_needs(ran: Bench) -> None:
    ran.write("taxi.csv", "1,2\n")
    digest = ran.ok("data", "create", "-n", "taxi", "-t", "uri_file", "-p", "taxi.csv", "--json").json["digest"]
    ran.ok("data", "archive", "taxi")
    ran.ok("gc", "--keep-runs", "0")
    assert store_of(ran).has(digest)


def test_old_runs_go_with_their_results(ran: Bench) -> None:
    first = outputs(ran)
    ran.ok("run", "pipe.yml", "--set", "inputs.word=moon")
    second = outputs(ran)
    freed = ran.ok("gc", "--keep-runs", "1", "--json").json["removed"]
    assert (freed["runs"]["count"], freed["results"]["count"], freed["objects"]["count"]) == (1, 2, 2)
    assert not [digest for digest in first.values() if store_of(ran).has(digest)]
    assert all(store_of(ran).has(digest) for digest in second.values())
    assert decisions(ran, "--set", "inputs.word=moon") == {"say": "up_to_date", "shout": "up_to_date"}
    assert decisions(ran)["say"] == "stale"
    assert not (ran.root / ".mlpw/runs/0001").exists()
    with Records(Layout(ran.root).database) as records:
        assert len(records.database.rows("SELECT digest FROM graphs")) == 1


def test_a_result_stays_while_a_run_that_took_it_does(ran: Bench) -> None:
    ran.ok("run", "pipe.yml")
    assert "runs" in ran.ok("gc", "--keep-runs", "1", "--json").json["removed"]
    assert ran.ok("runs", "--json").json["runs"][0]["steps"] == {"reused": 2}
    assert decisions(ran) == {"say": "up_to_date", "shout": "up_to_date"}
    assert ran.ok("logs", "latest/shout").code == 0
    assert ran.ok("verify").code == 0


def test_the_log_of_a_result_that_a_step_of_another_name_made_is_found(ran: Bench) -> None:
    text = (ran.root / "pipe.yml").read_text().replace("say", "tell")
    ran.write("other.yml", text)
    ran.ok("run", "other.yml")
    assert ran.ok("show", "latest", "--json").json["steps"]["tell"]["status"] == "reused"
    before = ran.ok("logs", "latest/tell", "--json").json["steps"]
    ran.ok("gc", "--keep-runs", "1")
    assert ran.ok("logs", "latest/tell", "--json").json["steps"] == before != {}


def test_young_runs_stay_whatever_their_number(ran: Bench) -> None:
    ran.ok("run", "pipe.yml")
    assert "runs" not in ran.ok("gc", "--keep-runs", "1", "--older-than", "1", "--json").json["removed"]
    assert len(ran.ok("runs", "--json").json["runs"]) == 2


def test_the_folders_a_failed_step_worked_in_go_when_a_newer_run_is_there(ran: Bench) -> None:
    ran.write("bad.yml", "type: pipeline\njobs:\n  bad: {command: echo why; exit 3, environment: {image: python}}\n")
    assert ran.mlpw("run", "bad.yml").code == 1
    code = ran.root / ".mlpw/runs/0002/bad/1/code"
    ran.ok("gc")
    assert code.exists()
    assert ran.mlpw("run", "bad.yml").code == 1
    ran.ok("gc")
    assert not code.exists()
    assert ran.ok("logs", "2/bad").out == "why\n"


def test_half_made_things_go_and_those_being_made_stay(ran: Bench) -> None:
    temporary = ran.root / ".mlpw/tmp"
    for name in ("dead", "alive"):
        (temporary / name).mkdir(parents=True)
    owner = os.open(temporary / "alive", os.O_RDONLY)
    fcntl.flock(owner, fcntl.LOCK_EX)
    try:
        assert ran.ok("gc", "--json").json["removed"]["temporary things"]["count"] == 1
    finally:
        os.close(owner)
    assert [path.name for path in temporary.iterdir()] == ["alive"]


def test_environments_go_only_when_asked_for_and_unused(ran: Bench) -> None:
    built = [path for path in (ran.root / ".mlpw/envs").iterdir() if path.is_dir()]
    ran.ok("gc", "--environments")
    assert all(path.exists() for path in built)
    ran.ok("gc", "--keep-runs", "0")
    assert all(path.exists() for path in built)
    ran.ok("gc", "--environments")
    assert not any(path.exists() for path in built)


def test_gc_waits_for_no_run_and_says_which_goes_on(ran: Bench, tmp_path: Path) -> None:
    with going_on(ran, tmp_path) as run:
        for arguments in (("gc", "--keep-runs", "0"), ("verify", "--repair")):
            said = ran.mlpw(*arguments)
            assert (said.code, said.out) == (1, "")
            assert f"run {run} is going on, and nothing was changed" in said.err
    assert len(ran.ok("runs", "--json").json["runs"]) == 2
    ran.ok("gc")


def test_gc_in_an_unused_folder_makes_nothing(bench: Bench) -> None:
    before = bench.everything()
    assert bench.ok("gc").out == "nothing to remove\n"
    assert bench.ok("verify").code == 0
    assert bench.everything() == before


KILLED = """
import os, sys
from core.store.kept import KeptObjects
import core.workspace.housekeeping as housekeeping
deaths = int(sys.argv[1])
def dying(function):
    def call(*arguments, **options):
        global deaths
        deaths -= 1
        if deaths < 0:
            os._exit(9)
        return function(*arguments, **options)
    return call
KeptObjects.remove = dying(KeptObjects.remove)
housekeeping.remove_tree = dying(housekeeping.remove_tree)
from tui.cli import main
main(["gc", "--keep-runs", "1"])
"""


@pytest.mark.parametrize("deaths", range(4))
def test_a_gc_that_dies_leaves_a_whole_workspace(ran: Bench, deaths: int) -> None:
    ran.ok("run", "pipe.yml", "--set", "inputs.word=moon")
    ended = subprocess.run([sys.executable, "-c", KILLED, str(deaths)], cwd=ran.root, check=False, capture_output=True)
    assert ended.returncode == 9
    assert ran.ok("verify").code == 0
    assert decisions(ran, "--set", "inputs.word=moon") == {"say": "up_to_date", "shout": "up_to_date"}
    ran.ok("gc", "--keep-runs", "1")
    needed = set(outputs(ran).values())
    assert set(store_of(ran).digests()) == needed
    assert ran.ok("gc").out == "nothing to remove\n"


def test_verify_finds_nothing_wrong_in_a_whole_workspace(ran: Bench) -> None:
    assert ran.ok("verify", "--json").json == {"objects": 2, "results": 2, "elsewhere": 0, "problems": []}


def test_verify_names_what_is_damaged_and_who_made_it(ran: Bench) -> None:
    digest = outputs(ran)["say.said"]
    damage(store_of(ran).path(digest))
    said = ran.mlpw("verify")
    assert said.code == 1
    assert "'word.txt' was changed ('said' of step 'say', run 1)" in said.err
    problem = ran.mlpw("verify", "--json").json["problems"][0]
    assert (problem["digest"], problem["run"], problem["step"], problem["repaired"]) == (digest, 1, "say", False)


@pytest.mark.parametrize("harm", [damage, take_away])
@pytest.mark.parametrize("port", ["say.said", "shout.loud"])
def test_what_is_repaired_runs_again_and_all_is_well(ran: Bench, harm: Callable[[Path], None], port: str) -> None:
    before = outputs(ran)
    harm(store_of(ran).path(before[port]))
    assert ran.mlpw("verify").code == 1
    assert ran.ok("verify", "--repair").code == 0
    assert ran.ok("verify").code == 0
    assert decisions(ran)[port.partition(".")[0]] == "stale"
    ran.ok("run", "pipe.yml")
    assert outputs(ran) == before


def test_damaged_content_of_a_version_is_put_right_by_registering_it_again(ran: Bench) -> None:
    ran.write("taxi.csv", "1,2\n")
    create = ("data", "create", "-n", "taxi", "-v", "1", "-t", "uri_file", "-p", "taxi.csv")
    digest = ran.ok(*create, "--json").json["digest"]
    damage(store_of(ran).path(digest))
    said = ran.mlpw("verify", "--repair")
    assert said.code == 1
    assert "register the same content again: mlpw data create" in said.err
    ran.ok(*create)
    assert ran.ok("verify").code == 0


def break_trace(records: Records) -> None:
    with records.database.write() as connection:
        connection.execute("UPDATE traces SET parts = '{}' WHERE step = 'say'")


def break_latest(records: Records) -> None:
    with records.database.write() as connection:
        connection.execute("UPDATE latest_traces SET fingerprint = 'gone' WHERE step = 'say'")


def break_run(records: Records) -> None:
    with records.database.write() as connection:
        connection.execute("UPDATE step_runs SET status = 'running' WHERE step = 'say'")


@pytest.mark.parametrize(
    ("harm", "said"),
    [(break_trace, "fingerprint"), (break_latest, "newest result of 'say'"), (break_run, "has ended, but")],
)
def test_records_that_contradict_each_other_are_found(ran: Bench, harm: Callable[[Records], None], said: str) -> None:
    with Records(Layout(ran.root).database) as records:
        harm(records)
    found = ran.mlpw("verify")
    assert found.code == 1
    assert said in found.err
    ran.ok("verify", "--repair")
    assert ran.ok("verify").code == 0


def test_a_damaged_database_is_said_to_be_one(ran: Bench) -> None:
    database = ran.root / ".mlpw/mlpw.db"
    with database.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(database.stat().st_size - 4096))
    said = ran.mlpw("verify")
    assert (said.code, "Traceback" in said.err) == (1, False)
    report: Any = ran.mlpw("doctor", "--json").json
    assert {"records": "bad"}.items() <= {check["name"]: check["health"] for check in report["checks"]}.items()


def test_content_that_is_being_registered_survives_a_gc(ran: Bench) -> None:
    store = store_of(ran)
    ran.write("taxi.csv", "1,2\n")
    with store.keeping():
        digest = store.add(ran.root / "taxi.csv")
        said = ran.mlpw("gc")
    assert said.code == 1
    assert "another mlpw is putting things into the store" in said.err
    assert store.has(digest)
