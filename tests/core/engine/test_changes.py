"""What reruns when something changes, and what does not."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.bench import Bench
from tests.support.steps import step


@pytest.fixture
def chain(bench: Bench) -> Bench:
    """prepare -> train -> report, where prepare keeps only the first line of its data."""
    bench.write({"prepare/p.sh": "head -n 1 $1", "train/t.sh": "cat $1/f", "raw/rows": "one\ntwo\n"})
    bench.pipeline(
        {
            "prepare": step(
                "sh p.sh ${{inputs.raw}}/rows > ${{outputs.out}}/f",
                code="prepare/",
                data={"raw": "raw/"},
                makes=["out"],
            ),
            "train": step(
                "sh t.sh ${{inputs.x}} > ${{outputs.out}}/f; echo ${{inputs.rate}} >> ${{outputs.out}}/f",
                code="train/",
                takes={"x": "prepare.out"},
                values={"rate": 0.1},
                makes=["out"],
            ),
            "report": step("cat ${{inputs.x}}/f > ${{outputs.out}}/f", takes={"x": "train.out"}, makes=["out"]),
        }
    )
    assert bench.run() == ["prepare", "train", "report"]
    return bench


def test_changed_code_reruns_its_step_and_what_follows(chain: Bench) -> None:
    chain.write({"train/t.sh": "cat $1/f; echo more"})

    assert chain.plan() == {
        "prepare": "up to date",
        "train": "t.sh changed",
        "report": "waits for train",
    }
    assert chain.run() == ["train", "report"]


def test_an_unchanged_output_stops_the_rerun(chain: Bench) -> None:
    chain.write({"train/t.sh": "cat $1/f # a comment"})

    assert chain.run() == ["train"]
    assert chain.statuses(2) == {"prepare": "reused", "train": "succeeded", "report": "reused"}


def test_changed_data_that_changes_nothing_stops_early(chain: Bench) -> None:
    chain.write({"raw/rows": "one\nthree\n"})

    assert chain.plan()["prepare"] == "input data changed: rows (raw)"
    assert chain.run() == ["prepare"]


def test_going_back_to_old_code_runs_nothing(chain: Bench) -> None:
    old = (chain.root / "train/t.sh").read_text()
    chain.write({"train/t.sh": "echo new"})
    assert chain.run() == ["train", "report"]

    chain.write({"train/t.sh": old})

    assert set(chain.plan().values()) == {"up to date"}
    assert chain.run() == []
    assert chain.text(3, "report") == "one\n0.1\n"


def test_after_going_back_a_new_change_is_compared_with_what_was_current(chain: Bench) -> None:
    old = (chain.root / "train/t.sh").read_text()
    chain.write({"train/t.sh": "echo new"})
    chain.run()
    chain.write({"train/t.sh": old})
    chain.run()

    chain.write({"train/extra.sh": ""})

    assert chain.plan()["train"] == "extra.sh added"


def test_a_parameter_says_both_values(chain: Bench) -> None:
    chain.file.write_text(chain.file.read_text().replace("0.1", "0.2"))

    assert chain.plan()["train"] == "rate 0.1 -> 0.2"
    assert chain.run() == ["train", "report"]


def test_a_new_time_stamp_is_no_change(chain: Bench) -> None:
    for path in chain.root.rglob("*"):
        if ".mlpw" not in path.parts:
            os.utime(path, (0, 0))

    assert chain.run() == []


def test_an_output_removed_from_the_store_is_made_again(chain: Bench) -> None:
    place = chain.output(1, "prepare", "out")
    place.chmod(0o755)
    (place / "f").unlink()
    place.rmdir()

    assert chain.plan()["prepare"] == "output removed from the store: out"
    assert chain.run() == ["prepare"]


@pytest.mark.parametrize("how", [shutil.copytree, shutil.move])
def test_a_workspace_copied_or_moved_with_its_records_runs_nothing(
    chain: Bench, how: Callable[..., object], tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    more = {"symlinks": True} if how is shutil.copytree else {}
    how(chain.root, elsewhere, **more)

    chain.root = elsewhere

    assert set(chain.plan().values()) == {"up to date"}
    assert chain.run() == []


def test_a_clone_beside_the_workspace_knows_nothing_but_makes_the_same(
    chain: Bench, new_bench: Callable[[str], Bench]
) -> None:
    clone = new_bench("clone")
    shutil.copytree(chain.root, clone.root, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".mlpw"))

    clone.end_of(clone.start())

    for name in ("prepare", "train", "report"):
        assert clone.steps(1)[name].fingerprint == chain.steps(1)[name].fingerprint
        assert clone.steps(1)[name].outputs == chain.steps(1)[name].outputs


def test_code_saved_while_a_step_runs_does_not_reach_it(bench: Bench) -> None:
    bench.write({"src/word": "old"})
    bench.pipeline({"read": step(f"{bench.gate()}; cat word > ${{{{outputs.out}}}}/f", code="src/", makes=["out"])})
    run = bench.start()
    bench.until_started("read")
    bench.write({"src/word": "new"})
    bench.open_gate()
    bench.end_of(run)

    assert bench.text(run, "read") == "old"
    assert bench.plan() == {"read": "word changed"}
    assert bench.run() == ["read"]
    assert bench.text(2, "read") == "new"


def test_forced_steps_run_whatever_is_known(chain: Bench) -> None:
    assert chain.plan(force_steps=["train"]) == {
        "prepare": "up to date",
        "train": "forced",
        "report": "waits for train",
    }
    assert chain.run(force_steps=["train"]) == ["train"]
    assert chain.run(force=True) == ["prepare", "train", "report"]


def test_a_step_that_is_not_deterministic_runs_each_time(bench: Bench) -> None:
    bench.write(
        {
            "now.yml": f"""
type: command
name: now
is_deterministic: false
outputs: {{out: {{type: uri_folder}}}}
command: echo now >> {bench.journal}; cat {bench.outside}/clock > ${{{{outputs.out}}}}/f
environment: {{image: "ubuntu:22.04"}}
"""
        }
    )
    (bench.outside / "clock").write_text("12:00")
    bench.file.write_text(
        '{"type": "pipeline", "jobs": {"now": {"type": "command", "component": "./now.yml"},'
        ' "use": {"type": "command", "command": "echo use >> ' + str(bench.journal) + '; cat ${{inputs.x}}/f",'
        ' "environment": {"image": "ubuntu:22.04"}, "inputs": {"x": "${{parent.jobs.now.outputs.out}}"}}}}'
    )

    assert bench.run() == ["now", "use"]
    assert bench.run() == ["now"], "it said the same again"
    (bench.outside / "clock").write_text("12:01")
    assert bench.run() == ["now", "use"]


def test_force_rerun_in_the_settings_runs_all(bench: Bench) -> None:
    bench.pipeline({"a": step("true")}, settings={"force_rerun": True})

    assert bench.run() == ["a"]
    assert bench.plan() == {"a": "settings.force_rerun is true"}
    assert bench.run() == ["a"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"only": ["train"]}, ["train"]),
        ({"start": ["train"]}, ["train", "report"]),
        ({"end": ["train"]}, ["prepare", "train"]),
        ({"start": ["train"], "end": ["train"]}, ["train"]),
    ],
)
def test_only_the_selected_steps_run(chain: Bench, asked: dict[str, list[str]], expected: list[str]) -> None:
    assert chain.run(force=True, **asked) == expected
