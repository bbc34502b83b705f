"""A pipeline that is saved while its run goes on: steps that have not begun take it, all others stay as they are."""

import json
from typing import Any

from core.records.model import RunStatus, StepStatus
from tests.support.bench import SCHEMA, Bench
from tests.support.redefining import OUT, after, begin, defined, end, hand_in, save, slow, until_heeded
from tests.support.steps import step


def test_a_step_that_waits_takes_the_new_definition_and_the_running_one_goes_on(bench: Bench) -> None:
    run = begin(bench, next=after("slow"))
    save(bench, run, slow=slow(bench, "slow 2"), next=after("slow", say="2"))
    end(bench, run)
    assert bench.text(run, "next") == "slow 1\n2\n"
    assert bench.started() == ["slow", "next"]
    assert "slow 1" in defined(bench, run, "slow")
    assert "echo 2" in defined(bench, run, "next")
    assert bench.run_record(run).notices[-1] == "defined anew while the run went on: next"
    assert bench.plan() == {"slow": "command changed", "next": "waits for slow"}


def test_a_literal_an_environment_variable_and_a_source_are_taken(bench: Bench) -> None:
    def said(value: int, source: str, variable: str) -> dict[str, Any]:
        return step(
            f"cat ${{{{inputs.x}}}}/f > {OUT}; echo ${{{{inputs.v}}}} $WORD >> {OUT}",
            takes={"x": f"{source}.out"},
            values={"v": value},
            makes=["out"],
            environment_variables={"WORD": variable},
        )

    run = begin(bench, other=after(say="other"), next=said(1, "slow", "one"))
    save(bench, run, slow=slow(bench), other=after(say="other"), next=said(2, "other", "two"))
    bench.until(run, next=StepStatus.SUCCEEDED)  # it does not need slow any more
    assert bench.text(run, "next") == "other\n2 two\n"
    end(bench, run)


def test_a_step_is_added_behind_one_that_runs_and_another_removed(bench: Bench) -> None:
    run = begin(bench, gone=after("slow"), last=after("gone"))
    save(bench, run, slow=slow(bench), new=after("slow", say="new"), last=after("new"))
    end(bench, run)
    assert bench.text(run, "last") == "slow 1\nnew\n1\n"
    assert bench.statuses(run) == {"slow": "succeeded", "new": "succeeded", "last": "succeeded", "gone": "not_run"}
    assert bench.steps(run)["gone"].reasons == ("no longer part of the pipeline",)
    assert bench.run_record(run).notices[-1] == "defined anew while the run went on: last, gone (removed), new (added)"
    assert bench.run() == []


def test_a_step_that_was_removed_comes_back(bench: Bench) -> None:
    run = begin(bench, gone=after("slow"))
    save(bench, run, slow=slow(bench))
    assert bench.statuses(run)["gone"] == "not_run"
    save(bench, run, slow=slow(bench), gone=after("slow", say="2"))
    end(bench, run)
    assert bench.text(run, "gone") == "slow 1\n2\n"


def test_a_step_of_a_nested_pipeline_takes_what_is_saved_in_its_file(bench: Bench) -> None:
    def nested(say: str) -> None:
        bench.write(
            {
                "inner.yml": "type: pipeline\ninputs: {x: {type: uri_folder}}\noutputs: {y: {type: uri_folder}}\n"
                "jobs:\n  deep:\n    type: command\n    environment: {image: 'ubuntu:22.04'}\n"
                "    inputs: {x: '${{parent.inputs.x}}'}\n    outputs: {y: '${{parent.outputs.y}}'}\n"
                f"    command: cat ${{{{inputs.x}}}}/f > ${{{{outputs.y}}}}/f; echo {say} >> ${{{{outputs.y}}}}/f\n"
            }
        )

    nested("1")
    inner = {"type": "pipeline", "component": "./inner.yml", "inputs": {"x": "${{parent.jobs.slow.outputs.out}}"}}
    bench.file.write_text(
        json.dumps({"$schema": SCHEMA, "type": "pipeline", "jobs": {"slow": slow(bench), "inner": inner}})
    )
    run = bench.start()
    bench.until(run, slow=StepStatus.RUNNING)
    nested("2")
    hand_in(bench, run)
    until_heeded(bench, run)
    end(bench, run)
    assert bench.text(run, "inner.deep", "y") == "slow 1\n2\n"


def test_a_step_that_waits_for_its_turn_is_decided_again(bench: Bench) -> None:
    bench.write({"mlpw.yml": "local: {cpus: 1}\n"})
    run = begin(bench, queued=after())
    bench.until(run, queued=StepStatus.PREPARING)
    save(bench, run, slow=slow(bench), queued=after(say="2"))
    end(bench, run)
    assert bench.text(run, "queued") == "2\n"
    assert bench.started() == ["slow", "queued"]


def test_a_queued_step_that_is_gone_does_not_run(bench: Bench) -> None:
    bench.write({"mlpw.yml": "local: {cpus: 1}\n"})
    run = begin(bench, queued=after())
    bench.until(run, queued=StepStatus.PREPARING)
    save(bench, run, slow=slow(bench))
    end(bench, run)
    assert bench.statuses(run)["queued"] == "not_run"
    assert bench.started() == ["slow"]


def test_a_step_whose_result_exists_once_it_is_defined_otherwise_is_reused(bench: Bench) -> None:
    bench.open_gate()
    bench.pipeline({"slow": slow(bench), "next": after("slow", say="2")})
    bench.run()
    (bench.outside / "gate").unlink()
    bench.pipeline({"slow": slow(bench), "next": after("slow", say="1")})
    run = bench.start(force_steps=["slow"])
    bench.until_started("slow", times=2)
    save(bench, run, slow=slow(bench), next=after("slow", say="2"))
    end(bench, run)
    assert bench.statuses(run) == {"slow": "succeeded", "next": "reused"}


def test_what_cannot_be_taken_is_left_to_the_next_run(bench: Bench) -> None:
    run = begin(bench, next=after("slow"))
    more = step(f"echo more > ${{{{outputs.more}}}}/f; {bench.gate()}", makes=["out", "more"])
    taking = step(f"cat ${{{{inputs.x}}}}/f > {OUT}", takes={"x": "slow.more"}, makes=["out"])
    bench.pipeline({"slow": more, "next": taking})
    with bench.workspace() as workspace:
        assert workspace.redefine(run).why == "input 'x' of next takes 'more' of slow, which began without it"
        number = workspace.records.redefinitions.ask(run, workspace.graphs.text(bench.graph()))
    until_heeded(bench, run)
    end(bench, run)
    assert number
    assert bench.text(run, "next") == "slow 1\n1\n"
    assert bench.run_record(run).notices[-1].startswith("the next run takes what was saved meanwhile: input 'x' of")


def test_what_could_not_run_is_not_handed_in(bench: Bench) -> None:
    run = begin(bench, next=after("slow"))
    missing = step("true", takes={"x": "slow.out"}, data={"y": "https://example.org/nowhere.csv"})
    bench.pipeline({"slow": slow(bench), "next": {**missing, "type": "command", "compute": "local"}})
    bench.file.write_text(bench.file.read_text().replace('"jobs"', '"jbos"'))
    with bench.workspace() as workspace:
        handed = workspace.redefine(run)
    assert "unknown key 'jbos'" in handed.why
    assert not handed.number
    end(bench, run)
    assert bench.text(run, "next") == "slow 1\n1\n"


def test_a_comment_is_nothing_to_hand_in(bench: Bench) -> None:
    run = begin(bench, next=after("slow"))
    bench.file.write_text("# words\n" + bench.file.read_text())
    with bench.workspace() as workspace:
        assert workspace.redefine(run).number == 0
    end(bench, run)


def test_a_run_keeps_the_values_that_it_was_given(bench: Bench) -> None:
    def pipeline(say: str) -> None:
        bench.pipeline(
            {"slow": slow(bench), "next": {**after("slow", say=f"{say} ${{{{inputs.v}}}}"), "inputs": inputs}},
            inputs={"v": 1},
        )

    inputs = {"slow": "${{parent.jobs.slow.outputs.out}}", "v": "${{parent.inputs.v}}"}
    pipeline("1")
    run = bench.start(set={"inputs.v": "7"})
    bench.until_started("slow")
    pipeline("2")
    hand_in(bench, run)
    until_heeded(bench, run)
    end(bench, run)
    assert bench.text(run, "next") == "slow 1\n2 7\n"


def test_a_restarted_step_is_defined_as_it_was_saved_last(bench: Bench) -> None:
    run = begin(bench, next=after("slow"))
    bench.pipeline({"slow": slow(bench, "slow 2"), "next": after("slow")})
    with bench.workspace() as workspace:
        assert workspace.redefine(run).number == 0  # nothing of what has not begun
        assert workspace.begin_anew(bench.steps(run)["slow"], is_same=False) == ""
    bench.until_started("slow", times=2)
    end(bench, run)
    assert bench.text(run, "next") == "slow 2\n1\n"
    assert bench.steps(run)["slow"].attempt == 2
    assert "slow 2" in defined(bench, run, "slow")
    assert bench.run() == []


def test_a_restarted_step_waits_for_what_it_newly_takes(bench: Bench) -> None:
    run = begin(bench)
    bench.pipeline({"first": after(say="first"), "slow": after("first", say="slow 2")})
    with bench.workspace() as workspace:
        assert workspace.begin_anew(bench.steps(run)["slow"], is_same=False) == ""
    bench.until(run, slow=StepStatus.SUCCEEDED)  # which needs no gate
    end(bench, run)
    assert bench.text(run, "slow") == "first\nslow 2\n"


def test_a_new_step_behind_a_failed_one_is_not_run(bench: Bench) -> None:
    bench.pipeline({"bad": step("exit 3", makes=["out"]), "slow": slow(bench)}, **GOES_ON)
    run = bench.start()
    bench.until(run, bad=StepStatus.FAILED, slow=StepStatus.RUNNING)
    bench.pipeline({"bad": step("exit 3", makes=["out"]), "slow": slow(bench), "new": after("bad")}, **GOES_ON)
    hand_in(bench, run)
    until_heeded(bench, run)
    bench.until(run, new=StepStatus.NOT_RUN)
    assert bench.steps(run)["new"].reasons == ("needs bad, which failed",)
    bench.open_gate()
    assert bench.end_of(run).status is RunStatus.FAILED


GOES_ON = {"settings": {"continue_on_step_failure": True}}
