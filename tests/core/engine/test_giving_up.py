"""Runs that mlpw itself cannot keep going: they end, say why, and leave nothing running."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.records.model import RunStatus
from tests.support.bench import Bench, mark_of
from tests.support.shell import MLPW
from tests.support.steps import step


def test_a_supervisor_that_cannot_even_start_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.pipeline({"a": step("true")})
    bench.run()
    broken = bench.outside / "broken-installation"
    broken.mkdir()
    (broken / "sitecustomize.py").write_text("import os, sys\nsys.stderr.write('no such library\\n'); os._exit(1)")
    monkeypatch.setenv("PYTHONPATH", str(broken))

    run = bench.start(force=True)

    ended = bench.end_of(run)
    assert ended.status is RunStatus.FAILED
    assert ended.error.startswith("mlpw could not keep this run going: no such library; details: ")
    assert set(bench.statuses(run).values()) == {"cancelled"}


def test_a_fault_of_the_engine_ends_the_run_and_its_steps(bench: Bench) -> None:
    bench.pipeline({"slow": step("sleep 1000"), "other": step("sleep 1001", makes=["out"])})
    run = bench.start()
    bench.until_started("slow", "other")
    with bench.workspace() as workspace, workspace.records.database.write() as connection:
        connection.execute("UPDATE runs SET graph = 'damaged' WHERE number = ?", (run,))
    bench.kill_supervisor(run)

    ended = bench.end_of(run)

    assert ended.status is RunStatus.FAILED
    assert ended.error.startswith("mlpw failed: ")
    assert "Traceback" in bench.supervisor_log(run)
    bench.until_quiet()


@pytest.fixture
def small_disk(
    tmp_path: Path, prepared_environments: Path, new_bench: Callable[[str], Bench], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bench]:
    """A workspace on a disk of 12 MiB with 600 inodes."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount") or "mount"
    command = [mount, "-t", "tmpfs", "-o", "size=12m,nr_inodes=600", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("may not mount")
    bench = Bench(place / "workspace", prepared_environments, new_bench("elsewhere").mark)
    monkeypatch.setenv(*mark_of(bench))
    yield bench
    bench.end()
    subprocess.run(["umount", "-l", place], check=True)


def test_a_full_disk_fails_the_step_and_nothing_of_it_is_kept(small_disk: Bench) -> None:
    bench = small_disk
    fill = "head -c 50M /dev/zero > ${{outputs.out}}/f; rm -f ${{outputs.out}}/g; true"
    bench.pipeline({"fill": step(fill, makes=["out"])})

    run = bench.start()

    ended = bench.end_of(run)
    assert ended.status is RunStatus.FAILED
    assert "full" in ended.error or "space" in ended.error
    with bench.workspace() as workspace:
        assert workspace.records.traces.all() == []
        shutil.rmtree(workspace.layout.run(run) / "fill")
    bench.pipeline({"fill": step("echo 1 > ${{outputs.out}}/f", makes=["out"])})
    assert bench.run() == ["fill"]


FILLS = {
    "bytes": "cat /dev/zero > $ROOT/ballast/zeros",
    "inodes": "i=0; while : > $ROOT/ballast/$i; do i=$((i+1)); done",
}


@pytest.mark.parametrize("what", FILLS)
def test_when_nothing_fits_on_the_disk_any_more_the_run_ends_and_the_records_stay_readable(
    small_disk: Bench, what: str
) -> None:
    """Not even a row: a hundred steps wait to be told of, and have no place to start in."""
    bench = small_disk
    ballast = bench.root / "ballast"
    ballast.mkdir()
    fill = step(f"{FILLS[what]} 2> /dev/null; true", environment_variables={"ROOT": str(bench.root)}, makes=["out"])
    after = {f"after{i}": step(f"echo {'x' * 500} {i}", takes={"x": "fill.out"}) for i in range(100)}
    bench.pipeline({"fill": fill, **after})

    run = bench.start()

    ended = bench.end_of(run)
    assert ended.status is RunStatus.FAILED
    assert re.search("disk (is|was) full|[Nn]o space left|no inodes left", ended.error), ended.error
    assert all(step.status.is_final for step in bench.steps(run).values())
    said = [mlpw(bench, *words) for words in (["runs"], ["show", str(run)], ["run", str(bench.file)])]
    assert [part.returncode for part in said] == [0, 0, 1], said
    assert "Traceback" not in str(said)
    with bench.workspace() as workspace:
        assert [each.number for each in workspace.runs()] == [run], "on a full disk no run begins"
    bench.until_quiet()
    assert bench.recover() == [], "what could not start does not start later"
    shutil.rmtree(ballast)
    with bench.workspace() as workspace:
        assert workspace.records.database.problems() == []
        assert workspace.records.traces.all() == []
    bench.pipeline({"again": step("echo 1 > ${{outputs.out}}/f", makes=["out"])})
    assert bench.run() == ["again"]


def mlpw(bench: Bench, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([MLPW, *words], cwd=bench.root, capture_output=True, text=True, check=False)
