"""What changed of a step since its last result, change by change."""

import os

import pytest

from core.errors import UsageError
from core.workspace.comparison import FileChange, Topic
from core.workspace.housekeeping import Wishes, collect
from core.workspace.step_diff import StepDiff, shared, step_diffs
from tests.support.bench import Bench
from tests.support.steps import step

OUT = "${{outputs.out}}/f"
CODE = {"src/train.sh": "echo one\necho two\n", "src/eval.sh": "cat $1/f\n", "src/README.md": "words\n"}


def write(bench: Bench, command: str = "sh train.sh", **more: str) -> None:
    """train -> eval, from one folder of code; train takes a file and a folder of data."""
    bench.pipeline(
        {
            "train": step(
                f"{command} > {OUT}",
                code="src/",
                data={"rows": "rows.csv", "many": "many/"},
                values={"rate": more.get("rate", "0.1")},
                makes=["out"],
                environment_variables={"SEED": more.get("seed", "1")},
            ),
            "eval": step(f"sh eval.sh ${{{{inputs.x}}}} > {OUT}", code="src/", takes={"x": "train.out"}, makes=["out"]),
        }
    )


@pytest.fixture
def trained(bench: Bench) -> Bench:
    bench.write({**CODE, "rows.csv": "a,b\n1,2\n", "many/1.txt": "one\n", "many/2.txt": "two\n"})
    (bench.root / "src/model.bin").write_bytes(b"\0" * 10)
    write(bench)
    assert bench.run() == ["train", "eval"]
    return bench


def diffs(bench: Bench, *steps: str) -> dict[str, StepDiff]:
    with bench.workspace() as workspace:
        return {diff.step: diff for diff in step_diffs(workspace, workspace.graph(bench.file), steps=steps)}


def only(bench: Bench, name: str = "train") -> FileChange:
    (change,) = diffs(bench, name)[name].changes
    return change


def test_a_changed_file_is_told_line_by_line(trained: Bench) -> None:
    trained.write({"src/train.sh": "echo one\necho 2\n"})
    found = diffs(trained)
    assert set(found) == {"train", "eval"}
    assert (found["train"].since, found["train"].reasons) == (1, ("train.sh changed",))
    (change,) = found["train"].changes
    assert (change.path, change.kind, change.topic, change.sizes) == ("train.sh", "changed", Topic.CODE, (18, 16))
    assert change.lines == (
        "--- a/train.sh",
        "+++ b/train.sh",
        "@@ -1,2 +1,2 @@",
        " echo one",
        "-echo two",
        "+echo 2",
    )


def test_what_was_not_opened_does_not_count_and_comes_last(trained: Bench) -> None:
    trained.write({"src/train.sh": "echo 1\n", "src/README.md": "other\n"})
    assert [(change.path, change.counts) for change in diffs(trained)["train"].changes] == [
        ("train.sh", True),
        ("README.md", False),
    ]


def test_a_step_that_stays_tells_what_it_did_not_open(trained: Bench) -> None:
    trained.write({"src/README.md": "other\n"})
    assert diffs(trained) == {}
    found = diffs(trained, "train")["train"]
    assert found.reasons == ("not opened by this step: README.md",)
    assert [(change.path, change.counts, change.lines[-1]) for change in found.changes] == [
        ("README.md", False, "+other")
    ]


def test_added_removed_and_binary_files(trained: Bench) -> None:
    (trained.root / "src/model.bin").write_bytes(b"\0" * 20)
    (trained.root / "src/README.md").unlink()
    (trained.root / "src/link").symlink_to("train.sh")
    found = {change.path: change for change in diffs(trained)["train"].changes}
    assert (found["README.md"].kind, found["README.md"].lines[-1]) == ("removed", "-words")
    assert (found["link"].kind, found["link"].lines[-1]) == ("added", "+-> train.sh")
    assert (found["model.bin"].lines, found["model.bin"].sizes) == ((), (10, 20))
    assert not found["model.bin"].counts


def test_the_command_and_values_are_told_as_lines(trained: Bench) -> None:
    write(trained, "sh -e train.sh", rate="0.2", seed="2")
    found = {change.path: change for change in diffs(trained)["train"].changes}
    assert list(found) == ["command", "parameters", "variables"]
    assert found["command"].lines[-2:] == (f"-sh train.sh > {OUT}", f"+sh -e train.sh > {OUT}")
    assert found["parameters"].lines[-2:] == ("-rate: 0.1", "+rate: 0.2")
    assert found["variables"].lines[-2:] == ("-SEED: 1", "+SEED: 2")


def test_small_texts_among_the_data_are_told_line_by_line(trained: Bench) -> None:
    trained.write({"rows.csv": "a,b\n1,3\n", "many/2.txt": "2\n", "many/3.txt": "three\n"})
    found = {change.path: change for change in diffs(trained)["train"].changes}
    assert found["rows/rows.csv"].lines[-2:] == ("-1,2", "+1,3")
    assert found["many/2.txt"].lines[-2:] == ("-two", "+2")
    assert (found["many/3.txt"].kind, found["many/3.txt"].lines[-1]) == ("added", "+three")
    assert {change.topic for change in found.values()} == {Topic.INPUTS}


def test_data_that_was_not_kept_is_told_by_name_and_size(trained: Bench) -> None:
    for text in trained.workspace().store.texts:
        text.unlink()
    trained.write({"rows.csv": "a,b\n1,3000\n", "many/2.txt": "2\n"})
    found = {change.path: change for change in diffs(trained)["train"].changes}
    assert (found["rows/rows.csv"].lines, found["rows/rows.csv"].sizes) == ((), (-1, 11))
    assert (found["many/2.txt"].lines, found["many/2.txt"].sizes) == ((), (4, 2))


def test_what_another_step_made_is_compared_when_it_is_there(trained: Bench) -> None:
    trained.write({"src/train.sh": "echo 1\n", "src/eval.sh": "exit 3\n"})
    trained.run()
    found = {change.path: change for change in diffs(trained)["eval"].changes}
    assert found["x/f"].lines[-3:] == ("-one", "-two", "+1")
    assert found["eval.sh"].counts


def test_a_step_that_never_ended_well_has_nothing_to_be_compared_with(trained: Bench) -> None:
    trained.pipeline({"new": step("true")})
    found = diffs(trained)["new"]
    assert (found.since, found.changes) == (0, ())
    assert found.note == "it has no earlier result to be compared with"


def test_nothing_changed_is_said(trained: Bench) -> None:
    assert diffs(trained, "train")["train"].note == "nothing that it is made from has changed"


def test_steps_that_share_code_share_its_changes(trained: Bench) -> None:
    trained.write({"src/new.sh": "echo\n"})
    (change,) = shared(diffs(trained).values())
    assert change.steps == ("train", "eval")
    assert (change.change.path, change.change.kind) == ("new.sh", "added")


def test_what_one_step_opened_and_another_did_not_is_one_change(trained: Bench) -> None:
    trained.write({"src/train.sh": "echo 1\n", "src/README.md": "other\n"})
    of = [(both.change.path, both.steps, both.unopened_by) for both in shared(diffs(trained).values())]
    assert of == [("train.sh", ("train",), ("eval",)), ("README.md", (), ("train", "eval"))]


def test_what_cannot_be_read_is_said(trained: Bench) -> None:
    trained.write({"src/train.sh": "x" * (2 << 20)})
    assert only(trained).note == "no text, or too long to show"
    os.truncate(trained.root / "src/train.sh", 0)
    trained.write({"src/train.sh": "".join(f"{i}\n" for i in range(50_000))})
    change = only(trained)
    assert len(change.lines) <= 2002
    assert change.note == "only the first 2,000 lines"


def test_a_step_that_is_not_there_is_refused(trained: Bench) -> None:
    with pytest.raises(UsageError, match="no step 'trian'"):
        diffs(trained, "trian")


def test_gc_keeps_the_texts_that_results_were_made_from(trained: Bench) -> None:
    before = {path.name for path in trained.workspace().store.texts}
    trained.write({"rows.csv": "a,b\n1,3\n", "many/2.txt": "2\n"})
    trained.run()
    with trained.workspace() as workspace:
        assert len([*workspace.store.texts]) == len(before) + 2
        collect(workspace, Wishes(keep_runs=1))
        left = {path.name for path in workspace.store.texts}
    assert len(left) == len(before)  # two of the old ones have gone
    assert left != before
