"""Runs side by side: what differs is told, what does not is there when asked for."""

import pytest

from core.errors import NotFoundError, UsageError
from core.records.model import RunRecord, RunStatus
from core.workspace.comparison import Cell, Comparable, Comparison, Topic
from tests.support.bench import Bench
from tests.support.steps import step


def training(bench: Bench, *, code: str = "one\n", rate: str = "0.1", fails: bool = False) -> None:
    """train writes what its code says, then report reads it."""
    bench.write({"src/model.txt": code, "src/same.txt": "same\n"})
    bench.pipeline(
        {
            "train": step(
                "cat model.txt > ${{outputs.out}}/m\n"
                "echo '{\"loss\": ${{inputs.rate}}}' > ${{outputs.out}}/metrics.json" + ("\nexit 3" if fails else ""),
                code="./src",
                values={"rate": "${{parent.inputs.rate}}"},
                makes=["out"],
            ),
            "report": step("cat ${{inputs.model}}/m", takes={"model": "train.out"}),
        },
        inputs={"rate": rate},
    )


def run(bench: Bench) -> int:
    number = bench.start()
    bench.end_of(number)
    return number


def compared(bench: Bench, *runs: int) -> Comparison:
    with bench.workspace() as workspace:
        return workspace.compare(runs)


def told(comparison: Comparison, topic: Topic) -> dict[str, list[str]]:
    """What differs in a topic: "step.name" -> the runs' values, digests as such."""
    return {
        f"{line.step}.{line.name}": [
            "" if cell is None else "digest" if cell.digest else cell.text for cell in line.cells
        ]
        for line in comparison.differing
        if line.topic is topic
    }


def test_a_changed_parameter_and_a_changed_file_are_told(bench: Bench) -> None:
    training(bench)
    first = run(bench)
    training(bench, code="one\ntwo\n", rate="0.5")
    found = compared(bench, first, run(bench))
    assert told(found, Topic.PARAMETERS) == {".rate": ["0.1", "0.5"], "train.rate": ["0.1", "0.5"]}
    assert told(found, Topic.OUTPUTS) == {"train.out": ["digest", "digest"]}
    assert told(found, Topic.INPUTS) == {"report.model": ["digest", "digest"]}
    assert told(found, Topic.CODE) == {"train.snapshot": ["digest", "digest"]}
    assert told(found, Topic.METRICS) == {"train.loss": ["0.1", "0.5"]}
    (change,) = found.code
    assert (change.step, change.path, change.kind) == ("train", "model.txt", "changed")
    assert change.lines[-1] == "+two"


def test_runs_that_are_alike_differ_in_nothing_but_being_reused(bench: Bench) -> None:
    training(bench)
    found = compared(bench, run(bench), run(bench))
    assert {line.topic for line in found.differing} <= {Topic.STATUS, Topic.DURATION}
    assert told(found, Topic.STATUS) == {
        "train.status": ["succeeded", "reused"],
        "report.status": ["succeeded", "reused"],
    }
    assert found.code == ()
    assert any(line.topic is Topic.COMMAND for line in found.lines)


def test_the_code_of_a_failed_step_is_compared_too(bench: Bench) -> None:
    training(bench)
    first = run(bench)
    training(bench, code="broken\n", fails=True)
    found = compared(bench, first, run(bench))
    assert told(found, Topic.STATUS)["train.status"] == ["succeeded", "failed"]
    assert [(change.path, change.kind) for change in found.code] == [("model.txt", "changed")]
    assert "train.command" in told(found, Topic.COMMAND)


def test_a_step_that_only_one_run_has_stands_alone(bench: Bench) -> None:
    training(bench)
    first = run(bench)
    bench.pipeline({"train": step("true")}, inputs={"rate": "0.1"})
    found = compared(bench, first, run(bench))
    assert told(found, Topic.STATUS)["report.status"] == ["succeeded", ""]
    assert {line.step for line in found.differing if line.topic is not Topic.STATUS} == {"train"}


def test_three_runs_stand_in_three_columns(bench: Bench) -> None:
    runs = []
    for rate in ("1", "2", "1"):
        training(bench, rate=rate)
        runs.append(run(bench))
    found = compared(bench, *runs)
    assert told(found, Topic.PARAMETERS)["train.rate"] == ["1", "2", "1"]


def test_code_that_was_removed_is_said_to_be(bench: Bench) -> None:
    training(bench)
    first = run(bench)
    training(bench, code="two\n")
    second = run(bench)
    with bench.workspace() as workspace:
        (change,) = workspace.compare([first, second]).code
        code = next(line for line in workspace.compare([first, second]).lines if line.topic is Topic.CODE)
        assert code.cells[0] is not None
        workspace.store.remove(code.cells[0].digest)
    (change,) = compared(bench, first, second).code
    assert "not in the store any more" in change.note


def test_one_run_or_seven_are_refused(bench: Bench) -> None:
    training(bench)
    number = run(bench)
    with bench.workspace() as workspace:
        with pytest.raises(UsageError):
            workspace.compare([number, number])
        with pytest.raises(UsageError):
            workspace.compare(range(1, 8))
        with pytest.raises(NotFoundError):
            workspace.compare([number, number + 1])


@pytest.mark.parametrize(
    ("seconds", "differs"), [((10.0, 10.9), False), ((0.1, 0.9), False), ((10.0, 20.0), True), ((100.0, 120.0), False)]
)
def test_durations_differ_only_when_it_shows(seconds: tuple[float, float], differs: bool) -> None:
    line = Comparable(Topic.DURATION, "train", "took", tuple(Cell(seconds=each) for each in seconds))
    assert line.differs is differs


def test_a_missing_value_differs_from_a_given_one() -> None:
    assert Comparable(Topic.PARAMETERS, "", "x", (Cell("1"), None)).differs
    runs = (RunRecord(1, "p", "p", RunStatus.SUCCEEDED, 0.0),)
    line = Comparable(Topic.PARAMETERS, "", "x", (Cell("1"), Cell("1")))
    assert Comparison(runs, (line,)).differing == ()
