"""Steps that fail: what is said, what is not started, and how a rerun goes on."""

import pytest

from core.records.model import RunStatus, StepStatus
from tests.support.bench import Bench
from tests.support.steps import file, step


def test_consumers_of_a_failed_step_are_not_run(bench: Bench) -> None:
    bench.pipeline(
        {
            "good": step("echo 1 > ${{outputs.out}}/f", makes=["out"]),
            "bad": step("echo first; echo last words; exit 3", takes={"x": "good.out"}, makes=["out"]),
            "after": step("true", takes={"x": "bad.out"}),
            "later": step("true", takes={"x": "bad.out"}),
        }
    )

    assert bench.run() == ["good", "bad"]

    steps = bench.steps(1)
    assert bench.statuses(1) == {"good": "succeeded", "bad": "failed", "after": "not_run", "later": "not_run"}
    assert (steps["bad"].error, steps["bad"].exit_code) == ("exit code 3", 3)
    assert steps["after"].reasons in (("not started after bad failed",), ("needs bad, which failed",))
    assert bench.run_record(1).status is RunStatus.FAILED
    assert bench.run_record(1).error == "bad: exit code 3"
    with bench.workspace() as workspace:
        assert workspace.last_lines(steps["bad"], 2) == ["first", "last words"]


def test_a_rerun_goes_on_where_it_failed(bench: Bench) -> None:
    bench.write({"fit/fit.sh": "exit 1"})
    bench.pipeline(
        {
            "prepare": step("echo 1 > ${{outputs.out}}/f", makes=["out"]),
            "fit": step("sh fit.sh", code="fit/", takes={"x": "prepare.out"}, makes=["out"]),
            "score": step("true", takes={"x": "fit.out"}),
        }
    )
    assert bench.run() == ["prepare", "fit"]
    assert bench.plan()["fit"] == "failed in run 1"
    assert bench.run() == ["fit"], "the failed step is tried again, nothing else"

    bench.write({"fit/fit.sh": "exit 0"})

    assert bench.run() == ["fit", "score"]


@pytest.mark.parametrize(("optional", "expected"), [(False, "not_run"), (True, "succeeded")])
def test_with_continue_on_step_failure_only_those_that_need_the_output_are_left_out(
    bench: Bench, optional: bool, expected: str
) -> None:
    bench.write(
        {
            "consumer.yml": f"""
type: command
name: consumer
inputs: {{x: {{type: uri_folder, optional: {str(optional).lower()}}}}}
command: echo consumer >> {bench.journal}; echo $[[got ${{{{inputs.x}}}}]] end
environment: {{image: "ubuntu:22.04"}}
"""
        }
    )
    bench.pipeline(
        {"bad": step("exit 1", makes=["out"]), "independent": step(bench.gate(), makes=["out"])},
        settings={"continue_on_step_failure": True},
    )
    consumer = {"type": "command", "component": "./consumer.yml", "inputs": {"x": "${{parent.jobs.bad.outputs.out}}"}}
    _add_step(bench, "consumer", consumer)

    run = bench.start()
    bench.until(run, bad=StepStatus.FAILED)
    bench.open_gate()

    assert bench.end_of(run).status is RunStatus.FAILED
    assert bench.statuses(run) == {"bad": "failed", "independent": "succeeded", "consumer": expected}
    if optional:
        assert bench.log(run, "consumer") == "end\n"


def test_a_needed_output_that_was_not_written_fails_its_step(bench: Bench) -> None:
    bench.pipeline(
        {
            "forgets": step("true", makes={"out": file()}),
            "needs": step("cat ${{inputs.x}}", takes={"x": "forgets.out"}),
        }
    )

    assert bench.run() == ["forgets"]
    assert bench.steps(1)["forgets"].error == (
        "the step ended well but did not write its output 'out' (uri_file), which is needed"
    )
    assert bench.run() == ["forgets"], "nothing was kept of it"


def test_an_output_that_nothing_needs_may_be_missing(bench: Bench) -> None:
    bench.pipeline({"forgets": step("true", makes={"out": file()})})

    assert bench.run() == ["forgets"]
    assert bench.statuses(1) == {"forgets": "succeeded"}


def test_a_command_that_is_not_there_says_so(bench: Bench) -> None:
    bench.pipeline({"typo": step("pyhton train.py")})

    bench.run()

    assert bench.steps(1)["typo"].error == "exit code 127 (command not found)"


def test_an_environment_that_cannot_be_built_fails_its_steps_with_the_package(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("UV_OFFLINE", "1")
    bench.write({"conda.yml": "dependencies: [pip, {pip: [no-such-package-anywhere==1.0]}]"})
    broken = {"image": "ubuntu:22.04", "conda_file": "conda.yml"}
    bench.pipeline({"a": step(environment=broken), "b": step("echo b", environment=broken)})

    assert bench.run() == []
    assert set(bench.statuses(1).values()) <= {"failed", "not_run"}
    assert "no-such-package-anywhere" in bench.run_record(1).error


def _add_step(bench: Bench, name: str, written: object) -> None:
    import json

    document = json.loads(bench.file.read_text())
    document["jobs"][name] = written
    bench.file.write_text(json.dumps(document))
